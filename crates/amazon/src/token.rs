//! Texts that Amazon gives out to be given back as they are: tokens of pages and ids of its own. They are checked for shape
//! alone, so that none can break a request's first line.

use serde_json::Value;

use crate::Unreadable;

/// Whether a text can stand in a URL once it is encoded: visible ASCII of bounded length.
fn is_opaque(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The token of the next page. It may tell of what was asked, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PageToken(String);

impl PageToken {
    /// The longest that is taken, in bytes: what servers take of a URL.
    pub const LONGEST: usize = 6_000;

    /// From the text that was kept between two runs.
    pub fn new(text: &str) -> Option<Self> {
        is_opaque(text, Self::LONGEST).then(|| Self(text.to_owned()))
    }

    /// The text, to be kept or given back.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As an answer gives it. Left out or null, this is the last page; what is there and can't be used must not pass for
    /// that, since the pages after it would be missed without a word.
    pub(crate) fn read(value: Option<&Value>) -> Result<Option<Self>, Unreadable> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Self::new(text).map(Some).ok_or(Unreadable("the token of the next page")),
            Some(_) => Err(Unreadable("the token of the next page")),
        }
    }
}

impl std::fmt::Debug for PageToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageToken(…)")
    }
}

/// An id that Amazon gives one thing: a report, its document, an upload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpaqueId(String);

impl OpaqueId {
    /// The longest that is taken, in bytes; the longest seen has about 100.
    pub const LONGEST: usize = 512;

    /// From an answer, or from the text that was kept between two runs.
    pub fn new(text: &str) -> Option<Self> {
        // As a segment of a path these lead elsewhere, encoded or not.
        let leads_elsewhere = matches!(text, "." | "..");
        (is_opaque(text, Self::LONGEST) && !leads_elsewhere).then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OpaqueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_stays_within_its_segment_of_a_path() {
        assert!(OpaqueId::new("amzn1.spdoc.1").is_some() && OpaqueId::new("...").is_some());
        for odd in ["", ".", "..", "a b", "ü", &"a".repeat(OpaqueId::LONGEST + 1)] {
            assert!(OpaqueId::new(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_used_is_not_the_last_page() {
        assert_eq!(PageToken::read(None), Ok(None));
        assert_eq!(PageToken::read(Some(&Value::Null)), Ok(None));
        assert!(PageToken::read(Some(&json!("QUJD+/=="))).unwrap().is_some());
        let long = "a".repeat(PageToken::LONGEST + 1);
        for odd in [json!(""), json!(7), json!({}), json!("a b"), json!("a\r\nb"), json!(long)] {
            assert!(PageToken::read(Some(&odd)).is_err(), "{odd}");
        }
    }
}
