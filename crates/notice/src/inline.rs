//! A notice forwarded by hand, quoted in the text of someone else's mail. It counts only under a quoted header
//! that names an Amazon sender; the nearest header above the deciding words is the one that counts, however
//! often the mail was forwarded.

use model::notice::{MatchedBy, NoticeKind};

use crate::evidence::{Scope, order_ids};
use crate::form;
use crate::quoted::{self, Block};
use crate::sender::Sender;
use crate::text::Folded;
use crate::traces;
use crate::verdict::{Best, Case, Verdict, add_distinct};
use crate::wording::{Found, Place};

/// What the quoted mails of a mail tell; none where no quoted header names Amazon or a buyer's alias.
pub fn decide(case: &Case<'_>) -> Option<Verdict> {
    let is_distributed = traces::is_distributed(&case.mail.headers);
    let mut decided: Option<Verdict> = None;
    for (number, body) in case.mail.bodies.iter().enumerate() {
        // No quoted header names Amazon or a buyer's alias without this word, and most foreign mail lacks it.
        if !quoted::may_name_amazon(body.text.as_bytes()) {
            continue;
        }
        let Some(folded) = case.folded().get(number) else { continue };
        if memchr::memmem::find(&folded.bytes, b"amazon").is_none() {
            continue;
        }
        let blocks = quoted::blocks(body);
        if blocks.is_empty() {
            continue;
        }
        let finds = case.wording.find(folded, Place::Body);
        for (place, block) in blocks.iter().enumerate() {
            let next = blocks.get(place + 1);
            let scope = Scope { body, from: block.at, to: next.map_or(body.text.len(), |next| next.at) };
            let last_line = next.map_or(usize::MAX, |next| next.line);
            let in_scope = finds.iter().filter(|found| (block.line..last_line).contains(&folded.line_of(found.start)));
            if let Some(mut verdict) = of_block(case, block, scope, in_scope, folded) {
                if is_distributed && verdict.matched_by == MatchedBy::Wording {
                    verdict.matched_by = MatchedBy::Structure;
                }
                decided = Some(match decided {
                    Some(other) => joined(other, verdict),
                    None => verdict,
                });
            }
        }
    }
    decided
}

/// The weightier of two; of two opt-outs one that names the orders and aliases of both.
fn joined(first: Verdict, second: Verdict) -> Verdict {
    let weight = |verdict: &Verdict| {
        let kind = match verdict.kind {
            NoticeKind::OptOut => 0,
            NoticeKind::BuyerMessage => 2,
            NoticeKind::UnrecognisedAmazon => 3,
            _ => 1,
        };
        (kind, verdict.matched_by != MatchedBy::Wording)
    };
    let (mut kept, other) = if weight(&first) <= weight(&second) { (first, second) } else { (second, first) };
    if kept.kind == other.kind && kept.matched_by == other.matched_by {
        add_distinct(&mut kept.orders, other.orders);
        add_distinct(&mut kept.aliases, other.aliases);
        kept.quoted_date = kept.quoted_date.or(other.quoted_date);
        kept.store = kept.store.or(other.store);
    }
    kept
}

fn of_block<'f>(
    case: &Case<'_>,
    block: &Block,
    scope: Scope<'_>,
    in_scope: impl Iterator<Item = &'f Found>,
    folded: &'f Folded,
) -> Option<Verdict> {
    let (local, store) = match &block.sender {
        Sender::Amazon { local, store } => (local.as_str(), *store),
        Sender::NameOnly(store) => ("", Some(*store)),
        Sender::Relay(alias) => return Some(of_buyer(case, block, alias.clone(), scope)),
        Sender::Other => return None,
    };
    let best = case.best(in_scope.map(|found| (found, folded)), local);
    let by_subject = |best: Option<Best>| best.or_else(|| best_of_subjects(case, block, local));
    let mut verdict = match by_subject(best) {
        Some(best) => {
            // An opt-out's words act only under the one address it is known to come from, and with its order.
            let is_opt_out = best.kind == NoticeKind::OptOut;
            let is_from_known = !is_opt_out || block.sender.is_auto_communication() && !best.orders.is_empty();
            let is_sure = block.is_whole && matches!(block.sender, Sender::Amazon { .. }) && is_from_known;
            let matched_by = if is_sure { MatchedBy::Wording } else { MatchedBy::Structure };
            let mut verdict = Verdict::of(best.kind, matched_by);
            verdict.language = Some(best.language);
            let has_own_orders = is_opt_out && !best.orders.is_empty();
            verdict.orders = if has_own_orders { best.orders } else { orders_of(case, block, scope, best.orders) };
            verdict.sentence = Some(best.sentence);
            verdict
        }
        // A name or a line alone with no known words shows nothing.
        None if !block.is_whole || matches!(block.sender, Sender::NameOnly(_)) => return None,
        None => {
            let kind = if block.sender.is_auto_communication() && scope.is_built_like_opt_out() {
                Some(NoticeKind::OptOut)
            } else {
                scope.code_in_links()
            };
            let matched_by = if kind.is_some() { MatchedBy::Structure } else { MatchedBy::None };
            let mut verdict = Verdict::of(kind.unwrap_or(NoticeKind::UnrecognisedAmazon), matched_by);
            verdict.orders = orders_of(case, block, scope, Vec::new());
            let subject = block.subject.as_deref().map(Folded::new);
            verdict.form = match verdict.kind {
                NoticeKind::OptOut => form::of_opt_out(&scope),
                _ => subject.as_ref().and_then(|subject| form::of_subject(local, subject)),
            };
            verdict.sentence = subject.map(|subject| subject.bytes);
            verdict
        }
    };
    scope.aliases(&mut verdict.aliases);
    verdict.store = store;
    verdict.is_inline = true;
    verdict.quoted_date = block.date;
    Some(verdict)
}

/// Wording of subjects, in the quoted header, else (where that shows none) in the subject of the mail around.
fn best_of_subjects(case: &Case<'_>, block: &Block, local: &str) -> Option<Best> {
    let values: Vec<Folded> = block.values.iter().map(|value| Folded::new(value)).collect();
    let finds: Vec<(Vec<Found>, &Folded)> =
        values.iter().map(|value| (case.wording.find(value, Place::Subject), value)).collect();
    let quoted = finds.iter().flat_map(|(finds, text)| finds.iter().map(move |found| (found, *text)));
    if let Some(best) = case.best(quoted, local) {
        return Some(best);
    }
    if block.subject.is_some() {
        return None;
    }
    let around = case.wording.find(&case.folded_subject, Place::Subject);
    case.best(around.iter().map(|found| (found, &case.folded_subject)), local)
}

/// The quoted header's orders, else those of the words, of the subject around, of all that was quoted.
fn orders_of(case: &Case<'_>, block: &Block, scope: Scope<'_>, sentence: Vec<model::OrderId>) -> Vec<model::OrderId> {
    let mut in_header = Vec::new();
    for value in &block.values {
        add_distinct(&mut in_header, order_ids(value).0);
    }
    if !in_header.is_empty() {
        in_header
    } else if !sentence.is_empty() {
        sentence
    } else {
        let around = if block.subject.is_none() { order_ids(case.subject).0 } else { Vec::new() };
        if around.is_empty() { scope.orders() } else { around }
    }
}

fn of_buyer(case: &Case<'_>, block: &Block, alias: Option<model::Alias>, scope: Scope<'_>) -> Verdict {
    let mut verdict = Verdict::of(NoticeKind::BuyerMessage, MatchedBy::Structure);
    verdict.orders = orders_of(case, block, scope, Vec::new());
    verdict.aliases = alias.into_iter().collect();
    verdict.is_inline = true;
    verdict.quoted_date = block.date;
    verdict
}
