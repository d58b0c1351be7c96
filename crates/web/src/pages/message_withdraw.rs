//! A member takes back a message that has not left.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{Clock, MessageId, Timestamp};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/outbox/{message}/withdraw`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, message)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let message: MessageId = message.parse().map_err(|_| Problem::not_found())?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.withdraw_message(visit.account.id, message, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/outbox?done=withdrawn", visit.account.handle)))
}
