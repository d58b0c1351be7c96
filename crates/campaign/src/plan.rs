//! What a campaign makes of one order at one moment: a message with its time, a wait or a no, and every step that led
//! there, so that `abide explain` can say why. All steps are taken, also after the first that decides.

use model::order::{DeliveryDate, Order, OrderStatus};
use model::{Channel, Reason, Span, Timestamp};
use policy::gate::reason_of_mark;

use crate::conditions;
use crate::look::{Look, Told};
use crate::types::{Campaign, Trigger};

/// How soon an order that waits for a report is looked at again without one.
const LOOK_AGAIN: Span = Span::days(1);

/// What a campaign makes of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What follows.
    pub outcome: Outcome,
    /// When the message is due, once the delivery date is known; also where the order waits for something else.
    pub due: Option<Timestamp>,
    /// When its window closes, once the delivery date is known.
    pub closes: Option<Timestamp>,
    /// How it came to that, in the order of looking.
    pub steps: Vec<Step>,
}

/// What follows for the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A message.
    Message {
        /// It leaves then, or as soon after as it can.
        due: Timestamp,
        /// From then on it may not leave.
        closes: Timestamp,
    },
    /// Perhaps later.
    Wait {
        /// Why.
        reason: Reason,
        /// When to look again, should no report come before.
        next_try: Option<Timestamp>,
    },
    /// None, unless what is known of the order changes.
    No {
        /// Why.
        reason: Reason,
    },
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was asked, in the words of the campaign file where it stands there.
    pub condition: &'static str,
    /// What the order says, without personal data.
    pub value: String,
    /// How it came out.
    pub outcome: StepOutcome,
    /// One plain sentence.
    pub sentence: String,
}

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It speaks for the message.
    Met,
    /// It speaks against it.
    NotMet,
    /// It can't be told yet.
    Waits,
}

impl StepOutcome {
    /// The written form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Waits => "waits",
        }
    }
}

/// Plans one order. `activated_at` is when the campaign was first switched on; pure in all its arguments.
pub fn plan(campaign: &Campaign, activated_at: Timestamp, order: &Order, now: Timestamp) -> Plan {
    looked(campaign, activated_at, order, now, Look::told())
}

/// The same answer without its steps, and quicker; where it is no, without its times.
pub fn outcome(campaign: &Campaign, activated_at: Timestamp, order: &Order, now: Timestamp) -> Plan {
    looked(campaign, activated_at, order, now, Look::silent())
}

fn looked(campaign: &Campaign, activated_at: Timestamp, order: &Order, now: Timestamp, mut look: Look) -> Plan {
    cancelled(&mut look, order);
    covered(&mut look, campaign, activated_at, order);
    if !look.is_decided() {
        conditions::check(campaign, order, &mut look);
    }
    if !look.is_decided() {
        triggered(&mut look, campaign, order);
        skipped(&mut look, campaign, order);
    }
    if look.is_decided() {
        let reason = look.no.unwrap_or(Reason::ConditionNotMet);
        return Plan { outcome: Outcome::No { reason }, due: None, closes: None, steps: Vec::new() };
    }
    complete(&mut look, order);
    shipped(&mut look, campaign, order);
    if campaign.channel_for(order) == Channel::Email {
        alias(&mut look, order);
    }
    let window = window(&mut look, campaign, order, now);
    let (due, closes) = (window.map(|window| window.0), window.map(|window| window.1));
    let outcome = match (look.no, look.wait, window) {
        (Some(reason), ..) => Outcome::No { reason },
        (None, None, Some((due, closes))) => Outcome::Message { due, closes },
        (None, wait, _) => {
            let again = now.plus(LOOK_AGAIN);
            let next_try = Some(closes.map_or(again, |closes| again.min(closes)));
            Outcome::Wait { reason: wait.unwrap_or(Reason::DeliveryUnknown), next_try }
        }
    };
    Plan { outcome, due, closes, steps: look.into_steps() }
}

fn cancelled(look: &mut Look, order: &Order) {
    if order.status == Some(OrderStatus::Cancelled) {
        look.no("cancelled", Reason::OrderCancelled, || Told::new("yes", Reason::OrderCancelled.sentence()));
    } else {
        look.met("cancelled", || Told::new("no", "The order was not cancelled."));
    }
}

fn covered(look: &mut Look, campaign: &Campaign, activated_at: Timestamp, order: &Order) {
    const NAME: &str = "orders_after";
    let since = campaign.orders_after.unwrap_or(activated_at);
    let told = |at: Timestamp, how: &str| {
        let since = since.whole_seconds();
        let sentence = format!("The order was placed {how} {since}, from when the campaign counts.");
        Told::new(at.whole_seconds().to_string(), sentence)
    };
    match order.purchased_at {
        Some(at) if at >= since => look.met(NAME, || told(at, "after")),
        Some(at) => look.no(NAME, Reason::BeforeCampaign, || told(at, "before")),
        None => look.waits(NAME, Reason::IncompleteOrder, || {
            let why =
                "No report has told when the order was placed, so it can't be said whether the campaign covers it.";
            Told::new("not known", why)
        }),
    }
}

/// A trigger that a notice tells of: without the notice there is nothing to count from.
fn triggered(look: &mut Look, campaign: &Campaign, order: &Order) {
    let Some(mark) = campaign.trigger.mark() else { return };
    let name = mark.as_str();
    match order.confirmed_since(mark) {
        Some(since) => look.met("trigger", || {
            let day = since.whole_seconds();
            Told::new(
                day.to_string(),
                format!("A notice marked the order {name} at {day}, which the delay counts from."),
            )
        }),
        None if order.has_mark(mark) => look.no("trigger", Reason::NotTriggered, || {
            let why = format!("The notice that calls the order {name} is not confirmed; what isn't can only withhold.");
            Told::new("not confirmed", why)
        }),
        None => look.no("trigger", Reason::NotTriggered, || {
            Told::new("no", format!("The campaign counts from the day on which an order is {name}; no notice says so."))
        }),
    }
}

fn skipped(look: &mut Look, campaign: &Campaign, order: &Order) {
    let mut any = false;
    for mark in campaign.skip_when.iter().filter_map(|skip| skip.mark()).filter(|mark| order.has_mark(*mark)) {
        any = true;
        let reason = reason_of_mark(mark);
        look.no("skip_when", reason, || Told::new(mark.as_str(), reason.sentence()));
    }
    if !any {
        look.met("skip_when", || {
            Told::new("nothing", "No notice has marked the order with anything the campaign skips.")
        });
    }
}

fn complete(look: &mut Look, order: &Order) {
    if order.incomplete {
        let reason = Reason::IncompleteOrder;
        look.waits("complete", reason, || Told::new("no", reason.sentence()));
    } else {
        look.met("complete", || Told::new("yes", "Every row of the order could be read."));
    }
}

fn shipped(look: &mut Look, campaign: &Campaign, order: &Order) {
    const NAME: &str = "shipped";
    let value = || order.status.map_or("not known", OrderStatus::as_str);
    let reason = Reason::NotShipped;
    match order.status {
        Some(OrderStatus::Pending | OrderStatus::Unshipped | OrderStatus::PartiallyShipped) => {
            look.waits(NAME, reason, || Told::new(value(), reason.sentence()));
        }
        None if campaign.trigger == Trigger::Shipped && order.shipped_at.is_none() => look.waits(NAME, reason, || {
            let why = "No report has told that the order was shipped, which the campaign counts from.";
            Told::new(value(), why)
        }),
        None => look.met(NAME, || Told::new(value(), "No report says how far the order is; its delivery date counts.")),
        // A cancelled order has its own step.
        Some(OrderStatus::Shipped | OrderStatus::Cancelled) => {
            look.met(NAME, || Told::new(value(), "Nothing of the order is left to ship."));
        }
    }
}

fn alias(look: &mut Look, order: &Order) {
    let wait = |look: &mut Look, value: &str, reason: Reason| {
        look.waits("alias", reason, || Told::new(value, reason.sentence()));
    };
    match &order.alias {
        None => wait(look, "not known", Reason::NoAlias),
        Some(alias) if order.alias_shared || alias.is_shared_by_form() => wait(look, "shared", Reason::SharedAlias),
        Some(_) => look.met("alias", || Told::new("known", "The buyer's relay address is known.")),
    }
}

/// When the message is due and when its window closes.
fn window(look: &mut Look, campaign: &Campaign, order: &Order, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let Some(delivery) = order.delivery else {
        let reason = Reason::DeliveryUnknown;
        look.waits("delivery", reason, || Told::new("not known", reason.sentence()));
        return None;
    };
    look.met("delivery", || {
        let basis = delivery.basis.as_str().replace('_', " ");
        Told::new(span_of(&delivery), format!("The delivery date is taken from the {basis}."))
    });
    let (opens, closes) = (campaign.window.opens(&delivery), campaign.window.closes(&delivery));
    let value = || format!("{} to {}", opens.whole_seconds(), closes.whole_seconds());
    let outside = Reason::OutsideWindow;
    if now >= closes {
        look.no("window", outside, || Told::new(value(), outside.sentence()));
        return None;
    }
    if opens >= closes {
        look.no("window", outside, || {
            Told::new(value(), "The order's delivery dates lie so far apart that Amazon's window never opens.")
        });
        return None;
    }
    match due(campaign, order, &delivery, opens, now) {
        Some(due) if due < closes => {
            look.met("window", || {
                let sentence = format!("The message is due at {}, within the window.", due.whole_seconds());
                Told::new(value(), sentence)
            });
            Some((due, closes))
        }
        _ => {
            look.no("window", outside, || {
                let why =
                    "With the campaign's delay, weekdays and hours, the message would come after the window closed.";
                Told::new(value(), why)
            });
            None
        }
    }
}

fn span_of(delivery: &DeliveryDate) -> String {
    if delivery.earliest == delivery.latest {
        delivery.latest.whole_seconds().to_string()
    } else {
        format!("{} to {}", delivery.earliest.whole_seconds(), delivery.latest.whole_seconds())
    }
}

/// The later of trigger and delay and the window's opening, moved into the campaign's weekdays and hours; where
/// that has passed and `now` lies outside them, the next of them.
fn due(
    campaign: &Campaign,
    order: &Order,
    delivery: &DeliveryDate,
    opens: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    // Shipped on an unknown day: no later than delivered.
    let shipped = || order.shipped_at.unwrap_or(delivery.latest);
    let triggered = match campaign.trigger {
        Trigger::Confirmed => order.purchased_at.unwrap_or(delivery.latest),
        Trigger::Shipped => shipped(),
        Trigger::Delivered => delivery.latest,
        // Without the mark there is a no before this is asked.
        Trigger::Returned | Trigger::Refunded => {
            campaign.trigger.mark().and_then(|mark| order.confirmed_since(mark)).unwrap_or(delivery.latest)
        }
    };
    let earliest = opens.max(triggered.plus(campaign.delay));
    let slots = campaign.window.slots();
    let due = slots.next(order.store, earliest)?;
    // A due time that has passed stands while now is a good time too, so that planning again changes nothing.
    if due < now && !slots.allow(order.store, now) { slots.next(order.store, now) } else { Some(due) }
}
