//! Signing in. Who fails learns only that address and password do not belong together, and it takes as long whether
//! the address is known or not.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::Timestamp;
use model::member::{BegunSession, SignIn};
use serde::Deserialize;

use crate::admission::{Guest, is_own_path};
use crate::forms::Fields;
use crate::frame::{Done, Frame, page};
use crate::machine::Machine;
use crate::pages::sign_in_code::code_asked;
use crate::pages::welcome::signed_in;
use crate::problem::Problem;
use crate::state::Dashboard;

const WRONG: &str = "This e-mail address and password do not belong together.";
pub(crate) const TOO_MANY: &str = "Too many attempts. Please wait a quarter of an hour and try again.";

#[told("sign_in.html")]
struct Page {
    frame: Frame,
    email: String,
    next: String,
    no_operator: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    pub next: String,
}

/// `GET /sign-in`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(Next { next }): Query<Next>,
    Query(done): Query<Done>,
    guest: Guest,
) -> Result<Response, Problem> {
    if guest.signed_in {
        return Ok(Redirect::to("/").into_response());
    }
    page(&Page {
        frame: Frame::for_guest(&guest, "Sign in").said(&done),
        email: String::new(),
        next: Some(next).filter(|next| is_own_path(next)).unwrap_or_default(),
        no_operator: !dashboard.store.operator_exists().await?,
    })
}

/// `POST /sign-in`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    guest: Guest,
    fields: Fields,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    let next = Some(fields.text("next")).filter(|next| is_own_path(next));
    let (status, trouble) = match try_to(&dashboard, machine, &fields, now).await? {
        Tried::Right(BegunSession::SignedIn(session)) => {
            return signed_in(&dashboard, &session, next.unwrap_or("/"));
        }
        Tried::Right(BegunSession::CodeAsked(token)) => {
            return code_asked(&dashboard, &token, next.unwrap_or_default());
        }
        Tried::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, WRONG),
        Tried::TooOften => (StatusCode::TOO_MANY_REQUESTS, TOO_MANY),
    };
    let form = Page {
        frame: Frame::for_guest(&guest, "Sign in").trouble(Some(trouble)),
        email: fields.text("email").to_owned(),
        next: next.unwrap_or_default().to_owned(),
        no_operator: false,
    };
    Ok((status, page(&form)?).into_response())
}

enum Tried {
    Right(BegunSession),
    Wrong,
    TooOften,
}

async fn try_to(dashboard: &Dashboard, from: Machine, fields: &Fields, now: Timestamp) -> Result<Tried, Problem> {
    if from.0.is_some_and(|machine| !dashboard.attempts.begin(machine, now)) {
        return Ok(Tried::TooOften);
    }
    let (member, hash) = match dashboard.store.begin_sign_in(fields.text("email"), now).await? {
        SignIn::LockedUntil(_) => return Ok(Tried::TooOften),
        SignIn::Unknown => (None, None),
        SignIn::Known { member, password } => (Some(member), Some(password)),
    };
    let right = dashboard.passwords.matches(fields.raw("password").to_owned(), hash).await?;
    match member.filter(|_| right) {
        Some(member) => {
            if let Some(machine) = from.0 {
                dashboard.attempts.succeeded(machine);
            }
            Ok(Tried::Right(dashboard.store.begin_session(member, now).await?))
        }
        None => Ok(Tried::Wrong),
    }
}
