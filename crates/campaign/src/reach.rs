//! Whom a campaign would reach, counted over an account's last orders before it is switched on: how many get its message,
//! and why the others don't. Other campaigns, the list and the caps are left aside: this is about the campaign itself.

use std::collections::BTreeMap;

use model::Reason;

use crate::plan::{Outcome, Plan, StepOutcome};

/// How many days it looks back.
pub const REACH_DAYS: i64 = 30;
/// Orders that are asked at most, the newest.
pub const REACH_MOST: u64 = 20_000;

/// Reasons and conditions that are named.
const NAMED: usize = 5;

/// What a campaign makes of an account's last orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Orders that were asked; [`REACH_MOST`] where there are more.
    pub orders: u64,
    /// Those that get its message.
    pub messages: u64,
    /// Those that wait, by reason: a report may still bring what they lack.
    pub waits: BTreeMap<Reason, u64>,
    /// Those that get none, by reason.
    pub noes: BTreeMap<Reason, u64>,
    /// Those that fail a condition, by the first one that they fail, in the words of the file.
    pub conditions: BTreeMap<&'static str, u64>,
}

impl Reach {
    /// Whether there are orders, and the campaign is for none of them.
    pub fn is_none(&self) -> bool {
        self.orders > 0 && self.messages == 0 && self.waits.is_empty()
    }

    /// Counts one more order, with what the campaign makes of it.
    pub fn note(&mut self, plan: &Plan) {
        self.orders += 1;
        match plan.outcome {
            Outcome::Message { .. } => self.messages += 1,
            Outcome::Wait { reason, .. } => *self.waits.entry(reason).or_default() += 1,
            Outcome::No { reason } => {
                *self.noes.entry(reason).or_default() += 1;
                let failed = plan.steps.iter().find(|step| step.outcome == StepOutcome::NotMet);
                if let Some(step) = failed.filter(|_| reason == Reason::ConditionNotMet) {
                    *self.conditions.entry(step.condition).or_default() += 1;
                }
            }
        }
    }

    /// It in a line, for people.
    pub fn sentence(&self) -> String {
        if self.orders == 0 {
            return format!("No order of the last {REACH_DAYS} days is known, so nobody can say whom it reaches.");
        }
        let others = self.why_not().join("; ");
        let others = if others.is_empty() { String::new() } else { format!(" The others: {others}.") };
        format!("Of {} it would reach {}.{others}", self.asked(), self.messages)
    }

    /// Why it stays off, where it is for none of them.
    pub fn refusal(&self) -> Option<String> {
        self.is_none().then(|| format!("it is for none of {} ({})", self.asked(), self.why_not().join("; ")))
    }

    fn asked(&self) -> String {
        let newest = if self.orders >= REACH_MOST { "newest " } else { "" };
        let orders = if self.orders == 1 { "order" } else { "orders" };
        format!("the {newest}{} {orders} of the last {REACH_DAYS} days", self.orders)
    }

    /// Why the others get none, the most frequent first.
    fn why_not(&self) -> Vec<String> {
        let of = |reason: Reason| reason.sentence().trim_end_matches('.').to_owned();
        let mut counts: Vec<(u64, String)> =
            self.conditions.iter().map(|(name, count)| (*count, format!("condition `{name}` does not hold"))).collect();
        let noes = self.noes.iter().filter(|(reason, _)| **reason != Reason::ConditionNotMet);
        counts.extend(noes.chain(&self.waits).map(|(reason, count)| (*count, of(*reason))));
        counts.sort_by(|one, other| other.cmp(one));
        counts.into_iter().take(NAMED).map(|(count, why)| format!("{count}: {why}")).collect()
    }
}
