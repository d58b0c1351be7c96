//! The inbound log, newest first: each mail, what was understood of it, and the outcome it ended in (law 5).

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::inbound::InboundRow;
use store::InboundFilter;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::{Before, ROWS};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

#[told("inbound.html")]
struct Page {
    frame: Frame,
    handle: String,
    rows: Vec<InboundRow>,
    next: Option<String>,
}

/// `GET /a/{handle}/inbound`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    before: Query<Before>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let before = Before::cursor(before);
    let found = dashboard.store.inbound_log(visit.account.id, InboundFilter::All, before, ROWS).await?;
    page(&Page {
        frame: Frame::in_account(&visit, Here::Inbound, "Inbound mail"),
        handle: visit.account.handle.to_string(),
        rows: found.rows,
        next: found.next.map(|cursor| cursor.0),
    })
}
