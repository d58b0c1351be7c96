//! All about one entry of the list, for whoever asks, and fit to be printed: since when it stands and by what evidence, what it
//! kept back, that nothing unsolicited left since, and the ledger's head, by which that can be checked later.

use std::borrow::Borrow;

use axum::extract::{Path, State};
use axum::response::Response;
use catalogue_macros::told;
use model::inbound::{InboundReading, InboundRow};
use model::suppression::SuppressionState;
use model::suppression_report::{DoneTo, SuppressionReport};
use model::{SuppressionId, Timestamp};

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::language::say;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

#[told("opt_out_report.html")]
struct Page {
    frame: Frame,
    handle: String,
    name: String,
    report: SuppressionReport,
    /// The mail that it came by, and what was read in it about the entry.
    evidence: Option<InboundRow>,
    made_at: Timestamp,
}

impl Page {
    /// What was read in the mail about this order; all of it where the entry names none.
    fn readings(&self) -> Vec<&InboundReading> {
        let of_entry =
            |reading: &&InboundReading| self.report.order_id.is_none_or(|order| reading.order_ids.contains(&order));
        self.evidence.iter().flat_map(|mail| mail.readings.iter().filter(of_entry)).collect()
    }
}

/// What a part of the report's messages is called.
fn heading(done: impl Borrow<DoneTo>) -> &'static str {
    say(match done.borrow() {
        DoneTo::LeftAfter => "Left after the entry was made",
        DoneTo::InDoubt => "Nobody can tell whether they left",
        DoneTo::Withdrawn => "Withdrawn by it",
        DoneTo::Refused => "Refused for it",
        DoneTo::TooLate => "It came too late for these: they had left before",
        DoneTo::Nothing => "Others, to which it did nothing",
    })
}

/// `GET /a/{handle}/opt-outs/{entry}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, entry)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let entry: SuppressionId = entry.parse().map_err(|_| Problem::not_found())?;
    let report = dashboard.store.suppression_report(visit.account.id, entry).await?;
    let report = report.ok_or_else(Problem::not_found)?;
    let evidence = match report.mail {
        Some(mail) => dashboard.store.inbound_mail(visit.account.id, mail).await?,
        None => None,
    };
    page(&Page {
        frame: Frame::in_account(&visit, Here::OptOuts, "Report on an entry"),
        handle: visit.account.handle.to_string(),
        name: visit.account.name.clone(),
        report,
        evidence,
        made_at: Timestamp::from_clock(),
    })
}
