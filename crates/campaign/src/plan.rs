//! What a campaign makes of one order at one moment: a message with its time, a wait or a no, and every step that led
//! there, so that `abide explain` can say why. All steps are taken, also after the first that decides.

use model::order::{DeliveryDate, Order, OrderStatus};
use model::{Channel, Reason, Span, Timestamp};
use policy::gate::reason_of_mark;

use crate::conditions;
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

    pub(crate) const fn met_if(met: bool) -> Self {
        if met { Self::Met } else { Self::NotMet }
    }
}

/// Plans one order. `activated_at` is when the campaign was first switched on; pure in all its arguments.
pub fn plan(campaign: &Campaign, activated_at: Timestamp, order: &Order, now: Timestamp) -> Plan {
    let mut look = Look { steps: Vec::new(), no: None, wait: None };
    look.cancelled(order);
    look.covered(campaign, activated_at, order);
    for step in conditions::check(campaign, order) {
        let reason = (step.outcome == StepOutcome::NotMet).then_some(Reason::ConditionNotMet);
        look.step(step, reason);
    }
    look.marks(campaign, order);
    look.complete(order);
    look.shipped(campaign, order);
    if campaign.channel == Channel::Email {
        look.alias(order);
    }
    let window = look.window(campaign, order, now);
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
    Plan { outcome, due, closes, steps: look.steps }
}

/// The steps so far and the first reason of each weight.
struct Look {
    steps: Vec<Step>,
    no: Option<Reason>,
    wait: Option<Reason>,
}

impl Look {
    fn step(&mut self, step: Step, reason: Option<Reason>) {
        match step.outcome {
            StepOutcome::Met => {}
            StepOutcome::NotMet => self.no = self.no.or(reason),
            StepOutcome::Waits => self.wait = self.wait.or(reason),
        }
        self.steps.push(step);
    }

    fn met(&mut self, condition: &'static str, value: impl Into<String>, sentence: impl Into<String>) {
        let (value, sentence) = (value.into(), sentence.into());
        self.steps.push(Step { condition, value, outcome: StepOutcome::Met, sentence });
    }

    fn no(&mut self, condition: &'static str, value: impl Into<String>, reason: Reason, sentence: impl Into<String>) {
        let (value, sentence) = (value.into(), sentence.into());
        self.step(Step { condition, value, outcome: StepOutcome::NotMet, sentence }, Some(reason));
    }

    fn waits(
        &mut self,
        condition: &'static str,
        value: impl Into<String>,
        reason: Reason,
        sentence: impl Into<String>,
    ) {
        let (value, sentence) = (value.into(), sentence.into());
        self.step(Step { condition, value, outcome: StepOutcome::Waits, sentence }, Some(reason));
    }

    fn cancelled(&mut self, order: &Order) {
        if order.status == Some(OrderStatus::Cancelled) {
            self.no("cancelled", "yes", Reason::OrderCancelled, Reason::OrderCancelled.sentence());
        } else {
            self.met("cancelled", "no", "The order was not cancelled.");
        }
    }

    fn covered(&mut self, campaign: &Campaign, activated_at: Timestamp, order: &Order) {
        let since = campaign.orders_after.unwrap_or(activated_at);
        let told = since.whole_seconds();
        match order.purchased_at {
            Some(at) if at >= since => {
                self.met(
                    "orders_after",
                    at.whole_seconds().to_string(),
                    format!("The order was placed after {told}, from when the campaign counts."),
                );
            }
            Some(at) => self.no(
                "orders_after",
                at.whole_seconds().to_string(),
                Reason::BeforeCampaign,
                format!("The order was placed before {told}, from when the campaign counts."),
            ),
            None => self.waits(
                "orders_after",
                "not known",
                Reason::IncompleteOrder,
                "No report has told when the order was placed, so it can't be said whether the campaign covers it.",
            ),
        }
    }

    fn marks(&mut self, campaign: &Campaign, order: &Order) {
        for mark in campaign.withholding_marks() {
            let reason = reason_of_mark(mark);
            if order.has_mark(mark) {
                self.no("skip_when", mark.as_str(), reason, reason.sentence());
            }
        }
        if !order.marks.iter().any(|(mark, _)| campaign.withholding_marks().contains(mark)) {
            self.met("skip_when", "nothing", "No notice has marked the order with anything the campaign skips.");
        }
    }

    fn complete(&mut self, order: &Order) {
        if order.incomplete {
            self.waits("complete", "no", Reason::IncompleteOrder, Reason::IncompleteOrder.sentence());
        } else {
            self.met("complete", "yes", "Every row of the order could be read.");
        }
    }

    fn shipped(&mut self, campaign: &Campaign, order: &Order) {
        let value = order.status.map_or("not known", OrderStatus::as_str);
        match order.status {
            Some(OrderStatus::Pending | OrderStatus::Unshipped | OrderStatus::PartiallyShipped) => {
                self.waits("shipped", value, Reason::NotShipped, Reason::NotShipped.sentence());
            }
            None if campaign.trigger == Trigger::Shipped && order.shipped_at.is_none() => self.waits(
                "shipped",
                value,
                Reason::NotShipped,
                "No report has told that the order was shipped, which the campaign counts from.",
            ),
            None => self.met("shipped", value, "No report says how far the order is; its delivery date counts."),
            // A cancelled order has its own step.
            Some(OrderStatus::Shipped | OrderStatus::Cancelled) => {
                self.met("shipped", value, "Nothing of the order is left to ship.");
            }
        }
    }

    fn alias(&mut self, order: &Order) {
        match &order.alias {
            None => self.waits("alias", "not known", Reason::NoAlias, Reason::NoAlias.sentence()),
            Some(alias) if order.alias_shared || alias.is_shared_by_form() => {
                self.waits("alias", "shared", Reason::SharedAlias, Reason::SharedAlias.sentence());
            }
            Some(_) => self.met("alias", "known", "The buyer's relay address is known."),
        }
    }

    /// When the message is due and when its window closes.
    fn window(&mut self, campaign: &Campaign, order: &Order, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let Some(delivery) = order.delivery else {
            self.waits("delivery", "not known", Reason::DeliveryUnknown, Reason::DeliveryUnknown.sentence());
            return None;
        };
        let basis = delivery.basis.as_str().replace('_', " ");
        self.met("delivery", span_of(&delivery), format!("The delivery date is taken from the {basis}."));
        let (opens, closes) = (campaign.window.opens(&delivery), campaign.window.closes(&delivery));
        let due = due(campaign, order, &delivery, opens, now);
        let value = format!("{} to {}", opens.whole_seconds(), closes.whole_seconds());
        let outside = Reason::OutsideWindow;
        match due {
            _ if now >= closes => self.no("window", value, outside, outside.sentence()),
            _ if opens >= closes => {
                let why = "The order's delivery dates lie so far apart that Amazon's window never opens.";
                self.no("window", value, outside, why);
            }
            Some(due) if due < closes => {
                self.met("window", value, format!("The message is due at {}, within the window.", due.whole_seconds()));
                return Some((due, closes));
            }
            _ => {
                let why =
                    "With the campaign's delay, weekdays and hours, the message would come after the window closed.";
                self.no("window", value, outside, why);
            }
        }
        None
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
    };
    let earliest = opens.max(triggered.plus(campaign.delay));
    let slots = campaign.window.slots();
    let due = slots.next(order.store, earliest)?;
    // A due time that has passed stands while now is a good time too, so that planning again changes nothing.
    if due < now && !slots.allow(order.store, now) { slots.next(order.store, now) } else { Some(due) }
}
