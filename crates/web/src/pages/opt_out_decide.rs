//! Deciding about one entry: removing it with a reason, or confirming one that is held. Nothing is edited; the ledger
//! keeps who, when and why (law 7).

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{Clock, SuppressionId, Timestamp};

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/opt-outs/{entry}/remove`
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Path((_, entry)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let entry: SuppressionId = entry.parse().map_err(|_| Problem::not_found())?;
    let (note, clock) = (forms::note(&fields, true)?, Clock::real(Timestamp::from_clock()));
    dashboard.store.remove_entry(visit.account.id, entry, note, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/opt-outs?done=removed", visit.account.handle)))
}

/// `POST /a/{handle}/opt-outs/{entry}/confirm`
pub(crate) async fn confirm(
    State(dashboard): State<Dashboard>,
    Path((_, entry)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let entry: SuppressionId = entry.parse().map_err(|_| Problem::not_found())?;
    let clock = Clock::real(Timestamp::from_clock());
    // To confirm what Amazon's notice says needs no reason of one's own; the ledger wants to know how it came.
    let note = Some(forms::note(&fields, false)?).filter(|note| !note.is_empty());
    let note = note.unwrap_or_else(|| "confirmed on the dashboard".to_owned());
    let change = dashboard.store.confirm_entry(visit.account.id, entry, note, visit.actor(), clock).await?;
    let (handle, withdrawn, leaving) = (&visit.account.handle, change.withdrawn, change.already_leaving);
    Ok(Redirect::to(&format!("/a/{handle}/opt-outs?done=confirmed&withdrawn={withdrawn}&leaving={leaving}")))
}
