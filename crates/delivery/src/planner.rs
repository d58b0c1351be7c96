//! The planner: takes the orders that changed, asks every campaign of their accounts, and writes down what
//! comes of it.

use model::order::Order;
use model::{Clock, Reason};
use store::{PLANNED_AT_ONCE, Planned, PlannedOutcome, Store};

use crate::desk::{Desk, Known};
use crate::{DeliveryError, priority};

/// What a pass of the planner did, in orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanCounts {
    /// Orders looked at.
    pub orders: u64,
    /// Messages that a campaign makes of them, new or as before.
    pub messages: u64,
    /// Messages that can't be timed or sent yet.
    pub waiting: u64,
}

/// Plans until no order stands in the queue.
pub async fn plan_pass(store: &Store, clock: Clock) -> Result<PlanCounts, DeliveryError> {
    let mut counts = PlanCounts::default();
    while store.continue_backfill(clock).await? {}
    loop {
        let queued = store.orders_to_plan(PLANNED_AT_ONCE).await?;
        if queued.is_empty() {
            return Ok(counts);
        }
        // Fresh for each batch, so that a campaign that was switched off in between plans no more.
        let mut desk = Desk::new(store);
        let mut writes = Vec::with_capacity(queued.len());
        for order in queued {
            let mut planned = Vec::new();
            if let Some(known) = &order.order {
                let campaigns = desk.campaigns(order.account).await?;
                let plans = priority::ask_all(campaigns, known, &order.messages, clock.now());
                planned.extend(campaigns.iter().zip(plans).map(|(campaign, plan)| recorded(campaign, known, plan)));
            }
            counts.orders += 1;
            for plan in &planned {
                counts.messages += u64::from(matches!(plan.outcome, PlannedOutcome::Message { .. }));
                counts.waiting += u64::from(matches!(plan.outcome, PlannedOutcome::Waits { .. }));
            }
            writes.push(store.record_plan(order, planned, clock));
        }
        // Together, so that they share commits.
        futures_util::future::try_join_all(writes).await?;
    }
}

fn recorded(known: &Known, order: &Order, plan: Option<campaign::Plan>) -> Planned {
    let channel = known.campaign.as_ref().map_or(model::Channel::Email, |campaign| campaign.channel_for(order));
    let outcome = plan.map_or(PlannedOutcome::No { reason: Reason::CampaignOff }, |plan| outcome_of(&plan));
    Planned { campaign: known.stored.id, version: known.stored.version, channel, outcome }
}

fn outcome_of(plan: &campaign::Plan) -> PlannedOutcome {
    match plan.outcome {
        campaign::Outcome::Message { due, closes } => PlannedOutcome::Message { due, closes },
        campaign::Outcome::Wait { reason, next_try } => {
            PlannedOutcome::Waits { reason, next_try, due: plan.due, closes: plan.closes }
        }
        campaign::Outcome::No { reason } => PlannedOutcome::No { reason },
    }
}
