//! Lines of a file, each held in at most 64 KiB. The first line end decides: a file whose first is a bare CR ends
//! lines by CR as well as LF, in every other a CR inside a line is a letter.

use std::io::{self, BufRead, BufReader, Read};

/// The most of one line that is kept, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;

/// One line, without its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    /// Its number in the file, the first being 1.
    pub(crate) number: u64,
    /// It was longer than [`LONGEST`]; `bytes` holds its beginning.
    pub(crate) too_long: bool,
}

/// How a file ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Unknown,
    LineFeed,
    CarriageReturn,
}

/// Cuts a stream of bytes into lines.
pub(crate) struct Lines<R> {
    source: BufReader<R>,
    ends: Ends,
    number: u64,
    /// The last line ended by CR: an LF that follows belongs to it.
    after_return: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source: BufReader::with_capacity(64 * 1024, source),
            ends: Ends::Unknown,
            number: 0,
            after_return: false,
        }
    }

    /// Takes the next line into `line`; false at the end of the file.
    pub(crate) fn take(&mut self, line: &mut Line) -> io::Result<bool> {
        line.bytes.clear();
        line.too_long = false;
        line.number = self.number + 1;
        if self.after_return {
            self.after_return = false;
            if self.source.fill_buf()?.first() == Some(&b'\n') {
                self.source.consume(1);
                if self.ends == Ends::Unknown {
                    self.ends = Ends::LineFeed;
                }
            } else if self.ends == Ends::Unknown {
                self.ends = Ends::CarriageReturn;
            }
        }
        let mut begun = false;
        loop {
            let piece = match self.source.fill_buf() {
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if piece.is_empty() {
                self.number += u64::from(begun);
                return Ok(begun);
            }
            begun = true;
            let end = match self.ends {
                Ends::LineFeed => memchr::memchr(b'\n', piece),
                Ends::Unknown | Ends::CarriageReturn => memchr::memchr2(b'\n', b'\r', piece),
            };
            let kept = &piece[..end.unwrap_or(piece.len())];
            let room = LONGEST - line.bytes.len();
            line.too_long |= kept.len() > room;
            line.bytes.extend_from_slice(&kept[..kept.len().min(room)]);
            let Some(end) = end else {
                let all = piece.len();
                self.source.consume(all);
                continue;
            };
            self.after_return = piece[end] == b'\r';
            if !self.after_return && self.ends == Ends::Unknown {
                self.ends = Ends::LineFeed;
            }
            self.source.consume(end + 1);
            self.number += 1;
            while self.ends != Ends::CarriageReturn && line.bytes.last() == Some(&b'\r') {
                line.bytes.pop();
            }
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, String)> {
        let mut lines = Lines::new(text.as_bytes());
        let (mut line, mut all) = (Line::default(), Vec::new());
        while lines.take(&mut line).unwrap() {
            all.push((line.number, String::from_utf8(line.bytes.clone()).unwrap()));
        }
        all
    }

    #[test]
    fn every_kind_of_line_end_gives_the_same_lines_and_numbers() {
        let expected = [(1, "a".to_owned()), (2, String::new()), (3, "b".to_owned())];
        for end in ["\n", "\r\n", "\r"] {
            assert_eq!(lines(&["a", "", "b"].join(end)), expected, "{end:?}");
            assert_eq!(lines(&["a", "", "b", ""].join(end)), expected, "{end:?}");
        }
    }

    #[test]
    fn a_bare_return_is_a_letter_where_the_first_line_ends_by_line_feed() {
        assert_eq!(lines("a\nb\rc\nd"), [(1, "a".into()), (2, "b\rc".into()), (3, "d".into())]);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let text = format!("{}\nnext", "x".repeat(3 * LONGEST));
        let mut lines = Lines::new(text.as_bytes());
        let mut line = Line::default();
        assert!(lines.take(&mut line).unwrap() && line.too_long && line.bytes.len() == LONGEST);
        assert!(lines.take(&mut line).unwrap() && !line.too_long && line.bytes == b"next");
    }
}
