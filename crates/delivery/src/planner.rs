//! The planner: takes the orders that changed, asks every campaign of their accounts, and writes down what
//! comes of it.

use campaign::Campaign;
use model::order::Order;
use model::{CampaignId, Clock, Reason};
use store::{PLANNED_AT_ONCE, Planned, PlannedOutcome, Store, StoreError};

use crate::desk::{Desk, Known};
use crate::{DeliveryError, priority, split};

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
                let place =
                    |campaign: &Campaign, id| split::place(store, order.account, (campaign, id), known.order_id);
                let plans = priority::ask_all(campaigns, known, &order.messages, clock.now(), place)?;
                for (campaign, plan) in campaigns.iter().zip(plans) {
                    planned.push(recorded(campaign, known, plan, place)?);
                }
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

fn recorded(
    known: &Known,
    order: &Order,
    plan: Option<campaign::Plan>,
    place: impl Fn(&Campaign, CampaignId) -> Result<u16, StoreError>,
) -> Result<Planned, StoreError> {
    let channel = known.campaign.as_ref().map_or(model::Channel::Email, |campaign| campaign.channel_for(order));
    let outcome = plan.map_or(PlannedOutcome::No { reason: Reason::CampaignOff }, |plan| outcome_of(&plan));
    let arm = match known.campaign.as_ref().filter(|campaign| !campaign.split.is_none()) {
        Some(campaign) => Some(campaign.split.arm(place(campaign, known.stored.id)?).name().to_owned()),
        None => None,
    };
    Ok(Planned { campaign: known.stored.id, version: known.stored.version, channel, outcome, arm })
}

fn outcome_of(plan: &campaign::Plan) -> PlannedOutcome {
    match (plan.outcome, plan.due) {
        (campaign::Outcome::Message { due, closes }, _) => PlannedOutcome::Message { due, closes },
        (campaign::Outcome::Wait { reason, next_try }, due) => {
            PlannedOutcome::Waits { reason, next_try, due, closes: plan.closes }
        }
        (campaign::Outcome::No { reason: Reason::HeldOut }, Some(due)) => PlannedOutcome::HeldOut { due },
        (campaign::Outcome::No { reason }, _) => PlannedOutcome::No { reason },
    }
}
