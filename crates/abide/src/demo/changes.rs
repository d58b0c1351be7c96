//! What a step changed, read back from the store: the demo tells what is kept there, not what it hopes for.

use std::collections::BTreeMap;

use model::inbound::{InboundRow, Outcome};
use model::message::OutboxRow;
use model::{Account, MatchedBy, MessageId, MessageState};
use store::{InboundFilter, OutboxFilter, Store};

use crate::exit::Failure;

/// The outbox at one moment.
pub struct Outbox(BTreeMap<MessageId, OutboxRow>);

impl Outbox {
    pub async fn of(store: &Store, account: &Account) -> Result<Self, Failure> {
        let page = store.outbox(account.id, OutboxFilter::All, None, 500).await?;
        Ok(Self(page.rows.into_iter().map(|row| (row.id, row)).collect()))
    }

    /// Messages that stand otherwise than before, each in a line.
    pub fn since(&self, before: &Self) -> Vec<String> {
        let changed = self.0.values().filter(|row| before.0.get(&row.id) != Some(*row));
        changed.map(|row| in_words(row, before.0.get(&row.id))).collect()
    }

    /// How many stand in a state.
    pub fn count(&self, state: MessageState) -> usize {
        self.0.values().filter(|row| row.state == state).count()
    }

    /// All messages that stand in a state for a reason, each in a line.
    pub fn reasons(&self) -> Vec<String> {
        let with_reason = self.0.values().filter(|row| row.reason.is_some());
        with_reason.map(|row| in_words(row, None)).collect()
    }
}

fn in_words(row: &OutboxRow, before: Option<&OutboxRow>) -> String {
    let from = before.map(|before| format!("{} → ", before.state)).unwrap_or_default();
    let reason = row.reason.map(|reason| format!(": {reason}. {}", reason.sentence())).unwrap_or_default();
    format!("message for order {}: {from}{}{reason}", row.order_id, row.state)
}

/// The newest mail in the log, in lines.
pub async fn newest_mail(store: &Store, account: &Account) -> Result<(Option<Outcome>, Vec<String>), Failure> {
    let page = store.inbound_log(account.id, InboundFilter::All, None, 1).await?;
    let Some(mail) = page.rows.first() else { return Ok((None, Vec::new())) };
    Ok((mail.readings.first().map(|reading| reading.outcome), mail_in_words(mail)))
}

fn mail_in_words(mail: &InboundRow) -> Vec<String> {
    let mut lines = Vec::new();
    for reading in &mail.readings {
        let known = match reading.matched_by {
            MatchedBy::None => String::new(),
            by => format!(", known by its {by}"),
        };
        lines.push(format!("read as {}{known}; came {}", reading.kind, came(reading.forwarded)));
        for order in &reading.order_ids {
            lines.push(format!("names order {order}"));
        }
        if let Some(alias) = &reading.alias {
            lines.push(format!("names the buyer {}", alias.as_str()));
        }
        lines.push(format!("outcome: {}", reading.outcome));
    }
    lines
}

const fn came(forwarded: model::Forwarded) -> &'static str {
    match forwarded {
        model::Forwarded::None => "straight from its sender",
        model::Forwarded::Auto => "by a forwarding rule",
        model::Forwarded::Inline => "forwarded by hand, inside another mail's text",
        model::Forwarded::Attached => "forwarded as an attachment",
    }
}
