//! The account's campaigns as they stand; each has a page on which it is changed and switched. Beside each stands what its words break by the rules for messages to buyers.

use axum::extract::State;
use axum::response::Response;
use campaign::{Approval, HeldBack, TextFinding};
use catalogue_macros::told;
use model::campaign::StoredCampaign;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::campaign_draft::Findings;
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::words::{Coloured, Timed};

#[told("campaigns.html")]
struct Page {
    frame: Frame,
    handle: String,
    campaigns: Vec<Shown>,
}

/// A campaign with what its words break by the rules as they are today.
struct Shown {
    stored: StoredCampaign,
    /// Findings of errors and warnings, the same that hold it back when it is switched on.
    findings: Findings,
    /// Whether there was no room left to look.
    unread: bool,
}

impl Shown {
    /// Whether its messages are refused for its words.
    fn held_back(&self) -> bool {
        self.findings.words.iter().any(TextFinding::holds_back)
    }
}

/// The bytes of campaigns that one page holds against the rules; it must not keep others waiting.
const READ_AT_ONCE: usize = 500_000;

fn shown(stored: Vec<StoredCampaign>) -> Vec<Shown> {
    let mut room = READ_AT_ONCE;
    let look = |stored: StoredCampaign| {
        let left = room.checked_sub(stored.text.len());
        let unread = left.is_none();
        room = left.unwrap_or(room);
        let findings = if unread { Findings::default() } else { findings(&stored) };
        Shown { stored, findings, unread }
    };
    stored.into_iter().map(look).collect()
}

/// What stands against a campaign today: rules may have come since it was kept, and a later release may read otherwise.
pub(crate) fn findings(stored: &StoredCampaign) -> Findings {
    let (mistakes, words) = match campaign::approve(&stored.text, &stored.attachments) {
        Ok(Approval { warnings, .. }) => (Vec::new(), warnings),
        Err(HeldBack::Words(findings)) => (Vec::new(), findings),
        Err(HeldBack::Problems(problems)) => {
            (problems.iter().map(|problem| capital(&problem.to_string())).collect(), Vec::new())
        }
    };
    Findings { mistakes, words }
}

/// `GET /a/{handle}/campaigns`
pub(crate) async fn show(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(&visit, Here::Campaigns, "Campaigns"),
        handle: visit.account.handle.to_string(),
        campaigns: shown(dashboard.store.campaigns(visit.account.id).await?),
    })
}
