//! `abide store live|capture`: the deliberate step between keeping messages and letting them leave. What would leave
//! is shown first, and the store's code must be typed.

use std::io::{BufRead, IsTerminal};

use model::live_warning::obstacle;
use model::member::Actor;
use model::sending::LiveSummary;
use model::{Delivery, Reason, Timestamp};
use serde_json::json;

use crate::arguments::{OfStore, OnOrOff, StoreCommand};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

pub async fn run(configuration: &Configuration, output: Output, command: StoreCommand) -> Result<Ended, Failure> {
    match command {
        StoreCommand::Live { at, yes } => live(configuration, output, &at, yes).await,
        StoreCommand::Capture { at } => capture(configuration, output, &at).await,
        StoreCommand::Important { at, state } => important(configuration, output, &at, state).await,
    }
}

async fn live(configuration: &Configuration, output: Output, at: &OfStore, yes: bool) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    let summary = store.live_summary(account.id, at.store, installation::clock()).await?;
    tell(output, at, &summary)?;
    if summary.delivery == Delivery::Live {
        output.line("")?;
        output.line(&format!("Amazon {} is live already; nothing was changed.", at.store))?;
        return Ok(Ended::Done);
    }
    let obstacles = summary.obstacles();
    if !obstacles.is_empty() {
        let sentences: Vec<&str> = obstacles.into_iter().map(obstacle).collect();
        return Err(Failure::usage(format!("Amazon {} can't go live. {}", at.store, sentences.join(" "))));
    }
    if !yes {
        confirm(at)?;
    }
    store
        .switch_delivery(
            account.id,
            at.store,
            Delivery::Live,
            Some(summary.token),
            Actor::Operator,
            installation::clock(),
        )
        .await?;
    output.line("")?;
    output.title(&format!("Amazon {} of {} is live: its messages leave from now on.", at.store, at.of.account))?;
    output.line(&format!(
        "To stop at once: abide sending stop --account {} --store {} --note WHY",
        at.of.account, at.store
    ))?;
    Ok(Ended::Done)
}

/// Whoever sits there types the store's code; nobody there is no yes.
fn confirm(at: &OfStore) -> Result<(), Failure> {
    let code = at.store.as_str();
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "nothing was changed: this needs somebody who types the store's code; in a script, give --yes for Amazon {code}"
        )));
    }
    output::note(&format!("From then on mails go to buyers. To let that happen, type {code}:"));
    let mut typed = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut typed)
        .map_err(|error| Failure::could_not_run(format!("the answer can't be read: {error}")))?;
    if typed.trim().eq_ignore_ascii_case(code) {
        return Ok(());
    }
    Err(Failure::usage(format!("that was not {code}; nothing was changed")))
}

async fn capture(configuration: &Configuration, output: Output, at: &OfStore) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    store
        .switch_delivery(account.id, at.store, Delivery::Capture, None, Actor::Operator, installation::clock())
        .await?;
    output.object(&json!({ "account": at.of.account, "store": at.store, "delivery": Delivery::Capture }))?;
    output
        .line(&format!("Amazon {} of {} captures: messages are kept, and nothing leaves.", at.store, at.of.account))?;
    Ok(Ended::Done)
}

/// The operator's switch for critical messages by e-mail.
async fn important(
    configuration: &Configuration,
    output: Output,
    at: &OfStore,
    state: Option<OnOrOff>,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    let changed = match state {
        Some(state) => {
            let (on, clock) = (state == OnOrOff::On, installation::clock());
            store.set_important_by_email(account.id, at.store, on, Actor::Operator, clock).await?
        }
        None => false,
    };
    let on = store.important_by_email(account.id, at.store).await?;
    output.object(&json!({
        "account": at.of.account, "store": at.store, "important_by_email": on, "changed": changed,
    }))?;
    if !on {
        output.line(&format!("Amazon {}: critical messages are sent in Seller Central, never by e-mail.", at.store))?;
        return Ok(Ended::Done);
    }
    output.line(&format!(
        "Amazon {}: a member may send a critical message by e-mail, under Amazon's [Important].",
        at.store
    ))?;
    output.line(
        "Amazon announced in April 2025 that this word reaches no buyer any more who opted out; an Italian notice of September \
         2026 still teaches it. Where it has no effect, Amazon does not deliver the mail. Seller Central is the sure way.",
    )?;
    Ok(Ended::Done)
}

fn tell(output: Output, at: &OfStore, summary: &LiveSummary) -> Result<(), Failure> {
    let warnings = summary.warnings(Timestamp::from_clock());
    let sender = summary.sender.as_ref();
    output.object(&json!({
        "account": at.of.account,
        "store": at.store,
        "delivery": summary.delivery,
        "from": sender.map(|(from, _)| from.as_str()),
        "server": sender.map(|(_, server)| server.to_string()),
        "due_now": summary.at_once(),
        "upcoming": summary.upcoming.iter().map(|campaign| json!({
            "campaign": campaign.name,
            "now": campaign.now,
            "in_a_day": campaign.in_a_day,
            "in_a_week": campaign.in_a_week,
            "later": campaign.later,
        })).collect::<Vec<_>>(),
        "queue_goes_on": summary.queue_goes_on,
        "waiting": summary.waiting.iter().map(|(reason, n)| json!({ "reason": reason, "messages": n })).collect::<Vec<_>>(),
        "suppressions": summary.suppressions.n,
        "cap": summary.cap,
        "used_today": summary.used_today,
        "captured_in_30_days": summary.captured_in_30_days,
        "obstacles": summary.obstacles(),
        "warnings": warnings,
    }))?;
    output.title(&format!("What would leave Amazon {} of {}:", at.store, at.of.account))?;
    match sender {
        Some((from, server)) => output.line(&format!("  From {} through {server}.", from.as_str()))?,
        None => output.line("  No sender is set, so nothing could leave.")?,
    }
    let more = if summary.queue_goes_on { ", and more behind these" } else { "" };
    output.line(&format!("  {} at once{more}.", counted(summary.at_once(), "message", "messages")))?;
    if !summary.upcoming.is_empty() {
        let cells = |campaign: &model::sending::Upcoming| {
            vec![
                campaign.name.clone().unwrap_or_else(|| "critical messages".to_owned()),
                campaign.now.to_string(),
                campaign.in_a_day.to_string(),
                campaign.in_a_week.to_string(),
                campaign.later.to_string(),
            ]
        };
        output.line("")?;
        let rows: Vec<_> = summary.upcoming.iter().map(cells).collect();
        output.table(&["CAMPAIGN", "NOW", "NEXT DAY", "NEXT 7 DAYS", "LATER"], &rows)?;
    }
    let waiting: Vec<String> =
        summary.waiting.iter().map(|(why, n)| format!("{n} × {}", Reason::as_str(*why))).collect();
    if !waiting.is_empty() {
        output.line(&format!("  Of these wait for a reason: {}.", waiting.join(", ")))?;
    }
    output.line(&format!(
        "  {} entries on the opt-out list keep messages back; at most {} leave a day, {} did today.",
        summary.suppressions, summary.cap, summary.used_today
    ))?;
    output.line(&format!(
        "  {} captured in the last 30 days; what was captured stays so and is not sent afterwards.",
        counted(summary.captured_in_30_days, "message was", "messages were")
    ))?;
    for warning in warnings {
        output.line(&format!("  ! {warning}"))?;
    }
    Ok(())
}
