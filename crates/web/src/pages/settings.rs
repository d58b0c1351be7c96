//! An account's settings on one page: its stores and how each sends, the ways in, what Abide may do, its limits and how long
//! it keeps things. What needs a form of its own stands on a page of its own; every change is in the ledger.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::account::AddressState;
use model::mail_folder::{FolderStatus, MailFolder};
use model::sender::{Sender, SenderTrial};
use model::sending::Backlog;
use model::{AccountSettings, Clock, Delivery, InboundAddress, Marketplace, Timestamp};
use store::Forwarder;

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, page};
use crate::language::say;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

struct StoreRow {
    store: Marketplace,
    delivery: Delivery,
    sender: Option<Sender>,
    trial: Option<SenderTrial>,
    important: bool,
}

struct Address {
    row: InboundAddress,
    text: String,
}

impl Address {
    fn store(&self) -> &'static str {
        self.row.store.map_or_else(|| say("all stores"), |store| say(store.facts().country))
    }

    fn is_active(&self) -> bool {
        self.row.state == AddressState::Active
    }
}

struct WatchedFolder {
    /// The place in the address of its page.
    place: String,
    store: &'static str,
    folder: MailFolder,
    status: FolderStatus,
}

#[told("settings.html")]
struct Page {
    frame: Frame,
    handle: String,
    settings: AccountSettings,
    stores: Vec<StoreRow>,
    /// Stores that the account does not have yet.
    others: Vec<Marketplace>,
    addresses: Vec<Address>,
    folders: Vec<WatchedFolder>,
    /// Places that a folder can still be watched for.
    unwatched: Vec<(String, &'static str)>,
    forwarders: Vec<Forwarder>,
    backlog: Backlog,
    /// An operator may switch what only he may.
    is_operator: bool,
    is_owner: bool,
}

/// `GET /a/{handle}/settings`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    shown(&dashboard, &visit, &done, None).await
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    done: &Done,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let mut stores = Vec::new();
    for seller in &visit.account.sellers {
        stores.push(StoreRow {
            store: seller.store,
            delivery: seller.delivery,
            sender: store.sender(id, seller.store).await?,
            trial: store.sender_trial(id, seller.store).await?,
            important: store.important_by_email(id, seller.store).await?,
        });
    }
    let has = |wanted: Marketplace| visit.account.sellers.iter().any(|seller| seller.store == wanted);
    let folders: Vec<WatchedFolder> = store
        .mail_folders(id)
        .await?
        .into_iter()
        .map(|(at, folder, status)| WatchedFolder { place: place_of(at), store: name_of(at), folder, status })
        .collect();
    let places = std::iter::once(None).chain(visit.account.sellers.iter().map(|seller| Some(seller.store)));
    let unwatched = places
        .map(|at| (place_of(at), name_of(at)))
        .filter(|(place, _)| !folders.iter().any(|folder| folder.place == *place));
    let addresses = store.addresses(id).await?.into_iter().map(|row| {
        let text = format!("{}@{}", row.local_part, dashboard.settings.inbound_domain);
        Address { row, text }
    });
    page(&Page {
        frame: Frame::in_account(visit, Here::Settings, "Settings").said(done).trouble(trouble),
        handle: visit.account.handle.to_string(),
        settings: visit.account.settings,
        stores,
        others: Marketplace::ALL.iter().copied().filter(|store| !has(*store)).collect(),
        addresses: addresses.collect(),
        unwatched: unwatched.collect(),
        folders,
        forwarders: store.forwarders(id).await?,
        backlog: store.backlog(id, Clock::real(Timestamp::from_clock())).await?,
        is_operator: visit.member.operator,
        is_owner: visit.role == model::member::Role::Owner,
    })
}

/// A folder's place as paths name it.
pub(crate) fn place_of(store: Option<Marketplace>) -> String {
    store.map_or_else(|| "all".to_owned(), |store| store.to_string())
}

/// The same in words.
pub(crate) fn name_of(store: Option<Marketplace>) -> &'static str {
    store.map_or_else(|| say("all stores"), |store| say(store.facts().country))
}

/// Back to one part of the page.
pub(crate) fn back(visit: &InAccount, done: &str, place: &str) -> Redirect {
    Redirect::to(&format!("/a/{}/settings?done={done}#{place}", visit.account.handle))
}

/// The page again, with what did not work.
pub(crate) async fn again(dashboard: &Dashboard, visit: &InAccount, problem: Problem) -> Result<Response, Problem> {
    if !problem.is_his() {
        return Err(problem);
    }
    let page = shown(dashboard, visit, &Done::default(), Some(problem.sentence())).await?;
    Ok((problem.status(), page).into_response())
}
