//! Encoded words in header values (RFC 2047) and encoded parameters (RFC 2231), leniently. Neighbouring words
//! of one charset are joined as bytes before decoding, since mailers split them in mid-character.

use crate::transfer::{self, Encoding};
use crate::{charset, headers, limits};

/// A value as a person reads it: unfolded, its encoded words decoded.
pub fn text(value: &[u8]) -> String {
    let value = value.get(..limits::FIELD_BYTES).unwrap_or(value);
    let raw = charset::decode(value, None);
    let line = headers::one_line(&raw);
    decode_words(&line)
}

/// One run of encoded words of the same charset, not yet decoded.
struct Run {
    charset: String,
    bytes: Vec<u8>,
}

impl Run {
    fn flush(self, out: &mut String) {
        out.push_str(&charset::decode(&self.bytes, Some(&self.charset)));
    }
}

/// Decodes every encoded word; blanks between two of them vanish (RFC 2047, 6.2).
pub fn decode_words(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut pending: Option<Run> = None;
    let mut rest = line;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        let Some((charset, bytes, after)) = word(from) else {
            if let Some(run) = pending.take() {
                run.flush(&mut out);
            }
            out.push_str(before);
            out.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let joined = before.trim().is_empty();
        match &mut pending {
            Some(run) if joined && run.charset.eq_ignore_ascii_case(&charset) => run.bytes.extend_from_slice(&bytes),
            _ => {
                let between = pending.take().map(|run| run.flush(&mut out)).is_some();
                if !(between && joined) {
                    out.push_str(before);
                }
                pending = Some(Run { charset, bytes });
            }
        }
        rest = after;
    }
    if let Some(run) = pending {
        run.flush(&mut out);
    }
    out.push_str(rest);
    out
}

/// One encoded word at the start of `from`: charset, bytes, what follows.
fn word(from: &str) -> Option<(String, Vec<u8>, &str)> {
    let inner = from.strip_prefix("=?")?;
    let (charset, inner) = inner.split_once('?')?;
    let (encoding, inner) = inner.split_once('?')?;
    // A quoted-printable word may hold `=` right before its end, so look for the first `?=`.
    let (content, after) = inner.split_once("?=")?;
    if charset.is_empty() || charset.len() > 60 || charset.contains(' ') || content.len() > 4_000 {
        return None;
    }
    // RFC 2231, 5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or_default().to_owned();
    let bytes = match encoding {
        "B" | "b" => Encoding::Base64.decode(content.as_bytes(), limits::FIELD_BYTES).0.into_owned(),
        "Q" | "q" => q_word(content.as_bytes()),
        _ => return None,
    };
    Some((charset, bytes, after))
}

fn q_word(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut at = 0;
    while let Some(byte) = content.get(at) {
        let escaped = (*byte == b'=').then(|| transfer::hex_pair(content.get(at + 1), content.get(at + 2))).flatten();
        match (byte, escaped) {
            (_, Some(value)) => {
                out.push(value);
                at += 3;
            }
            (b'_', None) => {
                out.push(b' ');
                at += 1;
            }
            (other, None) => {
                out.push(*other);
                at += 1;
            }
        }
    }
    out
}

/// `%41` to `A`, as in RFC 2231 values and in `mailto:` links.
pub fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escaped = (*byte == b'%').then(|| transfer::hex_pair(text.get(at + 1), text.get(at + 2))).flatten();
        if let Some(value) = escaped {
            out.push(value);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}
