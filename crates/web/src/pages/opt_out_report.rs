//! All about one entry of the list, for whoever asks, and fit to be printed: since when it stands and by what evidence, what it
//! kept back, that nothing unsolicited left since, and the ledger's head, by which that can be checked later.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::suppression_report::SuppressionReport;
use model::{SuppressionId, Timestamp};

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

#[derive(Template)]
#[template(path = "opt_out_report.html")]
struct Page {
    frame: Frame,
    handle: String,
    name: String,
    report: SuppressionReport,
    made_at: Timestamp,
}

/// `GET /a/{handle}/opt-outs/{entry}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, entry)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let entry: SuppressionId = entry.parse().map_err(|_| Problem::not_found())?;
    let report = dashboard.store.suppression_report(visit.account.id, entry).await?;
    page(&Page {
        frame: Frame::in_account(&visit, Here::OptOuts, "Report on an entry"),
        handle: visit.account.handle.to_string(),
        name: visit.account.name.clone(),
        report: report.ok_or_else(Problem::not_found)?,
        made_at: Timestamp::from_clock(),
    })
}
