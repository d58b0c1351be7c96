//! What a mail's headers tell beside its sender: that a mailbox rule forwarded it, that a list or a machine sent
//! it, that it is a bounce, that a provider asks to confirm a forwarding rule.

use crate::confirmation;
use crate::headers::{Headers, unfold};
use crate::sender::From;

/// Fields that only forwarding adds. ARC seals are added on receipt by a forwarder, never by Amazon.
const FORWARDING_FIELDS: &[&str] = &[
    "X-Forwarded-For",
    "X-Forwarded-To",
    "X-Forwarded-Encrypted",
    "X-Forwarded-Message-Id",
    "X-Original-Recipient",
    "X-Autoforward",
    "X-Auto-Forward",
    "Autoforwarded",
    "X-MS-Exchange-Inbox-Rules-Loop",
    "X-MS-Exchange-ParentMessageId",
    "Resent-From",
    "Resent-To",
    "Resent-Date",
    "Resent-Sender",
    "Resent-Message-ID",
    "ARC-Seal",
    "ARC-Message-Signature",
    "X-Google-Group-Id",
    "X-Original-From",
];

/// Whether a mailbox rule or a list passed the mail on with its headers kept.
pub fn is_forwarded_by_rule(headers: &Headers<'_>) -> bool {
    if FORWARDING_FIELDS.iter().any(|name| headers.has(name)) {
        return true;
    }
    // Gmail writes `+caf_=` into the envelope sender, others rewrite it (SRS).
    let envelope = ["Return-Path", "X-Original-Return-Path", "Envelope-From", "X-Envelope-From"];
    let is_rewritten = envelope.iter().flat_map(|name| headers.all(name)).any(|value| {
        let value = unfold(value).to_ascii_lowercase();
        value.contains("+caf_=") || value.contains("srs0=") || value.contains("srs1=") || value.contains("srs0+")
    });
    if is_rewritten {
        return true;
    }
    // Delivered to one address after another.
    let mut delivered: Vec<String> = Vec::new();
    for value in headers.all("Delivered-To").take(20) {
        let value = unfold(value).to_ascii_lowercase();
        if !delivered.contains(&value) {
            delivered.push(value);
        }
    }
    delivered.len() > 1
}

/// Whether a list or a bulk sender distributed it: what it quotes is held, never believed at once.
pub fn is_distributed(headers: &Headers<'_>) -> bool {
    ["List-Id", "List-Post", "List-Unsubscribe", "List-Subscribe"].iter().any(|name| headers.has(name))
        || headers
            .only("Precedence")
            .is_some_and(|value| ["bulk", "list", "junk"].iter().any(|word| value.eq_ignore_ascii_case(word)))
}

/// Whether it is a bounce in one of the forms older than RFC 3464's report.
pub fn is_bounce(headers: &Headers<'_>, from: &From) -> bool {
    let local = from.address.as_deref().and_then(|address| address.split('@').next()).unwrap_or_default();
    headers.has("X-Failed-Recipients")
        || matches!(local, "mailer-daemon" | "postmaster" | "mail-daemon" | "mailerdaemon")
        || headers.only("Return-Path").is_some_and(|path| path.trim() == "<>")
}

/// A provider's request to confirm a forwarding address, by its sender.
pub fn is_forwarding_confirmation(from: &From) -> bool {
    from.is_alone && from.address.as_deref().is_some_and(confirmation::is_sender)
}
