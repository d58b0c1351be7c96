//! Content-Transfer-Encoding undone (RFC 2045, 6.7 and 6.8), leniently: what is malformed is kept or skipped
//! and never ends the text. Stops after a given number of bytes, so a huge body costs no more than it may.

use std::borrow::Cow;

/// How a body's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they are: 7bit, 8bit, binary, or a name nobody knows.
    Plain,
    /// Quoted-printable.
    QuotedPrintable,
    /// Base64.
    Base64,
}

impl Encoding {
    /// From the field's value.
    pub fn named(value: Option<&[u8]>) -> Self {
        let name = value.unwrap_or_default().trim_ascii();
        let name = name.split(|byte| byte.is_ascii_whitespace() || *byte == b';').next().unwrap_or_default();
        if name.eq_ignore_ascii_case(b"base64") {
            Self::Base64
        } else if name.eq_ignore_ascii_case(b"quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Plain
        }
    }

    /// The bytes themselves, at most `most`, and whether there was more.
    pub fn decode(self, body: &[u8], most: usize) -> (Cow<'_, [u8]>, bool) {
        match self {
            Self::Plain => match body.get(..most) {
                Some(start) if start.len() < body.len() => (Cow::Borrowed(start), true),
                _ => (Cow::Borrowed(body), false),
            },
            Self::QuotedPrintable => {
                let (bytes, cut) = quoted_printable(body, most);
                (Cow::Owned(bytes), cut)
            }
            Self::Base64 => {
                let (bytes, cut) = base64(body, most);
                (Cow::Owned(bytes), cut)
            }
        }
    }
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The byte that two hexadecimal digits stand for.
pub fn hex_pair(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    Some((hex(*high?)? << 4) | hex(*low?)?)
}

fn quoted_printable(body: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len().min(most));
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        if out.len() >= most {
            return (out, true);
        }
        // Copy up to the next escape or line end in one go.
        let run = memchr::memchr3(b'=', b'\r', b'\n', rest).unwrap_or(rest.len());
        let run = run.min(most - out.len());
        out.extend_from_slice(rest.get(..run).unwrap_or_default());
        at += run;
        match body.get(at) {
            None => break,
            Some(b'=') => {
                if let Some(byte) = hex_pair(body.get(at + 1), body.get(at + 2)) {
                    out.push(byte);
                    at += 3;
                } else if let Some(next) = soft_break(body, at + 1) {
                    at = next;
                } else {
                    out.push(b'=');
                    at += 1;
                }
            }
            Some(b'\r' | b'\n') => {
                // Blanks before a line end were added on the way (RFC 2045, 6.7, rule 3).
                while matches!(out.last(), Some(b' ' | b'\t')) {
                    out.pop();
                }
                while let Some(end @ (b'\r' | b'\n')) = body.get(at) {
                    out.push(*end);
                    at += 1;
                }
            }
            Some(_) => {}
        }
    }
    (out, false)
}

/// Where a soft line break that begins after `=` ends.
fn soft_break(body: &[u8], mut at: usize) -> Option<usize> {
    // Blanks after the sign come from careless relays; a bound keeps this linear.
    let mut blanks = 0;
    while matches!(body.get(at), Some(b' ' | b'\t')) && blanks < 80 {
        at += 1;
        blanks += 1;
    }
    let rest = body.get(at..).unwrap_or_default();
    let ends: &[&[u8]] = &[b"\r\r\n", b"\r\n", b"\r", b"\n"];
    match ends.iter().find(|end| rest.starts_with(end)) {
        Some(end) => Some(at + end.len()),
        None if rest.is_empty() => Some(at),
        None => None,
    }
}

/// Not a sign of base64: stepped over.
const NO_SIGN: u8 = 0x80;
/// Padding.
const PADDING: u8 = 0x81;

/// What each byte stands for in base64, in both alphabets (RFC 4648, 4 and 5).
const SIGNS: [u8; 256] = {
    let mut signs = [NO_SIGN; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value: u8 = 0;
    while value < 64 {
        signs[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    signs[b'-' as usize] = 62;
    signs[b'_' as usize] = 63;
    signs[b'=' as usize] = PADDING;
    signs
};

fn sign(byte: u8) -> u8 {
    SIGNS.get(usize::from(byte)).copied().unwrap_or(NO_SIGN)
}

fn base64(body: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity((body.len() / 4 * 3 + 3).min(most));
    let mut bits: u32 = 0;
    let mut count = 0u8;
    let mut at = 0;
    loop {
        // Whole groups of four, as nearly all of a body is.
        while count == 0 && out.len() + 48 < most {
            let mut block = [0; 48];
            let mut groups = 0;
            let (fours, _) = body.get(at..).unwrap_or_default().as_chunks::<4>();
            for (four, three) in fours.iter().zip(block.as_chunks_mut::<3>().0) {
                let [first, second, third, fourth] = four.map(sign);
                if (first | second | third | fourth) & NO_SIGN != 0 {
                    break;
                }
                *three = [first << 2 | second >> 4, second << 4 | third >> 2, third << 6 | fourth];
                groups += 1;
            }
            out.extend_from_slice(block.get(..groups * 3).unwrap_or_default());
            at += groups * 4;
            if groups < 16 {
                break;
            }
        }
        let Some(byte) = body.get(at) else { return (out, false) };
        at += 1;
        let value = match sign(*byte) {
            // Padding ends a group; text may go on after it where parts were joined.
            PADDING => {
                (bits, count) = (0, 0);
                continue;
            }
            NO_SIGN => continue,
            value => value,
        };
        bits = (bits << 6) | u32::from(value);
        count += 1;
        // The bytes are whole after the 2nd, 3rd and 4th sign of a group.
        let lowest = |bits: u32| bits.to_be_bytes()[3];
        match count {
            2 => out.push(lowest(bits >> 4)),
            3 => out.push(lowest(bits >> 2)),
            4 => {
                out.push(lowest(bits));
                (bits, count) = (0, 0);
            }
            _ => {}
        }
        if out.len() >= most {
            return (out, true);
        }
    }
}
