//! Who may do what, decided in one place before any page: each route says what it needs, and what a member has no
//! part in is not found rather than forbidden, so that nobody learns which accounts there are.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use model::member::{Actor, Member, Role};
use model::sending::SendingStop;
use model::{Account, Handle, Span, Timestamp};

use crate::cookies::Cookie;
use crate::forms::{self, Fields};
use crate::problem::Problem;
use crate::state::Dashboard;

/// A form is small: who takes longer holds the connection on purpose.
const FORM_TIME: Duration = Duration::from_secs(20);

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the same for everybody, with no cookie looked at.
    Nothing,
    /// Nobody in particular.
    Anyone,
    /// Somebody who is signed in.
    SignedIn,
    /// Any role in the account that the path names.
    Look,
    /// A role that may change something.
    Change,
    /// A role that may change addresses, campaigns and settings.
    Configure,
    /// The account's owner.
    Own,
}

/// What comes with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings {
    /// Nothing.
    Nothing,
    /// A form; its token is checked here.
    Form,
    /// A file; its token is the form's first part, and whoever reads the parts checks it.
    File,
}

/// A browser on a page that needs nobody in particular.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub form_token: String,
    pub signed_in: bool,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub member: Arc<Member>,
    pub form_token: String,
    /// The session's own secret, for ending it.
    pub session: Secret,
}

/// A member in an account he has a role in.
#[derive(Debug, Clone)]
pub(crate) struct InAccount {
    pub account: Arc<Account>,
    pub member: Arc<Member>,
    pub role: Role,
    pub form_token: String,
    /// What stops its live sending; every page says so.
    pub stops: Arc<[SendingStop]>,
}

/// What no log may show.
#[derive(Clone)]
pub(crate) struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl InAccount {
    /// As the ledger names him. An operator without a role in the account acts as its owner would, under his own
    /// id, so that the ledger still says who it was.
    pub fn actor(&self) -> Actor {
        Actor::Member { id: self.member.id, role: self.role }
    }
}

/// The member's role in the account: his own, or the operator's, who may do all.
pub(crate) fn role_in(member: &Member, account: &Account) -> Option<Role> {
    let own = member.roles.iter().find(|(of, _)| *of == account.id).map(|(_, role)| *role);
    if member.operator { Some(Role::Owner) } else { own }
}

const fn is_allowed(role: Role, needs: Needs) -> bool {
    match needs {
        Needs::Nothing | Needs::Anyone | Needs::SignedIn | Needs::Look => true,
        Needs::Change => role.may_change(),
        Needs::Configure => role.may_configure(),
        Needs::Own => matches!(role, Role::Owner),
    }
}

/// The middleware of one route.
pub(crate) async fn admit(
    dashboard: Dashboard,
    needs: Needs,
    brings: Brings,
    mut request: Request,
    next: Next,
) -> Response {
    match prepare(&dashboard, needs, brings, &mut request).await {
        Ok(cookie) => {
            let mut response = next.run(request).await;
            if let Some(cookie) = cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(Refused::SignInFirst) => sign_in_first(&request),
        Err(Refused::Problem(problem)) => problem.into_response(),
    }
}

enum Refused {
    SignInFirst,
    Problem(Problem),
}

impl<T: Into<Problem>> From<T> for Refused {
    fn from(problem: T) -> Self {
        Self::Problem(problem.into())
    }
}

/// Puts into the request what its page will ask for; a cookie that the answer must set.
async fn prepare(
    dashboard: &Dashboard,
    needs: Needs,
    brings: Brings,
    request: &mut Request,
) -> Result<Option<HeaderValue>, Refused> {
    if needs == Needs::Nothing {
        return Ok(None);
    }
    let secure = dashboard.settings.secure_cookies;
    let session = Cookie::Session.of(request.headers(), secure);
    let member = match &session {
        Some(session) => dashboard.store.session(session, Timestamp::from_clock()).await?,
        None => None,
    };
    let mut cookie = None;
    let form_token = if let (Some(session), Some(member)) = (session, member) {
        let form_token = forms::token_for(&dashboard.store, &session)?;
        let member = Arc::new(member);
        if matches!(needs, Needs::Look | Needs::Change | Needs::Configure | Needs::Own) {
            let (account, role) = account_of(dashboard, &member, request).await?;
            if !is_allowed(role, needs) {
                return Err(Problem::not_allowed(not_allowed(role, needs)).into());
            }
            let stops = dashboard.store.sending_stops(account.id).await?.into();
            let (member, form_token) = (Arc::clone(&member), form_token.clone());
            request.extensions_mut().insert(InAccount { account: Arc::new(account), member, role, form_token, stops });
        }
        request.extensions_mut().insert(SignedIn { member, form_token: form_token.clone(), session: Secret(session) });
        request.extensions_mut().insert(Guest { form_token: form_token.clone(), signed_in: true });
        form_token
    } else {
        if needs != Needs::Anyone {
            return Err(Refused::SignInFirst);
        }
        let visitor = if let Some(known) = Cookie::Visitor.of(request.headers(), secure) {
            known
        } else {
            let new = new_secret()?;
            cookie = Some(Cookie::Visitor.set(&new, Span::days(1), secure)?);
            new
        };
        let form_token = forms::token_for(&dashboard.store, &visitor)?;
        request.extensions_mut().insert(Guest { form_token: form_token.clone(), signed_in: false });
        form_token
    };
    if brings == Brings::Form {
        let fields = tokio::time::timeout(FORM_TIME, fields_of(request)).await.map_err(|_| Problem::too_slow())??;
        if !forms::is_token(fields.raw(forms::TOKEN), &form_token) {
            return Err(Problem::foreign_form().into());
        }
        request.extensions_mut().insert(fields);
    }
    Ok(cookie)
}

const fn not_allowed(role: Role, needs: Needs) -> &'static str {
    match (role, needs) {
        (Role::Manager | Role::Agent, Needs::Own) => "Only an owner of this account may do that.",
        (Role::Viewer, _) => "You may look at this account but not change anything in it. Ask its owner.",
        _ => "Only an owner or a manager of this account may do that.",
    }
}

/// The account that the path names, where the member has a role in it.
async fn account_of(dashboard: &Dashboard, member: &Member, request: &mut Request) -> Result<(Account, Role), Refused> {
    let parameters = request_parameters(request).await?;
    let handle = parameters.iter().find(|(name, _)| *name == "handle").map(|(_, value)| value);
    let handle = handle.and_then(|handle| handle.parse::<Handle>().ok()).ok_or_else(Problem::not_found)?;
    let account = dashboard.store.account(&handle).await?;
    let role = role_in(member, &account).ok_or_else(Problem::not_found)?;
    Ok((account, role))
}

async fn request_parameters(request: &mut Request) -> Result<RawPathParams, Problem> {
    use axum::RequestExt;
    request.extract_parts::<RawPathParams>().await.map_err(|_| Problem::not_found())
}

/// Reads the form out of a request; the route's limit bounds it.
async fn fields_of(request: &mut Request) -> Result<Fields, Problem> {
    let taken = std::mem::take(request);
    let (parts, body) = taken.into_parts();
    *request = Request::from_parts(parts.clone(), axum::body::Body::empty());
    match Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), &()).await {
        Ok(Form(fields)) => Ok(Fields(fields)),
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::too_large("This form is larger than any of the dashboard's."))
        }
        Err(_) => Err(Problem::bad_request()),
    }
}

/// Random bits for a cookie: 256 of them.
fn new_secret() -> Result<String, Problem> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| Problem::fault("the system gives no random bytes"))?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&random))
}

/// To the sign-in page, and from there back to a page that was only looked at.
fn sign_in_first(request: &Request) -> Response {
    if request.headers().contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", "/sign-in")]).into_response();
    }
    let path = request.uri().path();
    if request.method() == Method::GET && is_own_path(path) {
        return Redirect::to(&format!("/sign-in?next={path}")).into_response();
    }
    Redirect::to("/sign-in").into_response()
}

/// Whether a path leads to an account's pages and nowhere else; it needs no escaping then.
pub(crate) fn is_own_path(path: &str) -> bool {
    path.starts_with("/a/")
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-'))
        && !path.contains("//")
}

macro_rules! put_there_by_admission {
    ($($name:ident),+) => {
        $(impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::fault("a route asks for less than its page"))
            }
        })+
    };
}
put_there_by_admission!(Guest, SignedIn, InAccount);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_accounts_own_page_is_gone_back_to() {
        assert!(is_own_path("/a/blue-widgets/orders/123-1234567-1234567"));
        for bad in ["/", "//evil.example", "/a//evil.example", "/a/x?y", "/a/x\\y", "/a/%2f", "https://evil.example/a/"]
        {
            assert!(!is_own_path(bad), "{bad}");
        }
    }
}
