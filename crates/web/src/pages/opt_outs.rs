//! The opt-out list, newest first, and the search for one order or one buyer. What is searched for never stands in
//! an address: a relay address is personal data.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::suppression::{SuppressionRow, Target};
use model::{Alias, OrderId};
use store::SuppressionFilter;

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::pages::{Before, ROWS};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// The rows and what was asked for.
pub(crate) struct Listing {
    rows: Vec<SuppressionRow>,
    next: Option<String>,
    /// What was searched for, as it was typed; empty for the whole list.
    asked: String,
    /// What was searched for can be nothing in the list.
    unclear: bool,
    first_page: bool,
}

#[derive(Template)]
#[template(path = "opt_outs.html")]
struct Page {
    frame: Frame,
    listing: Listing,
    /// What was typed into the form for a new entry.
    target: String,
    note: String,
}

#[derive(Template)]
#[template(path = "opt_out_rows.html")]
struct Fragment {
    frame: Frame,
    listing: Listing,
}

/// `GET /a/{handle}/opt-outs`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    before: Query<Before>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let before = Before::cursor(before);
    let first_page = before.is_none();
    let found = dashboard.store.suppressions(visit.account.id, SuppressionFilter::All, before, ROWS).await?;
    let next = found.next.map(|cursor| cursor.0);
    let listing = Listing { rows: found.rows, next, asked: String::new(), unclear: false, first_page };
    let frame = frame(&visit).said(&done);
    page(&Page { frame, listing, target: String::new(), note: String::new() })
}

/// `POST /a/{handle}/opt-outs/search`: the whole page, or the rows alone for a search as one types.
pub(crate) async fn search(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let asked = fields.text("q").to_owned();
    let filter = match target_of(&asked) {
        _ if asked.is_empty() => Some(SuppressionFilter::All),
        Some(Target::Order(order)) => Some(SuppressionFilter::Order(order)),
        Some(Target::Buyer(alias)) => {
            Some(SuppressionFilter::Buyer(dashboard.store.keys().buyer(visit.account.id, &alias)?))
        }
        None => None,
    };
    let unclear = filter.is_none();
    let (rows, next) = match filter {
        Some(filter) => {
            let found = dashboard.store.suppressions(visit.account.id, filter, None, ROWS).await?;
            (found.rows, found.next.filter(|_| asked.is_empty()).map(|cursor| cursor.0))
        }
        None => (Vec::new(), None),
    };
    let listing = Listing { rows, next, asked, unclear, first_page: true };
    if headers.contains_key("hx-request") {
        return page(&Fragment { frame: frame(&visit), listing });
    }
    page(&Page { frame: frame(&visit), listing, target: String::new(), note: String::new() })
}

/// The list with the form for a new entry as it was typed, and what is wrong with it.
pub(crate) async fn with_trouble(
    dashboard: &Dashboard,
    visit: &InAccount,
    fields: &Fields,
    trouble: &str,
) -> Result<Response, Problem> {
    let found = dashboard.store.suppressions(visit.account.id, SuppressionFilter::All, None, ROWS).await?;
    let next = found.next.map(|cursor| cursor.0);
    let listing = Listing { rows: found.rows, next, asked: String::new(), unclear: false, first_page: true };
    page(&Page {
        frame: frame(visit).trouble(Some(trouble)),
        listing,
        target: fields.text("target").to_owned(),
        note: fields.text("note").to_owned(),
    })
}

/// An order or a buyer, as a member types it.
pub(crate) fn target_of(text: &str) -> Option<Target> {
    text.parse::<OrderId>().map(Target::Order).or_else(|_| text.parse::<Alias>().map(Target::Buyer)).ok()
}

fn frame(visit: &InAccount) -> Frame {
    Frame::in_account(visit, Here::OptOuts, "Opt-outs").searching()
}
