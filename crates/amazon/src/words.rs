//! What Amazon says of a failure, and the id by which its support finds a request. The words may name a buyer's matters, so
//! they are for who seals them and shown by no `Debug`; the id may stand in logs.

/// Amazon's words on one line, without control characters, at most 500 bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Words(String);

impl Words {
    /// The most that is kept, in bytes.
    pub const LONGEST: usize = 500;

    /// Cleans and cuts.
    pub(crate) fn new(text: &str) -> Self {
        let pieces = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|piece| !piece.is_empty());
        let mut words = String::new();
        for piece in pieces {
            let gap = if words.is_empty() { "" } else { " " };
            for c in gap.chars().chain(piece.chars()) {
                if words.len() + c.len_utf8() > Self::LONGEST {
                    return Self(words.trim_end().to_owned());
                }
                words.push(c);
            }
        }
        Self(words)
    }

    /// The words, to be sealed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Letters and digits alone, in lower case: apostrophes, dashes and wrapping change nothing.
    pub(crate) fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// Letters and digits alone, in lower case.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({} bytes)", self.0.len())
    }
}

/// Amazon's id of one request, from `x-amzn-RequestId`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// The longest that is taken, in bytes; Amazon's have 36.
    pub const LONGEST: usize = 128;

    /// Visible ASCII without blanks; anything else is no id.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let shaped = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        shaped.then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_one_clean_line_of_bounded_length(text in any::<String>(), times in 1_usize..200) {
            let words = Words::new(&text.repeat(times));
            prop_assert!(words.as_str().len() <= Words::LONGEST);
            prop_assert!(!words.as_str().chars().any(char::is_control));
            prop_assert_eq!(words.as_str().trim(), words.as_str());
            prop_assert!(!words.as_str().contains("  "));
        }
    }

    #[test]
    fn short_words_are_kept_and_debug_shows_none() {
        let words = Words::new(" The buyer\r\nsaid\u{0}no ");
        assert_eq!(words.as_str(), "The buyer said no");
        assert_eq!(format!("{words:?}"), "Words(17 bytes)");
        assert_eq!(Words::new("can’t - see").folded(), "cantsee");
        assert!(RequestId::new("a b").is_none() && RequestId::new("").is_none() && RequestId::new("ü").is_none());
    }
}
