//! The buyer's relay address, `…@marketplace.amazon.<tld>`, in its one canonical form. That form feeds the
//! look-up hash, so it is frozen: the vectors below may never change.

use crate::Marketplace;

/// A buyer's relay address, canonical: ASCII lower case, no `+tag`, at an exact relay domain of Amazon's.
///
/// `Debug` hides it, since an alias is personal data and must not reach a log (law 8).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias {
    text: String,
    marketplace: Marketplace,
}

/// A text that is not a relay address of Amazon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a buyer's relay address; they look like abc12def34ghi56@marketplace.amazon.com")]
pub struct InvalidAlias;

impl Alias {
    /// The longest local part taken, in bytes (RFC 5321, 4.5.3.1.1).
    pub const LONGEST_LOCAL_PART: usize = 64;

    /// The canonical form, for sending and for the look-up hash; never for logs.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The store whose relay domain it is at.
    pub fn marketplace(&self) -> Marketplace {
        self.marketplace
    }

    /// Whether its very form says that many buyers share it, as Amazon Business orders in Europe do
    /// (law 6: never suppressed as a buyer).
    pub fn is_shared_by_form(&self) -> bool {
        let local = self.text.split('@').next().unwrap_or_default();
        local.contains("no-reply") || local.contains("noreply") || local.contains("donotreply")
    }
}

impl std::str::FromStr for Alias {
    type Err = InvalidAlias;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAlias)?;
        let marketplace = domain
            .to_ascii_lowercase()
            .strip_prefix("marketplace.")
            .and_then(Marketplace::from_retail_domain)
            .ok_or(InvalidAlias)?;
        // A tag after `+` names a thread, not another buyer.
        let local = local.split('+').next().unwrap_or_default().to_ascii_lowercase();
        let shaped = (1..=Self::LONGEST_LOCAL_PART).contains(&local.len())
            && local.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
        if !shaped {
            return Err(InvalidAlias);
        }
        let text = format!("{local}@marketplace.{}", marketplace.facts().retail_domain);
        Ok(Self { text, marketplace })
    }
}

impl std::fmt::Debug for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Alias(…@marketplace.{})", self.marketplace.facts().retail_domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: changing one of these would orphan every hash in every database.
    #[test]
    fn the_canonical_form_is_frozen() {
        let vectors = [
            ("abc12def34ghi56@marketplace.amazon.com", "abc12def34ghi56@marketplace.amazon.com"),
            (" ABC12def34ghi56@Marketplace.Amazon.COM ", "abc12def34ghi56@marketplace.amazon.com"),
            ("abc12def34ghi56+thread-77@marketplace.amazon.de", "abc12def34ghi56@marketplace.amazon.de"),
            ("no-reply-amazon-iba-buyer@marketplace.amazon.it", "no-reply-amazon-iba-buyer@marketplace.amazon.it"),
        ];
        for (written, canonical) in vectors {
            assert_eq!(written.parse::<Alias>().unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn lookalike_domains_are_no_alias() {
        for bad in [
            "abc@marketplace.amazon.com.evil.ru",
            "abc@evilmarketplace.amazon.com",
            "abc@marketplace.amazon.cn",
            "abc@amazon.com",
            "@marketplace.amazon.com",
            "a b@marketplace.amazon.com",
            "a@b@marketplace.amazon.com",
            "",
        ] {
            assert!(bad.parse::<Alias>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_no_reply_alias_is_shared_and_debug_shows_no_local_part() {
        let alias: Alias = "no-reply-amazon-iba-buyer@marketplace.amazon.it".parse().unwrap();
        assert!(alias.is_shared_by_form());
        assert!(!format!("{alias:?}").contains("iba"));
    }
}
