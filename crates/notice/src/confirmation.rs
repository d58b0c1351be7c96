//! A mailbox provider's request to confirm that mail may be forwarded to an inbound address: known by its exact sender,
//! never by words, so in every language. What it shows a member is the code, the mailbox that asks, and the link as
//! plain text where it leads to one of the provider's own hosts; nothing here follows it (law 10).

use std::sync::LazyLock;

use regex::Regex;

use crate::anatomy::{self, Attached, Budget};
use crate::sender;
use crate::{encoded_word, text};

/// A provider that asks before it forwards, and how its request is known.
struct Provider {
    name: &'static str,
    /// Exact addresses that such requests come from; where none is known, any automatic address of `domains`.
    senders: &'static [&'static str],
    domains: &'static [&'static str],
    /// Hosts that its links may lead to; none where people sign in, since such a link may let a stranger's program in.
    hosts: &'static [&'static str],
    /// How such a link's path begins; empty: any.
    path: &'static str,
}

/// Gmail's sender, hosts and path stand in the sources of programs that handle such mails. Of the others no such mail
/// has been seen: their own help pages say that they send one with a link, and the domains are theirs; the worst that a
/// wrong one does is that a mail of that provider's waits for a look.
const PROVIDERS: [Provider; 4] = [
    Provider {
        name: "Gmail",
        senders: &["forwarding-noreply@google.com"],
        domains: &[],
        hosts: &["mail-settings.google.com", "mail.google.com"],
        path: "/mail/vf-",
    },
    Provider {
        name: "Zoho Mail",
        senders: &[],
        domains: &["zoho.com", "zoho.eu", "zoho.in", "zohomail.com", "mail.zoho.com", "zohoaccounts.com"],
        hosts: &["mail.zoho.com", "mail.zoho.eu", "mail.zoho.in"],
        path: "",
    },
    Provider {
        name: "Yahoo Mail",
        senders: &[],
        domains: &["yahoo.com", "cc.yahoo-inc.com", "yahoo-inc.com"],
        hosts: &["mail.yahoo.com"],
        path: "",
    },
    Provider {
        name: "Fastmail",
        senders: &[],
        domains: &["fastmail.com", "fastmailteam.com"],
        hosts: &["app.fastmail.com", "www.fastmail.com"],
        path: "",
    },
];

/// Local parts that no person has; exactly these, since most of the domains give out mailboxes to anybody and sign their
/// mail, and `noreply.somebody` may be one.
const AUTOMATIC: [&str; 5] = ["noreply", "no-reply", "donotreply", "do-not-reply", "no_reply"];

/// Signs of the text that are looked through.
const LOOKED_AT: usize = 20_000;

struct Patterns {
    subject_code: Regex,
    code: Regex,
    mailbox: Regex,
    link: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        subject_code: Regex::new(r"#?\b([0-9]{6,12})\b").ok()?,
        // Alone on its line, or the last word of it: no part of a link or of a sentence's numbers.
        code: Regex::new(r"(?m)(?:^|[:：\s])[ \t]*([0-9]{6,12})[ \t.。]*$").ok()?,
        mailbox: Regex::new(r"(?i-u)[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
            .ok()?,
        link: Regex::new(r#"https://[^\s<>"']{1,2000}"#).ok()?,
    })
});

/// What a request shows a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The provider.
    pub provider: &'static str,
    /// Its sender, lower case; whoever shows this as genuine must have proof of that address's own domain.
    pub sender: String,
    /// The mailbox that asks.
    pub mailbox: Option<String>,
    /// The code to be typed in at the provider's.
    pub code: Option<String>,
    /// The link that confirms, https and on the provider's own host; shown as text.
    pub link: Option<String>,
}

/// Whether an address is one that such requests come from.
pub(crate) fn is_sender(address: &str) -> bool {
    provider_of(address).is_some()
}

fn provider_of(address: &str) -> Option<&'static Provider> {
    let (local, domain) = address.split_once('@')?;
    PROVIDERS.iter().find(|provider| {
        provider.senders.contains(&address) || provider.domains.contains(&domain) && AUTOMATIC.contains(&local)
    })
}

/// Reads a mail as such a request; none where its sender is no such provider's.
pub fn confirmation(raw: &[u8]) -> Option<Confirmation> {
    let patterns = PATTERNS.as_ref()?;
    let mail = anatomy::open(raw, Attached::TooDeep, &mut Budget::default());
    let from = sender::of_mail(&mail.headers);
    let sender = from.address.filter(|_| from.is_alone)?;
    let provider = provider_of(&sender)?;
    let subject = mail.headers.first("Subject").map(encoded_word::text).unwrap_or_default();
    let texts: Vec<&str> = mail.bodies.iter().map(|body| start_of(&body.text)).collect();
    let code_in = |pattern: &Regex, text: &str| {
        pattern.captures(text).and_then(|found| found.get(1)).map(|found| found.as_str().to_owned())
    };
    let code = code_in(&patterns.subject_code, &subject)
        .or_else(|| texts.iter().find_map(|text| code_in(&patterns.code, text)));
    let mailbox = std::iter::once(subject.as_str()).chain(texts.iter().copied()).find_map(|text| {
        let addresses = patterns.mailbox.find_iter(text).map(|found| found.as_str().to_ascii_lowercase());
        addresses.into_iter().find(|address| provider_of(address).is_none())
    });
    let written = texts.iter().flat_map(|text| patterns.link.find_iter(text).map(|found| found.as_str()));
    let targets = mail.bodies.iter().flat_map(|body: &text::Body| body.links.iter().map(|link| link.target.as_str()));
    let link = written.chain(targets).find(|link| leads_to(provider, link)).map(str::to_owned);
    Some(Confirmation { provider: provider.name, sender, mailbox, code, link })
}

fn start_of(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// Whether a link is https, to one of the provider's hosts exactly, without user or port, and confirms.
fn leads_to(provider: &Provider, link: &str) -> bool {
    let Some(rest) = link.strip_prefix("https://") else { return false };
    let Some((host, path)) = rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len())) else {
        return false;
    };
    let is_plain = link.len() <= 2_000 && link.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain && provider.hosts.contains(&host.to_ascii_lowercase().as_str()) && path.starts_with(provider.path)
}
