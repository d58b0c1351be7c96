//! `multipart/form-data` (RFC 7578, RFC 2046): parts between lines of `--boundary`, the last one `--boundary--`. Of a
//! part its name counts; values are bytes as they are. No more is held than a delimiter or a part's header.

use memchr::memmem;

use super::{Fields, Slot};
use crate::http::BodyFault;

/// The longest header of a part, in bytes.
const LONGEST_HEADER: usize = 8 * 1024;

#[derive(Debug)]
pub(super) struct Multipart {
    /// CRLF, two hyphens and the boundary.
    delimiter: Vec<u8>,
    /// What came and is not settled yet.
    held: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Preamble,
    /// Behind a delimiter, and in the header that follows.
    Header,
    /// In a value.
    Value(Slot),
    /// Behind the last delimiter; whatever comes is passed over.
    Ended,
}

impl Multipart {
    pub(super) fn new(boundary: &[u8]) -> Self {
        // The first delimiter may be the very beginning: its CRLF is thought of before it.
        Self { delimiter: [b"\r\n--", boundary].concat(), held: b"\r\n".to_vec(), state: State::Preamble }
    }

    pub(super) fn feed(&mut self, piece: &[u8], fields: &mut Fields) -> Result<(), BodyFault> {
        self.held.extend_from_slice(piece);
        let mut settled = 0;
        loop {
            let open = self.held.get(settled..).unwrap_or_default();
            let (taken, next) = match self.state {
                State::Ended => (open.len(), None),
                State::Header => header(open, fields)?,
                State::Preamble => value(open, &self.delimiter, |_| Ok(()))?,
                State::Value(slot) => value(open, &self.delimiter, |bytes| fields.push(slot, bytes))?,
            };
            settled += taken;
            match next {
                Some(state) => self.state = state,
                None => break,
            }
        }
        self.held.drain(..settled);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), BodyFault> {
        match self.state {
            State::Ended => Ok(()),
            _ => Err(BodyFault::Malformed("the form ends in the middle")),
        }
    }
}

/// How many bytes are settled, and what comes then; none where more must come first.
type Step = (usize, Option<State>);

/// A value up to its delimiter.
fn value(
    open: &[u8],
    delimiter: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), BodyFault>,
) -> Result<Step, BodyFault> {
    if let Some(end) = memmem::find(open, delimiter) {
        take(open.get(..end).unwrap_or_default())?;
        return Ok((end + delimiter.len(), Some(State::Header)));
    }
    // A delimiter may have begun in the last bytes.
    let certain = open.len().saturating_sub(delimiter.len() - 1);
    take(open.get(..certain).unwrap_or_default())?;
    Ok((certain, None))
}

/// What follows a delimiter: two hyphens at the end of all parts, else a line's end and the header of a part.
fn header(open: &[u8], fields: &mut Fields) -> Result<Step, BodyFault> {
    if open.starts_with(b"--") {
        return Ok((open.len(), Some(State::Ended)));
    }
    let Some(end) = memmem::find(open, b"\r\n\r\n") else {
        return if open.len() > LONGEST_HEADER { Err(TOO_LONG) } else { Ok((0, None)) };
    };
    if end > LONGEST_HEADER {
        return Err(TOO_LONG);
    }
    let text = open.get(..end).unwrap_or_default();
    let line_end = memmem::find(text, b"\r\n").unwrap_or(text.len());
    let (padding, lines) = text.split_at_checked(line_end).unwrap_or_default();
    // Blanks may follow a delimiter (RFC 2046, 5.1.1); anything else means that it was none.
    if !padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(BodyFault::Malformed("a delimiter of the form is followed by something else"));
    }
    let name = String::from_utf8_lossy(lines).split("\r\n").find_map(name_in);
    let slot = name.map_or(Ok(Slot::Nowhere), |name| fields.begin(name.as_bytes()))?;
    Ok((end + 4, Some(State::Value(slot))))
}

const TOO_LONG: BodyFault = BodyFault::Malformed("the header of a part of the form is too long");

/// The name that a line `Content-Disposition: form-data; name="…"` gives.
fn name_in(line: &str) -> Option<String> {
    let (header, value) = line.split_once(':')?;
    if !header.trim().eq_ignore_ascii_case("content-disposition") {
        return None;
    }
    // Names that matter hold no quote and no semicolon, so one that does is another.
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("name").then(|| value.trim().trim_matches('"').to_owned())
    })
}
