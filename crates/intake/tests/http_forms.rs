//! The readers of forms: whatever a writer by the standards wrapped comes out as it was, in any pieces; a form that is
//! cut off, too large or ambiguous is none.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use intake::data::Allowance;
use intake::http::{BodyFault, Form, FormKind, FormReader};
use proptest::prelude::*;

const LIMIT: usize = 4096;

fn read<'a>(kind: &FormKind, pieces: impl Iterator<Item = &'a [u8]>) -> Result<Form, BodyFault> {
    let mut reader = FormReader::new(kind.clone(), "body-mime", LIMIT, &Allowance::new(1 << 20));
    for piece in pieces {
        reader.feed(piece)?;
    }
    reader.finish()
}

fn url_encoded(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let escaped = |byte: &u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(*byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02x}"),
    };
    let pair = |(name, value): &(&str, &[u8])| format!("{name}={}", value.iter().map(escaped).collect::<String>());
    fields.iter().map(pair).collect::<Vec<_>>().join("&").into_bytes()
}

fn multipart(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"a preamble\r\n".to_vec();
    for (name, value) in fields {
        out.extend_from_slice(b"--b0und \t\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; NAME=\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\"; filename=\"x\"\r\n\r\n");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--b0und--\r\nan epilogue");
    out
}

fn boundary() -> FormKind {
    FormKind::multipart("boundary=b0und").unwrap()
}

proptest! {
    #[test]
    fn what_was_wrapped_comes_out_as_it_was_in_any_pieces(
        mail in prop::collection::vec(any::<u8>(), 0..2000),
        pieces in 1_usize..50,
        token in "[ -~]{0,60}",
    ) {
        // What holds the delimiter can't be wrapped with it.
        prop_assume!(!mail.windows(6).any(|six| six == b"--b0un"));
        let fields: [(&str, &[u8]); 4] =
            [("subject", b"100% & more=less"), ("token", token.as_bytes()), ("body-mime", &mail), ("sender", b"\r\n--b0")];
        for (kind, form) in [(FormKind::UrlEncoded, url_encoded(&fields)), (boundary(), multipart(&fields))] {
            let form = read(&kind, form.chunks(pieces)).unwrap();
            let taken = form.mail.map(|mail| mail.bytes().to_vec());
            prop_assert_eq!(taken.as_deref(), Some(&mail[..]));
            prop_assert_eq!(&form.token, &token);
            prop_assert_eq!(form.signature, "");
        }
    }

    #[test]
    fn a_multipart_form_that_is_cut_off_is_none(cut in 1_usize..200) {
        let form = multipart(&[("body-mime", &[b'x'; 100])]);
        let end = form.len() - "\r\nan epilogue".len();
        let cut = form.get(..end.saturating_sub(cut)).unwrap_or_default();
        prop_assert!(matches!(read(&boundary(), std::iter::once(cut)), Err(BodyFault::Malformed(_))));
    }
}

#[test]
fn a_field_that_matters_comes_once_and_is_not_endless() {
    for name in ["body-mime", "signature"] {
        let twice: [(&str, &[u8]); 2] = [(name, b"one"), (name, b"two")];
        for (kind, form) in [(FormKind::UrlEncoded, url_encoded(&twice)), (boundary(), multipart(&twice))] {
            assert_eq!(
                read(&kind, std::iter::once(&form[..])).unwrap_err(),
                BodyFault::Malformed("a field of the form comes twice")
            );
        }
    }
    let large = vec![b'x'; LIMIT + 1];
    for (name, fault) in
        [("body-mime", BodyFault::TooLarge), ("token", BodyFault::Malformed("a field of the form is too long"))]
    {
        for (kind, form) in
            [(FormKind::UrlEncoded, url_encoded(&[(name, &large)])), (boundary(), multipart(&[(name, &large)]))]
        {
            assert_eq!(read(&kind, form.chunks(100)).unwrap_err(), fault);
        }
    }
    // What doesn't matter may be as long as it likes.
    for (kind, form) in
        [(FormKind::UrlEncoded, url_encoded(&[("x", &large)])), (boundary(), multipart(&[("x", &large)]))]
    {
        assert!(read(&kind, form.chunks(100)).unwrap().mail.is_none());
    }
}

#[test]
fn a_per_cent_sign_that_escapes_nothing_stands_for_itself() {
    let form = read(&FormKind::UrlEncoded, std::iter::once(&b"token=5%+%4%zz%4&signature=%41%"[..])).unwrap();
    assert_eq!((form.token.as_str(), form.signature.as_str()), ("5% %4%zz%4", "A%"));
    let named = read(&FormKind::UrlEncoded, std::iter::once(&b"t%6fken=x&&=&recipient"[..])).unwrap();
    assert_eq!((named.token.as_str(), named.recipient.as_str()), ("x", ""));
}

#[test]
fn an_endless_header_of_a_part_ends_the_form() {
    let form = [b"--b0und\r\nX: ".to_vec(), vec![b'x'; 20_000]].concat();
    assert!(matches!(read(&boundary(), form.chunks(1000)), Err(BodyFault::Malformed(_))));
    let other = read(&boundary(), std::iter::once(&b"--b0undx\r\n\r\nx\r\n--b0und--"[..]));
    assert!(matches!(other, Err(BodyFault::Malformed(_))), "another boundary begins with this one");
}
