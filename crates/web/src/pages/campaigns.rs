//! The account's campaigns as they stand. They are added and switched by command for now.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
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
    campaigns: Vec<StoredCampaign>,
}

/// `GET /a/{handle}/campaigns`
pub(crate) async fn show(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(&visit, Here::Campaigns, "Campaigns"),
        handle: visit.account.handle.to_string(),
        campaigns: dashboard.store.campaigns(visit.account.id).await?,
    })
}
