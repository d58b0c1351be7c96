//! The readers of forms by HTTP beside the plainest reading there is: pieces change nothing, what is taken stood in the
//! form, and no more memory is held than the limit.

use intake::data::Allowance;
use intake::http::{Form, FormKind, FormReader};

const LIMIT: usize = 2048;
const MEMORY: usize = 1 << 20;

/// The first byte says how the form is cut, the second which kind it is.
pub fn check(input: &[u8]) {
    let [seed, kind, form @ ..] = input else { return };
    let kind = match kind % 2 {
        0 => FormKind::UrlEncoded,
        _ => FormKind::multipart("boundary=b0").expect("a boundary"),
    };
    let whole = read(&kind, [form].into_iter());
    let in_pieces = read(&kind, crate::pieces(form, *seed).into_iter());
    assert_eq!(whole, in_pieces, "the pieces changed the form");
    let Some(taken) = whole else { return };
    if let Some(mail) = &taken.mail {
        assert!(mail.len() <= LIMIT, "the limit was not kept");
        let plain = match kind {
            FormKind::UrlEncoded => plain_value(form, b"body-mime"),
            // A value stands in the form as it is.
            FormKind::Multipart(_) => memchr::memmem::find(form, mail).map(|_| mail.clone()),
        };
        assert_eq!(plain.as_ref(), Some(mail), "the mail is not what stood in the form");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Taken {
    mail: Option<Vec<u8>>,
    short: [String; 4],
}

fn read<'a>(kind: &FormKind, pieces: impl Iterator<Item = &'a [u8]>) -> Option<Taken> {
    let allowance = Allowance::new(MEMORY);
    let mut reader = FormReader::new(kind.clone(), "body-mime", LIMIT, &allowance);
    for piece in pieces {
        // As the body is taken: after a fault nothing more is handed in.
        reader.feed(piece).ok()?;
    }
    let Form { mail, recipient, timestamp, token, signature } = reader.finish().ok()?;
    let taken = Taken { mail: mail.map(|mail| mail.into_parts().0), short: [recipient, timestamp, token, signature] };
    assert_eq!(allowance.free(), MEMORY, "memory was not given back");
    Some(taken)
}

/// The value of the one field with that name, by splitting and unescaping.
fn plain_value(form: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    form.split(|byte| *byte == b'&').find_map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let value = pair.get(end + 1..).unwrap_or_default();
        (unescaped(&pair[..end]) == wanted).then(|| unescaped(value))
    })
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digits = (text.get(at + 1).copied().and_then(hex), text.get(at + 2).copied().and_then(hex));
        match (byte, digits) {
            (b'%', (Some(first), Some(second))) => {
                out.push(first * 16 + second);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
        at += 1;
    }
    out
}
