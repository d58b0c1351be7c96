//! Signing out: the session ends on the server, not in the browser alone.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::admission::SignedIn;
use crate::cookies::Cookie;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /sign-out`
pub(crate) async fn accept(State(dashboard): State<Dashboard>, signed_in: SignedIn) -> Result<Response, Problem> {
    dashboard.store.end_session(&signed_in.session.0).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, Cookie::Session.clear(dashboard.settings.secure_cookies)?);
    // What the browser kept of the pages goes, too.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
