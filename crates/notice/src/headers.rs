//! A header block as fields, in their order, for any line end (CRLF, LF, CR or a mixture) and folded lines.
//! Values stay raw bytes here; nothing is believed. One pass over the block, bounded by `limits`.

use memchr::memchr2;

use crate::{charset, encoded_word, limits};

/// One field, its value still folded and encoded.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The name as written, without the colon.
    pub name: &'a [u8],
    /// What stands after the colon, folds included.
    pub value: &'a [u8],
}

/// The fields of one mail or part.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// Whether fields were left unread because of a limit.
    pub cut: bool,
}

impl<'a> Headers<'a> {
    /// Reads the block at the start of `raw`; gives it and the offset where the body begins.
    pub fn parse(raw: &'a [u8]) -> (Self, usize) {
        let mut headers = Self::default();
        let mut offset = 0;
        // Byte order mark, or the `From ` line of an mbox.
        if raw.starts_with(b"\xEF\xBB\xBF") {
            offset = 3;
        }
        let mut first = true;
        while offset < raw.len() {
            let (line_end, next) = line_at(raw, offset);
            let line = raw.get(offset..line_end).unwrap_or_default();
            if line.is_empty() {
                return (headers, next);
            }
            let envelope = first && (line.starts_with(b"From ") || line.starts_with(b">From "));
            first = false;
            if envelope {
                offset = next;
                continue;
            }
            let Some(colon) = name_length(line) else {
                // Not a field: the block ends here without its blank line, as broken senders write it.
                return (headers, offset);
            };
            // Folded lines belong to the value.
            let (mut end, mut after) = (line_end, next);
            while after <= limits::HEADER_BYTES && raw.get(after).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
                let (fold_end, fold_next) = line_at(raw, after);
                if raw.get(after..fold_end).unwrap_or_default().iter().all(u8::is_ascii_whitespace) {
                    // A blank-looking line ends the block for most readers.
                    if fold_next >= raw.len() || name_length(line_bytes(raw, fold_next)).is_none() {
                        break;
                    }
                }
                (end, after) = (fold_end, fold_next);
            }
            if headers.fields.len() >= limits::HEADER_FIELDS || after > limits::HEADER_BYTES {
                headers.cut = true;
                return (headers, body_after(raw, offset));
            }
            headers.fields.push(Field {
                name: line.get(..colon).unwrap_or_default().trim_ascii_end(),
                value: raw.get(offset + colon + 1..end).unwrap_or_default(),
            });
            offset = after;
        }
        (headers, raw.len())
    }

    /// Every value of the fields of that name, in their order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The first value of a field whose name fits.
    pub fn named(&self, fits: impl Fn(&[u8]) -> bool) -> Option<&'a [u8]> {
        self.fields.iter().find(|field| fits(field.name)).map(|field| field.value)
    }

    /// The first value of that name.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Whether a field of that name is there.
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The value of a field that may stand once only, as a person reads it; none where two differ.
    pub fn only(&self, name: &str) -> Option<String> {
        let mut values = self.all(name).map(encoded_word::text);
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

/// A mail without the blank lines that some tools leave before its headers; a part may rightly begin with one.
pub fn start_of_mail(raw: &[u8]) -> &[u8] {
    let blank = raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    raw.get(blank..).filter(|rest| !rest.is_empty()).unwrap_or(raw)
}

/// A value as text on one line, trimmed, its encoded words left as they are.
pub fn unfold(value: &[u8]) -> String {
    let value = value.get(..limits::FIELD_BYTES).unwrap_or(value);
    one_line(&charset::decode(value, None))
}

/// Folds become one space; trimmed.
pub fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where the line that begins at `start` ends, and where the next begins. CRLF, LF and CR all end a line,
/// and so does the CR CR LF that careless gateways make.
pub fn line_at(raw: &[u8], start: usize) -> (usize, usize) {
    let rest = raw.get(start..).unwrap_or_default();
    match memchr2(b'\r', b'\n', rest) {
        None => (raw.len(), raw.len()),
        Some(at) => {
            let end = start + at;
            let ends: &[&[u8]] = &[b"\r\r\n", b"\r\n"];
            let end_of_line = rest.get(at..).unwrap_or_default();
            let length = ends.iter().find(|sign| end_of_line.starts_with(sign)).map_or(1, |sign| sign.len());
            (end, end + length)
        }
    }
}

fn line_bytes(raw: &[u8], start: usize) -> &[u8] {
    raw.get(start..line_at(raw, start).0).unwrap_or_default()
}

/// The length of a field's name (RFC 5322, 2.2: printable ASCII but the colon); blanks before it are borne.
fn name_length(line: &[u8]) -> Option<usize> {
    let colon = line.iter().take(200).position(|byte| *byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(|byte| (33..=126).contains(byte))).then_some(colon)
}

/// The body of a block that is too long to read: after its first blank line, sought without looking at lines.
fn body_after(raw: &[u8], offset: usize) -> usize {
    let mut rest = raw.get(offset..).unwrap_or_default();
    let mut found = None;
    for blank in [&b"\r\n\r\n"[..], b"\n\n", b"\r\r\n\r\r\n", b"\r\r"] {
        // Each is sought only before what the last one found, so that all is one pass or little more.
        if let Some(at) = memchr::memmem::find(rest, blank) {
            found = Some(offset + at + blank.len());
            rest = rest.get(..at).unwrap_or_default();
        }
    }
    found.unwrap_or(raw.len())
}
