//! One message through a lane: a line is made ready first, so that no permit runs while a connection is opened; then
//! the order is looked at once more, the gate is asked, and the permit is handed over. What came of it is recorded
//! before the line is used again.

use std::time::{Duration, Instant};

use channel::{Line, Sent};
use model::Reason;
use model::message::ClaimedMessage;
use model::sender::Sender;
use policy::RenderedText;
use store::{Attempt, Handover, StoreError};
use tokio::sync::Mutex;

use crate::DeliveryError;
use crate::counts::Ended;
use crate::desk::Desk;
use crate::lane::{Held, Means, Trouble, told};
use crate::prepare::{Prepared, prepare, turn_away};

/// What a step left behind.
#[derive(Default)]
pub(crate) struct Step {
    /// The line, where it can be used again.
    pub line: Option<Line>,
    /// How the message came out; none where the gate was not asked.
    pub ended: Option<Ended>,
    /// The message, where the gate was not asked and it is to be given back.
    pub returned: Option<ClaimedMessage>,
    /// The trouble that the server gave.
    pub told: Option<Trouble>,
    /// The gate found the store's pace used up.
    pub paced: bool,
    /// Why nothing more can be recorded.
    pub broken: Option<DeliveryError>,
    /// How long it took.
    pub took: Duration,
}

/// How often an attempt under way is held on to; its lease lasts a minute.
const HOLD_EVERY: Duration = Duration::from_secs(20);

/// The server is about to hang up (RFC 5321, 3.8).
const CLOSING: u16 = 421;

/// How often recording an outcome is tried: what is known must not become `unknown` by a moment's trouble. All in
/// all some ten seconds, well within the claim and the time that a stop waits.
const RECORDING_TRIES: u32 = 7;

/// Brings one message through, over this line or a new one.
pub(crate) async fn step<'s>(
    means: &Means<'s>,
    desk: &Mutex<Desk<'s>>,
    sender: &Sender,
    held: Held,
    line: Option<Line>,
) -> Step {
    let began = Instant::now();
    let mut step = Step { line, ..Step::default() };
    if let Err(error) = through(means, desk, sender, held, &mut step).await {
        step.broken = Some(error);
    }
    step.took = began.elapsed();
    step
}

async fn through<'s>(
    means: &Means<'s>,
    desk: &Mutex<Desk<'s>>,
    sender: &Sender,
    held: Held,
    step: &mut Step,
) -> Result<(), DeliveryError> {
    if held.is_stale() || means.is_stopped() {
        step.returned = Some(held.message);
        return Ok(());
    }
    let message = held.message.clone();
    let mut text = match look(means, desk, &message).await? {
        Ok(text) => text,
        Err(ended) => {
            step.ended = Some(ended);
            return Ok(());
        }
    };
    let kept = match step.line.take() {
        Some(mut line) => line.ready().await.then_some(line),
        None => None,
    };
    let line = if let Some(line) = kept {
        line
    } else {
        let Some(line) = open(means, sender, &message, step).await else {
            step.returned = Some(message);
            return Ok(());
        };
        // Opening may have taken a while.
        match look(means, desk, &message).await? {
            Ok(anew) => text = anew,
            Err(ended) => {
                (step.line, step.ended) = (Some(line), Some(ended));
                return Ok(());
            }
        }
        line
    };
    leave(means, message, text, line, step).await
}

/// A new line; none where the server gave trouble or the worker is told to stop.
async fn open(means: &Means<'_>, sender: &Sender, message: &ClaimedMessage, step: &mut Step) -> Option<Line> {
    let mut stop = means.stop.clone();
    let opened = tokio::select! {
        opened = Line::open(sender, &means.trust, &means.timeouts) => opened,
        () = told(&mut stop) => return None,
    };
    match opened {
        Ok(line) => Some(line),
        Err(error) => {
            tracing::warn!(account = %message.account, store = %message.store, %error, "no line to a store's server");
            step.told = Some(Trouble { reason: error.reason(), reply: error.reply().cloned() });
            None
        }
    }
}

/// The text, or how the message was turned away.
async fn look<'s>(
    means: &Means<'s>,
    desk: &Mutex<Desk<'s>>,
    message: &ClaimedMessage,
) -> Result<Result<Option<RenderedText>, Ended>, DeliveryError> {
    let clock = means.clock();
    let prepared = prepare(&mut *desk.lock().await, message, clock).await?;
    Ok(match prepared {
        Prepared::Ready(text) => Ok(text),
        Prepared::TurnedAway(reason, until) => {
            Err(turn_away(means.store, message.clone(), reason, until, clock).await?)
        }
    })
}

/// Asks the gate and uses its permit up.
async fn leave(
    means: &Means<'_>,
    message: ClaimedMessage,
    text: Option<RenderedText>,
    mut line: Line,
    step: &mut Step,
) -> Result<(), DeliveryError> {
    let attempt = means.store.begin_attempt(message.clone(), text, means.clock()).await?;
    let permit = match attempt {
        Attempt::Permitted(permit) => permit,
        no => {
            step.line = Some(line);
            step.ended = Some(match no {
                Attempt::Waits(refusal, _) => {
                    step.paced = refusal.reason == Reason::Paced;
                    Ended::Waits
                }
                Attempt::Refused(_) => Ended::Refused,
                Attempt::Permitted(_) | Attempt::Gone => Ended::Gone,
            });
            return Ok(());
        }
    };
    let sent = {
        let mut handing = std::pin::pin!(line.hand_over(permit, means.real_now));
        loop {
            tokio::select! {
                sent = &mut handing => break sent,
                () = tokio::time::sleep(HOLD_EVERY) => {
                    // Where it can't be held, whoever finds it calls it lost, which is the safe side.
                    if let Err(error) = means.store.hold_attempt(&message).await {
                        tracing::warn!(order = %message.order_id, %error, "an attempt under way could not be held");
                    }
                }
            }
        }
    };
    step.line = line.is_usable().then_some(line);
    let (handover, ended) = outcome(means, &message, sent, step);
    record(means, &message, handover).await?;
    step.ended = Some(ended);
    Ok(())
}

/// What the server's answer means for the message and for its lane.
fn outcome(means: &Means<'_>, message: &ClaimedMessage, sent: Sent, step: &mut Step) -> (Handover, Ended) {
    match sent {
        Sent::Captured => (Handover::Captured, Ended::Captured),
        Sent::Sent(reply) => (Handover::Sent { reply: Some(reply) }, Ended::Sent),
        Sent::Rejected(reply) => {
            (Handover::Rejected { reason: Reason::RejectedByServer, reply: Some(reply) }, Ended::Failed)
        }
        Sent::Lost => {
            // The next message shows whether the server is well, and not at once.
            step.told = Some(Trouble { reason: Reason::ServerUnreachable, reply: None });
            (Handover::Lost, Ended::Lost)
        }
        Sent::NotSent { reason, reply } => {
            let closing = reply.as_ref().is_some_and(|reply| reply.code() == CLOSING);
            if closing || matches!(reason, Reason::ServerUnreachable | Reason::SignInFailed | Reason::SenderRefused) {
                step.told = Some(Trouble { reason, reply: reply.clone() });
            }
            let seed = format!("{} {}", message.id, message.attempts);
            let rest = policy::retry_after(message.attempts + 1, reason, seed.as_bytes()).span();
            (Handover::NotSent { reason, retry_at: (means.real_now)().plus(rest), reply }, Ended::Waits)
        }
    }
}

/// Records an outcome, again and again for a while where the store can't be reached.
async fn record(means: &Means<'_>, message: &ClaimedMessage, handover: Handover) -> Result<(), DeliveryError> {
    let mut rest = Duration::from_millis(100);
    for _ in 1..RECORDING_TRIES {
        match means.store.finish_attempt(message, handover.clone(), means.clock()).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Conflict(_)) => {
                tracing::warn!(order = %message.order_id, "an attempt ended after it was called lost; a member settles it");
                return Ok(());
            }
            Err(error) if error.is_transient() => tokio::time::sleep(rest).await,
            Err(error) => return Err(error.into()),
        }
        rest *= 2;
    }
    Ok(means.store.finish_attempt(message, handover, means.clock()).await?)
}
