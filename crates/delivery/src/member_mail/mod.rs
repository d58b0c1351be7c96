//! The one door by which Abide writes to members. It takes mails from the store's queue alone, so whom one goes to is
//! the store's to say, never a caller's; it sends nothing to buyers, and whatever sends to buyers can't go by it.
//!
//! Failure rules: a server that can't be reached or says "later" is tried again, ever later, a bounded number of times;
//! a mail that was lost on the way goes again under the same Message-ID; a refusal for good ends it. No wait holds up
//! the outbox.

mod campaign_tests;
mod digest_wording;
mod wording;

use std::time::Duration;

use channel::{Line, MemberLetter, Sent, Timeouts, TrustedRoots};
use model::sender::Sender;
use model::{Span, Timestamp};
use policy::retry_after;
use store::{AlertsMailed, ClaimedMemberMail, DigestTold, MemberMailEnd, Store};
use tokio::sync::watch;

use crate::DeliveryError;

/// Mails and accounts that one pass looks at, so that the outbox gets its turn.
const A_PASS: u32 = 50;
/// How long it rests when nothing is to be done, and after a failure.
const REST: Duration = Duration::from_secs(2);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// A dialogue ends within the lease of a mail (15 minutes), however slow the server.
const TIMEOUTS: Timeouts = Timeouts {
    opening: Duration::from_mins(1),
    connect: Duration::from_secs(15),
    tls: Duration::from_secs(15),
    greeting: Duration::from_secs(30),
    introduction: Duration::from_secs(20),
    command: Duration::from_secs(30),
    data: Duration::from_mins(1),
    last_reply: Duration::from_mins(5),
    aside: Duration::from_secs(5),
};

/// How Abide writes to members, as the operator set it.
#[derive(Debug, Clone)]
pub struct MemberMailSettings {
    /// The server, the sign-in there and the From address.
    pub sender: Sender,
    /// Whose certificates are believed.
    pub trust: TrustedRoots,
    /// How long alerts are gathered before they are told of.
    pub gather: Span,
    /// Whether a daily digest is written.
    pub digest: bool,
    /// Where browsers reach the dashboard, without a slash at the end.
    pub dashboard: Option<String>,
}

/// What one pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberMailCounts {
    /// Mails that were newly queued: alerts, a day's digest, letters of campaigns in test.
    pub queued: u32,
    /// Mails that a server took.
    pub sent: u32,
    /// Mails that did not go: put off, or failed.
    pub not_sent: u32,
}

/// Gathers alerts into mails, tries campaigns out, and sends what is due. Only one server is spoken to, so a mail that it would not take for
/// now ends the pass.
///
/// # Errors
/// Where the store can't be read or written.
pub async fn member_mail_pass(
    store: &Store,
    settings: &MemberMailSettings,
    real_now: fn() -> Timestamp,
) -> Result<MemberMailCounts, DeliveryError> {
    let mut counts = MemberMailCounts::default();
    for _ in 0..A_PASS {
        let dashboard = settings.dashboard.clone();
        let compose = move |account: Option<&model::Account>, alerts: &[model::Alert]| {
            wording::of_alerts(account, alerts, dashboard.as_deref())
        };
        match store.mail_alerts(settings.gather, real_now(), compose).await? {
            AlertsMailed::Queued(queued) => counts.queued += queued,
            AlertsMailed::NoneDue => break,
        }
    }
    if settings.digest {
        for _ in 0..A_PASS {
            let dashboard = settings.dashboard.clone();
            let compose = move |account: &model::Account, told: &DigestTold| {
                digest_wording::of_digest(account, told, dashboard.as_deref())
            };
            let Some(queued) = store.mail_digest(real_now(), compose).await? else { break };
            counts.queued += queued;
        }
    }
    for _ in 0..A_PASS {
        let Some(queued) = campaign_tests::look(store, real_now()).await? else { break };
        counts.queued += queued;
    }
    if !store.has_member_mail_due().await? {
        return Ok(counts);
    }
    let mut line = None;
    for _ in 0..A_PASS {
        let Some(claimed) = store.claim_member_mail().await? else { break };
        let end = hand_over(&mut line, settings, &claimed, real_now()).await;
        store.finish_member_mail(&claimed, end, real_now()).await?;
        match end {
            MemberMailEnd::Sent => counts.sent += 1,
            MemberMailEnd::Rejected => {
                tracing::warn!(mail = %claimed.id, account = %claimed.account, "a mail to a member was refused for good");
                counts.not_sent += 1;
            }
            MemberMailEnd::Later(_) => {
                counts.not_sent += 1;
                break;
            }
        }
    }
    if let Some(line) = line {
        line.close().await;
    }
    Ok(counts)
}

async fn hand_over(
    line: &mut Option<Line>,
    settings: &MemberMailSettings,
    claimed: &ClaimedMemberMail,
    now: Timestamp,
) -> MemberMailEnd {
    let later = |reason| {
        let seed = [claimed.id.as_bytes().as_slice(), &claimed.attempt.to_be_bytes()].concat();
        MemberMailEnd::Later(retry_after(claimed.attempt, reason, &seed).span())
    };
    if !line.as_ref().is_some_and(Line::is_usable) {
        match Line::open(&settings.sender, &settings.trust, &TIMEOUTS).await {
            Ok(opened) => *line = Some(opened),
            Err(error) => {
                tracing::warn!(%error, attempt = claimed.attempt, "no line to the server for mail to members");
                return later(error.reason());
            }
        }
    }
    let Some(line) = line.as_mut() else { return later(model::Reason::ServerUnreachable) };
    let letter = MemberLetter { id: claimed.id, to: &claimed.to, text: &claimed.text, date: now };
    match line.hand_to_member(&letter).await {
        Sent::Sent(_) | Sent::Captured => MemberMailEnd::Sent,
        Sent::Rejected(_) => MemberMailEnd::Rejected,
        Sent::NotSent { reason, .. } => later(reason),
        Sent::Lost => later(model::Reason::ServerUnreachable),
    }
}

/// Gathers and sends until `stop` turns true; a pass that has begun is ended first. It stands beside the worker, so that
/// no slow server holds the outbox up.
pub async fn write_to_members_until(
    store: &Store,
    settings: &MemberMailSettings,
    mut stop: watch::Receiver<bool>,
    real_now: fn() -> Timestamp,
) {
    loop {
        let rest = match member_mail_pass(store, settings, real_now).await {
            Ok(counts) if counts.sent > 0 => {
                tracing::info!(mails = counts.sent, "mail to members sent");
                REST
            }
            Ok(_) => REST,
            Err(error) => {
                tracing::error!(error = %error, transient = error.is_transient(), "mail to members broke off");
                REST_AFTER_FAILURE
            }
        };
        if tokio::time::timeout(rest, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
