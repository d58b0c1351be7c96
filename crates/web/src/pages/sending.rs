//! The emergency stop of live sending, for a store or the account, and for all of the installation by its operator.

use axum::extract::State;
use axum::response::Redirect;
use model::member::Actor;
use model::sending::StopScope;
use model::{Clock, Timestamp};

use crate::admission::{InAccount, SignedIn};
use crate::forms::{self, Fields};
use crate::pages::live::store_of;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/sending/stop`
pub(crate) async fn stop(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let (scope, note) = (scope_of(&visit, &fields)?, note_of(&fields)?);
    dashboard.store.stop_sending(scope, visit.actor(), note, now()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=sending_stopped", visit.account.handle)))
}

/// `POST /a/{handle}/sending/resume`
pub(crate) async fn resume(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let (scope, note) = (scope_of(&visit, &fields)?, note_of(&fields)?);
    dashboard.store.resume_sending(scope, visit.actor(), note, now()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=sending_resumed", visit.account.handle)))
}

/// `POST /sending/stop`
pub(crate) async fn stop_all(
    State(dashboard): State<Dashboard>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let note = note_of(&fields)?;
    dashboard.store.stop_sending(StopScope::Installation, operator(&signed_in)?, note, now()).await?;
    Ok(Redirect::to("/accounts?done=sending_stopped"))
}

/// `POST /sending/resume`
pub(crate) async fn resume_all(
    State(dashboard): State<Dashboard>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let note = note_of(&fields)?;
    dashboard.store.resume_sending(StopScope::Installation, operator(&signed_in)?, note, now()).await?;
    Ok(Redirect::to("/accounts?done=sending_resumed"))
}

/// Stopping asks for no reason: it must be quick.
fn note_of(fields: &Fields) -> Result<Option<String>, Problem> {
    Ok(Some(forms::note(fields, false)?).filter(|note| !note.is_empty()))
}

fn now() -> Clock {
    Clock::real(Timestamp::from_clock())
}

fn scope_of(visit: &InAccount, fields: &Fields) -> Result<StopScope, Problem> {
    Ok(match fields.text("store") {
        "" => StopScope::Account(visit.account.id),
        code => StopScope::Store(visit.account.id, store_of(visit, code)?),
    })
}

fn operator(signed_in: &SignedIn) -> Result<Actor, Problem> {
    if signed_in.member.operator {
        return Ok(Actor::Operator);
    }
    Err(Problem::not_allowed("Only the operator may stop or resume sending for the whole installation."))
}
