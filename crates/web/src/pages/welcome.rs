//! The page behind a one-time link: the first one makes the operator, later ones let a member choose a password.
//! The secret stands in the fragment, so that no server, proxy or history on the way ever sees it in a request.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::Timestamp;
use model::member::{BegunSession, OneTimeLink};
use store::SESSION_LONGEST;

use crate::admission::Guest;
use crate::cookies::Cookie;
use crate::forms::Fields;
use crate::frame::{Frame, page};
use crate::pages::sign_in_code::code_asked;
use crate::password;
use crate::problem::Problem;
use crate::state::Dashboard;

/// The path and fragment of a one-time link; the program puts `public_url` before it. Good for 15 minutes and one
/// use.
pub fn welcome_path(token: &str) -> String {
    format!("/welcome#{token}")
}

#[told("welcome.html")]
struct Page {
    frame: Frame,
    code: String,
    email: String,
}

/// `GET /welcome`
pub(crate) async fn show(guest: Guest) -> Result<Response, Problem> {
    page(&Page { frame: Frame::for_guest(&guest, "Welcome"), code: String::new(), email: String::new() })
}

/// `POST /welcome`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    guest: Guest,
    fields: Fields,
) -> Result<Response, Problem> {
    match set_up(&dashboard, &fields).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            let trouble = problem.sentence().to_owned();
            let form = Page {
                frame: Frame::for_guest(&guest, "Welcome").trouble(Some(&trouble)),
                // Good still, unless the trouble is that it is not.
                code: fields.text("code").to_owned(),
                email: fields.text("email").to_owned(),
            };
            Ok((problem.status(), page(&form)?).into_response())
        }
    }
}

async fn set_up(dashboard: &Dashboard, fields: &Fields) -> Result<Response, Problem> {
    let now = Timestamp::from_clock();
    let code = fields.text("code");
    // A whole link may have been pasted.
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    let Some(link) = dashboard.store.one_time_link(code, now).await? else {
        return Err(Problem::unclear(
            "This link was used before or is older than 15 minutes. Start the program again, or ask for a new one.",
        ));
    };
    if let Some(fault) = password::fault_of(fields.raw("password")) {
        return Err(Problem::unclear(fault));
    }
    if link.member.is_none() && fields.text("email").is_empty() {
        return Err(Problem::unclear("Write the e-mail address that you want to sign in with."));
    }
    let hash = dashboard.passwords.hash(fields.raw("password").to_owned()).await?;
    let (member, done) = match link {
        OneTimeLink { member: Some(_) } => (dashboard.store.set_password_by_link(code, hash, now).await?, "joined"),
        OneTimeLink { member: None } => {
            (dashboard.store.add_operator_by_link(code, fields.text("email"), hash, now).await?.id, "welcome")
        }
    };
    match dashboard.store.begin_session(member, now).await? {
        BegunSession::SignedIn(session) => signed_in(dashboard, &session, &format!("/?done={done}")),
        // The link stands for the password, not for the device.
        BegunSession::CodeAsked(token) => code_asked(dashboard, &token, ""),
    }
}

/// To a page, with a session.
pub(crate) fn signed_in(dashboard: &Dashboard, session: &str, to: &str) -> Result<Response, Problem> {
    let secure = dashboard.settings.secure_cookies;
    let cookie: HeaderValue = Cookie::Session.set(session, SESSION_LONGEST, secure)?;
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
