//! An account's handle: the short name by which it is called on the command line and in inbound addresses.

use serde::Serialize;

/// 2 to 40 of `a-z`, `0-9` and single inner hyphens, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Handle(String);

/// A text that can't be a handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't be a handle: use 2 to 40 of a-z, 0-9 and hyphens, such as blue-widgets")]
pub struct InvalidHandle(pub String);

impl Handle {
    /// The longest handle, in bytes.
    pub const LONGEST: usize = 40;

    /// The handle that a name suggests, where it has at least two Latin letters or digits.
    pub fn suggested_by(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                '\'' | '’' => {}
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
            if slug.len() == Self::LONGEST {
                break;
            }
        }
        slug.trim_end_matches('-').parse().ok()
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for Handle {
    type Err = InvalidHandle;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shaped = (2..=Self::LONGEST).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if shaped { Ok(Self(text.to_owned())) } else { Err(InvalidHandle(text.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_its_handle() {
        let suggested = |name| Handle::suggested_by(name).map(|handle| handle.to_string());
        assert_eq!(suggested("Blue Widgets").as_deref(), Some("blue-widgets"));
        assert_eq!(suggested("  Bob's   Shop & Co. ").as_deref(), Some("bobs-shop-co"));
        assert_eq!(suggested("青い店"), None);
    }

    #[test]
    fn a_handle_has_one_written_form() {
        for bad in ["", "a", "-ab", "ab-", "a--b", "Ab", "a b", "a_b"] {
            assert!(bad.parse::<Handle>().is_err(), "{bad}");
        }
    }
}
