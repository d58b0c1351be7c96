//! The accounts somebody may see: a member his own, the operator all. Who has one alone is led to it.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::member::{Member, Role};
use model::sending::{SendingStop, StopScope};
use model::{Account, Handle, Marketplace};
use serde::Deserialize;
use store::{ContactNote, Tombstone};

use crate::admission::{SignedIn, role_in};
use crate::frame::{Done, Frame, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Accounts on one page.
const SHOWN: u32 = 100;
/// Deleted accounts that the operator sees.
const TOMBSTONES_SHOWN: u32 = 20;

struct Row {
    account: Account,
    role: Role,
}

#[told("accounts.html")]
struct Page {
    frame: Frame,
    operator: bool,
    rows: Vec<Row>,
    next: Option<String>,
    /// What stops the whole installation.
    stop: Option<SendingStop>,
    /// What people wrote to the operator.
    notes: Vec<ContactNote>,
    /// Accounts that were deleted here, the newest first.
    tombstones: Vec<Tombstone>,
    /// What was typed for a new account.
    typed: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: Option<String>,
}

/// `GET /`
pub(crate) async fn home(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let (rows, next) = rows(&dashboard, &signed_in.member, None).await?;
    match rows.as_slice() {
        [only] if next.is_none() => Ok(Redirect::to(&format!("/a/{}", only.account.handle)).into_response()),
        _ => shown(&dashboard, &signed_in, (rows, next), &done, None).await,
    }
}

/// `GET /accounts`
pub(crate) async fn list(
    State(dashboard): State<Dashboard>,
    Query(After { after }): Query<After>,
    Query(done): Query<Done>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let after = after.and_then(|after| after.parse().ok());
    let (rows, next) = rows(&dashboard, &signed_in.member, after).await?;
    shown(&dashboard, &signed_in, (rows, next), &done, None).await
}

/// The list again, with the name that was typed for a new account and why there is none.
pub(crate) async fn again(
    dashboard: &Dashboard,
    signed_in: &SignedIn,
    typed: &str,
    problem: &Problem,
) -> Result<Response, Problem> {
    let rows = rows(dashboard, &signed_in.member, None).await?;
    let page = shown(dashboard, signed_in, rows, &Done::default(), Some((typed, problem))).await?;
    Ok((problem.status(), page).into_response())
}

async fn shown(
    dashboard: &Dashboard,
    signed_in: &SignedIn,
    (rows, next): (Vec<Row>, Option<String>),
    done: &Done,
    again: Option<(&str, &Problem)>,
) -> Result<Response, Problem> {
    let notes = if signed_in.member.operator { dashboard.store.contact_notes().await? } else { Vec::new() };
    let tombstones =
        if signed_in.member.operator { dashboard.store.tombstones(TOMBSTONES_SHOWN).await? } else { Vec::new() };
    let stop = match rows.first().filter(|_| signed_in.member.operator) {
        Some(row) => dashboard.store.sending_stops(row.account.id).await?,
        None => Vec::new(),
    };
    let stop = stop.into_iter().find(|stop| stop.scope == StopScope::Installation);
    let frame =
        Frame::for_member(signed_in, "Accounts").said(done).trouble(again.map(|(_, problem)| problem.sentence()));
    let typed = again.map(|(typed, _)| typed.to_owned()).unwrap_or_default();
    page(&Page { frame, operator: signed_in.member.operator, rows, next, stop, notes, tombstones, typed })
}

async fn rows(
    dashboard: &Dashboard,
    member: &Member,
    after: Option<Handle>,
) -> Result<(Vec<Row>, Option<String>), Problem> {
    let mut accounts = Vec::new();
    if member.operator {
        accounts = dashboard.store.accounts(after, SHOWN).await?;
    } else {
        // A member has few; one who has more signs in as operator.
        for (account, _) in member.roles.iter().take(1000) {
            accounts.push(dashboard.store.account_by_id(*account).await?);
        }
        accounts.sort_by(|a, b| a.handle.cmp(&b.handle));
    }
    let full = member.operator && u32::try_from(accounts.len()) == Ok(SHOWN);
    let next = accounts.last().filter(|_| full).map(|account| account.handle.to_string());
    let rows = accounts.into_iter().filter_map(|account| role_in(member, &account).map(|role| Row { account, role }));
    Ok((rows.collect(), next))
}
