//! A member has reviewed Amazon's restriction of the account: messages may leave again.

use axum::extract::State;
use axum::response::Redirect;
use model::Timestamp;

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/restriction/lift`
pub(crate) async fn accept(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Redirect, Problem> {
    let account = &visit.account;
    dashboard.store.lift_restriction(account.id, visit.actor(), Timestamp::from_clock()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=lifted", account.handle)))
}
