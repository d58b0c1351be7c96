//! Importing a list that another tool, or another Abide, kept.

use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use catalogue_macros::told;
use model::suppression::{SuppressionChange, SuppressionReason};
use model::{Clock, Timestamp};
use report::list::{ListTable, Picks};
use store::IMPORTED_AT_ONCE;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::list_upload::{self, ListKind};
use crate::problem::Problem;
use crate::state::Dashboard;

/// Lines that were not understood, shown by their number.
const NAMED: usize = 50;

struct Taken {
    rows: u64,
    removed: u64,
    bad: u64,
    bad_lines: Vec<u64>,
    change: SuppressionChange,
    /// Relay addresses that many buyers share, by their form or by the orders known: not on the list.
    shared: u64,
    shared_lines: Vec<u64>,
}

#[told("opt_out_import.html")]
struct Page {
    frame: Frame,
    taken: Option<Taken>,
}

/// `GET /a/{handle}/opt-outs/import`
pub(crate) async fn show(visit: InAccount) -> Result<Response, Problem> {
    page(&Page { frame: frame(&visit), taken: None })
}

/// `POST /a/{handle}/opt-outs/import`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    match list_upload::take(&visit, multipart).await {
        Ok((table, reason)) => {
            let reason = if reason == "block" { SuppressionReason::Block } else { SuppressionReason::OptOut };
            let kind = ListKind::OptOuts(reason);
            Ok(list_upload::keep(&dashboard, &visit, kind, table).await?.into_response())
        }
        Err(problem) if problem.is_his() => {
            let frame = frame(&visit).trouble(Some(problem.sentence()));
            Ok((problem.status(), page(&Page { frame, taken: None })?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Enters a list, a few entries at a time.
pub(crate) async fn enter(
    dashboard: &Dashboard,
    visit: &InAccount,
    list: (&ListTable, SuppressionReason),
    picks: &Picks,
) -> Result<Response, Problem> {
    let (table, reason) = list;
    let file = table.opt_outs(picks, reason).map_err(|error| list_upload::unclear(&error))?;
    let mut all = SuppressionChange::default();
    for lines in file.entries.chunks(IMPORTED_AT_ONCE) {
        let clock = Clock::real(Timestamp::from_clock());
        let one = dashboard.store.import_suppressions(visit.account.id, lines.to_vec(), visit.actor(), clock).await?;
        all.changed += one.changed;
        all.unchanged += one.unchanged;
        all.withdrawn += one.withdrawn;
        all.already_leaving += one.already_leaving;
    }
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let shared_by_names = count(file.entries.len()).saturating_sub(all.changed + all.unchanged);
    let mut bad_lines = [file.bad, file.stops_without_order].concat();
    bad_lines.sort_unstable();
    let bad = count(bad_lines.len());
    bad_lines.truncate(NAMED);
    let shared = count(file.shared.len()) + shared_by_names;
    let shared_lines = file.shared.into_iter().take(NAMED).collect();
    let taken = Taken { rows: table.rows(), removed: file.removed, bad, bad_lines, shared, shared_lines, change: all };
    page(&Page { frame: frame(visit), taken: Some(taken) })
}

fn frame(visit: &InAccount) -> Frame {
    Frame::in_account(visit, Here::OptOuts, "Import opt-outs")
}
