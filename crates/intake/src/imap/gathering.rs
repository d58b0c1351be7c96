//! A server's bytes, gathered into whole responses (RFC 3501, 2.2.2): lines, and literals of an announced length between
//! them. Pure and bounded: text and literals that are longer than the caller allows are not read on.

use std::ops::Range;

/// The longest text of one response, over all its lines and without its literals, in bytes.
pub const LONGEST_TEXT: usize = 64 * 1024;

/// The most literals in one response.
const MOST_LITERALS: usize = 64;

/// The bytes are no IMAP, or more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoImap;

/// One whole response: its bytes without the last line end, and where the literals stand in them.
#[derive(Clone, PartialEq, Eq)]
pub struct Gathered {
    pub(super) bytes: Vec<u8>,
    pub(super) literals: Vec<Range<usize>>,
}

/// Gathers responses out of pieces, however they are cut.
#[derive(Clone)]
pub struct Gatherer {
    buffer: Vec<u8>,
    /// Up to here no line end was found.
    seen: usize,
    /// Where the line that is read begins.
    line: usize,
    /// Bytes of the lines before it.
    text: usize,
    literals: Vec<Range<usize>>,
    most_literal: usize,
}

impl Gatherer {
    /// One that takes at most so many bytes of literals in one response.
    pub fn new(most_literal: usize) -> Self {
        Self { buffer: Vec::new(), seen: 0, line: 0, text: 0, literals: Vec::new(), most_literal }
    }

    /// From the next response on, so many bytes of literals are taken.
    pub fn allow(&mut self, most_literal: usize) {
        self.most_literal = most_literal;
    }

    /// Takes bytes in. To be called when [`Self::next`] has nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether bytes stand here that belong to no whole response yet.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Bytes held, for those who look after memory.
    pub fn held(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole response; none until more bytes have come.
    ///
    /// # Errors
    /// What has come is no IMAP, or longer than allowed; nothing after it can be believed.
    #[expect(clippy::should_implement_trait, reason = "an iterator would end where this only waits")]
    pub fn next(&mut self) -> Result<Option<Gathered>, NoImap> {
        loop {
            if let Some(literal) = self.literals.last()
                && self.seen < literal.end
            {
                if self.buffer.len() < literal.end {
                    return Ok(None);
                }
                self.seen = literal.end;
            }
            let rest = self.buffer.get(self.seen..).unwrap_or_default();
            let found = memchr::memchr(b'\n', rest).map(|place| self.seen + place);
            let line_end = found.unwrap_or(self.buffer.len());
            if self.text + (line_end - self.line) > LONGEST_TEXT {
                return Err(NoImap);
            }
            let Some(line_end) = found else {
                self.seen = self.buffer.len();
                return Ok(None);
            };
            let line = self.buffer.get(self.line..line_end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let length = if self.may_hold_literals() { literal_announced(line)? } else { None };
            let Some(length) = length else {
                return Ok(Some(self.take(line_end)));
            };
            let so_far: usize = self.literals.iter().map(Range::len).sum();
            if self.literals.len() >= MOST_LITERALS || length > self.most_literal.saturating_sub(so_far) {
                return Err(NoImap);
            }
            self.text += line_end + 1 - self.line;
            let begin = line_end + 1;
            self.literals.push(begin..begin + length);
            self.line = begin + length;
            self.seen = begin;
        }
    }

    fn take(&mut self, line_end: usize) -> Gathered {
        let behind = self.buffer.split_off(line_end + 1);
        let mut bytes = std::mem::replace(&mut self.buffer, behind);
        bytes.pop();
        let ends_in_literal = self.literals.last().is_some_and(|literal| literal.end == bytes.len());
        if !ends_in_literal && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        (self.seen, self.line, self.text) = (0, 0, 0);
        Gathered { bytes, literals: std::mem::take(&mut self.literals) }
    }

    /// A server's own words (`OK`, `NO`, `BYE` …) may end in what only looks like a literal.
    fn may_hold_literals(&self) -> bool {
        let Some(data) = self.buffer.strip_prefix(b"* ") else { return false };
        let word = data.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
        ![b"OK".as_slice(), b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|own| word.eq_ignore_ascii_case(own))
    }
}

/// `{123}` at a line's end: so many bytes follow.
fn literal_announced(line: &[u8]) -> Result<Option<usize>, NoImap> {
    let Some(inner) = line.strip_suffix(b"}") else { return Ok(None) };
    let Some(open) = memchr::memrchr(b'{', inner) else { return Ok(None) };
    let digits = inner.get(open + 1..).unwrap_or_default();
    // RFC 7888's non-synchronising form is the client's alone, but costs nothing to understand.
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let number = std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 10);
    number.and_then(|digits| digits.parse().ok()).map(Some).ok_or(NoImap)
}

impl std::fmt::Debug for Gathered {
    /// Without the text, which may be a mail.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gathered").field("bytes", &self.bytes.len()).field("literals", &self.literals).finish()
    }
}

impl std::fmt::Debug for Gatherer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gatherer").field("held", &self.buffer.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]], most: usize) -> Result<Vec<String>, NoImap> {
        let mut gatherer = Gatherer::new(most);
        let mut found = Vec::new();
        for piece in pieces {
            gatherer.push(piece);
            while let Some(one) = gatherer.next()? {
                found.push(one.bytes.escape_ascii().to_string());
            }
        }
        Ok(found)
    }

    #[test]
    fn lines_and_literals_become_responses() {
        let said = b"* 1 FETCH (BODY[] {5}\r\na\r\n)b UID 3)\r\n* OK fine {3}\r\na1 OK done {9}\r\n+ \r\n";
        let whole = all(&[said], 100).unwrap();
        assert_eq!(whole, [r"* 1 FETCH (BODY[] {5}\r\na\r\n)b UID 3)", "* OK fine {3}", "a1 OK done {9}", "+ "]);
        for cut in 0..said.len() {
            assert_eq!(all(&[&said[..cut], &said[cut..]], 100).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_longer_than_allowed_is_not_waited_for() {
        assert_eq!(all(&[b"* 1 FETCH (BODY[] {101}\r\n"], 100), Err(NoImap));
        assert_eq!(all(&[b"* 1 FETCH (BODY[] {99999999999999999999}\r\n"], 100), Err(NoImap));
        assert_eq!(all(&[b"* 1 FETCH (A {60}\r\n", &[b'x'; 60], b" B {60}\r\n"], 100), Err(NoImap));
        assert_eq!(all(&[&vec![b'x'; LONGEST_TEXT + 1]], 100), Err(NoImap));
        let many = b"* LIST {0}\r\n".iter().copied().chain(b" {0}\r\n".repeat(MOST_LITERALS)).collect::<Vec<_>>();
        assert_eq!(all(&[&many], 100), Err(NoImap));
    }

    proptest! {
        #[test]
        fn how_bytes_are_cut_changes_nothing(said in "[*a1+ \\r\\n{}()0-9FETCHOK]{0,80}", cut in 0usize..80) {
            let said = said.as_bytes();
            let cut = cut.min(said.len());
            prop_assert_eq!(all(&[&said[..cut], &said[cut..]], 40), all(&[said], 40));
        }
    }
}
