//! The gate: the one function that decides whether a message may leave. It is called in one place, the
//! store's `begin_attempt`, with the facts of that transaction; a check in the test run keeps it so (law 3).

use model::order::{OrderMark, OrderStatus};
use model::suppression::SuppressionReason;
use model::{Channel, Delivery, Purpose, Reason, Span, Timestamp};

use crate::cap;
use crate::facts::{Facts, OrderFacts};
use crate::permit::{Permit, RenderedText, Sendable};
use crate::refusal::{Ending, Refusal};

/// How far this machine's clock may be behind the ledger (law 4).
pub const CLOCK_TOLERANCE: Span = Span::minutes(5);

/// How soon a message that waits for a person or a repair is asked about again.
const ASK_AGAIN: Span = Span::hours(1);

/// The same while live sending is stopped: a stop is short, and what waits should go on soon after it.
const ASK_WHILE_STOPPED: Span = Span::minutes(10);

/// The gate's answer.
#[derive(Debug)]
pub enum Verdict {
    /// It may leave.
    Permitted(Permit),
    /// It may not, for good.
    Refused(Refusal),
    /// It may not now; a new gate is asked at the time given.
    Waits(Refusal, Timestamp),
}

/// Decides about one attempt.
///
/// `text` is what an e-mail is to say; a solicitation has none. Everything that stands against the message
/// is collected; the weightiest reason leads. Whatever is not known to be allowed is not (law 4).
pub fn decide(facts: &Facts, text: Option<RenderedText>) -> Verdict {
    let mut objections = Vec::new();
    installation(facts, &mut objections);
    suppressions(facts, &mut objections);
    order(facts, &mut objections);
    campaign_and_window(facts, &mut objections);
    let sendable = sendable(facts, text, &mut objections);
    live_sending(facts, &mut objections);
    match (sendable, objections.is_empty()) {
        (Some(sendable), true) => Verdict::Permitted(Permit::grant(
            facts.message,
            facts.account,
            (facts.order_id, facts.store),
            facts.delivery,
            sendable,
            facts.clock.real,
        )),
        _ => answer(&objections),
    }
}

/// One thing against the message.
struct Objection {
    reason: Reason,
    ending: Ending,
}

fn finally(reason: Reason) -> Objection {
    Objection { reason, ending: Ending::Final }
}

fn until(reason: Reason, time: Timestamp) -> Objection {
    Objection { reason, ending: Ending::Waits(time) }
}

/// A final reason outweighs every waiting one, since no waiting mends it; of several waits the latest counts.
fn answer(objections: &[Objection]) -> Verdict {
    let leading = objections
        .iter()
        .position(|objection| objection.ending == Ending::Final)
        .or_else(|| (!objections.is_empty()).then_some(0));
    let Some(leading) = leading else {
        // Nothing to send and nothing against it: can't be told what it is, so it does not leave.
        return Verdict::Refused(Refusal { reason: Reason::TemplateFault, also: Vec::new() });
    };
    let reason = objections[leading].reason;
    let also = objections.iter().map(|o| o.reason).filter(|other| *other != reason).collect();
    let refusal = Refusal { reason, also };
    let latest = objections
        .iter()
        .map(|objection| match objection.ending {
            Ending::Final => None,
            Ending::Waits(time) => Some(time),
        })
        .collect::<Option<Vec<_>>>()
        .and_then(|times| times.into_iter().max());
    match latest {
        Some(time) => Verdict::Waits(refusal, time),
        None => Verdict::Refused(refusal),
    }
}

fn installation(facts: &Facts, objections: &mut Vec<Objection>) {
    let again = facts.clock.now().plus(ASK_AGAIN);
    if facts.clock.real.plus(CLOCK_TOLERANCE) < facts.ledger_time {
        objections.push(until(Reason::ClockBehind, again));
    }
    if facts.restored {
        objections.push(until(Reason::Restored, again));
    }
    // What is critical comes from the restricted account's address, too.
    if facts.restricted && facts.channel != Channel::Solicitation {
        objections.push(until(Reason::AccountRestricted, again));
    }
    if facts.feed_broken && facts.purpose == Purpose::Proactive {
        objections.push(until(Reason::FeedBroken, again));
    }
}

fn suppressions(facts: &Facts, objections: &mut Vec<Objection>) {
    for entry in &facts.suppressions {
        let again = facts.clock.now().plus(ASK_AGAIN);
        match (entry.reason, entry.held, facts.purpose) {
            // What completes the order may still be said (facts, section 1.1).
            (SuppressionReason::OptOut, _, Purpose::Critical) => {}
            // A member's own word holds it too, unless one confirmed this very message; the store reads that from its row.
            (SuppressionReason::Block | SuppressionReason::OrderStop, false, Purpose::Critical)
                if facts.block_confirmed => {}
            (_, true, _) => objections.push(until(Reason::Held, again)),
            (SuppressionReason::OptOut, false, Purpose::Proactive) => objections.push(finally(Reason::OptedOut)),
            (SuppressionReason::Block, false, _) => objections.push(finally(Reason::Blocked)),
            (SuppressionReason::OrderStop, false, _) => objections.push(finally(Reason::OrderStopped)),
        }
    }
}

fn order(facts: &Facts, objections: &mut Vec<Objection>) {
    let Some(order) = &facts.order else {
        objections.push(finally(Reason::OrderUnknown));
        return;
    };
    if facts.purpose == Purpose::Critical {
        // A cancelled order has nothing left to be completed.
        if order.status == Some(OrderStatus::Cancelled) {
            objections.push(finally(Reason::OrderCancelled));
        }
        if facts.channel == Channel::Email && !facts.important_by_email {
            objections.push(finally(Reason::ImportantOff));
        }
        return;
    }
    if order.incomplete {
        objections.push(until(Reason::IncompleteOrder, facts.clock.now().plus(ASK_AGAIN)));
    }
    if order.status == Some(OrderStatus::Cancelled) {
        objections.push(finally(Reason::OrderCancelled));
    }
    for mark in &order.marks {
        if facts.withholding_marks.contains(mark) {
            objections.push(finally(reason_of_mark(*mark)));
        }
    }
    if facts.slot_taken || facts.messaged_elsewhere {
        objections.push(finally(Reason::AlreadyMessaged));
    }
}

/// The reason that a mark gives.
pub const fn reason_of_mark(mark: OrderMark) -> Reason {
    match mark {
        OrderMark::Refunded => Reason::Refunded,
        OrderMark::Returned => Reason::Returned,
        OrderMark::CancellationRequested => Reason::CancellationRequested,
        OrderMark::Claim => Reason::ClaimOpened,
        OrderMark::OpenQuestion => Reason::ConditionNotMet,
    }
}

fn campaign_and_window(facts: &Facts, objections: &mut Vec<Objection>) {
    if facts.purpose == Purpose::Critical {
        return;
    }
    let now = facts.clock.now();
    if !facts.campaign_active {
        objections.push(finally(Reason::CampaignOff));
    }
    match (facts.due, facts.closes) {
        (_, Some(closes)) if now >= closes => objections.push(finally(Reason::OutsideWindow)),
        (Some(due), Some(_)) if now < due => objections.push(until(Reason::NotDue, due)),
        (Some(_), Some(_)) => {}
        _ => objections.push(until(Reason::DeliveryUnknown, now.plus(ASK_AGAIN))),
    }
    // Where others wait from earlier days, whatever is due has its turn by rank, new messages, too.
    let turn = |day_begins| cap::turn(facts.priority, facts.closes, day_begins);
    if !facts.cap.has_room() {
        objections.push(until(Reason::CapReached, turn(next_utc_day(now))));
    } else if facts.cap.backlog && now < turn(utc_day(now)) {
        objections.push(until(Reason::CapReached, turn(utc_day(now))));
    }
}

/// What stands against leaving, and not against being captured. The pace comes last of all: it is asked for what
/// nothing else stands against.
fn live_sending(facts: &Facts, objections: &mut Vec<Objection>) {
    if facts.delivery == Delivery::Capture {
        return;
    }
    let now = facts.clock.now();
    if facts.stopped {
        objections.push(until(Reason::LiveOff, now.plus(ASK_WHILE_STOPPED)));
    }
    if facts.channel == Channel::Email && !facts.has_sender {
        objections.push(until(Reason::ChannelUnavailable, now.plus(ASK_AGAIN)));
    }
    if let Some(wait) = facts.paced_for {
        objections.push(until(Reason::Paced, now.plus(wait)));
    }
}

const fn utc_day(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.utc_day() * Span::days(1).as_micros())
}

const fn next_utc_day(now: Timestamp) -> Timestamp {
    utc_day(now).plus(Span::days(1))
}

fn sendable(facts: &Facts, text: Option<RenderedText>, objections: &mut Vec<Objection>) -> Option<Sendable> {
    let OrderFacts { alias, alias_shared, .. } = facts.order.as_ref()?;
    let again = facts.clock.now().plus(ASK_AGAIN);
    match facts.channel {
        Channel::Email => {
            let Some(to) = alias.clone() else {
                objections.push(until(Reason::NoAlias, again));
                return None;
            };
            if *alias_shared || to.is_shared_by_form() {
                objections.push(finally(Reason::SharedAlias));
                return None;
            }
            let Some(text) = text else {
                objections.push(finally(Reason::TemplateFault));
                return None;
            };
            Some(Sendable::Email { to, text })
        }
        Channel::Solicitation => {
            if alias.is_none() && !facts.solicit_without_alias {
                objections.push(until(Reason::NoAlias, again));
            }
            Some(Sendable::Solicitation)
        }
        Channel::Messaging => {
            objections.push(until(Reason::ChannelUnavailable, again));
            None
        }
    }
}

#[cfg(test)]
mod tests;
