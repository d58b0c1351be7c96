//! The members of an account: who signs in with which role, invitations, roles changed, members taken out. Owners alone; a
//! link that sets a password is shown once, in the answer itself, and stands in no address.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::member::{LinkToken, Member, Role, SecondFactor};
use model::{MemberId, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::pages::welcome::welcome_path;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Timed, Worded};

struct Row {
    member: Member,
    role: Role,
    /// How he signs in.
    way: SignInWay,
    /// He is the one who looks.
    is_me: bool,
    /// A link for him hands over this account alone.
    may_link: bool,
}

/// How a member signs in.
#[derive(PartialEq, Eq)]
enum SignInWay {
    NoPassword,
    Password,
    /// With a password and a code.
    TwoSteps,
}

/// A link that was just made.
struct Link {
    email: String,
    address: String,
}

#[told("members.html")]
struct Page {
    frame: Frame,
    handle: String,
    rows: Vec<Row>,
    link: Option<Link>,
    /// Somebody was added who signs in here already.
    known: Option<String>,
    /// What was typed.
    email: String,
}

/// What the page shows beside the members.
#[derive(Default)]
struct Shown<'a> {
    link: Option<Link>,
    known: Option<String>,
    email: String,
    trouble: Option<&'a str>,
    done: Done,
}

async fn shown(dashboard: &Dashboard, visit: &InAccount, with: Shown<'_>) -> Result<Response, Problem> {
    let mut rows = Vec::new();
    for member in dashboard.store.members(visit.account.id).await? {
        let Some(role) = member.roles.iter().find(|(of, _)| *of == visit.account.id).map(|(_, role)| *role) else {
            continue;
        };
        let has_password = dashboard.store.password_of(member.id).await?.is_some();
        let factor = dashboard.store.second_factor(member.id).await?;
        let way = match factor {
            _ if !has_password => SignInWay::NoPassword,
            SecondFactor::On { .. } => SignInWay::TwoSteps,
            _ => SignInWay::Password,
        };
        let is_me = member.id == visit.member.id;
        rows.push(Row { role, way, is_me, may_link: !member.operator && !is_me, member });
    }
    page(&Page {
        frame: Frame::in_account(visit, Here::Members, "Members").said(&with.done).trouble(with.trouble),
        handle: visit.account.handle.to_string(),
        rows,
        link: with.link,
        known: with.known,
        email: with.email,
    })
}

/// `GET /a/{handle}/members`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    shown(&dashboard, &visit, Shown { done, ..Shown::default() }).await
}

/// `POST /a/{handle}/members`
pub(crate) async fn add(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let email = fields.text("email").to_owned();
    let Ok(role) = fields.text("role").parse::<Role>() else {
        return again(&dashboard, &visit, email, Problem::unclear("Choose what the new member may do.")).await;
    };
    let now = Timestamp::from_clock();
    match dashboard.store.add_member(visit.account.id, &email, role, visit.actor(), now).await {
        Ok(added) => {
            let with = match added.link {
                Some(token) => Shown { link: Some(link(&dashboard, &added.member, &token)), ..Shown::default() },
                None => Shown { known: Some(added.member.email), ..Shown::default() },
            };
            shown(&dashboard, &visit, with).await
        }
        Err(error) => again(&dashboard, &visit, email, Problem::from(error)).await,
    }
}

/// The page again, with what was typed and what did not work.
async fn again(dashboard: &Dashboard, visit: &InAccount, email: String, problem: Problem) -> Result<Response, Problem> {
    if !problem.is_his() {
        return Err(problem);
    }
    let page = shown(dashboard, visit, Shown { email, trouble: Some(problem.sentence()), ..Shown::default() }).await?;
    Ok((problem.status(), page).into_response())
}

fn link(dashboard: &Dashboard, member: &Member, token: &LinkToken) -> Link {
    let address = format!("{}{}", dashboard.settings.public_url, welcome_path(&token.0));
    Link { email: member.email.clone(), address }
}

/// `POST /a/{handle}/members/{member}/link`
pub(crate) async fn new_link(
    State(dashboard): State<Dashboard>,
    Path((_, member)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let member = member_of(&dashboard, &visit, &member).await?;
    let (account, now) = (visit.account.id, Timestamp::from_clock());
    match dashboard.store.create_link_for_member(account, member.id, visit.actor(), now).await {
        Ok(token) => {
            let link = Some(link(&dashboard, &member, &token));
            shown(&dashboard, &visit, Shown { link, ..Shown::default() }).await
        }
        Err(store::StoreError::NotAllowed(sentence)) => {
            again(&dashboard, &visit, String::new(), Problem::unclear(crate::problem::capital(sentence))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /a/{handle}/members/{member}/role`
pub(crate) async fn change_role(
    State(dashboard): State<Dashboard>,
    Path((_, member)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let member = member_of(&dashboard, &visit, &member).await?;
    let Ok(role) = fields.text("role").parse::<Role>() else { return Err(Problem::bad_request()) };
    let (account, now) = (visit.account.id, Timestamp::from_clock());
    match dashboard.store.change_role(account, member.id, role, visit.actor(), now).await {
        Ok(()) => Ok(back(&visit, "role_changed").into_response()),
        Err(error) => again(&dashboard, &visit, String::new(), Problem::from(error)).await,
    }
}

/// `POST /a/{handle}/members/{member}/remove`
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Path((_, member)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let member = member_of(&dashboard, &visit, &member).await?;
    let (account, now) = (visit.account.id, Timestamp::from_clock());
    match dashboard.store.remove_member(account, member.id, visit.actor(), now).await {
        Ok(()) => Ok(back(&visit, "member_removed").into_response()),
        Err(error) => again(&dashboard, &visit, String::new(), Problem::from(error)).await,
    }
}

/// `POST /a/{handle}/members/{member}/second-factor`
pub(crate) async fn reset_second_factor(
    State(dashboard): State<Dashboard>,
    Path((_, member)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let member = member_of(&dashboard, &visit, &member).await?;
    let (account, now) = (visit.account.id, Timestamp::from_clock());
    match dashboard.store.reset_second_factor(Some(account), member.id, visit.actor(), now).await {
        Ok(reset) => Ok(back(&visit, if reset { "factor_reset" } else { "factor_none" }).into_response()),
        Err(store::StoreError::NotAllowed(sentence)) => {
            again(&dashboard, &visit, String::new(), Problem::unclear(crate::problem::capital(sentence))).await
        }
        Err(error) => Err(error.into()),
    }
}

fn back(visit: &InAccount, done: &str) -> Redirect {
    Redirect::to(&format!("/a/{}/members?done={done}", visit.account.handle))
}

async fn member_of(dashboard: &Dashboard, visit: &InAccount, id: &str) -> Result<Member, Problem> {
    let id: MemberId = id.parse().map_err(|_| Problem::not_found())?;
    let members = dashboard.store.members(visit.account.id).await?;
    members.into_iter().find(|member| member.id == id).ok_or_else(Problem::not_found)
}
