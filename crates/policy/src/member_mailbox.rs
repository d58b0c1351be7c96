//! Where mail to a member may go. Member mail needs no permit, so its recipient is a type of its own that no relay
//! address can become; only the store makes one, from what stands at a member, having looked that it is no buyer's.

use model::sender::SenderAddress;

/// A member's own mailbox: a plain address that is none of Amazon's, in no disguise that a mail server would undo.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberMailbox(SenderAddress);

/// An address to which no mail of Abide's to a member goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailboxRefusal {
    /// Nothing that a mail can be addressed to.
    #[error("this is not a plain mail address")]
    NotPlain,
    /// At a domain of Amazon's, or leading to one.
    #[error("this is a relay address, or another one at Amazon; mail to members never goes there")]
    Amazon,
}

impl MemberMailbox {
    /// The mailbox, unless the address is, or leads to, one at Amazon: any domain with the label `amazon`, on any level
    /// and under any ending, and any local part that names such a domain or a route (`%`, `!`, `=` as forwarders
    /// rewrite addresses).
    ///
    /// # Errors
    /// [`MailboxRefusal`] says which of the two it is.
    pub fn admit(address: &str) -> Result<Self, MailboxRefusal> {
        if leads_to_amazon(address) {
            return Err(MailboxRefusal::Amazon);
        }
        address.parse().map(Self).map_err(|_| MailboxRefusal::NotPlain)
    }

    /// The address, for the envelope; never for logs.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether any part of it, taken as a host, has the label `amazon`. Labels are told apart by all that can't be within one.
fn leads_to_amazon(address: &str) -> bool {
    let lower = address.to_lowercase();
    let (local, domain) = lower.rsplit_once('@').unwrap_or(("", &lower));
    let labels = |text: &str, also: &[char]| {
        text.split(|c: char| c == '.' || also.contains(&c)).map(str::trim).any(|label| label == "amazon")
    };
    let routed = local.contains(['%', '!', '=', '@', ':']) && labels(local, &['%', '!', '=', '@', ':', '+', '-', '_']);
    // `no.amazon.fan@…` is somebody's name; only with the relay's own word before it is it a rewritten relay address.
    labels(domain, &[']', '[']) || routed || local.contains("marketplace.amazon")
}

impl std::fmt::Debug for MemberMailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberMailbox(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_relay_address_is_a_members_mailbox_in_any_form() {
        for relay in [
            "abc12def34ghi56@marketplace.amazon.com",
            "ABC12def@Marketplace.AMAZON.co.uk",
            "abc+thread@marketplace.amazon.de",
            "abc@marketplace.amazon.com.",
            " abc@marketplace.amazon.com ",
            "abc@m.marketplace.amazon.co.jp",
            "abc@marketplace.amazon.cn",
            "abc@amazon.com",
            "abc@marketplace.amazon.com.tr",
            "<abc@marketplace.amazon.com>",
            "abc%marketplace.amazon.com@relay.example",
            "marketplace.amazon.com!abc@relay.example",
            "srs0=x=y=marketplace.amazon.com=abc@relay.example",
            "abc=marketplace.amazon.com@relay.example",
            "@relay.example:abc@marketplace.amazon.com",
            "abc@marketplace.amazon.com@relay.example",
        ] {
            assert_eq!(MemberMailbox::admit(relay), Err(MailboxRefusal::Amazon), "{relay}");
        }
    }

    #[test]
    fn a_persons_own_address_is_a_mailbox_and_is_not_shown() {
        for own in ["anna@shop.example", "anna+abide@amazonfan.example", "no.amazon.fan@shop.example"] {
            let mailbox = MemberMailbox::admit(own).unwrap();
            assert_eq!(mailbox.as_str(), own);
            assert!(!format!("{mailbox:?}").contains('@'));
        }
        assert_eq!(MemberMailbox::admit("anna@shop.example\r\nRCPT TO:<x@y.example>"), Err(MailboxRefusal::NotPlain));
        assert_eq!(MemberMailbox::admit("no address"), Err(MailboxRefusal::NotPlain));
    }

    proptest! {
        #[test]
        fn whatever_parses_as_an_alias_is_refused(local in "[A-Za-z0-9._+-]{1,30}", place in 0..model::Marketplace::ALL.len()) {
            let address = format!("{local}@marketplace.{}", model::Marketplace::ALL[place].facts().retail_domain);
            prop_assert!(MemberMailbox::admit(&address).is_err());
            prop_assert!(MemberMailbox::admit(&address.to_uppercase()).is_err());
        }
    }
}
