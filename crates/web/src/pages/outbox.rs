//! The outbox, newest first: every message with its state, the reason for it, and the next try.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use model::MessageState;
use model::message::OutboxRow;
use store::OutboxFilter;

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, Nav, page};
use crate::pages::{Before, ROWS};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

#[derive(Template)]
#[template(path = "outbox.html")]
struct Page {
    frame: Frame,
    handle: String,
    rows: Vec<OutboxRow>,
    next: Option<String>,
}

impl Page {
    /// Whether the member may take messages back, and some of these wait.
    fn may_withdraw(&self) -> bool {
        let may = self.frame.nav.as_ref().is_some_and(Nav::may_change);
        may && self.rows.iter().any(waits)
    }
}

/// It has not left, and may be taken back.
fn waits(row: &OutboxRow) -> bool {
    matches!(row.state, MessageState::Planned | MessageState::Waiting)
}

/// `GET /a/{handle}/outbox`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    before: Query<Before>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let found = dashboard.store.outbox(visit.account.id, OutboxFilter::All, Before::cursor(before), ROWS).await?;
    page(&Page {
        frame: Frame::in_account(&visit, Here::Outbox, "Outbox").said(&done),
        handle: visit.account.handle.to_string(),
        rows: found.rows,
        next: found.next.map(|cursor| cursor.0),
    })
}
