//! The account's campaigns as they stand. They are added and switched by command for now.
//! Beside each stands what its words break by the rules for messages to buyers.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use campaign::{Approval, HeldBack, TextFinding};
use model::campaign::StoredCampaign;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::Timed;

#[derive(Template)]
#[template(path = "campaigns.html")]
struct Page {
    frame: Frame,
    handle: String,
    campaigns: Vec<Shown>,
}

/// A campaign with what its words break by the rules as they are today.
struct Shown {
    stored: StoredCampaign,
    /// Findings of errors and warnings, the same that hold it back when it is switched on.
    findings: Vec<TextFinding>,
    /// Whether there was no room left to look.
    unread: bool,
}

impl Shown {
    /// Whether its messages are refused for its words.
    fn held_back(&self) -> bool {
        self.findings.iter().any(TextFinding::holds_back)
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
        let findings = if unread { Vec::new() } else { findings(&stored) };
        Shown { stored, findings, unread }
    };
    stored.into_iter().map(look).collect()
}

/// A text that this release can't read any more says so where it is planned.
fn findings(stored: &StoredCampaign) -> Vec<TextFinding> {
    match campaign::approve(&stored.text, &stored.attachments) {
        Ok(Approval { warnings, .. }) => warnings,
        Err(HeldBack::Words(findings)) => findings,
        Err(HeldBack::Problems(_)) => Vec::new(),
    }
}

/// `GET /a/{handle}/campaigns`
pub(crate) async fn show(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(&visit, Here::Campaigns, "Campaigns"),
        handle: visit.account.handle.to_string(),
        campaigns: shown(dashboard.store.campaigns(visit.account.id).await?),
    })
}
