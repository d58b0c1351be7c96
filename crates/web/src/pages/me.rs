//! A member's own sign-in: his password and where he is signed in. A new password asks for the old one, counts as an attempt,
//! and ends every other session.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;
use model::member::{OpenSession, SignIn};

use crate::admission::SignedIn;
use crate::forms::Fields;
use crate::frame::{Done, Frame, page};
use crate::machine::Machine;
use crate::pages::welcome::signed_in as with_session;
use crate::password;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::Timed;

#[derive(Template)]
#[template(path = "me.html")]
struct Page {
    frame: Frame,
    email: String,
    sessions: Vec<OpenSession>,
}

/// `GET /me`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    shown(&dashboard, &signed_in, &done, None).await
}

async fn shown(
    dashboard: &Dashboard,
    signed_in: &SignedIn,
    done: &Done,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    page(&Page {
        frame: Frame::for_member(signed_in, "Your sign-in").said(done).trouble(trouble),
        email: signed_in.member.email.clone(),
        sessions: dashboard.store.open_sessions(signed_in.member.id, &signed_in.session.0, now).await?,
    })
}

/// `POST /me/password`
pub(crate) async fn change_password(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Problem> {
    match try_to_change(&dashboard, machine, &signed_in, &fields).await {
        Err(problem) if problem.is_his() => {
            let page = shown(&dashboard, &signed_in, &Done::default(), Some(problem.sentence())).await?;
            Ok((problem.status(), page).into_response())
        }
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
    let too_many = || Problem::unclear("Too many attempts. Please wait a quarter of an hour and try again.");
    if machine.0.is_some_and(|machine| !dashboard.attempts.begin(machine, now)) {
        return Err(too_many());
    }
    let hash = match dashboard.store.begin_sign_in(&signed_in.member.email, now).await? {
        SignIn::LockedUntil(_) => return Err(too_many()),
        SignIn::Unknown => None,
        SignIn::Known { password, .. } => Some(password),
    };
    if !dashboard.passwords.matches(fields.raw("current").to_owned(), hash).await? {
        return Err(Problem::unclear("That is not your password now. Nothing was changed."));
    }
    if let Some(machine) = machine.0 {
        dashboard.attempts.succeeded(machine);
    }
    let hash = dashboard.passwords.hash(fields.raw("password").to_owned()).await?;
    // This ends every session, the one of a stranger among them; whoever knew the old password gets a new one.
    dashboard.store.set_password(signed_in.member.id, hash).await?;
    let session = dashboard.store.create_session(signed_in.member.id, now).await?;
    with_session(dashboard, &session, "/me?done=password_changed")
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
