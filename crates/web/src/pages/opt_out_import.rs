//! Importing a list that another tool, or another Abide, kept.

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use model::suppression::{SuppressionChange, SuppressionReason};
use model::{Clock, Timestamp};
use store::IMPORTED_AT_ONCE;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::opt_out_file::{self, List};
use crate::pages::upload::{Part, Upload};
use crate::problem::Problem;
use crate::state::Dashboard;

/// The largest list, in bytes: some 200,000 lines.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;

struct Taken {
    list: List,
    change: SuppressionChange,
    /// Relay addresses that many buyers share, by their form or by the orders known: not on the list.
    shared: u64,
}

#[derive(Template)]
#[template(path = "opt_out_import.html")]
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
    match take(&dashboard, &visit, multipart).await {
        Ok(taken) => page(&Page { frame: frame(&visit), taken: Some(taken) }),
        Err(problem) if problem.is_his() => {
            let frame = frame(&visit).trouble(Some(problem.sentence()));
            Ok((problem.status(), page(&Page { frame, taken: None })?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn take(dashboard: &Dashboard, visit: &InAccount, multipart: Multipart) -> Result<Taken, Problem> {
    let mut upload = Upload::new(multipart, &visit.form_token);
    let mut reason = SuppressionReason::OptOut;
    let bytes = loop {
        match upload.next().await? {
            Some(Part::Field { name, value }) if name == "reason" && value == "block" => {
                reason = SuppressionReason::Block;
            }
            Some(Part::Field { .. }) => {}
            Some(Part::File(file)) => break file.whole(LARGEST).await?,
            None => return Err(Problem::unclear("Choose a file first.")),
        }
    };
    let list = opt_out_file::read(&bytes, reason);
    if list.rows == 0 {
        return Err(Problem::unclear(
            "This file has no rows that could be read. It should be a CSV file in UTF-8 with order ids, relay addresses or both.",
        ));
    }
    let mut all = SuppressionChange::default();
    for lines in list.lines.chunks(IMPORTED_AT_ONCE) {
        let clock = Clock::real(Timestamp::from_clock());
        let one = dashboard.store.import_suppressions(visit.account.id, lines.to_vec(), visit.actor(), clock).await?;
        all.changed += one.changed;
        all.unchanged += one.unchanged;
        all.withdrawn += one.withdrawn;
        all.already_leaving += one.already_leaving;
    }
    let entered = all.changed + all.unchanged;
    let shared_by_names = u64::try_from(list.lines.len()).unwrap_or(u64::MAX).saturating_sub(entered);
    Ok(Taken { shared: list.shared + shared_by_names, list, change: all })
}

fn frame(visit: &InAccount) -> Frame {
    Frame::in_account(visit, Here::OptOuts, "Import opt-outs")
}
