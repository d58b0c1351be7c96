//! `Content-Type` and `Content-Disposition` with their parameters (RFC 2045, 5.1; RFC 2183; RFC 2231), read
//! leniently: quoted or bare values, comments ignored, continued and charset-marked values put together.

use crate::encoded_word::{decode_words, percent_decode};
use crate::{charset, headers, limits};

/// A field of the form `value; name=value; …`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameterised {
    /// What stands before the first semicolon, lower case: `text/html`, `attachment`.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Parameterised {
    /// From a field's value; a missing one is empty.
    pub fn parse(field: Option<&[u8]>) -> Self {
        let field = field.unwrap_or_default();
        let field = field.get(..limits::FIELD_BYTES).unwrap_or(field);
        let text = headers::one_line(&charset::decode(field, None));
        let mut pieces = split(&text);
        let value = pieces.next().unwrap_or_default();
        let value: String = value.chars().filter(|sign| !sign.is_whitespace()).collect();
        let parameters = pieces
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                Some((name.trim().to_ascii_lowercase(), unquote(value.trim())))
            })
            .take(100)
            .collect();
        Self { value: value.to_ascii_lowercase(), parameters }
    }

    /// The main type, such as `multipart`.
    pub fn main(&self) -> &str {
        self.value.split('/').next().unwrap_or_default()
    }

    /// A parameter, decoded (RFC 2231, 3 and 4).
    pub fn parameter(&self, name: &str) -> Option<String> {
        let find = |wanted: &str| self.parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        if let Some(value) = find(name) {
            return Some(decode_words(value));
        }
        if let Some(value) = find(&format!("{name}*")) {
            return Some(extended(value.as_bytes(), true));
        }
        let mut bytes = Vec::new();
        let mut any_encoded = false;
        for number in 0..50 {
            let (value, encoded) = match (find(&format!("{name}*{number}*")), find(&format!("{name}*{number}"))) {
                (Some(value), _) => (value, true),
                (None, Some(value)) => (value, false),
                (None, None) if number == 0 => return None,
                (None, None) => break,
            };
            any_encoded |= encoded;
            bytes.extend_from_slice(value.as_bytes());
        }
        Some(extended(&bytes, any_encoded))
    }
}

/// `charset'language'text%20with%20escapes`.
fn extended(value: &[u8], encoded: bool) -> String {
    if !encoded {
        return charset::decode(value, None).into_owned();
    }
    let mut quotes = value.iter().enumerate().filter(|(_, byte)| **byte == b'\'').map(|(at, _)| at);
    let (label, content) = match (quotes.next(), quotes.next()) {
        (Some(first), Some(second)) => {
            (std::str::from_utf8(value.get(..first).unwrap_or_default()).ok(), value.get(second + 1..))
        }
        _ => (None, Some(value)),
    };
    charset::decode(&percent_decode(content.unwrap_or_default()), label.filter(|label| !label.is_empty())).into_owned()
}

/// Splits at semicolons that stand outside quotes.
fn split(text: &str) -> impl Iterator<Item = String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for sign in text.chars() {
        match sign {
            ';' if !quoted => {
                pieces.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = sign == '\\' && !escaped;
        if let Some(last) = pieces.last_mut() {
            last.push(sign);
        }
    }
    pieces.into_iter()
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.split_whitespace().next().unwrap_or_default().to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut signs = inner.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => break,
            '\\' => out.extend(signs.next()),
            other => out.push(other),
        }
    }
    out
}
