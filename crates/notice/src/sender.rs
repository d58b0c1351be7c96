//! Who a mail or a quoted header says it is from, by the exact domain alone: display names, lookalike domains
//! and subdomains count for nothing. Whether the sender is really who it says is the provenance's question.

use model::{Alias, Marketplace};

use crate::encoded_word;
use crate::headers::Headers;

/// A sender as an address claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// An address at an exact retail domain of Amazon's.
    Amazon {
        /// The local part, lower case.
        local: String,
        /// The store that the display name, else the domain says; `amazon.com` alone says none.
        store: Option<Marketplace>,
    },
    /// A relay address: a buyer, whatever the mail says. No alias where its form is not a buyer's.
    Relay(Option<Alias>),
    /// The name of a store of Amazon's, and no address at all: quoted headers of some mail programs.
    NameOnly(Marketplace),
    /// Anyone else.
    Other,
}

impl Sender {
    /// Amazon's address for notices about messages; opt-outs come from it.
    pub fn is_auto_communication(&self) -> bool {
        matches!(self, Self::Amazon { local, .. } if local == crate::verdict::OPT_OUT_SENDER)
    }

    /// From an address and what stands before it.
    pub fn of(display: &str, address: &str) -> Self {
        let Some((local, domain)) = address.trim().rsplit_once('@') else { return Self::Other };
        // Only the root dot may follow a domain.
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if let Some(store) = Marketplace::from_retail_domain(domain) {
            let by_domain = (store != Marketplace::Us).then_some(store);
            let local = local.trim_matches('"').to_ascii_lowercase();
            return Self::Amazon { local, store: store_named(display).or(by_domain) };
        }
        if domain.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("marketplace."))
            && domain.get(12..).and_then(Marketplace::from_retail_domain).is_some()
        {
            return Self::Relay(address.trim().parse().ok());
        }
        Self::Other
    }
}

/// The store that a display name such as `Amazon.it` names.
pub fn store_named(display: &str) -> Option<Marketplace> {
    let name = display.trim().trim_matches(['"', '\'', '«', '»', '“', '”', '„', '‘', '’', '*', '_', ' ', '\u{a0}']);
    Marketplace::from_retail_domain(name.trim())
}

/// What the `From` of a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The sender; `Other` where it can't be told.
    pub sender: Sender,
    /// The address's domain, lower case, for the inbound log.
    pub domain: Option<String>,
    /// The whole address, lower case.
    pub address: Option<String>,
    /// Several senders, one of them Amazon: such a mail is never taken at its word.
    pub is_mixed: bool,
    /// Whether no other address stands beside it.
    pub is_alone: bool,
}

/// Reads the `From` of a mail (RFC 5322, 3.6.2): exactly one address counts.
pub fn of_mail(headers: &Headers<'_>) -> From {
    let mut mailboxes = headers.all("From").take(10).flat_map(|value| mailboxes(&encoded_free(value)));
    let first = mailboxes.next();
    let mut sender = first.as_ref().map_or(Sender::Other, |(display, address)| Sender::of(display, address));
    let (mut is_mixed, mut is_alone) = (false, true);
    for (display, address) in mailboxes {
        // A buyer's relay among several senders makes it a buyer's message, whoever stands beside it.
        if matches!(sender, Sender::Relay(_)) {
            break;
        }
        let other = Sender::of(&display, &address);
        if first.as_ref().is_some_and(|(_, first)| first.eq_ignore_ascii_case(&address)) {
            continue;
        }
        is_alone = false;
        is_mixed |= matches!(sender, Sender::Amazon { .. }) || matches!(other, Sender::Amazon { .. });
        if matches!(other, Sender::Relay(_)) {
            sender = other;
            is_mixed = false;
            break;
        }
        if is_mixed {
            sender = Sender::Other;
        }
    }
    let address = first.map(|(_, address)| address.trim().to_ascii_lowercase()).filter(|address| !address.is_empty());
    let domain = address.as_deref().and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
    From { sender, domain, address, is_mixed, is_alone }
}

/// The address before forwarding, where a mailing list or an aliasing service replaced `From` by its own: Google
/// Groups writes `X-Original-From`, others a field of their own that ends so.
pub fn before_rewriting(headers: &Headers<'_>) -> Option<Sender> {
    let is_original = |name: &[u8]| {
        let name = name.to_ascii_lowercase();
        [&b"original-from"[..], b"original-from-header", b"x-original-sender"].iter().any(|end| name.ends_with(end))
    };
    let value = headers.named(is_original)?;
    let (display, address) = mailboxes(&encoded_free(value)).into_iter().next()?;
    Some(Sender::of(&display, &address))
}

/// A value on one line with its structure untouched: encoded words are decoded per display name only, so that
/// a name can't smuggle an address in.
fn encoded_free(value: &[u8]) -> String {
    crate::headers::unfold(value)
}

/// The mailboxes of an address list: display name (decoded) and address.
pub fn mailboxes(list: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut display = String::new();
    let mut bare = String::new();
    let mut angle: Option<String> = None;
    let mut quoted = false;
    let mut escaped = false;
    let mut comment = 0usize;
    let mut in_angle = false;
    let mut finish = |display: &mut String, bare: &mut String, angle: &mut Option<String>| {
        let name = encoded_word::decode_words(display.trim());
        match angle.take() {
            Some(address) => out.push((name, address)),
            None if !bare.trim().is_empty() => out.push((String::new(), bare.trim().to_owned())),
            None => {}
        }
        display.clear();
        bare.clear();
    };
    for sign in list.chars() {
        if escaped {
            escaped = false;
            if comment == 0 {
                display.push(sign);
                bare.push(sign);
            }
            continue;
        }
        match sign {
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 => {
                quoted = !quoted;
                bare.push(sign);
            }
            _ if quoted => {
                display.push(sign);
                bare.push(sign);
                if in_angle && let Some(address) = &mut angle {
                    address.push(sign);
                }
            }
            '(' => comment += 1,
            ')' if comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            '<' => {
                in_angle = true;
                angle = Some(String::new());
            }
            '>' => in_angle = false,
            ',' | ';' if !in_angle => finish(&mut display, &mut bare, &mut angle),
            // The name of a group ends here (RFC 5322, 3.4).
            ':' if !in_angle => {
                display.clear();
                bare.clear();
            }
            other if in_angle => {
                if let Some(address) = &mut angle {
                    address.push(other);
                }
            }
            other => {
                display.push(other);
                bare.push(other);
            }
        }
    }
    finish(&mut display, &mut bare, &mut angle);
    out
}
