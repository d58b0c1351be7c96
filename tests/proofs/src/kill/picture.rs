//! What stands in the database after a kill: the ledger as events, the list, the outbox, the inbound log. Read
//! through the store's public door, page by page, as the dashboard reads it.

use std::collections::HashMap;

use model::ledger::{LedgerKind, LedgerRow};
use model::message::OutboxRow;
use model::suppression::SuppressionRow;
use model::{Account, Cursor, Order, OrderId, Page, Timestamp};
use serde_json::Value;
use store::{InboundFilter, OutboxFilter, Store, SuppressionFilter};

use crate::{Fault, fault};

const PAGE: u32 = 500;

/// An entry of the ledger, as far as the laws look at it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number.
    pub number: u64,
    /// When it was written.
    pub time: Timestamp,
    /// What it says.
    pub what: What,
}

/// What an entry says. Orders, messages and entries are named as the payload names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An entry of the list.
    Added { entry: String, order: Option<String> },
    /// A notice with its effects.
    Notice { orders: Vec<String>, entries: Vec<String>, already_leaving: Vec<String> },
    /// A buyer came under an entry.
    Learnt { entry: String, order: String, already_leaving: Vec<String> },
    /// A permit.
    Attempt { message: String, order: String },
    /// What became of it: the state it took.
    Outcome { message: String, order: String, state: String },
    /// Anything else.
    Other(&'static str),
}

/// A mail of the inbound log: the orders of its one reading and what became of it.
#[derive(Debug, Clone)]
pub struct LoggedMail {
    /// The orders it names.
    pub orders: Vec<String>,
    /// Its outcome's word.
    pub outcome: String,
}

/// One account as it stands.
pub struct Picture {
    /// All of its ledger, oldest first.
    pub events: Vec<Event>,
    /// The whole list.
    pub list: Vec<SuppressionRow>,
    /// All messages.
    pub outbox: Vec<OutboxRow>,
    /// All mails.
    pub mails: Vec<LoggedMail>,
}

/// Ledgers read so far; an entry never changes (the chain is verified beside it), so only new ones are read.
#[derive(Default)]
pub struct Ledgers(HashMap<String, Vec<Event>>);

impl Picture {
    /// Reads an account.
    pub async fn of(store: &Store, account: &Account, ledgers: &mut Ledgers) -> Result<Self, Fault> {
        let id = account.id;
        let events = ledgers.0.entry(account.handle.to_string()).or_default();
        let known = events.last().map_or(0, |event| event.number);
        let mut newer = Vec::new();
        let mut before = None;
        'pages: loop {
            let page = store.ledger_page(id, before, PAGE).await?;
            for row in page.rows {
                if row.number <= known {
                    break 'pages;
                }
                newer.push(event(&row)?);
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        events.extend(newer.into_iter().rev());
        let events = events.clone();
        let list = all(async |before| store.suppressions(id, SuppressionFilter::All, before, PAGE).await).await?;
        let outbox = all(async |before| store.outbox(id, OutboxFilter::All, before, PAGE).await).await?;
        let logged = all(async |before| store.inbound_log(id, InboundFilter::All, before, PAGE).await).await?;
        let mails = logged.into_iter().map(|mail| match mail.readings.as_slice() {
            [only] => Ok(LoggedMail {
                orders: only.order_ids.iter().map(ToString::to_string).collect(),
                outcome: only.outcome.as_str().to_owned(),
            }),
            other => Err(fault(format!("a mail of one notice has {} readings", other.len()))),
        });
        Ok(Self { events, list, outbox, mails: mails.collect::<Result<_, _>>()? })
    }
}

/// One order, where it is there.
pub async fn order(store: &Store, account: &Account, id: &str) -> Result<Option<Order>, Fault> {
    let id: OrderId = id.parse()?;
    Ok(store.order(account.id, id).await?)
}

async fn all<T>(
    mut page: impl AsyncFnMut(Option<Cursor>) -> Result<Page<T>, store::StoreError>,
) -> Result<Vec<T>, Fault> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let more = page(before).await?;
        rows.extend(more.rows);
        before = more.next;
        if before.is_none() {
            return Ok(rows);
        }
    }
}

fn event(row: &LedgerRow) -> Result<Event, Fault> {
    let said: Value = serde_json::from_str(row.payload.as_deref().unwrap_or("null"))?;
    let text = |key: &str| said[key].as_str().map(str::to_owned);
    let needed = |key: &str| text(key).ok_or_else(|| fault(format!("ledger entry {} lacks {key}: {said}", row.number)));
    let texts = |key: &str| -> Vec<String> {
        said[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let what = match row.kind {
        LedgerKind::SuppressionAdded => What::Added { entry: needed("entry")?, order: text("order") },
        LedgerKind::Notice => What::Notice {
            orders: texts("orders"),
            entries: texts("entries"),
            already_leaving: texts("already_leaving"),
        },
        LedgerKind::BuyerLearnt => {
            What::Learnt { entry: needed("entry")?, order: needed("order")?, already_leaving: texts("already_leaving") }
        }
        LedgerKind::Attempt => What::Attempt { message: needed("message")?, order: needed("order")? },
        LedgerKind::Outcome => {
            let state = text("state").or_else(|| text("outcome"));
            let state = state.ok_or_else(|| fault(format!("ledger entry {} names no outcome", row.number)))?;
            What::Outcome { message: needed("message")?, order: needed("order")?, state }
        }
        other => What::Other(other.as_str()),
    };
    Ok(Event { number: row.number, time: row.time, what })
}
