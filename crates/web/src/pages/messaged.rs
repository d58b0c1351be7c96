//! Orders that another tool has messaged: the lists that say so, taking one over, and taking one back.

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::messaged::{MessagedChange, MessagedList, MessagedTarget};
use model::{Clock, MessagedListId, Timestamp};
use report::list::{ListTable, Picks};
use store::messaged_list_digest;

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::frame::{Frame, Here, page};
use crate::pages::list_upload::{self, ListKind};
use crate::problem::Problem;
use crate::state::Dashboard;

/// Orders that one transaction takes, so that others get their turn.
const AT_ONCE: usize = 200;
/// Lists that are shown; the command line shows all.
const SHOWN: u32 = 50;
/// Lines that were not understood, shown by their number.
const NAMED: usize = 50;

struct Taken {
    change: MessagedChange,
    bad: usize,
    bad_lines: Vec<u64>,
}

#[told("messaged.html")]
struct Page {
    frame: Frame,
    taken: Option<Taken>,
    lists: Vec<MessagedList>,
}

/// `GET /a/{handle}/messaged`
pub(crate) async fn show(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    shown(&dashboard, &visit, None, None).await
}

/// `POST /a/{handle}/messaged`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    match list_upload::take(&visit, multipart).await {
        Ok((table, _)) => Ok(list_upload::keep(&dashboard, &visit, ListKind::Messaged, table).await?.into_response()),
        Err(problem) if problem.is_his() => {
            let page = shown(&dashboard, &visit, None, Some(problem.sentence())).await?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /a/{handle}/messaged/{list}/remove`
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Path((_, list)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let list: MessagedListId = list.parse().map_err(|_| Problem::not_found())?;
    let (note, clock) = (forms::note(&fields, true)?, Clock::real(Timestamp::from_clock()));
    dashboard.store.remove_messaged(visit.account.id, MessagedTarget::List(list), note, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/messaged", visit.account.handle)))
}

/// Takes a list's orders over, a few at a time.
pub(crate) async fn enter(
    dashboard: &Dashboard,
    visit: &InAccount,
    table: &ListTable,
    picks: &Picks,
) -> Result<Response, Problem> {
    let file = table.messaged(picks).map_err(|error| list_upload::unclear(&error))?;
    let (digest, mut change) = (messaged_list_digest(&file.orders), MessagedChange::default());
    for orders in file.orders.chunks(AT_ONCE) {
        let clock = Clock::real(Timestamp::from_clock());
        let (account, orders) = (visit.account.id, orders.to_vec());
        change.add(dashboard.store.import_messaged_orders(account, digest, orders, visit.actor(), clock).await?);
    }
    let taken = Taken { change, bad: file.bad.len(), bad_lines: file.bad.into_iter().take(NAMED).collect() };
    shown(dashboard, visit, Some(taken), None).await
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    taken: Option<Taken>,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let lists = dashboard.store.messaged_lists(visit.account.id, None, SHOWN).await?.rows;
    let frame = Frame::in_account(visit, Here::Orders, "Orders messaged elsewhere").trouble(trouble);
    page(&Page { frame, taken, lists })
}
