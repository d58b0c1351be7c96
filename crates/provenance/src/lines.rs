//! A mail taken apart as far as a signature needs it: header fields with their exact bytes, and the body. What
//! different programs would take apart differently is refused here, so that nothing hides between two readings.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};
use model::GradeReason;

/// Bytes of all header fields that are looked at; sixteen times what ordinary mails have.
const HEADER_BYTES: usize = 1024 * 1024;

/// Header fields that are looked at.
const FIELDS: usize = 20_000;

/// A header field with its exact bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// What stands before the colon, without blanks at its end.
    pub name: &'a str,
    /// Name and value with the colon and the folds between, without the CRLF at the end.
    pub line: &'a [u8],
    /// What stands behind the colon.
    pub value: &'a [u8],
}

impl Field<'_> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The bytes with lines that all end in CRLF: as they are, or where no CR stands in them at all (a file saved on
/// such a system), with the CR that was left out.
pub(crate) fn with_crlf(raw: &[u8]) -> Result<Cow<'_, [u8]>, GradeReason> {
    let feeds = memchr_iter(b'\n', raw).count();
    let returns = memchr_iter(b'\r', raw).count();
    let both = memmem::find_iter(raw, b"\r\n").count();
    if feeds == both && returns == both {
        return Ok(Cow::Borrowed(raw));
    }
    if returns > 0 {
        return Err(GradeReason::MixedLineEnds);
    }
    let mut whole = Vec::with_capacity(raw.len() + feeds);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                whole.extend_from_slice(text);
                whole.extend_from_slice(b"\r\n");
            }
            None => whole.extend_from_slice(line),
        }
    }
    Ok(Cow::Owned(whole))
}

/// A mail in parts.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub fields: Vec<Field<'a>>,
    pub body: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes a mail apart whose lines all end in CRLF.
    pub fn of(mail: &'a [u8]) -> Result<Self, GradeReason> {
        let mut fields = Vec::new();
        let mut rest = mail;
        loop {
            if let Some(body) = rest.strip_prefix(b"\r\n") {
                return Ok(Self { fields, body });
            }
            if rest.is_empty() {
                return Ok(Self { fields, body: &[] });
            }
            let end = end_of_field(rest);
            let (line, after) = rest.split_at(end);
            fields.push(field(line)?);
            if fields.len() > FIELDS || mail.len() - after.len() > HEADER_BYTES {
                return Err(GradeReason::HeadersUnreadable);
            }
            rest = after.strip_prefix(b"\r\n").unwrap_or(after);
        }
    }

    /// The fields of that name, the first one first.
    pub fn named<'b>(&'b self, name: &'b str) -> impl DoubleEndedIterator<Item = &'b Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }
}

/// Where a field ends: at the first CRLF that no blank follows.
fn end_of_field(bytes: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr(b'\r', rest)) {
        let at = from + found;
        match bytes.get(at + 2) {
            Some(b' ' | b'\t') => from = at + 2,
            _ => return at,
        }
    }
    bytes.len()
}

fn field(line: &[u8]) -> Result<Field<'_>, GradeReason> {
    let colon = memchr(b':', line).ok_or(GradeReason::HeadersUnreadable)?;
    let (name, value) = line.split_at(colon);
    let name = std::str::from_utf8(name).map_err(|_| GradeReason::HeadersUnreadable)?.trim_end_matches([' ', '\t']);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(GradeReason::HeadersUnreadable);
    }
    Ok(Field { name, line, value: value.get(1..).unwrap_or_default() })
}
