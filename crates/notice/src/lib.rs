//! Raw mail in, readings out: what each mail is, which order and buyer it names, and on what evidence. Pure: no
//! clock, no network, no file; no link is followed and no header believed beyond what its sender's exact domain
//! allows (law 10). Any bytes are read without panic, in linear time and bounded memory.
//!
//! A mail is taken apart by a walker of our own and not by mail-parser, which dies of deep nesting, takes a bare
//! CR for text and loses the bytes of a mislabelled charset; of that crate we use dates, entities and UTF-7. The
//! walker does not recurse, so an ordinary stack suffices for any nesting; `limits` says what it opens.

mod anatomy;
mod charset;
mod confirmation;
mod content_type;
mod day;
mod encoded_word;
mod evidence;
mod form;
mod headers;
mod html;
mod inline;
pub mod limits;
mod quoted;
mod refunded;
mod report;
mod sender;
mod shown;
mod text;
mod traces;
mod transfer;
mod verdict;
pub mod wording;
pub mod zip;
mod zipped;

use std::borrow::Cow;

use anatomy::{Attached, Budget, Mail};
pub use confirmation::{Confirmation, confirmation};
use model::notice::{Forwarded, Identity, MailRead, NoticeKind, Reading, Remark};
use model::{Marketplace, SelfTestMarker, Timestamp};
use sha2::{Digest, Sha256};
pub use shown::{Shown, shown};
use text::Folded;
use verdict::{Case, Verdict};
pub use wording::Wording;

/// The stack that [`read`] needs at most, in bytes, whatever the mail: a quarter of what a spawned thread has by
/// default. A test reads the worst mails on half of it.
pub const STACK_BYTES: usize = 512 * 1024;

/// Reads a mail with the wording that comes with the program.
pub fn read(raw: &[u8]) -> MailRead {
    read_with(raw, Wording::built_in())
}

/// Reads a mail: one reading for each notice in it, the mail itself first, then the attached mails in their
/// order. Where nothing reports anything there is still one reading, of part 0.
pub fn read_with(raw: &[u8], wording: &Wording) -> MailRead {
    walk(raw, wording, &mut |_, _| {})
}

/// The raw bytes of each mail within a mail, by the numbers that readings bear as their part: 0 for the mail itself,
/// then the attached ones as far as they are opened. For whoever looks at their signatures.
pub fn mails_within(raw: &[u8], wanted: &[u32]) -> Vec<(u32, Vec<u8>)> {
    let mut mails = Vec::new();
    walk(raw, Wording::built_in(), &mut |part, bytes| {
        if wanted.contains(&part) {
            mails.push((part, bytes.to_vec()));
        }
    });
    mails
}

fn walk(raw: &[u8], wording: &Wording, visit: &mut dyn FnMut(u32, &[u8])) -> MailRead {
    let mut budget = Budget::default();
    let mut readings = Vec::new();
    let mut shown = None;
    let mut waiting: Vec<(Cow<'_, [u8]>, usize)> = vec![(Cow::Borrowed(raw), 0)];
    let mut part = 0;
    while let Some((bytes, depth)) = waiting.pop() {
        visit(part, &bytes);
        let attached: Vec<Cow<'_, [u8]>> = match bytes {
            Cow::Borrowed(bytes) => {
                let one = read_one(bytes, part, depth, wording, &mut budget);
                shown.get_or_insert(one.shown);
                readings.push(one.reading);
                one.attached
            }
            Cow::Owned(bytes) => {
                let one = read_one(&bytes, part, depth, wording, &mut budget);
                readings.push(one.reading);
                // What hangs on a decoded mail must outlive it.
                let mut kept = Vec::new();
                for attached in one.attached {
                    if attached.len() > budget.decoded {
                        if let Some(reading) = readings.last_mut() {
                            remark(reading, Remark::TooDeep);
                        }
                        break;
                    }
                    budget.decoded -= attached.len();
                    kept.push(Cow::Owned(attached.into_owned()));
                }
                kept
            }
        };
        part += 1;
        waiting.extend(attached.into_iter().rev().map(|mail| (mail, depth + 1)));
    }
    let (subject, from_domain) = shown.unwrap_or_default();
    let mut readings = worth_telling(readings);
    if let Some(reading) = readings.first_mut().filter(|reading| !tells(reading)) {
        of_bytes(reading, raw);
    }
    let self_test = subject.as_deref().and_then(SelfTestMarker::in_subject);
    MailRead { subject, from_domain, readings, self_test }
}

/// When the mail says it was written: its own `Date` (RFC 5322, 3.6.1), for law 8's age on arrival. None where
/// there is none, or none that can be read; never believed for anything else.
pub fn written_at(raw: &[u8]) -> Option<Timestamp> {
    let (headers, _) = headers::Headers::parse(headers::start_of_mail(raw));
    let value = headers.first("Date")?;
    day::of_field(&headers::unfold(value)).map(|(instant, _)| instant)
}

struct One<'a> {
    reading: Reading,
    attached: Vec<Cow<'a, [u8]>>,
    /// Subject and sender's domain for the inbound log.
    shown: (Option<String>, Option<String>),
}

fn read_one<'a>(raw: &'a [u8], part: u32, depth: usize, wording: &Wording, budget: &mut Budget) -> One<'a> {
    let keep = if depth >= limits::MAIL_DEPTH { Attached::TooDeep } else { Attached::Kept };
    let mut mail = anatomy::open(raw, keep, budget);
    let subject = mail.headers.first("Subject").map(encoded_word::text).unwrap_or_default();
    let from = sender::of_mail(&mail.headers);
    let case = Case {
        folded_subject: Folded::new(&subject),
        folded: std::cell::OnceCell::new(),
        subject: &subject,
        mail: &mail,
        wording,
    };
    let verdict = verdict::decide(&case, &from);
    let report = matches!(verdict.kind, NoticeKind::DeliveryFailure | NoticeKind::UnrecognisedAmazon)
        .then(|| report::read(&mail))
        .filter(|report| verdict.kind == NoticeKind::DeliveryFailure || !report.messages.is_empty());
    let about = (verdict.kind == NoticeKind::DeliveryFailure)
        .then(|| Some(report::orders_returned(&mail)).filter(|orders| !orders.is_empty()))
        .map(|returned| returned.unwrap_or_else(|| verdict::orders_named(&case)));
    // A buyer's message is nothing else, whatever he attaches to it: his attachments are not looked into.
    let is_buyers = verdict.kind == NoticeKind::BuyerMessage && !verdict.is_inline;
    let refunded = (verdict.kind == NoticeKind::Refund).then(|| refunded::amount(&case)).flatten();
    let mut reading = into_reading(verdict, &mail, part);
    reading.refunded = refunded;
    if let Some(about) = about {
        reading.order_ids = about;
    }
    reading.report = report;
    if reading.kind == NoticeKind::NotAmazon {
        // Nothing follows from them, but a person may have to look (law 5).
        reading.order_ids = verdict::orders_named(&case);
    }
    if tells(&reading) {
        of_bytes(&mut reading, raw);
    }
    let attached = if is_buyers { Vec::new() } else { std::mem::take(&mut mail.attached) };
    let subject = (!subject.is_empty()).then(|| subject.chars().take(limits::SUBJECT_CHARS).collect());
    One { reading, attached, shown: (subject, from.domain) }
}

fn into_reading(verdict: Verdict, mail: &Mail<'_>, part: u32) -> Reading {
    let forwarded = if part > 0 { Forwarded::Attached } else { verdict.forwarded(mail) };
    let alias = match verdict.aliases.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let by_alias = alias.as_ref().map(model::Alias::marketplace).or_else(|| same_store(&verdict));
    let marketplace = if verdict.store_is_certain { verdict.store } else { by_alias.or(verdict.store) };
    let is_amazons = verdict.kind != NoticeKind::NotAmazon && !verdict.is_inline;
    let field = |name: &str| mail.headers.first(name).map(headers::unfold);
    let message_id = field("Message-ID").filter(|_| is_amazons).and_then(|value| bare_message_id(&value));
    let own_date = field("Date").filter(|_| is_amazons).and_then(|value| day::of_field(&value)).map(|(_, day)| day);
    let mut reading = Reading {
        part,
        kind: verdict.kind,
        order_ids: verdict.orders,
        alias,
        marketplace,
        language: verdict.language,
        forwarded,
        matched_by: verdict.matched_by,
        identity: Identity {
            message_id,
            sentence: verdict
                .sentence
                .filter(|sentence| !sentence.is_empty())
                .map(|sentence| Sha256::digest(&sentence).into()),
            date: own_date.or(verdict.quoted_date),
            digest: [0; 32],
        },
        remarks: verdict.remarks,
        form: verdict.form,
        refunded: None,
        report: None,
    };
    for seen in &mail.remarks {
        remark(&mut reading, *seen);
    }
    for (holds, kind) in
        [(reading.order_ids.len() > 1, Remark::SeveralOrders), (verdict.aliases.len() > 1, Remark::SeveralAliases)]
    {
        if holds {
            remark(&mut reading, kind);
        }
    }
    reading
}

/// What all bytes of a mail tell: its digest and its line ends. Taken only for readings that are kept, since it
/// costs about as much as opening the mail.
fn of_bytes(reading: &mut Reading, raw: &[u8]) {
    reading.identity.digest = Sha256::digest(raw).into();
    if has_mixed_line_ends(raw) {
        remark(reading, Remark::MixedLineEnds);
    }
}

/// The store that several aliases agree on.
fn same_store(verdict: &Verdict) -> Option<Marketplace> {
    let mut stores = verdict.aliases.iter().map(model::Alias::marketplace);
    let first = stores.next()?;
    stores.all(|store| store == first).then_some(first)
}

fn remark(reading: &mut Reading, remark: Remark) {
    if !reading.remarks.contains(&remark) {
        reading.remarks.push(remark);
    }
}

/// Whether a reading reports something, or a part of its mail stayed closed.
fn tells(reading: &Reading) -> bool {
    reading.kind != NoticeKind::NotAmazon
        || reading.remarks.iter().any(|remark| matches!(remark, Remark::TooDeep | Remark::Unopened))
}

/// Leaves out the mails that report nothing, unless none does, or a part of them stayed closed.
fn worth_telling(mut readings: Vec<Reading>) -> Vec<Reading> {
    if readings.iter().any(tells) {
        readings.retain(tells);
    } else {
        // Of mails that report nothing, one that at least names an order is shown rather than the one around it.
        let shown = readings.iter().position(|reading| !reading.order_ids.is_empty()).unwrap_or(0);
        readings.swap(0, shown);
        readings.truncate(1);
    }
    readings
}

/// What stands between the angle brackets of a Message-ID (RFC 5322, 3.6.4), at most 998 bytes.
fn bare_message_id(value: &str) -> Option<String> {
    let inner = value.split_once('<').map_or(value, |(_, rest)| rest);
    let inner = inner.split('>').next().unwrap_or_default();
    let inner: String = inner.chars().filter(|sign| !sign.is_whitespace() && !sign.is_control()).collect();
    (!inner.is_empty() && inner.len() <= 998).then_some(inner)
}

/// Whether a bare CR or LF stands among CRLF line ends: what smuggling leaves behind.
fn has_mixed_line_ends(raw: &[u8]) -> bool {
    let (mut line_feeds, mut crlf) = (0, 0);
    for at in memchr::memchr_iter(b'\n', raw) {
        line_feeds += 1;
        crlf += usize::from(at > 0 && raw.get(at - 1) == Some(&b'\r'));
    }
    crlf > 0 && (line_feeds > crlf || memchr::memchr_iter(b'\r', raw).count() > crlf)
}
