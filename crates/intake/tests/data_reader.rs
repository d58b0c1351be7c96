//! The data reader against a small obvious model, over any chunking.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use intake::data::{Allowance, DataReader, DataRefusal};
use proptest::prelude::*;

const LIMIT: usize = 1 << 20;

type Read = Result<(Vec<u8>, bool), DataRefusal>;

/// Feeds pieces; returns the mail with what stood behind its end, or none where it has not ended.
fn read_in_pieces(pieces: &[&[u8]], limit: usize) -> Option<(Read, Vec<u8>)> {
    let allowance = Allowance::new(4 * LIMIT);
    let mut reader = DataReader::new(limit, &allowance);
    for (number, piece) in pieces.iter().enumerate() {
        let (taken, ended) = reader.feed(piece);
        if ended {
            let mut behind = piece[taken..].to_vec();
            pieces[number + 1..].iter().for_each(|piece| behind.extend_from_slice(piece));
            let mail = reader.finish().map(|data| (data.raw.clone(), data.mixed_line_ends));
            assert_eq!(allowance.free(), 4 * LIMIT, "memory was not given back");
            return Some((mail, behind));
        }
        assert_eq!(taken, piece.len(), "bytes of a mail were left");
    }
    None
}

fn read(stream: &[u8]) -> Option<(Vec<u8>, bool)> {
    read_in_pieces(&[stream], LIMIT).map(|(mail, behind)| {
        assert!(behind.is_empty(), "ended early");
        mail.unwrap()
    })
}

/// What a sender does (RFC 5321, 4.5.2): a dot more before each line that begins with one. Lines end with
/// CRLF alone, so a mail whose end is not CRLF gets one.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line_start = true;
    for (at, &byte) in mail.iter().enumerate() {
        if line_start && byte == b'.' {
            out.push(b'.');
        }
        out.push(byte);
        line_start = byte == b'\n' && at > 0 && mail[at - 1] == b'\r';
    }
    if !line_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// The reader's answer by the plainest means: the first CRLF.CRLF of the stream.
fn model(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut with_start = b"\r\n".to_vec();
    with_start.extend_from_slice(stream);
    let end = with_start.windows(5).position(|window| window == b"\r\n.\r\n")?;
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

fn awkward_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        3 => Just(b"\r\n".to_vec()),
        3 => Just(b".".to_vec()),
        2 => Just(b"\r".to_vec()),
        2 => Just(b"\n".to_vec()),
        2 => Just(b"a".to_vec()),
        1 => Just(b"\r\n.\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

fn cut<'a>(stream: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn any_stream_in_any_pieces_is_read_as_the_model_reads_it(
        stream in awkward_bytes(), cuts in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let found = read_in_pieces(&cut(&stream, &cuts), LIMIT);
        match model(&stream) {
            None => prop_assert!(found.is_none()),
            Some((mail, end)) => {
                let (read, behind) = found.unwrap();
                let (raw, mixed) = read.unwrap();
                prop_assert_eq!(&raw, &mail);
                prop_assert_eq!(behind, &stream[end..]);
                let bare = (0..raw.len()).any(|at| {
                    (raw[at] == b'\n' && (at == 0 || raw[at - 1] != b'\r'))
                        || (raw[at] == b'\r' && raw.get(at + 1) != Some(&b'\n'))
                });
                prop_assert_eq!(mixed, bare);
            }
        }
    }

    #[test]
    fn what_a_sender_stuffs_comes_out_as_it_was(lines in awkward_bytes()) {
        let mut mail = lines;
        if !mail.is_empty() && !mail.ends_with(b"\r\n") {
            mail.extend_from_slice(b"\r\n");
        }
        let (raw, _) = read(&stuffed(&mail)).unwrap();
        prop_assert_eq!(raw, mail);
    }
}

#[test]
fn an_empty_mail_ends() {
    assert_eq!(read(b".\r\n"), Some((Vec::new(), false)));
}

#[test]
fn a_dot_at_the_start_of_the_first_line_is_unstuffed() {
    assert_eq!(read(b"..hidden\r\n.\r\n"), Some((b".hidden\r\n".to_vec(), false)));
}

#[test]
fn nothing_but_crlf_dot_crlf_ends_a_mail() {
    let variants: &[&[u8]] = &[
        b"a\n.\nb",
        b"a\r.\rb",
        b"a\n.\r\nb",
        b"a\r\n.\nb",
        b"a\r\n.\rb",
        b"a\r.\r\nb",
        b"a\r\n\0.\r\nb",
        b"a\r\r\n.\rb",
        b"a\r\n.\r\rb",
        b".\n",
        b".\r",
        b"\n.\r\n",
        b"\r.\r\n",
        b"a\r\n.\r.\r\n",
        b"a\r\n .\r\n",
        b"a\r\n.\x0b\r\nb",
    ];
    for smuggled in variants {
        assert!(read_in_pieces(&[smuggled], LIMIT).is_none(), "{:?} ended a mail", smuggled.escape_ascii().to_string());
        let whole = [smuggled, b"\r\n.\r\n".as_slice()].concat();
        assert!(read(&whole).is_some(), "{:?} kept a mail from ending", smuggled.escape_ascii().to_string());
    }
}

#[test]
fn bare_line_ends_are_kept_and_reported() {
    assert_eq!(read(b"a\nb\r\n.\r\n"), Some((b"a\nb\r\n".to_vec(), true)));
    assert_eq!(read(b"a\rb\r\n.\r\n"), Some((b"a\rb\r\n".to_vec(), true)));
    assert_eq!(read(b"a\r\nb\r\n.\r\n"), Some((b"a\r\nb\r\n".to_vec(), false)));
}

#[test]
fn a_mail_beyond_the_limit_is_taken_to_its_end_without_being_kept() {
    let allowance = Allowance::new(LIMIT);
    let mut reader = DataReader::new(100, &allowance);
    for _ in 0..1000 {
        let (taken, ended) = reader.feed(b"more and more\r\n");
        assert_eq!((taken, ended), (15, false));
        assert!(allowance.free() >= LIMIT - 100, "memory beyond the limit was taken");
    }
    assert_eq!(reader.feed(b".\r\nQUIT\r\n"), (3, true));
    assert!(matches!(reader.finish(), Err(DataRefusal::TooLarge)));
}

#[test]
fn a_mail_of_exactly_the_limit_is_taken() {
    let mail = [b"x".repeat(98), b"\r\n".to_vec()].concat();
    let stream = stuffed(&mail);
    assert_eq!(read_in_pieces(&[&stream], 100).unwrap().0.unwrap().0, mail);
    assert_eq!(read_in_pieces(&[&stream], 99).unwrap().0, Err(DataRefusal::TooLarge));
}

#[test]
fn a_mail_that_finds_no_memory_left_is_refused_for_now_and_takes_none_from_others() {
    let allowance = Allowance::new(6000);
    let mut first = DataReader::new(LIMIT, &allowance);
    let mut second = DataReader::new(LIMIT, &allowance);
    first.feed(&b"a".repeat(4000));
    second.feed(&b"b".repeat(4000));
    first.feed(b"\r\n.\r\n");
    second.feed(b"\r\n.\r\n");
    let kept = first.finish().unwrap();
    assert_eq!(kept.raw.len(), 4002);
    assert!(matches!(second.finish(), Err(DataRefusal::NoRoom)));
    drop(kept);
    assert_eq!(allowance.free(), 6000);
}
