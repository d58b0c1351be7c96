//! `abide run --once`: one pass of planner and outbox, by this machine's clock or, as a trial, by a given one.

use model::{Clock, Span, Timestamp};
use serde_json::json;

use crate::arguments::Run;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure, in_full};
use crate::output::{self, Output, counted};
use crate::{installation, sending};

/// How far from this machine's clock a given time may be.
const FARTHEST: Span = Span::days(2 * 365 + 1);

pub async fn run(configuration: &Configuration, output: Output, run: Run) -> Result<Ended, Failure> {
    if run.now.is_some_and(|now| is_far(now, Timestamp::from_clock())) {
        return Err(Failure::usage(
            "--now is more than 2 years from this machine's clock, and what a trial plans, refuses and purges stays; \
             give a time nearer by",
        ));
    }
    let store = installation::open_existing(configuration).await?;
    if run.now.is_some() && store.any_live_store().await? {
        return Err(Failure::usage(
            "--now is for trials, and a store of this installation sends for real; leave it out, or set every store to \
             capture first",
        ));
    }
    let real = Timestamp::from_clock();
    if let Some(behind) = store.clock_behind(real).await? {
        return Err(Failure::could_not_run(clock_behind(behind)));
    }
    let clock = Clock { real, given: run.now };
    let planned = delivery::plan_pass(&store, clock).await.map_err(of_delivery)?;
    let (_never, stop) = tokio::sync::watch::channel(false);
    let outbox = delivery::Outbox::new(&store, sending::trust(configuration)?, Timestamp::from_clock, stop);
    let worked = outbox.once(clock).await.map_err(of_delivery)?;
    let written = match sending::member_mail(configuration)? {
        // A trial by another clock tells nobody anything.
        Some(settings) if run.now.is_none() => {
            delivery::member_mail_pass(&store, &settings, Timestamp::from_clock).await.map_err(of_delivery)?
        }
        _ => delivery::MemberMailCounts::default(),
    };
    output.object(&json!({
        "as_of": clock.now(),
        "orders_planned": planned.orders,
        "messages_planned": planned.messages,
        "orders_waiting": planned.waiting,
        "captured": worked.captured,
        "sent": worked.sent,
        "failed": worked.failed,
        "unknown": worked.lost,
        "refused": worked.refused,
        "waiting": worked.waiting,
        "gone": worked.gone,
        "member_mails_sent": written.sent,
    }))?;
    output.line(&format!(
        "Planned {}: {}, {} that must wait.",
        counted(planned.orders, "changed order", "changed orders"),
        counted(planned.messages, "message", "messages"),
        planned.waiting
    ))?;
    output.line(&format!(
        "Of the messages due by {} UTC: {} sent, {} captured, {} refused, {} put off.",
        output::moment(clock.now()),
        worked.sent,
        worked.captured,
        worked.refused,
        worked.waiting
    ))?;
    if written.sent + written.not_sent > 0 {
        let (sent, not_sent) = (written.sent, written.not_sent);
        output.line(&format!("Mail to members: {sent} sent, {not_sent} not taken by the mail server."))?;
    }
    if worked.failed > 0 {
        output.line(&format!("{} refused by the mail server; `abide outbox list` names them.", worked.failed))?;
    }
    if worked.lost > 0 {
        output.line(&format!(
            "{} lost on the way: look in Seller Central whether they left, and settle each by `abide outbox resolve`.",
            worked.lost
        ))?;
    }
    Ok(Ended::Done)
}

/// A year and its number are easily mistyped, and a trial has lasting effects.
fn is_far(now: Timestamp, real: Timestamp) -> bool {
    now > real.plus(FARTHEST) || now < real.minus(FARTHEST)
}

/// What to say where this machine's clock is behind the ledger (law 4).
pub fn clock_behind(behind: Span) -> String {
    let minutes = behind.as_micros() / 60_000_000;
    format!(
        "this machine's clock is {minutes} minutes behind the ledger; nothing leaves until it is right: set the clock, \
         and let NTP keep it"
    )
}

/// A pass that broke off.
pub fn of_delivery(error: delivery::DeliveryError) -> Failure {
    match error {
        delivery::DeliveryError::Store(error) => error.into(),
        delivery::DeliveryError::Trust(error) => Failure::could_not_run(in_full(&error)),
    }
}
