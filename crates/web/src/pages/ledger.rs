//! The ledger, newest first, with the head that proves where it stands.

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::Timestamp;
use model::ledger::{LedgerKind, LedgerRow};
use serde_json::Value;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::{Before, ROWS};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Timed, Worded};

struct Entry {
    number: u64,
    time: Timestamp,
    as_of: Option<Timestamp>,
    kind: LedgerKind,
    /// What it says, field by field; none once erased.
    said: Option<Vec<(String, String)>>,
}

#[told("ledger.html")]
struct Page {
    frame: Frame,
    handle: String,
    head: String,
    entries: Vec<Entry>,
    next: Option<String>,
}

/// `GET /a/{handle}/ledger`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    before: Query<Before>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let found = dashboard.store.ledger_page(visit.account.id, Before::cursor(before), ROWS).await?;
    page(&Page {
        frame: Frame::in_account(&visit, Here::Ledger, "Ledger"),
        handle: visit.account.handle.to_string(),
        head: dashboard.store.head_of(&visit.account.handle).await?.to_string(),
        entries: found.rows.into_iter().map(entry).collect(),
        next: found.next.map(|cursor| cursor.0),
    })
}

fn entry(row: LedgerRow) -> Entry {
    let said = row.payload.map(|payload| match serde_json::from_str(&payload) {
        Ok(Value::Object(fields)) => fields
            .into_iter()
            .filter(|(_, value)| !is_empty(value))
            .map(|(name, value)| (name.replace('_', " "), text(&value)))
            .collect(),
        _ => vec![("text".to_owned(), payload)],
    });
    Entry { number: row.number, time: row.time, as_of: row.as_of, kind: row.kind, said }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
