//! The data reader beside the plainest reading there is: the first CRLF.CRLF of the stream ends the mail and
//! nothing else does; what a sender stuffs comes out as it was; pieces change nothing.

use intake::data::{Allowance, DataReader, DataRefusal};

const MEMORY: usize = 1 << 20;

/// The first byte says how the stream is cut.
pub fn check(input: &[u8]) {
    let [seed, stream @ ..] = input else { return };
    let whole = read([stream].into_iter(), MEMORY);
    assert_eq!(whole, read(crate::pieces(stream, *seed).into_iter(), MEMORY), "the pieces changed the mail");
    match (plain(stream), &whole) {
        (None, None) => {}
        (Some((mail, end)), Some((Ok((raw, mixed)), taken))) => {
            assert_eq!((&mail, end), (raw, *taken));
            assert_eq!(*mixed, has_bare_line_end(raw));
        }
        (plain, read) => panic!("ended for one and not for the other: {plain:?}, {read:?}"),
    }
    let mut mail = stream.to_vec();
    if !mail.is_empty() && !mail.ends_with(b"\r\n") {
        mail.extend_from_slice(b"\r\n");
    }
    let sent = stuffed(&mail);
    let (read_back, taken) = read([sent.as_slice()].into_iter(), MEMORY).expect("a stuffed mail ends");
    assert_eq!((read_back.map(|(raw, _)| raw), taken), (Ok(mail.clone()), sent.len()), "stuffing changed the mail");
    if mail.len() > 1 {
        let cut = read(crate::pieces(&sent, *seed).into_iter(), mail.len() - 1);
        assert_eq!(cut, Some((Err(DataRefusal::TooLarge), sent.len())), "the limit was not kept");
    }
}

type Read = (Result<(Vec<u8>, bool), DataRefusal>, usize);

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>, limit: usize) -> Option<Read> {
    let allowance = Allowance::new(MEMORY);
    let mut reader = DataReader::new(limit, &allowance);
    let mut all = 0;
    for piece in pieces {
        let (taken, ended) = reader.feed(piece);
        all += taken;
        if ended {
            let mail = reader.finish().map(|data| (data.raw, data.mixed_line_ends));
            return Some((mail, all));
        }
        assert_eq!(taken, piece.len(), "bytes of a mail were left");
    }
    None
}

/// By the plainest means: the mail and where it ends.
fn plain(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
    let with_start = [b"\r\n", stream].concat();
    let end = memchr::memmem::find(&with_start, b"\r\n.\r\n")?;
    let mut mail = Vec::new();
    let mut line_start = true;
    for at in 2..end + 2 {
        if !(line_start && with_start[at] == b'.') {
            mail.push(with_start[at]);
        }
        line_start = with_start[at] == b'\n' && with_start[at - 1] == b'\r';
    }
    Some((mail, end + 3))
}

/// What a sender does (RFC 5321, 4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 8);
    let mut line_start = true;
    for (at, byte) in mail.iter().enumerate() {
        if line_start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        line_start = *byte == b'\n' && at > 0 && mail[at - 1] == b'\r';
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// Whether a CR or LF stands alone.
pub fn has_bare_line_end(raw: &[u8]) -> bool {
    (0..raw.len()).any(|at| match raw[at] {
        b'\n' => at == 0 || raw[at - 1] != b'\r',
        b'\r' => raw.get(at + 1) != Some(&b'\n'),
        _ => false,
    })
}
