//! The campaigns of an account side by side for one order: each asked, then ranked by priority and by what became of
//! their messages so far (the order has one slot).

use campaign::{Campaign, Outcome, Plan, Ranked, Standing, rank};
use model::message::SiblingMessage;
use model::{CampaignId, MessageState, Order, Reason, Timestamp};

use store::StoreError;

use crate::desk::Known;
use crate::split;

/// What each campaign makes of the order beside the others; none for one that is off or can't be read.
pub(crate) fn ask_all(
    campaigns: &[Known],
    order: &Order,
    messages: &[SiblingMessage],
    now: Timestamp,
    place: impl Fn(&Campaign, CampaignId) -> Result<u16, StoreError>,
) -> Result<Vec<Option<Plan>>, StoreError> {
    let plans: Result<Vec<Option<Plan>>, StoreError> = campaigns
        .iter()
        .map(|known| {
            let Some(campaign) = known.campaign.as_ref().filter(|_| known.stored.is_active()) else { return Ok(None) };
            let mut plan = campaign::outcome(campaign, known.stored.activated_at, order, now);
            // Before they are ranked: what is held out stands in nobody's way.
            split::hold_out(&mut plan, campaign, place(campaign, known.stored.id)?);
            Ok(Some(plan))
        })
        .collect();
    let mut plans = plans?;
    let asked = plans.iter_mut().zip(campaigns).filter_map(|(plan, known)| {
        let priority = known.campaign.as_ref()?.priority;
        Some((plan.as_mut()?, priority, standing(known.stored.id, messages)))
    });
    settle(asked.collect(), now);
    Ok(plans)
}

/// Ranks plans, each with its campaign's priority and the standing of its message.
pub(crate) fn settle(mut asked: Vec<(&mut Plan, u8, Standing)>, now: Timestamp) {
    if asked.len() < 2 {
        return;
    }
    let mut ranked: Vec<Ranked> = asked
        .iter()
        .map(|(plan, priority, standing)| Ranked { priority: *priority, standing: *standing, outcome: plan.outcome })
        .collect();
    rank(&mut ranked, now);
    for ((plan, ..), ranked) in asked.iter_mut().zip(ranked) {
        plan.outcome = ranked.outcome;
    }
}

/// Whether a plan only stands back for another campaign.
pub(crate) const fn stands_back(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Wait { reason: Reason::LowerPriority, .. })
}

/// What became of a campaign's message so far.
pub(crate) fn standing(campaign: CampaignId, messages: &[SiblingMessage]) -> Standing {
    let Some(message) = messages.iter().find(|message| message.campaign == campaign) else { return Standing::Open };
    match (message.state, message.reason) {
        // Its time has not come, or it is its turn to stand back: nothing is wrong with it.
        (MessageState::Planned, _)
        | (MessageState::Waiting, None | Some(Reason::LowerPriority | Reason::NotDue | Reason::Paced)) => {
            Standing::Open
        }
        (MessageState::Waiting, Some(_)) => Standing::Waits,
        (MessageState::Sending | MessageState::Sent | MessageState::Captured | MessageState::Unknown, _) => {
            Standing::Left
        }
        // A list says that another tool has messaged the order: what it took back stays so.
        (MessageState::Withdrawn, Some(Reason::AlreadyMessaged)) => Standing::Ended,
        (MessageState::Withdrawn | MessageState::Refused, Some(reason)) if reason.ends_until_planned_anew() => {
            Standing::Open
        }
        (MessageState::Withdrawn | MessageState::Refused | MessageState::Failed, _) => Standing::Ended,
    }
}
