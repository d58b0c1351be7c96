//! Decides what one mail is: whom it is from, then Amazon's type header, then wording in every language, then
//! the build of the mail. Among words an opt-out is tested before all else, since its notice speaks of feedback,
//! refunds and deliveries too; but a buyer's comment or a forum may quote it, so its words act at once only from
//! the one address it is known to come from. What nobody at Amazon wrote stays talk about it, however exact.

use std::cell::OnceCell;

use model::notice::{Forwarded, Language, MatchedBy, NoticeKind, Remark};
use model::{Alias, Marketplace, OrderId};

use crate::anatomy::Mail;
use crate::evidence::{Scope, kind_of_code, order_ids};
use crate::sender::{self, From, Sender};
use crate::text::Folded;
use crate::wording::{Found, Place, Wording};
use crate::{form, inline, traces};

/// What was decided of one mail.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What it is.
    pub kind: NoticeKind,
    /// What decided.
    pub matched_by: MatchedBy,
    /// The wording's language.
    pub language: Option<Language>,
    /// Distinct order ids.
    pub orders: Vec<OrderId>,
    /// Distinct aliases.
    pub aliases: Vec<Alias>,
    /// The store, where something beside the alias says it.
    pub store: Option<Marketplace>,
    /// Whether the store stands before the alias's: Amazon's own header says it.
    pub store_is_certain: bool,
    /// The deciding words, folded.
    pub sentence: Option<Vec<u8>>,
    /// Whether it was quoted in the text of another mail.
    pub is_inline: bool,
    /// Whether headers were rewritten on the way.
    pub is_rewritten: bool,
    /// The day the quoted mail was written.
    pub quoted_date: Option<jiff::civil::Date>,
    /// What a person should know.
    pub remarks: Vec<Remark>,
    /// What stays the same from one such mail to the next, where no words are known.
    pub form: Option<[u8; 32]>,
}

impl Verdict {
    /// Nothing but a kind.
    pub fn of(kind: NoticeKind, matched_by: MatchedBy) -> Self {
        Self {
            kind,
            matched_by,
            language: None,
            orders: Vec::new(),
            aliases: Vec::new(),
            store: None,
            store_is_certain: false,
            sentence: None,
            is_inline: false,
            is_rewritten: false,
            quoted_date: None,
            remarks: Vec::new(),
            form: None,
        }
    }

    /// How it came, seen from the mail it was found in.
    pub fn forwarded(&self, mail: &Mail<'_>) -> Forwarded {
        if self.is_inline {
            Forwarded::Inline
        } else if self.is_rewritten || traces::is_forwarded_by_rule(&mail.headers) {
            Forwarded::Auto
        } else {
            Forwarded::None
        }
    }
}

/// A mail with everything folded once.
pub struct Case<'a> {
    /// The mail.
    pub mail: &'a Mail<'a>,
    /// Its subject, decoded.
    pub subject: &'a str,
    /// The subject, folded.
    pub folded_subject: Folded,
    /// The bodies, folded when somebody asks: for most mail that is not Amazon's nobody does.
    pub folded: OnceCell<Vec<Folded>>,
    /// What is known of Amazon's wording.
    pub wording: &'a Wording,
}

/// The best wording found, and where.
#[derive(Debug, Clone)]
pub struct Best {
    /// What it tells.
    pub kind: NoticeKind,
    /// Its language.
    pub language: Language,
    /// The entry's number; lower ones of a kind are fuller.
    pub entry: usize,
    /// The order ids of all finds of this kind.
    pub orders: Vec<OrderId>,
    /// The deciding words, folded.
    pub sentence: Vec<u8>,
}

/// Which kind is tested before which.
fn rank(kind: NoticeKind) -> usize {
    const ORDER: [NoticeKind; 9] = [
        NoticeKind::OptOut,
        NoticeKind::Restriction,
        NoticeKind::ContentBlocked,
        NoticeKind::ClaimOpened,
        NoticeKind::ClaimDecided,
        NoticeKind::CancellationRequest,
        NoticeKind::ReturnRequest,
        NoticeKind::Refund,
        NoticeKind::OrderPlaced,
    ];
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}

impl Case<'_> {
    /// The best of several finds, for a sender of that local part (empty: not known).
    pub fn best<'f>(&self, finds: impl IntoIterator<Item = (&'f Found, &'f Folded)>, local: &str) -> Option<Best> {
        let mut best: Option<Best> = None;
        for (found, text) in finds {
            let Some(entry) = self.wording.entry(found) else { continue };
            let is_bound = !entry.from.is_empty() && !local.is_empty();
            // Buyers are known by their address alone.
            if entry.kind == NoticeKind::BuyerMessage || is_bound && !entry.from.iter().any(|from| from == local) {
                continue;
            }
            let mut orders = found.orders.clone();
            if let Some(best) = &mut best {
                if entry.kind == best.kind {
                    add_distinct(&mut best.orders, orders.drain(..));
                    if found.entry >= best.entry {
                        continue;
                    }
                    orders.clone_from(&best.orders);
                } else if rank(entry.kind) >= rank(best.kind) {
                    continue;
                }
            }
            let mut distinct = Vec::new();
            add_distinct(&mut distinct, orders);
            best = Some(Best {
                kind: entry.kind,
                language: entry.language,
                entry: found.entry,
                orders: distinct,
                sentence: text.bytes.get(found.start..found.end).unwrap_or_default().to_vec(),
            });
        }
        best
    }

    /// The bodies, folded.
    pub fn folded(&self) -> &[Folded] {
        self.folded.get_or_init(|| self.mail.bodies.iter().map(|body| Folded::new(&body.text)).collect())
    }

    /// Every find in the bodies, body by body.
    pub fn body_finds(&self) -> Vec<Vec<Found>> {
        self.folded().iter().map(|body| self.wording.find(body, Place::Body)).collect()
    }
}

/// Adds what is not there yet.
pub fn add_distinct<T: PartialEq>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !list.contains(&item) && list.len() < crate::limits::ORDER_IDS {
            list.push(item);
        }
    }
}

/// Decides what a mail is.
pub fn decide(case: &Case<'_>, from: &From) -> Verdict {
    let headers = &case.mail.headers;
    match &from.sender {
        Sender::Relay(alias) => buyer_message(case, alias.as_ref()),
        Sender::Amazon { local, store } => from_amazon(case, local, *store),
        Sender::Other | Sender::NameOnly(_) => {
            if from.is_mixed {
                return held(from_amazon_unbelieved(case));
            }
            match sender::before_rewriting(headers) {
                Some(Sender::Amazon { local, store }) => {
                    let mut verdict = held(from_amazon(case, &local, store));
                    verdict.is_rewritten = true;
                    return verdict;
                }
                Some(Sender::Relay(alias)) => return buyer_message(case, alias.as_ref()),
                _ => {}
            }
            if traces::is_forwarding_confirmation(from) {
                Verdict::of(NoticeKind::ForwardingConfirmation, MatchedBy::Structure)
            } else if case.mail.is_report {
                Verdict::of(NoticeKind::DeliveryFailure, MatchedBy::Structure)
            } else if let Some(verdict) = inline::decide(case) {
                verdict
            } else if traces::is_bounce(headers, from) {
                // After what is quoted: a seller may forward by hand from his postmaster address.
                Verdict::of(NoticeKind::DeliveryFailure, MatchedBy::Structure)
            } else {
                Verdict::of(NoticeKind::NotAmazon, MatchedBy::None)
            }
        }
    }
}

/// Evidence that is not enough to act on at once.
fn held(mut verdict: Verdict) -> Verdict {
    if matches!(verdict.matched_by, MatchedBy::Header | MatchedBy::Wording) {
        verdict.matched_by = MatchedBy::Structure;
    }
    verdict
}

fn buyer_message(case: &Case<'_>, alias: Option<&Alias>) -> Verdict {
    let subject_finds = case.wording.find(&case.folded_subject, Place::Subject);
    let entry = subject_finds
        .iter()
        .filter_map(|found| case.wording.entry(found))
        .find(|entry| entry.kind == NoticeKind::BuyerMessage);
    let code = case.mail.headers.only("X-Space-Notification-Type");
    let by_header = code.as_deref().and_then(kind_of_code) == Some(NoticeKind::BuyerMessage);
    let matched_by = if by_header {
        MatchedBy::Header
    } else if entry.is_some() {
        MatchedBy::Wording
    } else {
        MatchedBy::Structure
    };
    let mut verdict = Verdict::of(NoticeKind::BuyerMessage, matched_by);
    verdict.language = entry.map(|entry| entry.language);
    verdict.aliases = alias.into_iter().cloned().collect();
    verdict.orders = orders_of(case, &[]);
    verdict.sentence = Some(case.folded_subject.bytes.clone());
    verdict
}

/// A mail from an exact retail domain: its headers count.
fn from_amazon(case: &Case<'_>, local: &str, store: Option<Marketplace>) -> Verdict {
    let headers = &case.mail.headers;
    let code = headers.only("X-Space-Notification-Type");
    let by_header = code.as_deref().and_then(kind_of_code);
    let mut verdict = by_words(case, local);
    let by_wording = verdict.as_ref().map(|verdict| verdict.kind);
    let mut remarks = Vec::new();
    let unknown_code = code.as_deref().filter(|_| by_header.is_none());
    if unknown_code.is_some() {
        remarks.push(Remark::UnknownTypeCode);
    }
    if let Some(kind) = by_header {
        // A known code decides: the text of a return or a refund may hold a buyer's comment, which says anything.
        let carries_a_message = matches!(kind, NoticeKind::BuyerMessage | NoticeKind::OwnMessageCopy);
        if by_wording.is_some_and(|words| words != kind) && !carries_a_message {
            remarks.push(Remark::HeaderAgainstWording);
        }
        let mut decided = Verdict::of(kind, MatchedBy::Header);
        if let Some(words) = verdict.take().filter(|verdict| verdict.kind == kind) {
            decided.language = words.language;
            decided.orders = words.orders;
            decided.sentence = words.sentence;
        } else {
            decided.sentence = Some(case.folded_subject.bytes.clone());
        }
        if decided.orders.is_empty() {
            decided.orders = if kind == NoticeKind::OptOut { opt_out_orders(case) } else { orders_of(case, &[]) };
        }
        verdict = Some(decided);
    } else if by_wording == Some(NoticeKind::OptOut) && local != OPT_OUT_SENDER && is_talk(case) {
        // A forum's digest of Amazon's own, in which sellers show each other what they got.
        verdict = None;
    } else if by_wording == Some(NoticeKind::OptOut) && !is_plainly_opt_out(case, local) {
        verdict = verdict.map(held);
    }
    let mut verdict = verdict.unwrap_or_else(|| by_build(case, local));
    if let (Some(code), MatchedBy::None) = (unknown_code, verdict.matched_by) {
        verdict.form = Some(form::of_code(code));
    }
    if verdict.kind == NoticeKind::OwnMessageCopy {
        // It quotes the seller's own words, in which anyone may be named.
        verdict.orders = order_ids(case.subject).0;
    } else {
        for body in &case.mail.bodies {
            Scope::whole(body).aliases(&mut verdict.aliases);
        }
    }
    let named = headers.only("X-Marketplace-ID").and_then(|id| Marketplace::from_id(&id));
    verdict.store_is_certain = named.is_some();
    verdict.store = named.or(store);
    verdict.remarks.extend(remarks);
    verdict
}

/// The one local part that opt-outs are known to come from.
pub const OPT_OUT_SENDER: &str = "auto-communication";

/// Whether the words of an opt-out may be taken at once, where no known type header stands beside them.
fn is_plainly_opt_out(case: &Case<'_>, local: &str) -> bool {
    let is_other = |kind: NoticeKind| kind != NoticeKind::OptOut;
    let mut subjects = case.wording.find(&case.folded_subject, Place::Subject).into_iter();
    let other_subject = subjects.any(|found| case.wording.entry(&found).is_some_and(|entry| is_other(entry.kind)));
    let other_code = case.mail.bodies.iter().any(|body| Scope::whole(body).code_in_links().is_some_and(is_other));
    local == OPT_OUT_SENDER && !other_subject && !other_code
}

/// Whether an opt-out's words only pass through: the mail goes to a list, or quotes every one of them.
fn is_talk(case: &Case<'_>) -> bool {
    let is_opt_out = |found: &&Found| case.wording.entry(found).is_some_and(|entry| entry.kind == NoticeKind::OptOut);
    traces::is_distributed(&case.mail.headers)
        || case.body_finds().iter().zip(case.folded()).zip(&case.mail.bodies).all(|((finds, folded), body)| {
            let lines: Vec<&str> = body.text.split('\n').collect();
            let line_of = |found: &Found| lines.get(folded.line_of(found.start));
            let is_quoted = |found: &Found| line_of(found).is_some_and(|line| line.trim_start().starts_with('>'));
            finds.iter().filter(is_opt_out).all(is_quoted)
        })
}

/// A mail whose senders contradict each other: words alone count, and no header.
fn from_amazon_unbelieved(case: &Case<'_>) -> Verdict {
    let Some(mut verdict) = by_words(case, "") else {
        return Verdict::of(NoticeKind::NotAmazon, MatchedBy::None);
    };
    for body in &case.mail.bodies {
        Scope::whole(body).aliases(&mut verdict.aliases);
    }
    verdict
}

fn by_words(case: &Case<'_>, local: &str) -> Option<Verdict> {
    let subject_finds = case.wording.find(&case.folded_subject, Place::Subject);
    let own_copy = subject_finds
        .iter()
        .filter(|found| case.wording.entry(found).is_some_and(|entry| entry.kind == NoticeKind::OwnMessageCopy));
    let body_finds = case.body_finds();
    let in_bodies =
        body_finds.iter().zip(case.folded()).flat_map(|(finds, text)| finds.iter().map(move |found| (found, text)));
    let in_subject = subject_finds.iter().map(|found| (found, &case.folded_subject));
    let best = case
        .best(own_copy.map(|found| (found, &case.folded_subject)), local)
        .or_else(|| case.best(in_bodies.chain(in_subject), local))?;
    let mut verdict = Verdict::of(best.kind, MatchedBy::Wording);
    verdict.language = Some(best.language);
    verdict.orders = if best.kind == NoticeKind::OptOut { best.orders } else { orders_of(case, &best.orders) };
    verdict.sentence = Some(best.sentence);
    if best.kind == NoticeKind::OptOut && verdict.orders.is_empty() {
        // Words that name no order, as Seller Central's status line: whose it is must be looked at.
        verdict.orders = opt_out_orders(case);
        verdict = held(verdict);
    }
    Some(verdict)
}

/// What the build of a mail of Amazon's tells where neither header nor words do.
fn by_build(case: &Case<'_>, local: &str) -> Verdict {
    let scopes = || case.mail.bodies.iter().map(Scope::whole);
    let kind = if local == OPT_OUT_SENDER && scopes().any(|scope| scope.is_built_like_opt_out()) {
        Some(NoticeKind::OptOut)
    } else if case.mail.is_report {
        Some(NoticeKind::DeliveryFailure)
    } else if local == "cb-seller-notification" {
        Some(NoticeKind::ClaimOpened)
    } else {
        scopes().find_map(|scope| scope.code_in_links())
    };
    let matched_by = if kind.is_some() { MatchedBy::Structure } else { MatchedBy::None };
    let mut verdict = Verdict::of(kind.unwrap_or(NoticeKind::UnrecognisedAmazon), matched_by);
    verdict.sentence = Some(case.folded_subject.bytes.clone());
    if verdict.kind == NoticeKind::OptOut {
        verdict.orders = opt_out_orders(case);
        verdict.form = scopes().find(Scope::is_built_like_opt_out).and_then(|scope| form::of_opt_out(&scope));
    } else {
        verdict.orders = orders_of(case, &[]);
        verdict.form = form::of_subject(local, &case.folded_subject);
    }
    verdict
}

/// The orders that a mail names in its subject and text, whatever it is.
pub fn orders_named(case: &Case<'_>) -> Vec<OrderId> {
    let mut all = order_ids(case.subject).0;
    for body in &case.mail.bodies {
        add_distinct(&mut all, order_ids(&body.text).0);
    }
    all
}

/// The orders of an opt-out whose words are not known: those in brackets, else all of the text's.
fn opt_out_orders(case: &Case<'_>) -> Vec<OrderId> {
    let (mut all, mut bracketed) = order_ids(case.subject);
    for body in &case.mail.bodies {
        let (more, more_bracketed) = order_ids(&body.text);
        add_distinct(&mut all, more);
        add_distinct(&mut bracketed, more_bracketed);
    }
    if bracketed.is_empty() { all } else { bracketed }
}

/// The orders of any other mail: the subject's, else the deciding words', else all of the text's.
fn orders_of(case: &Case<'_>, sentence: &[OrderId]) -> Vec<OrderId> {
    let (in_subject, _) = order_ids(case.subject);
    if !in_subject.is_empty() {
        return in_subject;
    }
    if !sentence.is_empty() {
        return sentence.to_vec();
    }
    let mut all = Vec::new();
    for body in &case.mail.bodies {
        add_distinct(&mut all, Scope::whole(body).orders());
    }
    all
}
