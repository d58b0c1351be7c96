//! All lanes of one worker: which messages go into which, what a lane can take within its claims, the lines that
//! wait for the next message, and the rests of lanes whose server gave trouble. What a lane can't take goes back to
//! the outbox in one step, for the time at which its turn can come.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use channel::Line;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use model::message::ClaimedMessage;
use model::sender::{Sender, SenderLimits};
use model::sending::StopScope;
use model::{Marketplace, Reason, Span, Timestamp};
use tokio::sync::mpsc;

use crate::DeliveryError;
use crate::counts::OutboxCounts;
use crate::lane::{Held, LaneEnded, LaneKey, Means, work};

/// What a lane takes in at once must be begun within this time; a claim lasts twice as long.
const AHEAD: Duration = Duration::from_secs(30);
/// How long a message takes where nothing is known yet.
const FIRST_PACE: Duration = Duration::from_secs(1);
/// How long a line stays open with nothing to send. Servers close it after minutes.
const IDLE: Duration = Duration::from_secs(20);
/// How soon a lane whose sending is stopped is looked at again; resuming it wakes nobody.
const STOPPED: Span = Span::minutes(1);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The lanes of one worker.
pub(crate) struct Lanes<'s> {
    pub means: Means<'s>,
    known: HashMap<LaneKey, Known>,
    working: FuturesUnordered<BoxFuture<'s, LaneEnded>>,
    closing: FuturesUnordered<BoxFuture<'s, ()>>,
    counts: OutboxCounts,
    broken: Option<DeliveryError>,
}

/// What is known of a lane.
#[derive(Default)]
struct Known {
    /// The way into it while it works.
    way_in: Option<mpsc::UnboundedSender<Held>>,
    /// Messages that stand in it.
    standing: Arc<AtomicUsize>,
    limits: SenderLimits,
    pace: Option<Duration>,
    /// It rests, for this reason and until then.
    rests: Option<(Reason, Timestamp)>,
    /// When the turn of what was given back last can come.
    turn: Option<Timestamp>,
    /// Lines that wait, since when, and by whose sign-in they were opened.
    idle: Option<(Vec<Line>, Instant, Sender)>,
}

/// Whether a stop that bears on the account bears on this store of it.
fn bears_on(scope: StopScope, store: Marketplace) -> bool {
    match scope {
        StopScope::Installation | StopScope::Account(_) => true,
        StopScope::Store(_, stopped) => stopped == store,
    }
}

impl Known {
    /// The time that one message takes of the lane's.
    fn interval(&self) -> Duration {
        let by_limit = Duration::from_mins(1) / u32::from(self.limits.per_minute.max(1));
        let by_pace = self.pace.unwrap_or(FIRST_PACE) / u32::from(self.limits.connections.max(1));
        by_limit.max(by_pace).max(Duration::from_millis(1))
    }

    /// How many more messages it can take and begin in time.
    fn room(&self) -> usize {
        let most = AHEAD.as_micros() / self.interval().as_micros();
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        most.saturating_sub(self.standing.load(Ordering::Relaxed))
    }

    /// When the next of so many messages that are given back can have its turn.
    fn turn_after(&mut self, messages: usize, now: Timestamp) -> Timestamp {
        let span =
            |times: u128| Span::micros(i64::try_from(self.interval().as_micros() * times).unwrap_or(i64::MAX / 4));
        let standing = self.standing.load(Ordering::Relaxed) as u128;
        let first = self.turn.filter(|turn| *turn > now).unwrap_or_else(|| now.plus(span(standing + 1)));
        self.turn = Some(first.plus(span(messages as u128)));
        first
    }
}

impl<'s> Lanes<'s> {
    pub fn new(means: Means<'s>) -> Self {
        Self {
            means,
            known: HashMap::new(),
            working: FuturesUnordered::new(),
            closing: FuturesUnordered::new(),
            counts: OutboxCounts::default(),
            broken: None,
        }
    }

    /// Whether any lane works.
    pub fn is_at_work(&self) -> bool {
        !self.working.is_empty()
    }

    /// Lets the lanes work while something else is awaited.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.working.next() => self.take_back(ended),
                Some(()) = self.closing.next() => {}
                done = &mut other => return done,
            }
        }
    }

    /// Waits until no lane works.
    pub async fn end(&mut self) {
        while let Some(ended) = self.working.next().await {
            self.take_back(ended);
        }
    }

    /// What ended since this was asked last; the first failure, if a lane broke off.
    pub fn told(&mut self) -> Result<OutboxCounts, DeliveryError> {
        let counts = std::mem::take(&mut self.counts);
        self.broken.take().map_or(Ok(counts), Err)
    }

    /// Puts messages into their lane, as many as it can take; the others go back to the outbox.
    pub async fn assign(&mut self, key: LaneKey, mut messages: Vec<ClaimedMessage>) -> Result<(), DeliveryError> {
        let now = self.means.clock().now();
        let known = self.known.entry(key).or_default();
        if let Some((reason, until)) = known.rests.filter(|(_, until)| *until > now) {
            return self.give_back(messages, reason, until).await;
        }
        if known.way_in.is_none() {
            let store = self.means.store;
            // Another process, or this one before it was started anew, may have met the trouble.
            let trouble = self.meanwhile(store.sender_status(key.account, key.store)).await?;
            if let Some(trouble) = trouble.filter(|trouble| trouble.paused_until > now) {
                return self.give_back(messages, trouble.reason, trouble.paused_until).await;
            }
            let sender = self.meanwhile(store.sender(key.account, key.store)).await?;
            let Some(sender) = sender else {
                return self.give_back(messages, Reason::ChannelUnavailable, now.plus(channel::NO_WAY_YET)).await;
            };
            let stops = self.meanwhile(store.sending_stops(key.account)).await?;
            if stops.iter().any(|stop| bears_on(stop.scope, key.store)) {
                return self.give_back(messages, Reason::LiveOff, now.plus(STOPPED)).await;
            }
            self.start(key, sender);
        }
        let known = self.known.entry(key).or_default();
        let overflow = messages.split_off(known.room().min(messages.len()));
        if let Some(way_in) = &known.way_in {
            let since = Instant::now();
            known.standing.fetch_add(messages.len(), Ordering::Relaxed);
            for message in messages {
                // It works in this same task, so it can't have ended since.
                let _ = way_in.send(Held { message, since });
            }
        }
        if overflow.is_empty() {
            return Ok(());
        }
        let turn = known.turn_after(overflow.len(), now);
        self.give_back(overflow, Reason::Paced, turn).await
    }

    fn start(&mut self, key: LaneKey, sender: Sender) {
        let known = self.known.entry(key).or_default();
        let lines = match known.idle.take() {
            Some((lines, _, opened_for)) if opened_for == sender => lines,
            // The sender was changed: what was opened for the old one is of no use any more.
            Some((lines, ..)) => {
                self.close(lines);
                Vec::new()
            }
            None => Vec::new(),
        };
        let known = self.known.entry(key).or_default();
        let (way_in, arriving) = mpsc::unbounded_channel();
        (known.way_in, known.limits) = (Some(way_in), sender.limits);
        self.working.push(Box::pin(work(
            self.means.clone(),
            key,
            sender,
            lines,
            arriving,
            Arc::clone(&known.standing),
        )));
    }

    async fn give_back(
        &mut self,
        messages: Vec<ClaimedMessage>,
        reason: Reason,
        until: Timestamp,
    ) -> Result<(), DeliveryError> {
        self.counts.waiting += messages.len() as u64;
        let store = self.means.store;
        self.meanwhile(store.release_claims(messages, reason, until)).await?;
        Ok(())
    }

    fn take_back(&mut self, ended: LaneEnded) {
        let LaneEnded { key, sender, lines, counts, rests, pace, broken } = ended;
        self.counts.join(counts);
        let known = self.known.entry(key).or_default();
        (known.way_in, known.rests) = (None, rests);
        known.standing = Arc::default();
        if let Some(pace) = pace {
            // The last run counts as much as all before it.
            known.pace = Some(known.pace.map_or(pace, |before| (before + pace) / 2));
        }
        if !lines.is_empty() {
            known.idle = Some((lines, Instant::now(), sender));
        }
        if let Some(error) = broken {
            self.broken.get_or_insert(error);
        }
    }

    /// Closes lines that have waited long enough, all of them at the end, and forgets lanes with nothing to remember.
    pub fn tend(&mut self, at_the_end: bool) {
        let now = self.means.clock().now();
        let mut lines = Vec::new();
        for known in self.known.values_mut() {
            if known.idle.as_ref().is_some_and(|(_, since, _)| at_the_end || since.elapsed() > IDLE) {
                lines.extend(known.idle.take().map(|(lines, ..)| lines).into_iter().flatten());
            }
        }
        self.known.retain(|_, known| {
            let rests = known.rests.is_some_and(|(_, until)| until > now);
            known.way_in.is_some() || known.idle.is_some() || rests || known.turn.is_some_and(|turn| turn > now)
        });
        self.close(lines);
    }

    fn close(&mut self, lines: Vec<Line>) {
        for line in lines {
            self.closing.push(Box::pin(async move {
                // A server that does not answer the farewell is left without one.
                let _ = tokio::time::timeout(FAREWELL, line.close()).await;
            }));
        }
    }

    /// Waits until every line has said its farewell.
    pub async fn farewell(&mut self) {
        self.tend(true);
        while self.closing.next().await.is_some() {}
    }
}
