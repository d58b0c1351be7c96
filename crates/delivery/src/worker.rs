//! The worker role: plans and works the outbox over and over until it is told to stop. A failure is logged
//! once and tried again later; nothing is lost by it.

use std::time::Duration;

use channel::TrustedRoots;
use model::{Clock, Timestamp};
use store::{Erased, Store};
use tokio::sync::watch;

use crate::{DeliveryError, Outbox, plan_pass};

/// How long a worker rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often what law 8 says is purged, and how many rows of a kind in one transaction.
const PURGE_EVERY: Duration = Duration::from_mins(10);
const PURGED_AT_ONCE: u32 = 200;
/// How many rows of a deleted account go in one transaction, and for how long in one pass: messages of others come first.
const ERASED_AT_ONCE: u32 = 400;
const ERASING_LASTS: Duration = Duration::from_millis(500);

/// Works until `stop` turns true. A pass that has begun is ended first.
///
/// Messages under permit are finished, the others given back, and the lines closed.
pub async fn work_until(
    store: &Store,
    trust: TrustedRoots,
    mut stop: watch::Receiver<bool>,
    real_now: fn() -> Timestamp,
) {
    let mut purged: Option<tokio::time::Instant> = None;
    let mut outbox = Outbox::new(store, trust, real_now, stop.clone());
    loop {
        let mut rest = match pass(store, &mut outbox, real_now).await {
            Ok(()) => REST,
            Err(error) => {
                tracing::error!(error = %error, transient = error.is_transient(), "the worker's pass broke off");
                REST_AFTER_FAILURE
            }
        };
        if purged.is_none_or(|last| last.elapsed() >= PURGE_EVERY) {
            purged = Some(tokio::time::Instant::now());
            for step in [outbox.meanwhile(warn(store, real_now)).await, outbox.meanwhile(purge(store, real_now)).await]
            {
                if let Err(error) = step {
                    tracing::error!(error = %error, "purging broke off");
                }
            }
        }
        match outbox.meanwhile(erase(store, real_now)).await {
            // There is more; only what is due now goes between.
            Ok(true) => rest = Duration::ZERO,
            Ok(false) => {}
            Err(error) => tracing::error!(error = %error, "erasing a deleted account broke off"),
        }
        // An error means that whoever could say stop is gone, which is the end, too.
        let stopped = async { stop.wait_for(|stop| *stop).await.map(|_| ()) };
        if outbox.meanwhile(tokio::time::timeout(rest, stopped)).await.is_ok() {
            break;
        }
    }
    if let Err(error) = outbox.end().await {
        tracing::error!(error = %error, "a lane broke off at the end");
    }
}

async fn pass(store: &Store, outbox: &mut Outbox<'_>, real_now: fn() -> Timestamp) -> Result<(), DeliveryError> {
    let clock = Clock::real(real_now());
    outbox.meanwhile(plan_pass(store, clock)).await?;
    outbox.pass(clock).await?;
    Ok(())
}

/// Self-tests that did not come back end; members are told of waiting mails before they are erased, and of a silent
/// feed. A slice at a time.
async fn warn(store: &Store, real_now: fn() -> Timestamp) -> Result<(), DeliveryError> {
    while store.end_self_tests(Clock::real(real_now()), PURGED_AT_ONCE).await? == u64::from(PURGED_AT_ONCE) {}
    while store.warn_before_purge(Clock::real(real_now()), PURGED_AT_ONCE).await? == u64::from(PURGED_AT_ONCE) {}
    while store.warn_of_silence(real_now(), PURGED_AT_ONCE).await? == u64::from(PURGED_AT_ONCE) {}
    Ok(())
}

/// Law 8, a slice at a time, so that notices get their turn between.
async fn purge(store: &Store, real_now: fn() -> Timestamp) -> Result<(), DeliveryError> {
    loop {
        let purged = store.purge(Clock::real(real_now()), PURGED_AT_ONCE).await?;
        if !purged.is_nothing() {
            tracing::info!(
                mails = purged.mails,
                orders = purged.orders,
                buyers = purged.buyers,
                messages = purged.messages,
                "personal data purged"
            );
        }
        if !purged.more {
            return Ok(());
        }
    }
}

/// Erases what deleted accounts left, for a moment. Whether there is more to erase at once.
async fn erase(store: &Store, real_now: fn() -> Timestamp) -> Result<bool, DeliveryError> {
    let began = tokio::time::Instant::now();
    while began.elapsed() < ERASING_LASTS {
        match store.erase_deleted(ERASED_AT_ONCE, real_now()).await? {
            Erased::Some(_) => {}
            Erased::Finished => tracing::info!("a deleted account is erased"),
            Erased::Nothing | Erased::Waiting => return Ok(false),
        }
    }
    Ok(true)
}
