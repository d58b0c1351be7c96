//! Reports on the delivery of the seller's own messages: what became of which. By the fields of RFC 3464 where the
//! report has them, else by its words, and by the returned headers, which name the message. A bounce is evidence about
//! a message and never a buyer's word.

use std::sync::LazyLock;

use model::delivery_report::{DeliveryAction, DeliveryReport};
use model::{MessageId, OrderId, outbox_message_of};
use regex::Regex;

use crate::anatomy::Mail;
use crate::evidence::order_ids;
use crate::headers::{Headers, start_of_mail, unfold};
use crate::verdict::add_distinct;
use crate::{day, encoded_word, limits};

/// Bytes of the other server's words that are kept.
const SAID_BYTES: usize = 500;

/// Signs of a report's text that are looked through for a status where it has no fields.
const LOOKED_AT: usize = 20_000;

struct Patterns {
    status: Regex,
    reply: Regex,
    message: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        status: Regex::new(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b").ok()?,
        // A reply of RFC 5321 at the beginning of a line or of what a server is said to have said.
        reply: Regex::new(r"(?m)(?:^|[:>])[ \t]*([45][0-5][0-9])(?:[ -][245]\.|[ -][A-Za-z<#(])").ok()?,
        message: Regex::new(r"(?i-u)\bmessage-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[a-z0-9.-]{1,253}").ok()?,
    })
});

/// What the report says of a message of the seller's.
pub fn read(mail: &Mail<'_>) -> DeliveryReport {
    let mut report = DeliveryReport {
        action: DeliveryAction::NotSaid,
        status: None,
        said: None,
        messages: Vec::new(),
        names_another: false,
        written_at: None,
    };
    for fields in &mail.delivery_status {
        of_fields(fields, &mut report);
    }
    if report.action == DeliveryAction::NotSaid {
        of_words(mail, &mut report);
    }
    returned(mail, &mut report);
    report
}

/// The fields for each recipient (RFC 3464, 2.3), in blocks between empty lines. Of several, what failed counts.
fn of_fields(fields: &[u8], report: &mut DeliveryReport) {
    let text = String::from_utf8_lossy(fields).replace("\r\n", "\n");
    for block in text.split("\n\n").take(50) {
        let (headers, _) = Headers::parse(block.as_bytes());
        let Some(action) = headers.first("Action").map(unfold) else { continue };
        let action = match action.trim().to_ascii_lowercase().as_str() {
            "failed" => DeliveryAction::Failed,
            "delayed" => DeliveryAction::Delayed,
            "delivered" | "relayed" | "expanded" => DeliveryAction::Delivered,
            _ => DeliveryAction::NotSaid,
        };
        if report.action != DeliveryAction::NotSaid && action != DeliveryAction::Failed {
            continue;
        }
        report.action = action;
        let status = headers.first("Status").map(unfold);
        report.status = status.as_deref().and_then(first_status).or(report.status.take());
        let said = headers.first("Diagnostic-Code").map(unfold);
        report.said = said.map(|said| {
            let said = said.split_once(';').map_or(said.as_str(), |(_, said)| said);
            bounded(said.trim())
        });
    }
}

fn first_status(text: &str) -> Option<String> {
    status_in(PATTERNS.as_ref()?, text).map(|found| found.as_str().to_owned())
}

/// The first status; three numbers of an address (`5.135.20.7`) are none.
fn status_in<'a>(patterns: &Patterns, text: &'a str) -> Option<regex::Match<'a>> {
    patterns.status.find_iter(text).find(|found| {
        let before = text.get(..found.start()).unwrap_or_default();
        let after = text.get(found.end()..).and_then(|after| after.strip_prefix('.')).unwrap_or_default();
        !before.ends_with('.') && !after.starts_with(|sign: char| sign.is_ascii_digit())
    })
}

/// Where a report has no fields: the first status or reply of a server that its text quotes.
fn of_words(mail: &Mail<'_>, report: &mut DeliveryReport) {
    let Some(patterns) = PATTERNS.as_ref() else { return };
    for body in &mail.bodies {
        let end = body.text.char_indices().nth(LOOKED_AT).map_or(body.text.len(), |(at, _)| at);
        let text = body.text.get(..end).unwrap_or_default();
        let status = status_in(patterns, text);
        let reply = patterns.reply.captures(text).and_then(|found| found.get(1));
        let Some(found) = [status, reply].into_iter().flatten().min_by_key(regex::Match::start) else { continue };
        report.action = match found.as_str().as_bytes().first() {
            Some(b'5') => DeliveryAction::Failed,
            Some(b'4') => DeliveryAction::Delayed,
            _ => DeliveryAction::NotSaid,
        };
        report.status = status.map(|found| found.as_str().to_owned());
        let line = text.get(..found.start()).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
        report.said = text.get(line..).and_then(|rest| rest.lines().next()).map(|line| bounded(line.trim()));
        return;
    }
}

fn bounded(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split(|sign: char| sign.is_whitespace() || sign.is_control()).filter(|word| !word.is_empty()) {
        if kept.len() + word.len() >= SAID_BYTES {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// Which message it is about: by the headers it returns, as a part of their own or within its text, and by what it
/// answers to.
fn returned(mail: &Mail<'_>, report: &mut DeliveryReport) {
    let attached = mail.attached.iter().map(AsRef::as_ref);
    for headers in mail.returned_headers.iter().map(AsRef::as_ref).chain(attached).take(20) {
        let (headers, _) = Headers::parse(start_of_mail(headers));
        if let Some(value) = headers.first("Message-ID").map(unfold) {
            match outbox_message_of(value.trim()) {
                Some(message) => add_distinct(&mut report.messages, [message]),
                None => report.names_another = true,
            }
        }
        let written = headers.first("Date").and_then(|value| day::of_field(&unfold(value))).map(|(at, _)| at);
        report.written_at = report.written_at.or(written);
    }
    for name in ["In-Reply-To", "References", "X-Failed-Message-ID", "Original-Message-ID"] {
        for value in mail.headers.all(name).take(5) {
            add_distinct(&mut report.messages, named_in(&encoded_word::text(value)));
        }
    }
    for body in &mail.bodies {
        add_distinct(&mut report.messages, named_in(&body.text));
    }
}

/// The messages of ours whose Message-ID stands in a text, quoted or not.
fn named_in(text: &str) -> Vec<MessageId> {
    if memchr::memmem::find(text.as_bytes(), b"@").is_none() {
        return Vec::new();
    }
    let Some(patterns) = PATTERNS.as_ref() else { return Vec::new() };
    patterns.message.find_iter(text).take(20).filter_map(|found| outbox_message_of(found.as_str())).collect()
}

/// The orders that the returned mail names, in its subject or within the beginning of its text.
pub fn orders_returned(mail: &Mail<'_>) -> Vec<OrderId> {
    let attached = mail.attached.iter().map(AsRef::as_ref);
    let mut orders = Vec::new();
    for returned in mail.returned_headers.iter().map(AsRef::as_ref).chain(attached).take(20) {
        let start: &[u8] = returned.get(..limits::REPORT_BYTES).unwrap_or(returned);
        let (headers, _) = Headers::parse(start_of_mail(start));
        let subject = headers.first("Subject").map(encoded_word::text).unwrap_or_default();
        add_distinct(&mut orders, order_ids(&subject).0);
        // Digits stay as they are in every transfer encoding of text but base64.
        add_distinct(&mut orders, order_ids(&String::from_utf8_lossy(start)).0);
    }
    orders
}
