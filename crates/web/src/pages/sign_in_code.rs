//! The second step of a sign-in that has a second factor: the code. Who comes here has shown the right password minutes
//! ago; the cookie of that opens this step and nothing else, and wrong codes count as wrong passwords do.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::Timestamp;
use model::member::SecondStep;
use store::HALF_SIGN_IN_LASTS;

use crate::admission::{Guest, is_own_path};
use crate::cookies::Cookie;
use crate::forms::Fields;
use crate::frame::{Frame, page};
use crate::machine::Machine;
use crate::pages::sign_in::{Next, TOO_MANY};
use crate::pages::welcome::signed_in;
use crate::problem::Problem;
use crate::state::Dashboard;

#[told("sign_in_code.html")]
struct Page {
    frame: Frame,
    next: String,
}

/// To the second step, with its cookie.
pub(crate) fn code_asked(dashboard: &Dashboard, token: &str, next: &str) -> Result<Response, Problem> {
    let cookie = Cookie::HalfSignIn.set(token, HALF_SIGN_IN_LASTS, dashboard.settings.secure_cookies)?;
    let to = if is_own_path(next) { format!("/sign-in/code?next={next}") } else { "/sign-in/code".to_owned() };
    let mut response = Redirect::to(&to).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `GET /sign-in/code`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(Next { next }): Query<Next>,
    headers: HeaderMap,
    guest: Guest,
) -> Result<Response, Problem> {
    let token = Cookie::HalfSignIn.of(&headers, dashboard.settings.secure_cookies);
    let asked = match token {
        Some(token) => dashboard.store.is_code_asked(&token, Timestamp::from_clock()).await?,
        None => false,
    };
    if guest.signed_in || !asked {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let next = Some(next).filter(|next| is_own_path(next)).unwrap_or_default();
    page(&Page { frame: Frame::for_guest(&guest, "Sign in"), next })
}

/// `POST /sign-in/code`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    headers: HeaderMap,
    guest: Guest,
    fields: Fields,
) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    let secure = dashboard.settings.secure_cookies;
    let next = fields.text("next").to_owned();
    let Some(token) = Cookie::HalfSignIn.of(&headers, secure) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let step = if machine.0.is_some_and(|machine| !dashboard.attempts.begin(machine, now)) {
        SecondStep::LockedUntil(now)
    } else {
        dashboard.store.finish_sign_in(&token, fields.text("code"), now).await?
    };
    let (status, trouble) = match step {
        SecondStep::SignedIn { session, recovered } => {
            if let Some(machine) = machine.0 {
                dashboard.attempts.succeeded(machine);
            }
            let to = if recovered {
                "/me?done=recovered"
            } else {
                Some(next.as_str()).filter(|to| is_own_path(to)).unwrap_or("/")
            };
            let mut response = signed_in(&dashboard, &session, to)?;
            response.headers_mut().append(header::SET_COOKIE, Cookie::HalfSignIn.clear(secure)?);
            return Ok(response);
        }
        SecondStep::Gone => return Ok(Redirect::to("/sign-in").into_response()),
        SecondStep::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, "This code is not good, or was used before."),
        SecondStep::LockedUntil(_) => (StatusCode::TOO_MANY_REQUESTS, TOO_MANY),
    };
    let next = if is_own_path(&next) { next } else { String::new() };
    let form = Page { frame: Frame::for_guest(&guest, "Sign in").trouble(Some(trouble)), next };
    Ok((status, page(&form)?).into_response())
}
