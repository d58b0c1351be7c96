//! A member has reviewed Amazon's restriction of the account: messages may leave again.

use axum::extract::State;
use axum::response::Redirect;
use model::Timestamp;
use model::account::AccountSettings;

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/restriction/lift`
pub(crate) async fn accept(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Redirect, Problem> {
    // Read anew: what else was changed meanwhile stays.
    let account = dashboard.store.account_by_id(visit.account.id).await?;
    let settings = AccountSettings { restricted_since: None, ..account.settings };
    dashboard.store.change_settings(account.id, settings, visit.actor(), Timestamp::from_clock()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=lifted", account.handle)))
}
