//! The worker role: plans and works the outbox over and over until it is told to stop. A failure is logged
//! once and tried again later; nothing is lost by it.

use std::time::Duration;

use model::{Clock, Timestamp};
use store::Store;
use tokio::sync::watch;

use crate::{DeliveryError, outbox_pass, plan_pass};

/// How long a worker rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);
/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Works until `stop` turns true. A pass that has begun is ended first.
pub async fn work_until(store: &Store, mut stop: watch::Receiver<bool>, real_now: fn() -> Timestamp) {
    loop {
        let rest = match pass(store, real_now).await {
            Ok(()) => REST,
            Err(error) => {
                tracing::error!(error = %error, transient = error.is_transient(), "the worker's pass broke off");
                REST_AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn pass(store: &Store, real_now: fn() -> Timestamp) -> Result<(), DeliveryError> {
    let clock = Clock::real(real_now());
    plan_pass(store, clock).await?;
    outbox_pass(store, clock, real_now).await?;
    Ok(())
}
