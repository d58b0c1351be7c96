//! A member says that the buyer's question about an order is answered.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{Clock, OrderId, Timestamp};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/orders/{order}/answered`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let order: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.close_question(visit.account.id, order, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/orders/{order}?done=answered", visit.account.handle)))
}
