//! Whom a campaign would reach: the account's orders of the last 30 days asked one by one, before it is switched on.
//! Other campaigns, the list and the caps are left aside: this is about the campaign itself.

use std::collections::BTreeMap;

use campaign::{Campaign, Outcome, StepOutcome};
use model::{AccountId, Clock, Reason, Span, Timestamp};
use store::{RECENT_AT_ONCE, Store, StoreError};

/// How far it looks back.
pub const REACH_DAYS: i64 = 30;
/// Orders that are asked at most, the newest.
pub const REACH_MOST: u64 = 20_000;

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

    fn note(&mut self, plan: &campaign::Plan) {
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
}

/// Asks a campaign about the account's last orders, as if it had covered them all, each on the day after it was
/// delivered: so that neither its own beginning nor a window that has closed since hides whom it is for.
pub async fn reach(store: &Store, account: AccountId, campaign: &Campaign, clock: Clock) -> Result<Reach, StoreError> {
    let campaign = Campaign { orders_after: None, ..campaign.clone() };
    let since = clock.now().minus(Span::days(REACH_DAYS));
    let (mut reach, mut before) = (Reach::default(), None);
    loop {
        let page = store.recent_orders(account, since, before).await?;
        for order in &page {
            let delivered = order.delivery.map_or_else(|| clock.now(), |delivery| delivery.latest.plus(Span::days(1)));
            reach.note(&campaign::plan(&campaign, Timestamp::MIN, order, delivered.min(clock.now())));
        }
        before = page.last().and_then(|order| Some((order.purchased_at?, order.order_id)));
        if page.len() < RECENT_AT_ONCE || before.is_none() || reach.orders >= REACH_MOST {
            return Ok(reach);
        }
    }
}
