//! A member's own sign-in: his password and where he is signed in. A new password asks for the old one, counts as an attempt,
//! and ends every other session.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::Timestamp;
use model::member::{OpenSession, SecondFactor};

use crate::admission::SignedIn;
use crate::forms::Fields;
use crate::frame::{Done, Frame, page};
use crate::machine::Machine;
use crate::pages::second_factor::{self, ForDevice};
use crate::pages::welcome::signed_in as with_session;
use crate::password;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::Timed;

#[told("me.html")]
struct Page {
    frame: Frame,
    email: String,
    sessions: Vec<OpenSession>,
    factor: SecondFactor,
    /// The secret to be set up, while no code of it was entered.
    device: Option<ForDevice>,
    /// Recovery codes that were just made.
    codes: Vec<String>,
}

pub(crate) const TOO_MANY: &str = "Too many attempts. Please wait a quarter of an hour and try again.";

/// `GET /me`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    shown(&dashboard, &signed_in, &done, None, Vec::new()).await
}

async fn shown(
    dashboard: &Dashboard,
    signed_in: &SignedIn,
    done: &Done,
    trouble: Option<&str>,
    codes: Vec<String>,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    let factor = dashboard.store.second_factor(signed_in.member.id).await?;
    let device = match &factor {
        SecondFactor::Waiting(secret) => Some(ForDevice::of(secret, &signed_in.member.email)?),
        _ => None,
    };
    page(&Page {
        factor,
        device,
        codes,
        frame: Frame::for_member(signed_in, "Your sign-in").said(done).trouble(trouble),
        email: signed_in.member.email.clone(),
        sessions: dashboard.store.open_sessions(signed_in.member.id, &signed_in.session.0, now).await?,
    })
}

/// The page with recovery codes that were just made, which are shown this once.
pub(crate) async fn with_codes(
    dashboard: &Dashboard,
    signed_in: &SignedIn,
    codes: Vec<String>,
) -> Result<Response, Problem> {
    shown(dashboard, signed_in, &Done::default(), None, codes).await
}

/// The page again, with what did not work.
pub(crate) async fn again(dashboard: &Dashboard, signed_in: &SignedIn, problem: &Problem) -> Result<Response, Problem> {
    let page = shown(dashboard, signed_in, &Done::default(), Some(problem.sentence()), Vec::new()).await?;
    Ok((problem.status(), page).into_response())
}

/// `POST /me/password`
pub(crate) async fn change_password(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Problem> {
    match try_to_change(&dashboard, machine, &signed_in, &fields).await {
        Err(problem) if problem.is_his() => again(&dashboard, &signed_in, &problem).await,
        done => done,
    }
}

async fn try_to_change(
    dashboard: &Dashboard,
    machine: Machine,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    if let Some(fault) = password::fault_of(fields.raw("password")) {
        return Err(Problem::unclear(fault));
    }
    right_password(dashboard, machine, &signed_in.member.email, fields.raw("current"), now).await?;
    let hash = dashboard.passwords.hash(fields.raw("password").to_owned()).await?;
    // This ends every session, the one of a stranger among them; whoever knew the old password gets a new one.
    let session = dashboard.store.change_password(signed_in.member.id, hash, now).await?;
    with_session(dashboard, &session, "/me?done=password_changed")
}

/// Whether the password that was typed is his; each try counts as one of a sign-in.
pub(crate) async fn right_password(
    dashboard: &Dashboard,
    machine: Machine,
    email: &str,
    typed: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    if machine.0.is_some_and(|machine| !dashboard.attempts.begin(machine, now)) {
        return Err(Problem::unclear(TOO_MANY));
    }
    let hash = second_factor::sign_in_of(dashboard, email, now).await?;
    if !dashboard.passwords.matches(typed.to_owned(), hash).await? {
        return Err(Problem::unclear("That is not your password now. Nothing was changed."));
    }
    if let Some(machine) = machine.0 {
        dashboard.attempts.succeeded(machine);
    }
    Ok(())
}

/// `POST /me/sessions`
pub(crate) async fn end_others(
    State(dashboard): State<Dashboard>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let which = fields.text("session");
    let only = (!which.is_empty()).then(|| which.to_owned());
    dashboard.store.end_other_sessions(signed_in.member.id, &signed_in.session.0, only).await?;
    Ok(Redirect::to("/me?done=sessions_ended"))
}
