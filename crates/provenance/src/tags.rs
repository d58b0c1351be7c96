//! Lists of tags, as in signatures, seals and key records (RFC 6376, 3.2): `a=b; c=d`. A tag that stands twice
//! makes the whole list worthless.

/// The tags of a list with their values, in their order; blanks around both are left out.
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

/// Tags that a list may have; the longest ones in use have 15.
const MOST: usize = 50;

impl<'a> Tags<'a> {
    /// Reads a list; none where it is malformed.
    pub fn of(text: &'a str) -> Option<Self> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let mut parts = text.split(';').peekable();
        while let Some(part) = parts.next() {
            let part = part.trim_matches(BLANKS);
            // A semicolon may stand behind the last tag.
            if part.is_empty() && parts.peek().is_none() {
                break;
            }
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim_matches(BLANKS), value.trim_matches(BLANKS));
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if name.is_empty() || !is_name || tags.len() >= MOST || tags.iter().any(|(known, _)| *known == name) {
                return None;
            }
            tags.push((name, value));
        }
        Some(Self(tags))
    }

    /// The value of a tag.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Whether a tag stands first.
    pub fn begins_with(&self, name: &str) -> bool {
        self.0.first().is_some_and(|(known, _)| *known == name)
    }
}

/// Folding white space, taken apart.
pub(crate) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// A value in base64 with folds in it.
pub(crate) fn base64(value: &str) -> Option<Vec<u8>> {
    let bare: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    data_encoding::BASE64.decode(&bare).ok()
}

/// A whole number without a sign.
pub(crate) fn number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.len() <= 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten()
}

/// A domain in lower case: letters, digits, hyphens and dots; an internationalised one must be in its ASCII form.
pub(crate) fn domain(value: &str) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let fits = !value.is_empty() && value.len() <= 253 && value.bytes().all(known);
    let labels = value.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    (fits && labels).then(|| value.to_ascii_lowercase())
}

/// The same text without the value of its tag `b`, all else byte for byte (RFC 6376, 3.5).
pub(crate) fn without_signature(value: &[u8]) -> Vec<u8> {
    let mut bare = Vec::with_capacity(value.len());
    let mut parts = value.split(|byte| *byte == b';').peekable();
    while let Some(part) = parts.next() {
        let equals = memchr::memchr(b'=', part);
        let is_signature = equals.is_some_and(|at| part.get(..at).is_some_and(|name| name.trim_ascii() == b"b"));
        match equals.filter(|_| is_signature).and_then(|at| part.get(..=at)) {
            Some(name) => bare.extend_from_slice(name),
            None => bare.extend_from_slice(part),
        }
        if parts.peek().is_some() {
            bare.push(b';');
        }
    }
    bare
}
