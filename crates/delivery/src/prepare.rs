//! What the campaign and the template make of a message before the gate is asked: the order is planned once more,
//! since what came in after it was planned may have changed the answer, and the text is filled in.

use campaign::{Outcome, Plan, Standing, StoreNames};
use model::message::ClaimedMessage;
use model::{Attachment, CampaignId, Channel, Clock, Order, Purpose, Reason, Span, Timestamp};
use policy::RenderedText;
use store::Store;

use crate::counts::Ended;
use crate::desk::{Desk, Known};
use crate::{DeliveryError, critical, priority, split};

/// When a message is looked at again whose time can't be told.
const LOOK_AGAIN: Span = Span::days(1);

/// What is to happen with a message.
pub(crate) enum Prepared {
    /// It comes before the gate, with its text where its channel has one.
    Ready(Option<RenderedText>),
    /// It need not: it is refused, or waits until then.
    TurnedAway(Reason, Option<Timestamp>),
}

/// Looks at the message's order and campaign once more.
pub(crate) async fn prepare(
    desk: &mut Desk<'_>,
    message: &ClaimedMessage,
    clock: Clock,
) -> Result<Prepared, DeliveryError> {
    let store = desk.store();
    if message.purpose == Purpose::Critical {
        return critical::prepare(store, message).await;
    }
    let order = desk.order(message).await?;
    let store_name = desk.account_name(message.account).await?;
    let refused = |reason| Ok(Prepared::TurnedAway(reason, None));
    let (Some(order), Some(id), Some(version)) = (order, message.campaign, message.campaign_version) else {
        return refused(Reason::OrderUnknown);
    };
    let Some(known) = desk.version(message.account, id, version).await? else { return refused(Reason::CampaignOff) };
    let Some(campaign) = &known.campaign else { return refused(Reason::CampaignOff) };
    let now = clock.now();
    let place = split::place(store, message.account, (campaign, id), message.order_id)?;
    let (mut plan, own_priority) =
        (campaign::outcome(campaign, known.stored.activated_at, &order, now), campaign.priority);
    split::hold_out(&mut plan, campaign, place);
    beside_others(desk, (message, id), (&mut plan, own_priority), &order, now).await?;
    let known = desk.version(message.account, id, version).await?;
    let Some(known) = known else { return refused(Reason::CampaignOff) };
    let Some(campaign) = &known.campaign else { return refused(Reason::CampaignOff) };
    let waits = |reason, until: Option<Timestamp>| {
        Ok(Prepared::TurnedAway(reason, Some(until.unwrap_or_else(|| now.plus(LOOK_AGAIN)))))
    };
    match plan.outcome {
        Outcome::No { reason } => refused(reason),
        Outcome::Wait { reason, next_try } => waits(reason, next_try),
        Outcome::Message { .. } => {
            // A message that had to wait may have missed the weekday or the hour that its plan was made for.
            let slots = campaign.window.slots();
            if slots.allow(order.store, now) {
                let kept = if campaign.attachments().is_empty() {
                    Vec::new()
                } else {
                    known.attachments(message.account, store).await?
                };
                Ok(fill_in(known, campaign, &order, (&store_name, &kept), place))
            } else {
                waits(Reason::NotDue, slots.next(order.store, now))
            }
        }
    }
}

/// Has the message stand back where a campaign with a higher priority may still write. Its own plan is that of the
/// version that made it; the others' are those of today.
async fn beside_others(
    desk: &mut Desk<'_>,
    message: (&ClaimedMessage, CampaignId),
    own: (&mut Plan, u8),
    order: &Order,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    let ((message, id), (plan, own_priority)) = (message, own);
    let outranked = |known: &Known| {
        known.stored.id != id
            && known.stored.is_active()
            && known.campaign.as_ref().is_some_and(|campaign| campaign.priority > own_priority)
    };
    if !desk.campaigns(message.account).await?.iter().any(outranked) {
        return Ok(());
    }
    let messages = desk.messages_of_campaigns(message).await?;
    let store = desk.store();
    let mut others: Vec<(Plan, u8, Standing)> = Vec::new();
    for known in desk.campaigns(message.account).await?.iter().filter(|known| outranked(known)) {
        let Some(campaign) = known.campaign.as_ref() else { continue };
        let mut plan = campaign::outcome(campaign, known.stored.activated_at, order, now);
        let place = split::place(store, message.account, (campaign, known.stored.id), message.order_id)?;
        split::hold_out(&mut plan, campaign, place);
        others.push((plan, campaign.priority, priority::standing(known.stored.id, &messages)));
    }
    let mut asked: Vec<(&mut Plan, u8, Standing)> =
        others.iter_mut().map(|(plan, priority, standing)| (plan, *priority, *standing)).collect();
    asked.push((plan, own_priority, Standing::Open));
    priority::settle(asked, now);
    Ok(())
}

fn fill_in(
    known: &Known,
    campaign: &campaign::Campaign,
    order: &Order,
    filled_with: (&str, &[Attachment]),
    place: u16,
) -> Prepared {
    let (store_name, kept) = filled_with;
    if campaign.channel_for(order) != Channel::Email {
        return Prepared::Ready(None);
    }
    let Ok(rendered) = campaign::render_at(campaign, order, &StoreNames { store_name }, place) else {
        return Prepared::TurnedAway(Reason::TemplateFault, None);
    };
    // The template passed when it was put to use; what fills it in was written by buyers and listings.
    match rendered.errors(order.order_id, &known.stored.attachments) {
        Ok(errors) if errors.is_empty() => match rendered.into_text(kept) {
            Ok(text) => Prepared::Ready(Some(text)),
            Err(name) => {
                tracing::error!(order = %order.order_id, file = %name, "a file of the campaign is not kept");
                Prepared::TurnedAway(Reason::TemplateFault, None)
            }
        },
        Ok(errors) => {
            let rules: Vec<&str> = errors.iter().map(|error| error.rule.id.as_str()).collect();
            tracing::info!(order = %order.order_id, rules = rules.join(" "), "a message's text breaks a rule");
            Prepared::TurnedAway(Reason::TextRefused, None)
        }
        Err(problem) => {
            tracing::error!(%problem, "no text can be held against the rules");
            Prepared::TurnedAway(Reason::TextRefused, None)
        }
    }
}

/// Records that a message does not come before the gate.
pub(crate) async fn turn_away(
    store: &Store,
    message: ClaimedMessage,
    reason: Reason,
    until: Option<Timestamp>,
    clock: Clock,
) -> Result<Ended, DeliveryError> {
    store.turn_away(message, reason, until, clock).await?;
    Ok(if until.is_some() { Ended::Waits } else { Ended::Refused })
}
