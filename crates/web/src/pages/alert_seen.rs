//! A member has seen an alert.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{AlertId, Timestamp};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/alerts/{alert}/seen`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, alert)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let alert: AlertId = alert.parse().map_err(|_| Problem::not_found())?;
    dashboard.store.mark_seen(visit.account.id, alert, Timestamp::from_clock()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=seen", visit.account.handle)))
}
