//! `abide outbox list`: all messages and where they stand, newest first.

use model::message::OutboxRow;
use model::{Channel, MessageState, OrderId, Purpose, Reason, Timestamp};
use serde::Serialize;
use store::OutboxFilter;

use crate::arguments::OutboxCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, shown};

/// A message as the contract tells it.
#[derive(Serialize)]
pub struct MessageShown<'a> {
    order_id: OrderId,
    channel: Channel,
    purpose: Purpose,
    state: MessageState,
    reason: Option<Reason>,
    due: Option<Timestamp>,
    next_try: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    campaign: Option<&'a str>,
}

impl<'a> MessageShown<'a> {
    pub fn of(row: &'a OutboxRow) -> Self {
        Self {
            order_id: row.order_id,
            channel: row.channel,
            purpose: row.purpose,
            state: row.state,
            reason: row.reason,
            due: row.due,
            next_try: row.next_try,
            sent_at: row.sent_at,
            campaign: row.campaign.as_deref(),
        }
    }
}

/// Writes messages as a table.
pub fn table(output: Output, rows: &[OutboxRow]) -> Result<(), Failure> {
    let time = |time: Option<Timestamp>| shown(time.map(output::moment));
    let cells = |row: &OutboxRow| {
        vec![
            row.order_id.to_string(),
            row.channel.to_string(),
            row.state.to_string(),
            shown(row.reason.map(Reason::as_str)),
            time(row.due),
            time(row.next_try),
            time(row.sent_at),
            shown(row.campaign.as_deref()),
        ]
    };
    let head = ["ORDER", "CHANNEL", "STATE", "REASON", "DUE", "NEXT TRY", "SENT OR CAPTURED", "CAMPAIGN"];
    output.table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
}

pub async fn run(configuration: &Configuration, output: Output, command: OutboxCommand) -> Result<Ended, Failure> {
    let OutboxCommand::List { of } = command;
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
