//! A worker at the outbox: it claims what is due and parts it. What is captured goes side by side, so that its steps
//! share commits; live e-mail goes into its store's lane, where it waits for nobody else's server.

use std::collections::HashMap;

use channel::{Sent, Timeouts, TrustedRoots};
use model::message::ClaimedMessage;
use model::{Channel, Clock, Delivery, Reason, Span, Timestamp};
use policy::RenderedText;
use store::{Attempt, CLAIMED_AT_ONCE, Handover, Store};
use tokio::sync::watch;

use crate::DeliveryError;
use crate::counts::{Ended, OutboxCounts};
use crate::desk::Desk;
use crate::lane::{LaneKey, Means};
use crate::lanes::Lanes;
use crate::prepare::{Prepared, prepare, turn_away};

/// A worker at the outbox, with its lanes and their open lines.
pub struct Outbox<'s> {
    lanes: Lanes<'s>,
}

impl std::fmt::Debug for Outbox<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl<'s> Outbox<'s> {
    /// A worker. `real_now` is asked for the machine's clock at each step, since permits go by it; when `stop` turns
    /// true, lanes finish what is under permit and give back the rest.
    pub fn new(
        store: &'s Store,
        trust: TrustedRoots,
        real_now: fn() -> Timestamp,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { lanes: Lanes::new(Means { store, trust, timeouts: Timeouts::default(), real_now, given: None, stop }) }
    }

    /// With other times for each step of a dialogue.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.lanes.means.timeouts = timeouts;
        self
    }

    /// Works until nothing is due that no lane holds. Lanes that are not done go on in the next pass, or while
    /// [`Outbox::meanwhile`] waits for something else; their messages are counted when they end.
    pub async fn pass(&mut self, clock: Clock) -> Result<OutboxCounts, DeliveryError> {
        let (store, real_now) = (self.lanes.means.store, self.lanes.means.real_now);
        self.lanes.means.given = clock.given;
        self.lanes.tend(false);
        self.lanes.meanwhile(store.settle_lost_attempts(clock)).await?;
        let mut counts = OutboxCounts::default();
        while !self.lanes.means.is_stopped() {
            let claimed = self.lanes.meanwhile(store.claim_due(clock, CLAIMED_AT_ONCE)).await?;
            if claimed.is_empty() {
                break;
            }
            let mut together = Vec::with_capacity(claimed.len());
            let mut by_lane: HashMap<LaneKey, Vec<ClaimedMessage>> = HashMap::new();
            for message in claimed {
                if message.delivery == Delivery::Live && message.channel == Channel::Email {
                    let key = LaneKey { account: message.account, store: message.store };
                    by_lane.entry(key).or_default().push(message);
                } else {
                    together.push(message);
                }
            }
            for (key, messages) in by_lane {
                self.lanes.assign(key, messages).await?;
            }
            counts.join(self.lanes.meanwhile(side_by_side(store, together, clock, real_now)).await?);
        }
        counts.join(self.lanes.told()?);
        Ok(counts)
    }

    /// Lets the lanes work while something else is awaited.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        self.lanes.meanwhile(other).await
    }

    /// Waits for the lanes to end what they hold.
    pub async fn rest(&mut self) -> Result<OutboxCounts, DeliveryError> {
        self.lanes.end().await;
        self.lanes.told()
    }

    /// One pass, and what its lanes hold; then it ends.
    pub async fn once(mut self, clock: Clock) -> Result<OutboxCounts, DeliveryError> {
        let mut counts = OutboxCounts::default();
        let worked = loop {
            match self.pass(clock).await {
                Ok(more) => counts.join(more),
                Err(error) => break Err(error),
            }
            if !self.lanes.is_at_work() {
                break Ok(());
            }
            match self.rest().await {
                Ok(more) => counts.join(more),
                Err(error) => break Err(error),
            }
        };
        let ended = self.end().await;
        worked?;
        counts.join(ended?);
        Ok(counts)
    }

    /// Ends: waits for the lanes, and says farewell on every line.
    pub async fn end(mut self) -> Result<OutboxCounts, DeliveryError> {
        let counts = self.rest().await;
        self.lanes.farewell().await;
        counts
    }
}

/// One pass that believes the public authorities alone, with lanes of its own: works until nothing is due, and ends
/// when the last lane has.
pub async fn outbox_pass(
    store: &Store,
    clock: Clock,
    real_now: fn() -> Timestamp,
) -> Result<OutboxCounts, DeliveryError> {
    let (_never, stop) = watch::channel(false);
    Outbox::new(store, TrustedRoots::public()?, real_now, stop).once(clock).await
}

/// Messages of one claim, side by side, so that their steps share commits.
async fn side_by_side(
    store: &Store,
    messages: Vec<ClaimedMessage>,
    clock: Clock,
    real_now: fn() -> Timestamp,
) -> Result<OutboxCounts, DeliveryError> {
    let mut desk = Desk::new(store);
    desk.lay_ready(&messages).await?;
    let mut under_way = Vec::with_capacity(messages.len());
    for message in messages {
        let prepared = prepare(&mut desk, &message, clock).await?;
        under_way.push(async move {
            match prepared {
                Prepared::TurnedAway(reason, until) => turn_away(store, message, reason, until, clock).await,
                Prepared::Ready(text) => capture(store, message, text, clock, real_now).await,
            }
        });
    }
    let mut counts = OutboxCounts::default();
    // All are awaited, also where one fails: none may be dropped between its permit and its outcome.
    for ended in futures_util::future::join_all(under_way).await {
        counts.add(ended?);
    }
    Ok(counts)
}

async fn capture(
    store: &Store,
    message: ClaimedMessage,
    text: Option<RenderedText>,
    clock: Clock,
    real_now: fn() -> Timestamp,
) -> Result<Ended, DeliveryError> {
    let fresh = Clock { real: real_now(), given: clock.given };
    let channel = message.channel;
    let permit = match store.begin_attempt(message.clone(), text, fresh).await? {
        Attempt::Permitted(permit) => permit,
        Attempt::Refused(_) => return Ok(Ended::Refused),
        Attempt::Waits(..) => return Ok(Ended::Waits),
        Attempt::Gone => return Ok(Ended::Gone),
    };
    let (handover, ended) = match channel::capture(permit, real_now()) {
        Sent::Captured => (Handover::Captured, Ended::Captured),
        Sent::NotSent { reason, reply } => {
            // A store that went live since the claim is worked by its lane next time.
            let rest = match reason {
                Reason::PermitExpired => channel::ASK_ANEW,
                _ if channel == Channel::Email => Span::seconds(1),
                _ => channel::NO_WAY_YET,
            };
            (Handover::NotSent { reason, retry_at: real_now().plus(rest), reply }, Ended::Waits)
        }
        // Nothing is sent here, so nothing else can come of it.
        Sent::Sent(_) | Sent::Rejected(_) | Sent::Lost => (Handover::Lost, Ended::Lost),
    };
    store.finish_attempt(&message, handover, Clock { real: real_now(), given: clock.given }).await?;
    Ok(ended)
}
