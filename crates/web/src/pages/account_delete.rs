//! Deleting an account, by its owner: what goes and what stays is said first, the list of opt-outs is offered, and the
//! account's short name and the owner's password are asked for. It can't be taken back.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::Timestamp;
use model::member::Actor;

use crate::admission::InAccount;
use crate::cookies::Cookie;
use crate::forms::Fields;
use crate::frame::{Frame, Here, page};
use crate::machine::Machine;
use crate::pages::me;
use crate::problem::Problem;
use crate::state::Dashboard;

#[told("account_delete.html")]
struct Page {
    frame: Frame,
    handle: String,
    name: String,
}

/// `GET /a/{handle}/settings/delete`
pub(crate) async fn show(visit: InAccount) -> Result<Response, Problem> {
    shown(&visit, None)
}

/// `POST /a/{handle}/settings/delete`: the password counts as an attempt to sign in.
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    machine: Machine,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    match try_to_delete(&dashboard, machine, &visit, &fields).await {
        Ok(()) => gone(&dashboard, &visit).await,
        Err(problem) if problem.is_his() => {
            let page = shown(&visit, Some(problem.sentence()))?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn try_to_delete(
    dashboard: &Dashboard,
    machine: Machine,
    visit: &InAccount,
    fields: &Fields,
) -> Result<(), Problem> {
    if fields.text("handle") != visit.account.handle.as_str() {
        return Err(Problem::unclear("That is not the short name of this account. Nothing was deleted."));
    }
    let now = Timestamp::from_clock();
    me::right_password(dashboard, machine, &visit.member.email, fields.raw("current"), now).await?;
    // An operator acts as an owner would; the tombstone, which names nobody, must not say that it was the owner.
    let is_his = visit.member.roles.iter().any(|(of, _)| *of == visit.account.id);
    let by = if is_his { visit.actor() } else { Actor::Operator };
    Ok(dashboard.store.delete_account(visit.account.id, by, now).await?)
}

/// To what the member has left: his other accounts, or the door.
async fn gone(dashboard: &Dashboard, visit: &InAccount) -> Result<Response, Problem> {
    if dashboard.store.member_by_email(&visit.member.email).await?.is_some() {
        return Ok(Redirect::to("/accounts?done=account_deleted").into_response());
    }
    let mut response = Redirect::to("/sign-in?done=account_deleted").into_response();
    let cleared = Cookie::Session.clear(dashboard.settings.secure_cookies)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}

fn shown(visit: &InAccount, trouble: Option<&str>) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(visit, Here::Settings, "Delete this account").trouble(trouble),
        handle: visit.account.handle.to_string(),
        name: visit.account.name.clone(),
    })
}
