//! Mail files of any bytes: each comes to an end, gives no more than went in unless it is packed, and no mail beyond
//! the limit; an mbox cut into pieces otherwise gives the same; what an honest writer puts in comes out.

use std::io::{Cursor, Read};

use intake::MailFiles;

const LIMIT: usize = 1 << 20;

/// The first byte says how the stream is cut.
pub fn check(input: &[u8]) {
    let [seed, bytes @ ..] = input else { return };
    let whole = taken(Box::new(Cursor::new(bytes.to_vec())));
    let pieces = crate::pieces(bytes, *seed).into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(whole, taken(Box::new(Pieces(pieces))), "the pieces changed the mails");
    let is_packed = bytes.starts_with(b"\x1f\x8b");
    let all: usize = whole.iter().flatten().map(|(_, raw)| raw.len()).sum();
    assert!(is_packed || all <= bytes.len(), "more came out than went in");
    // As a file, which may be a ZIP archive.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, bytes).unwrap();
    let mut files = MailFiles::with_limit(&[path], LIMIT);
    for mail in files.by_ref().flatten() {
        assert!(mail.raw.len() <= LIMIT, "the limit was not kept");
    }
    let progress = files.progress();
    assert_eq!(progress.bytes, progress.total);
    among_others(bytes);
}

/// Whatever text stands in a mail of an honest mbox (mboxrd), the mails beside it stay whole.
fn among_others(text: &[u8]) {
    let mut mbox = b"From a@b Thu Jan  1 00:00:00 2026\nSubject: first\n\nfirst\n\n".to_vec();
    mbox.extend_from_slice(b"From a@b Thu Jan  1 00:00:00 2026\nSubject: x\n\n");
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if line.trim_ascii_start().starts_with(b"From ") || line.starts_with(b">") {
            mbox.push(b'>');
        }
        mbox.extend_from_slice(line);
    }
    mbox.extend_from_slice(b"\n\nFrom a@b Thu Jan  1 00:00:00 2026\nSubject: last\n\nlast\n");
    let mails = taken(Box::new(Cursor::new(mbox)));
    let has = |wanted: &[u8]| mails.iter().flatten().any(|(_, raw)| raw == wanted);
    assert!(has(b"Subject: first\n\nfirst\n") && has(b"Subject: last\n\nlast\n"), "a mail was lost");
}

/// Mails and problems in their order.
fn taken(input: Box<dyn Read + Send>) -> Vec<Option<(u64, Vec<u8>)>> {
    MailFiles::from_stream("x", input).map(|found| found.ok().map(|mail| (mail.offset, mail.raw))).collect()
}

/// A stream that comes in pieces.
struct Pieces(std::collections::VecDeque<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(mut piece) = self.0.pop_front() else { return Ok(0) };
        let read = piece.len().min(buffer.len());
        buffer[..read].copy_from_slice(&piece[..read]);
        if read < piece.len() {
            self.0.push_front(piece.split_off(read));
        }
        Ok(read)
    }
}
