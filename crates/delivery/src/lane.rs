//! A lane at work: the live e-mails of one store, which leave through its own server over a few lines. Lanes know
//! nothing of each other, so a server that hangs holds up its own store alone, and costs what is under way there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use channel::{Line, Timeouts, TrustedRoots};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::message::ClaimedMessage;
use model::sender::{Sender, ServerReply};
use model::{AccountId, Clock, Marketplace, Reason, Span, Timestamp};
use policy::Pace;
use store::Store;
use tokio::sync::{Mutex, mpsc, watch};

use crate::DeliveryError;
use crate::counts::{Ended, OutboxCounts};
use crate::desk::Desk;
use crate::step::{Step, step};

/// How long a message may stand in a lane before it is given back: its claim lasts a minute, and what begins must
/// begin well within it.
const LONGEST_STAY: Duration = Duration::from_secs(40);

/// Servers that refuse so many messages in a row, each for good, refuse the store rather than the messages.
const REFUSALS_IN_A_ROW: u32 = 5;

/// Which lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    pub account: AccountId,
    pub store: Marketplace,
}

/// What every lane works with.
#[derive(Clone)]
pub(crate) struct Means<'s> {
    pub store: &'s Store,
    pub trust: TrustedRoots,
    pub timeouts: Timeouts,
    pub real_now: fn() -> Timestamp,
    pub given: Option<Timestamp>,
    pub stop: watch::Receiver<bool>,
}

impl Means<'_> {
    /// The clocks at this moment.
    pub fn clock(&self) -> Clock {
        Clock { real: (self.real_now)(), given: self.given }
    }

    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// A claimed message in a lane.
#[derive(Debug)]
pub(crate) struct Held {
    pub message: ClaimedMessage,
    pub since: Instant,
}

impl Held {
    pub fn is_stale(&self) -> bool {
        self.since.elapsed() > LONGEST_STAY
    }
}

/// How a lane came to its end.
pub(crate) struct LaneEnded {
    pub key: LaneKey,
    pub sender: Sender,
    /// Lines that can be used again.
    pub lines: Vec<Line>,
    pub counts: OutboxCounts,
    /// Why the lane rests, and until when.
    pub rests: Option<(Reason, Timestamp)>,
    /// How long a message took on the average; none where none was worked.
    pub pace: Option<Duration>,
    pub broken: Option<DeliveryError>,
}

/// Works until nothing is left in the lane, its server gives trouble, or the worker stops.
pub(crate) async fn work(
    means: Means<'_>,
    key: LaneKey,
    sender: Sender,
    lines: Vec<Line>,
    arriving: mpsc::UnboundedReceiver<Held>,
    standing: Arc<AtomicUsize>,
) -> LaneEnded {
    // A line at hand was good a moment ago; else one message shows first that the server takes mail.
    let proved = !lines.is_empty();
    let pace = Pace::of(sender.limits.per_minute);
    let ended =
        LaneEnded { key, sender, lines, counts: OutboxCounts::default(), rests: None, pace: None, broken: None };
    let mut lane = Lane {
        means: &means,
        ended,
        standing,
        queue: VecDeque::new(),
        returned: Vec::new(),
        proved,
        refused: 0,
        pace,
        full_at: Timestamp::MIN,
        began: Instant::now(),
    };
    lane.run(arriving).await;
    lane.ended
}

struct Lane<'m, 's> {
    means: &'m Means<'s>,
    ended: LaneEnded,
    /// Messages in the lane that are not done.
    standing: Arc<AtomicUsize>,
    /// What is yet to be worked.
    queue: VecDeque<Held>,
    /// What the gate was not asked about and is not worked any more.
    returned: Vec<ClaimedMessage>,
    /// The server has taken a message over.
    proved: bool,
    /// Messages that it refused for good since.
    refused: u32,
    /// The store's pace as this lane keeps it, so that the gate need not refuse; the gate counts over all processes.
    pace: Pace,
    full_at: Timestamp,
    began: Instant,
}

impl Lane<'_, '_> {
    async fn run(&mut self, mut arriving: mpsc::UnboundedReceiver<Held>) {
        let (means, sender) = (self.means, self.ended.sender.clone());
        let desk = Mutex::new(Desk::new(means.store));
        let (mut steps, mut spent) = (0, Duration::ZERO);
        let mut under_way = FuturesUnordered::new();
        let mut stop = means.stop.clone();
        loop {
            while let Ok(held) = arriving.try_recv() {
                self.queue.push_back(held);
            }
            let mut wait = None;
            while under_way.len() < self.most() {
                let Some(held) = self.queue.pop_front() else { break };
                if held.is_stale() {
                    self.standing.fetch_sub(1, Ordering::Relaxed);
                    self.returned.push(held.message);
                    continue;
                }
                wait = self.pace.wait(self.full_at, self.moment());
                if wait.is_some() {
                    self.queue.push_front(held);
                    break;
                }
                self.full_at = self.pace.after_one(self.full_at, self.moment());
                under_way.push(step(means, &desk, &sender, held, self.ended.lines.pop()));
            }
            if under_way.is_empty() && (self.most() == 0 || self.queue.is_empty()) {
                break;
            }
            let waited = wait.map_or(Duration::MAX, |span| Duration::from_micros(span.as_micros().unsigned_abs()));
            tokio::select! {
                Some(step) = under_way.next() => {
                    (steps, spent) = (steps + 1, spent + step.took);
                    self.standing.fetch_sub(1, Ordering::Relaxed);
                    self.take(step).await;
                }
                Some(held) = arriving.recv() => self.queue.push_back(held),
                () = tokio::time::sleep(waited), if wait.is_some() => {}
                () = told(&mut stop), if wait.is_some() => {}
            }
        }
        arriving.close();
        while let Ok(held) = arriving.try_recv() {
            self.queue.push_back(held);
        }
        self.ended.pace = spent.checked_div(steps);
        if let Err(error) = self.give_back().await {
            // What is not given back comes free with its lease.
            self.ended.broken.get_or_insert(error);
        }
    }

    /// A clock for the pace that nobody can set.
    fn moment(&self) -> Timestamp {
        let elapsed = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(0).plus(Span::micros(elapsed))
    }

    /// How many messages may be under way at once.
    fn most(&self) -> usize {
        if self.ended.rests.is_some() || self.ended.broken.is_some() || self.means.is_stopped() {
            return 0;
        }
        if self.proved { usize::from(self.ended.sender.limits.connections) } else { 1 }
    }

    async fn take(&mut self, step: Step) {
        self.ended.lines.extend(step.line);
        self.returned.extend(step.returned);
        if let Some(ended) = step.ended {
            self.ended.counts.add(ended);
        }
        let told = match (step.told, step.ended) {
            (Some(trouble), _) => self.rest(trouble).await,
            (None, Some(Ended::Sent)) => self.prove().await,
            (None, Some(Ended::Failed)) => {
                self.refused += 1;
                if self.refused < REFUSALS_IN_A_ROW {
                    Ok(())
                } else {
                    self.rest(Trouble { reason: Reason::RejectedByServer, reply: None }).await
                }
            }
            (None, _) => Ok(()),
        };
        if step.paced {
            // Other processes send for this store, too: the bucket they share is empty.
            let holds_none = self.pace.fills_in().as_micros();
            self.full_at = self.moment().plus(Span::micros(holds_none));
        }
        if let Some(error) = step.broken.or(told.err()) {
            self.ended.broken.get_or_insert(error);
        }
    }

    /// The server took a message over: further lines may be opened, and earlier trouble is over.
    async fn prove(&mut self) -> Result<(), DeliveryError> {
        self.refused = 0;
        if !std::mem::replace(&mut self.proved, true) {
            let LaneKey { account, store } = self.ended.key;
            self.means.store.sender_well(account, store).await?;
        }
        Ok(())
    }

    /// The server gave trouble: nothing more is begun here for a while, longer each time.
    async fn rest(&mut self, trouble: Trouble) -> Result<(), DeliveryError> {
        if self.ended.rests.is_some() {
            return Ok(());
        }
        let (LaneKey { account, store }, clock) = (self.ended.key, self.means.clock());
        let Trouble { reason, reply } = trouble;
        let before = self.means.store.sender_status(account, store).await?;
        let failures = before.map_or(1, |before| failures_since(clock.real.since(before.since)));
        let seed = format!("{account} {store} {failures}");
        let until = clock.real.plus(policy::retry_after(failures, reason, seed.as_bytes()).span());
        self.ended.rests = Some((reason, until));
        self.means.store.sender_trouble(account, store, reason, reply, until, clock).await?;
        tracing::warn!(
            %account, %store, reason = reason.as_str(), %until,
            "a store's mail server gives trouble; its messages wait"
        );
        Ok(())
    }

    /// What was not begun waits for the lane to go on, or is free for another worker at once.
    async fn give_back(&mut self) -> Result<(), DeliveryError> {
        let mut messages = std::mem::take(&mut self.returned);
        messages.extend(self.queue.drain(..).map(|held| held.message));
        let (reason, until) = self.ended.rests.unwrap_or_else(|| (Reason::Paced, self.means.clock().now()));
        self.ended.counts.waiting += messages.len() as u64;
        if !messages.is_empty() {
            self.means.store.release_claims(messages, reason, until).await?;
        }
        Ok(())
    }
}

/// Ready when the worker is told to stop.
pub(crate) async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody can tell it to stop any more.
        std::future::pending::<()>().await;
    }
}

/// What a server did to make its lane rest.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub reason: Reason,
    pub reply: Option<ServerReply>,
}

/// How often a server must have failed in a row, told by how long it has been in trouble: each rest is about twice as
/// long as the one before, and the first is a minute.
fn failures_since(time: Span) -> u32 {
    let minutes = u64::try_from(time.as_micros() / 60_000_000).unwrap_or(0);
    (minutes + 1).ilog2() + 1
}
