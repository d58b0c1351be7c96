//! Adding to the list by a member's word: an order is stopped, a buyer is blocked.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::suppression::Target;
use model::{Clock, Timestamp};

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::pages::opt_outs;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/opt-outs/add`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    match add(&dashboard, &visit, &fields).await {
        Err(problem) if problem.is_his() => {
            let shown = opt_outs::with_trouble(&dashboard, &visit, &fields, problem.sentence()).await?;
            Ok((problem.status(), shown).into_response())
        }
        done => done.map(IntoResponse::into_response),
    }
}

async fn add(dashboard: &Dashboard, visit: &InAccount, fields: &Fields) -> Result<Redirect, Problem> {
    let target = opt_outs::target_of(fields.text("target")).ok_or_else(|| {
        Problem::unclear(
            "Write an order id like 123-1234567-1234567, or a relay address like abc12def34ghi56@marketplace.amazon.com.",
        )
    })?;
    let note = forms::note(fields, false)?;
    suppress(dashboard, visit, target, note, &format!("/a/{}/opt-outs", visit.account.handle)).await
}

/// Enters a target and goes on to `to`, saying what was done.
pub(crate) async fn suppress(
    dashboard: &Dashboard,
    visit: &InAccount,
    target: Target,
    note: String,
    to: &str,
) -> Result<Redirect, Problem> {
    let clock = Clock::real(Timestamp::from_clock());
    let done = match &target {
        Target::Order(_) => "stopped",
        Target::Buyer(_) => "blocked",
    };
    let change = dashboard.store.add_suppression(visit.account.id, target, note, visit.actor(), clock).await?;
    let done = if change.changed == 0 { "stood" } else { done };
    let (withdrawn, leaving) = (change.withdrawn, change.already_leaving);
    Ok(Redirect::to(&format!("{to}?done={done}&withdrawn={withdrawn}&leaving={leaving}")))
}
