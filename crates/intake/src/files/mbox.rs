//! An mbox into its mails, as a stream. A mail begins at a `From ` line that stands at the beginning or after
//! a blank line, carries a time and a year, and is followed by a header: prose that begins with "From" is not
//! mistaken. Some programs leave the blank line out: then the line must have all that such a line can have. Where a
//! mail says its length (mboxcl, mboxcl2) and ends just there, no line within it begins another. `>From ` loses one
//! `>`, as mboxrd has it; all other bytes stay as they are. Lines end with LF, CRLF or, throughout, with CR.

use super::collected::MailInMbox;
use super::{Split, kind};

/// Longer lines can't be a `From ` line or a blank one; they pass through in pieces.
const LONGEST_LINE_LOOKED_AT: usize = 4096;

/// Cuts an mbox into its mails.
#[derive(Debug)]
pub(super) struct MboxSplitter {
    /// The byte that ends lines, once the first line has shown it.
    line_end: Option<u8>,
    /// The beginning of a line that has not ended yet.
    partial: Vec<u8>,
    /// Whether `partial` grew too long and the rest of its line goes straight into the mail.
    in_long_line: bool,
    /// A `From ` line that begins a mail if a header follows it.
    candidate: Option<Candidate>,
    after_blank: bool,
    /// Bytes of the file before the line that comes next.
    offset: u64,
    mail: MailInMbox,
}

#[derive(Debug)]
struct Candidate {
    line: Vec<u8>,
    offset: u64,
}

/// A mail out of an mbox, or that one was too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The byte of the file at which it begins, with its `From ` line.
    pub(super) offset: u64,
    pub(super) split: Split,
}

impl MboxSplitter {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            line_end: None,
            partial: Vec::new(),
            in_long_line: false,
            candidate: None,
            after_blank: true,
            offset: 0,
            mail: MailInMbox::before_the_first(limit),
        }
    }

    /// Takes the next bytes; mails that ended are added to `out`.
    pub(super) fn feed(&mut self, piece: &[u8], out: &mut Vec<Numbered>) {
        let Some(line_end) = self.line_end else {
            self.partial.extend_from_slice(piece);
            if let Some(line_end) = first_line_end(&self.partial) {
                self.start(line_end, out);
            }
            return;
        };
        let mut rest = piece;
        while !rest.is_empty() {
            let end = memchr::memchr(line_end, rest);
            let (line, next) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            rest = next;
            if self.in_long_line {
                self.mail.keep(line, out);
                self.offset += length(line);
                self.in_long_line = end.is_none();
            } else if end.is_some() && self.partial.is_empty() && line.len() <= LONGEST_LINE_LOOKED_AT {
                self.line(line, out);
            } else {
                self.partial.extend_from_slice(line);
                if end.is_some() || self.partial.len() > LONGEST_LINE_LOOKED_AT {
                    let line = std::mem::take(&mut self.partial);
                    self.line(&line, out);
                    self.in_long_line = end.is_none();
                }
            }
        }
    }

    /// Takes what was collected until the first line showed how lines end.
    fn start(&mut self, line_end: u8, out: &mut Vec<Numbered>) {
        self.line_end = Some(line_end);
        let beginning = std::mem::take(&mut self.partial);
        let text = kind::without_mark(&beginning);
        self.offset = length(&beginning) - length(text);
        self.feed(text, out);
    }

    /// The end of the file; the last mail is added to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<Numbered>) {
        if self.line_end.is_none() {
            self.start(b'\n', out);
        }
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            self.line(&line, out);
        }
        if let Some(candidate) = self.candidate.take() {
            self.mail.content(&candidate.line, out);
        }
        self.mail.end(out);
    }

    /// One line with its line end, or the beginning of a long one.
    fn line(&mut self, line: &[u8], out: &mut Vec<Numbered>) {
        let at = self.offset;
        self.offset += length(line);
        if let Some(Candidate { line: from, offset }) = self.candidate.take() {
            if kind::is_header(looked_at(line)) || line.starts_with(b">From ") {
                self.after_blank = false;
                self.mail.begins_at(&from, offset, out);
                self.mail.content(line, out);
                return;
            }
            self.mail.content(&from, out);
        }
        let is_from_line = line.starts_with(b"From ") && looked_at(line).len() == line.len();
        let may_begin = is_from_line && (self.after_blank || is_whole_from_line(line));
        self.after_blank = is_blank(line);
        if may_begin && !self.mail.has_begun() {
            // The first line of the file: by it the file was taken for an mbox.
            self.mail.begins_at(line, at, out);
        } else if may_begin && self.line_end.as_ref() == line.last() && has_time_and_year(line) {
            self.candidate = Some(Candidate { line: line.to_vec(), offset: at });
        } else if self.mail.has_begun() || !self.after_blank {
            self.mail.content(line, out);
        }
    }
}

pub(super) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

pub(super) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r")
}

/// The beginning of a line, cut so that it doesn't depend on the pieces in which the line came.
fn looked_at(line: &[u8]) -> &[u8] {
    line.get(..LONGEST_LINE_LOOKED_AT).unwrap_or(line)
}

/// How the first line ends, once that can be told: CR alone only where no LF follows it. A first line without
/// any end is not waited for beyond what is looked at.
fn first_line_end(beginning: &[u8]) -> Option<u8> {
    match memchr::memchr2(b'\r', b'\n', looked_at(beginning)) {
        None => (beginning.len() > LONGEST_LINE_LOOKED_AT).then_some(b'\n'),
        Some(at) if beginning.get(at) == Some(&b'\n') => Some(b'\n'),
        Some(at) => beginning.get(at + 1).map(|&next| if next == b'\n' { b'\n' } else { b'\r' }),
    }
}

/// `From sender Thu Jan  1 00:00:00 2026`: a word like `0:00` and a word of four digits.
fn has_time_and_year(line: &[u8]) -> bool {
    let (mut time, mut year) = (false, false);
    for word in line.split(u8::is_ascii_whitespace).skip(1).take(20) {
        let shaped = word.iter().all(|&byte| byte.is_ascii_digit() || byte == b':');
        time |= shaped && word.len() >= 4 && word.contains(&b':');
        year |= word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    }
    time && year
}

/// `From sender@host Thu Jan  1 00:00:00 2026`, with each part in its place: an address, a weekday, a month, a day,
/// a time with seconds (as C's `asctime` writes them), and a year, before which a zone may stand.
fn is_whole_from_line(line: &[u8]) -> bool {
    const DAYS: &[&[u8]] = &[b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    const MONTHS: &[&[u8]] =
        &[b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(1);
    let mut next = |fits: &dyn Fn(&[u8]) -> bool| words.next().is_some_and(fits);
    let is_number = |word: &[u8], lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&word.len()) && word.iter().all(u8::is_ascii_digit)
    };
    let is_address = |word: &[u8]| {
        let at = memchr::memchr(b'@', word);
        at.is_some_and(|at| at > 0 && at + 1 < word.len())
    };
    let is_time = |word: &[u8]| {
        let mut parts = word.split(|&byte| byte == b':');
        parts.by_ref().take(3).all(|part| is_number(part, 1..=2)) && word.len() >= 7 && parts.next().is_none()
    };
    let is_dated = next(&is_address)
        && next(&|word| DAYS.contains(&word))
        && next(&|word| MONTHS.contains(&word))
        && next(&|word| is_number(word, 1..=2))
        && next(&is_time);
    is_dated && words.take(2).any(|word| is_number(word, 4..=4))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]], limit: usize) -> Vec<Numbered> {
        let mut splitter = MboxSplitter::new(limit);
        let mut out = Vec::new();
        for piece in pieces {
            splitter.feed(piece, &mut out);
        }
        splitter.finish(&mut out);
        out
    }

    fn mailbox() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"From a Thu Jan  1 00:00:00 2026\n".to_vec()),
            Just(b"From a Thu Jan  1 00:00:00 2026\r\n".to_vec()),
            Just(b"From a@b Thu Jan  1 00:00:00 2026\n".to_vec()),
            Just(b">From a\n".to_vec()),
            Just(b"Subject: x\n".to_vec()),
            Just(b"Content-Length: 70\n\n".to_vec()),
            Just(b"content-length: 5\r\n".to_vec()),
            Just(b"Content-Length: 99999\n".to_vec()),
            Just(b"\r\rFrom a Thu Jan  1 00:00:00 2026\rSubject: x\r".to_vec()),
            Just(b"y".repeat(5000)),
            Just(b"\xef\xbb\xbf".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_mailbox_gives_the_same_mails_in_any_pieces_and_none_is_lost(
            bytes in mailbox(), first in 0usize..4, size in 1usize..6000, limit in 1usize..20_000,
        ) {
            let first = [b"From a\n".as_slice(), b"From a\r\n", b"From a\r", b""][first];
            let bytes = [first, &bytes].concat();
            let whole = split(&[&bytes], limit);
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(&split(&pieces, limit), &whole);
            let numbers: Vec<u64> = whole.iter().map(|mail| mail.number).collect();
            prop_assert!(whole.is_sorted_by(|one, next| one.offset < next.offset));
            prop_assert_eq!(numbers, (1..=u64::try_from(whole.len()).unwrap()).collect::<Vec<_>>());
            prop_assert!(whole.iter().flat_map(|mail| &mail.split).all(|raw| raw.len() <= limit));
            // But for `From ` lines, blank lines around mails and quotes, each byte is in a mail.
            if whole.iter().all(|mail| mail.split.is_ok()) {
                let kept: usize = whole.iter().flat_map(|mail| &mail.split).map(Vec::len).sum();
                let quotes = bytes.windows(6).filter(|window| window == b">From ").count();
                prop_assert!(kept + whole.len() * 40 + quotes + 5 >= kind::without_mark(&bytes).trim_ascii_start().len());
            }
        }
    }
}
