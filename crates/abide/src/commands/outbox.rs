//! `abide outbox`: all messages and where they stand, newest first; one of them in full; and what became of one that was
//! lost on its way, as somebody found out.

use model::attachment::size_in_words;
use model::member::Actor;
use model::message::{OutboxRow, Settlement};
use model::sending::Backlog;
use model::{AccountId, Channel, MessageId, MessageState, OrderId, Purpose, Reason, Timestamp};
use serde::Serialize;
use serde_json::json;
use store::{OutboxFilter, Store};

use crate::arguments::{OfAccount, OutboxCommand};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted, shown};

/// A message as the contract tells it.
#[derive(Serialize)]
pub struct MessageShown<'a> {
    id: MessageId,
    order_id: OrderId,
    channel: Channel,
    purpose: Purpose,
    state: MessageState,
    reason: Option<Reason>,
    due: Option<Timestamp>,
    next_try: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    campaign: Option<&'a str>,
    campaign_version: Option<u32>,
}

impl<'a> MessageShown<'a> {
    pub fn of(row: &'a OutboxRow) -> Self {
        Self {
            id: row.id,
            order_id: row.order_id,
            channel: row.channel,
            purpose: row.purpose,
            state: row.state,
            reason: row.reason,
            due: row.due,
            next_try: row.next_try,
            sent_at: row.sent_at,
            campaign: row.campaign.as_deref(),
            campaign_version: row.campaign_version,
        }
    }
}

/// The campaign that made a message, with its version.
fn campaign_of(row: &OutboxRow) -> Option<String> {
    let name = row.campaign.as_deref()?;
    Some(row.campaign_version.map_or_else(|| name.to_owned(), |version| format!("{name} (version {version})")))
}

/// Writes messages as a table.
pub fn table(output: Output, rows: &[OutboxRow]) -> Result<(), Failure> {
    let time = |time: Option<Timestamp>| shown(time.map(output::moment));
    let cells = |row: &OutboxRow| {
        vec![
            row.id.to_string(),
            row.order_id.to_string(),
            row.channel.to_string(),
            row.state.to_string(),
            shown(row.reason.map(Reason::as_str)),
            time(row.due),
            time(row.next_try),
            time(row.sent_at),
            shown(campaign_of(row)),
        ]
    };
    let head = ["ID", "ORDER", "CHANNEL", "STATE", "REASON", "DUE", "NEXT TRY", "SENT OR CAPTURED", "CAMPAIGN"];
    output.table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
}

pub async fn run(configuration: &Configuration, output: Output, command: OutboxCommand) -> Result<Ended, Failure> {
    match command {
        OutboxCommand::List { of } => list(configuration, output, &of).await,
        OutboxCommand::Backlog { of } => backlog(configuration, output, &of).await,
        OutboxCommand::Show { id } => show(configuration, output, id).await,
        OutboxCommand::Resolve { id, settlement, note } => resolve(configuration, output, id, settlement, note).await,
    }
}

async fn list(configuration: &Configuration, output: Output, of: &OfAccount) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &of.account).await?;
    let (mut before, mut any) = (None, false);
    loop {
        let page = store.outbox(account.id, OutboxFilter::All, before, super::PAGE).await?;
        page.rows.iter().try_for_each(|row| output.object(&MessageShown::of(row)))?;
        if !page.rows.is_empty() {
            any = true;
            table(output, &page.rows)?;
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    if !any {
        output.line("The outbox is empty. Messages come of orders and a campaign:")?;
        output.line(&format!("  abide campaign add --account {} docs/examples/review.toml", account.handle))?;
        output.line("  abide run --once")?;
    }
    Ok(Ended::Done)
}

async fn backlog(configuration: &Configuration, output: Output, of: &OfAccount) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &of.account).await?;
    let Backlog { waiting, a_day, days } = store.backlog(account.id, installation::clock()).await?;
    output.object_with(|| json!({ "waiting": waiting, "a_day": a_day, "days": days }))?;
    let messages = counted(waiting, "message waits", "messages wait");
    if waiting == 0 {
        output.line(&format!("No message waits for a day with room; {a_day} a day may leave."))?;
    } else {
        let lasts = counted(days, "day", "days");
        output.line(&format!("{messages} for a day with room. At {a_day} a day that takes {lasts}."))?;
        output.line("The higher priority goes first, then whose window closes sooner.")?;
    }
    Ok(Ended::Done)
}

/// The account that a message belongs to: ids are unique over the installation.
async fn account_of(store: &Store, id: MessageId) -> Result<AccountId, Failure> {
    store.account_of_message(id).await?.ok_or_else(|| {
        Failure::usage(format!("there is no message {id}; `abide outbox list --account A` shows their ids"))
    })
}

async fn show(configuration: &Configuration, output: Output, id: MessageId) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let account = account_of(&store, id).await?;
    let detail = store.message_detail(account, id).await?;
    let detail = detail.ok_or_else(|| Failure::usage(format!("there is no message {id}")))?;
    let row = &detail.row;
    output.object(&json!({
        "id": row.id,
        "order_id": row.order_id,
        "store": row.store,
        "channel": row.channel,
        "purpose": row.purpose,
        "state": row.state,
        "reason": row.reason,
        "due": row.due,
        "next_try": row.next_try,
        "sent_at": row.sent_at,
        "campaign": row.campaign,
        "campaign_version": row.campaign_version,
        "attempts": detail.attempts,
        "created_at": detail.created_at,
        "settled_at": detail.settled_at,
        "server_code": detail.reply.as_ref().map(model::sender::ServerReply::code),
        "server_words": detail.reply.as_ref().map(model::sender::ServerReply::words),
        "message_id": detail.message_id,
        "subject": detail.content.as_ref().map(|(subject, _)| subject),
        "text": detail.content.as_ref().map(|(_, text)| text),
        "attachments": detail.attachments.iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes })).collect::<Vec<_>>(),
        "attempt_entry": detail.attempt_entry,
        "last_entry": detail.last_entry,
    }))?;
    output.title(&format!("Message to order {}, Amazon {}: {}", row.order_id, row.store, row.state))?;
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => output.line(&format!("  {name:<12} {value}")),
        None => Ok(()),
    };
    let time = |time: Option<Timestamp>| time.map(|time| format!("{} UTC", output::moment(time)));
    line("why", row.reason.map(|reason| reason.sentence().to_owned()))?;
    line("campaign", campaign_of(row))?;
    line("planned", time(Some(detail.created_at)))?;
    line("due", time(row.due))?;
    line("next try", time(row.next_try))?;
    line("permitted", (detail.attempts > 0).then(|| output::counted(detail.attempts.into(), "time", "times")))?;
    line(if row.state == MessageState::Captured { "captured" } else { "left" }, time(row.sent_at))?;
    line("settled", time(detail.settled_at))?;
    line("server said", detail.reply.as_ref().map(|reply| format!("{} {}", reply.code(), reply.words())))?;
    line("Message-ID", detail.message_id.clone())?;
    line("ledger entry", detail.last_entry.map(|entry| entry.to_string()))?;
    line("subject", detail.content.as_ref().map(|(subject, _)| subject.clone()))?;
    for (name, bytes) in &detail.attachments {
        line("attached", Some(format!("{name}, {}", size_in_words(*bytes))))?;
    }
    if let Some((_, text)) = &detail.content {
        output.line("")?;
        for text in text.lines() {
            output.line(&format!("    {text}"))?;
        }
    }
    if row.state == MessageState::Unknown {
        output.line("")?;
        output.line("Look in Seller Central whether it is there, then say so:")?;
        output.line(&format!("  abide outbox resolve {id} sent       (it keeps the order's one message)"))?;
        output.line(&format!("  abide outbox resolve {id} not_sent   (it comes before the gate anew)"))?;
    }
    Ok(Ended::Done)
}

async fn resolve(
    configuration: &Configuration,
    output: Output,
    id: MessageId,
    settlement: Settlement,
    note: Option<String>,
) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let account = account_of(&store, id).await?;
    let note = note.unwrap_or_else(|| "settled on the command line".to_owned());
    store.settle(account, id, settlement, note, Actor::Operator, installation::clock()).await?;
    output.object(&json!({ "id": id, "settled": settlement }))?;
    output.line(match settlement {
        Settlement::Sent => "Settled: it left, and keeps the order's one message as used.",
        Settlement::NotSent => "Settled: it did not leave. It comes before the gate anew while its time lasts.",
    })?;
    Ok(Ended::Done)
}
