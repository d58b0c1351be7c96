//! A worker's pass over the outbox: claim what is due, look at the order once more, fill in the text, ask the
//! gate, hand over, record. Messages of one claim go side by side, so that their steps share commits.

use campaign::{Outcome, StoreNames};
use model::message::ClaimedMessage;
use model::{Channel, Clock, Order, Reason, Timestamp};
use policy::RenderedText;
use store::{Attempt, CLAIMED_AT_ONCE, Handover, Store};

use crate::DeliveryError;
use crate::desk::Desk;

/// What a pass over the outbox did, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Kept; nothing left.
    pub captured: u64,
    /// Left.
    pub sent: u64,
    /// Refused by the other side for good.
    pub failed: u64,
    /// Lost on the way; a member settles them.
    pub lost: u64,
    /// Refused for good.
    pub refused: u64,
    /// Not now.
    pub waiting: u64,
    /// Withdrawn or taken over while they were looked at.
    pub gone: u64,
}

impl OutboxCounts {
    fn add(&mut self, ended: Ended) {
        match ended {
            Ended::Captured => self.captured += 1,
            Ended::Sent => self.sent += 1,
            Ended::Failed => self.failed += 1,
            Ended::Lost => self.lost += 1,
            Ended::Refused => self.refused += 1,
            Ended::Waits => self.waiting += 1,
            Ended::Gone => self.gone += 1,
        }
    }
}

/// How one message came out of the pass.
#[derive(Debug, Clone, Copy)]
enum Ended {
    Captured,
    Sent,
    Failed,
    Lost,
    Refused,
    Waits,
    Gone,
}

/// Works until nothing is due. `real_now` is asked for the machine's clock at each step, since permits go by it.
pub async fn outbox_pass(
    store: &Store,
    clock: Clock,
    real_now: fn() -> Timestamp,
) -> Result<OutboxCounts, DeliveryError> {
    let mut counts = OutboxCounts::default();
    store.settle_lost_attempts(clock).await?;
    loop {
        let claimed = store.claim_due(clock, CLAIMED_AT_ONCE).await?;
        if claimed.is_empty() {
            return Ok(counts);
        }
        let mut desk = Desk::new(store);
        let mut under_way = Vec::with_capacity(claimed.len());
        for message in claimed {
            let prepared = prepare(store, &mut desk, &message, clock).await?;
            under_way.push(finish(store, message, prepared, clock, real_now));
        }
        // All are awaited, also where one fails: none may be dropped between its permit and its outcome.
        for ended in futures_util::future::join_all(under_way).await {
            counts.add(ended?);
        }
    }
}

/// What the campaign and the template make of a message, before the gate is asked.
enum Prepared {
    /// It comes before the gate, with its text where its channel has one.
    Ready(Option<RenderedText>),
    /// It is refused without the gate.
    Refused(Reason),
    /// It waits without the gate.
    Waits(Reason, Timestamp),
}

async fn prepare(
    store: &Store,
    desk: &mut Desk<'_>,
    message: &ClaimedMessage,
    clock: Clock,
) -> Result<Prepared, DeliveryError> {
    let order = store.order(message.account, message.order_id).await?;
    let store_name = desk.account_name(message.account).await?;
    let (Some(order), Some(id), Some(version)) = (order, message.campaign, message.campaign_version) else {
        return Ok(Prepared::Refused(Reason::OrderUnknown));
    };
    let Some(known) = desk.version(message.account, id, version).await? else {
        return Ok(Prepared::Refused(Reason::CampaignOff));
    };
    let Some(campaign) = &known.campaign else { return Ok(Prepared::Refused(Reason::CampaignOff)) };
    // What has come in since it was planned may have changed the answer.
    let plan = campaign::plan(campaign, known.stored.activated_at, &order, clock.now());
    Ok(match plan.outcome {
        Outcome::No { reason } => Prepared::Refused(reason),
        Outcome::Wait { reason, next_try } => {
            Prepared::Waits(reason, next_try.unwrap_or_else(|| clock.now().plus(model::Span::days(1))))
        }
        Outcome::Message { .. } => {
            // A message that had to wait may have missed the weekday or the hour that its plan was made for.
            let slots = campaign.window.slots();
            if slots.allow(order.store, clock.now()) {
                fill_in(campaign, &order, &store_name)
            } else {
                let next = slots.next(order.store, clock.now());
                Prepared::Waits(Reason::NotDue, next.unwrap_or_else(|| clock.now().plus(model::Span::days(1))))
            }
        }
    })
}

fn fill_in(campaign: &campaign::Campaign, order: &Order, store_name: &str) -> Prepared {
    if campaign.channel != Channel::Email {
        return Prepared::Ready(None);
    }
    match campaign::render(campaign, order, &StoreNames { store_name }) {
        Ok(rendered) => Prepared::Ready(Some(rendered.into_text())),
        Err(_) => Prepared::Refused(Reason::TemplateFault),
    }
}

async fn finish(
    store: &Store,
    message: ClaimedMessage,
    prepared: Prepared,
    clock: Clock,
    real_now: fn() -> Timestamp,
) -> Result<Ended, DeliveryError> {
    let text = match prepared {
        Prepared::Ready(text) => text,
        Prepared::Refused(reason) => {
            store.turn_away(message, reason, None, clock).await?;
            return Ok(Ended::Refused);
        }
        Prepared::Waits(reason, until) => {
            store.turn_away(message, reason, Some(until), clock).await?;
            return Ok(Ended::Waits);
        }
    };
    let fresh = Clock { real: real_now(), given: clock.given };
    let permit = match store.begin_attempt(message.clone(), text, fresh).await? {
        Attempt::Permitted(permit) => permit,
        Attempt::Refused(_) => return Ok(Ended::Refused),
        Attempt::Waits(..) => return Ok(Ended::Waits),
        Attempt::Gone => return Ok(Ended::Gone),
    };
    let sent = channel::capture(permit, real_now());
    let (handover, ended) = match sent {
        channel::Sent::Captured => (Handover::Captured, Ended::Captured),
        channel::Sent::NotSent { reason, .. } => {
            let rest = if reason == Reason::PermitExpired { channel::ASK_ANEW } else { channel::NO_WAY_YET };
            (Handover::NotSent { reason, retry_at: real_now().plus(rest), reply: None }, Ended::Waits)
        }
        channel::Sent::Sent(_) => (Handover::SENT, Ended::Sent),
        channel::Sent::Rejected(_) => {
            (Handover::Rejected { reason: Reason::RejectedByServer, reply: None }, Ended::Failed)
        }
        channel::Sent::Lost => (Handover::Lost, Ended::Lost),
    };
    store.finish_attempt(&message, handover, Clock { real: real_now(), given: clock.given }).await?;
    Ok(ended)
}
