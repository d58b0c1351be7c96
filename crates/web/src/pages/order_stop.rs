//! Stopping one order, or blocking the buyer behind it, from the order's own page.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::OrderId;
use model::suppression::Target;

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::pages::opt_out_add::suppress;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/orders/{order}/stop`
pub(crate) async fn stop(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let order: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    let note = forms::note(&fields, false)?;
    suppress(&dashboard, &visit, Target::Order(order), note, &back_to(&visit, order)).await
}

/// `POST /a/{handle}/orders/{order}/block`
pub(crate) async fn block(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let order: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    let note = forms::note(&fields, false)?;
    let known = dashboard.store.order(visit.account.id, order).await?;
    let alias = known.and_then(|order| order.alias).ok_or_else(|| {
        Problem::unclear("The buyer's relay address is not known, so he can't be blocked. Stop the order instead.")
    })?;
    suppress(&dashboard, &visit, Target::Buyer(alias), note, &back_to(&visit, order)).await
}

fn back_to(visit: &InAccount, order: OrderId) -> String {
    format!("/a/{}/orders/{order}", visit.account.handle)
}
