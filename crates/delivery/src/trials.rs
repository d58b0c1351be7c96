//! Trying senders out for pages that ask: connects, signs in, says farewell. No mail is given to anybody, and the answer
//! is one sentence that the store keeps sealed.

use std::time::Duration;

use channel::{Line, LineError, Timeouts, TrustedRoots};
use model::Timestamp;
use model::sender::{Security, Sender, SenderTried};
use store::Store;
use tokio::sync::watch;

use crate::DeliveryError;

/// How long it rests when nothing is asked: somebody looks at a page meanwhile.
const REST: Duration = Duration::from_secs(1);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Trials of one pass.
const A_PASS: u32 = 20;

/// A trial ends well within its lease ([`store::TRIAL_LEASE`]), and while whoever asked still waits.
const TIMEOUTS: Timeouts = Timeouts {
    opening: Duration::from_mins(1),
    connect: Duration::from_secs(10),
    tls: Duration::from_secs(10),
    greeting: Duration::from_secs(20),
    introduction: Duration::from_secs(10),
    command: Duration::from_secs(20),
    data: Duration::from_secs(20),
    last_reply: Duration::from_secs(20),
    aside: Duration::from_secs(5),
};

/// Connects and signs in, says farewell, and tells what that proved.
///
/// # Errors
/// What was wrong with the server, or what it refused.
pub async fn try_sender_out(sender: &Sender, trust: &TrustedRoots, timeouts: &Timeouts) -> Result<String, LineError> {
    let line = Line::open(sender, trust, timeouts).await?;
    line.close().await;
    let encrypted = match sender.server.security() {
        Security::None => "",
        Security::Tls | Security::StartTls => ", its certificate is good",
    };
    let signed_in = match &sender.sign_in {
        Some(sign_in) => format!(" and it took the sign-in of {}", sign_in.user),
        None => "; no sign-in is set".to_owned(),
    };
    Ok(format!("{} answers{encrypted}{signed_in}.", sender.server))
}

/// What was wrong, with the server's own words.
pub fn sender_fault(sender: &Sender, error: &LineError) -> String {
    let said = error.reply().map_or_else(String::new, |reply| format!("; it said: {} {}", reply.code(), reply.words()));
    format!("{}: {}{said}", sender.server, error.sentence())
}

/// Tries out what is asked for; how many were.
///
/// # Errors
/// Where the store can't be read or written.
pub async fn trial_pass(
    store: &Store,
    trust: &TrustedRoots,
    real_now: fn() -> Timestamp,
) -> Result<u32, DeliveryError> {
    let mut answered = 0;
    while answered < A_PASS && store.has_trial_due().await? {
        let Some(claimed) = store.claim_trial().await? else { break };
        let end = try_sender_out(&claimed.sender, trust, &TIMEOUTS).await;
        let (works, words) = match end {
            Ok(proved) => (true, proved),
            Err(error) => (false, sender_fault(&claimed.sender, &error)),
        };
        store.finish_trial(&claimed, SenderTried { at: real_now(), works, words }).await?;
        answered += 1;
    }
    Ok(answered)
}

/// Tries senders out until `stop` turns true. It stands beside the outbox's worker, so that no slow server holds it up.
pub async fn try_senders_until(
    store: &Store,
    trust: &TrustedRoots,
    mut stop: watch::Receiver<bool>,
    real_now: fn() -> Timestamp,
) {
    loop {
        let rest = match trial_pass(store, trust, real_now).await {
            Ok(_) => REST,
            Err(error) => {
                tracing::error!(error = %error, transient = error.is_transient(), "trying senders out broke off");
                REST_AFTER_FAILURE
            }
        };
        if tokio::time::timeout(rest, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
