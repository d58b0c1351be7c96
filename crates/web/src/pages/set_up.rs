//! From nothing to a working feed and a first campaign, step by step. What is done is read off what there is, so that the
//! guide can be left and taken up again by anybody, and a step that breaks later is open again.

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::account::AddressState;
use model::mail_folder::FolderStatus;
use model::{Account, AddressKind, CampaignState, Delivery, Marketplace, SelfTest, SelfTestState, Way, WayHealth};

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, page};
use crate::language::say;
use crate::pages::confirmation_requests::{ConfirmationRequest, requests_of};
use crate::pages::settings::{name_of, place_of};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// A way in that can be tested, with what it has shown so far.
struct Tested {
    name: String,
    health: WayHealth,
    /// Seller Central's addresses can't be: Amazon alone writes there.
    testable: bool,
    /// A watched folder: its page, and how it fares.
    folder: Option<(String, FolderStatus)>,
}

/// An address for Seller Central.
struct OwnAddress {
    store: &'static str,
    kind: AddressKind,
    text: String,
}

/// A store and what is set for its sending.
struct StoreSending {
    store: Marketplace,
    has_sender: bool,
    /// What trying it out has shown; none while nobody has.
    works: Option<bool>,
    is_live: bool,
}

/// A step of the set-up that Abide can tell whether it is done; the stores come with the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    WayIn,
    Orders,
    Sender,
    Campaign,
    Live,
}

/// The steps that are left.
struct Left(Vec<Step>);

impl Left {
    fn is_done(&self, step: Step) -> bool {
        !self.0.contains(&step)
    }
}

#[told("set_up.html")]
struct Page {
    frame: Frame,
    handle: String,
    account: Account,
    left: Left,
    requests: Vec<ConfirmationRequest>,
    /// The address for rules and forwarding.
    any_address: Option<String>,
    own_addresses: Vec<OwnAddress>,
    ways: Vec<Tested>,
    stores: Vec<StoreSending>,
    /// The visitor's own mailbox, where he may have a self-test sent there.
    tested_by: Option<String>,
    writes_to_members: bool,
}

impl Page {
    /// Something is under way that shows by itself: a test, or a folder that is being connected to.
    fn waits(&self) -> bool {
        self.ways.iter().any(|way| {
            let test = way.health.test.is_some_and(|test| test.state == SelfTestState::Waiting);
            let connecting =
                way.folder.as_ref().is_some_and(|(_, status)| status.read_at.is_none() && status.trouble.is_none());
            test || connecting
        })
    }
}

/// `GET /a/{handle}/setup`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let health = store.feed_health(id).await?;
    let health_of = |way| health.iter().find(|known| known.way == way).copied().unwrap_or(WayHealth::unseen(way));
    let (mut any_address, mut own_addresses, mut ways) = (None, Vec::new(), Vec::new());
    for address in store.addresses(id).await?.into_iter().filter(|address| address.state == AddressState::Active) {
        let text = format!("{}@{}", address.local_part, dashboard.settings.inbound_domain);
        let health = health_of(Way::Address(address.id));
        let testable = address.kind == AddressKind::Any;
        if testable || health.last_mail_at.is_some() || health.last_notice.is_some() {
            ways.push(Tested { name: text.clone(), health, testable, folder: None });
        }
        if testable {
            any_address.get_or_insert(text);
        } else {
            let store = address.store.map_or_else(|| say("all stores"), |store| say(store.facts().country));
            own_addresses.push(OwnAddress { store, kind: address.kind, text });
        }
    }
    for (at, folder, status) in store.mail_folders(id).await? {
        let name = format!("{} at {}, for {}", folder.folder.as_str(), folder.server.host(), name_of(at));
        let (health, folder) = (health_of(Way::Folder(at)), Some((place_of(at), status)));
        ways.push(Tested { name, health, testable: true, folder });
    }
    let stores = stores_of(&dashboard, &visit).await?;
    let page_shown = Page {
        left: left_of(&dashboard, &visit, &health, &stores).await?,
        requests: requests_of(&dashboard, &visit).await?,
        handle: visit.account.handle.to_string(),
        account: Account::clone(&visit.account),
        any_address,
        own_addresses,
        ways,
        stores,
        tested_by: Some(visit.member.email.clone())
            .filter(|_| dashboard.settings.writes_to_members && visit.role.may_configure()),
        writes_to_members: dashboard.settings.writes_to_members,
        frame: Frame::in_account(&visit, Here::Overview, "Set-up").said(&done).searching(),
    };
    page(&page_shown)
}

/// How many steps are left for an account; none where nothing is.
pub(crate) async fn left_to_do(dashboard: &Dashboard, visit: &InAccount) -> Result<Option<usize>, Problem> {
    // What is live was set up.
    if visit.account.sellers.iter().any(|seller| seller.delivery == Delivery::Live) {
        return Ok(None);
    }
    let health = dashboard.store.feed_health(visit.account.id).await?;
    let stores = stores_of(dashboard, visit).await?;
    let left = left_of(dashboard, visit, &health, &stores).await?.0.len();
    Ok(Some(left).filter(|left| *left > 0))
}

async fn stores_of(dashboard: &Dashboard, visit: &InAccount) -> Result<Vec<StoreSending>, Problem> {
    let mut stores = Vec::new();
    for seller in &visit.account.sellers {
        let (account, store) = (visit.account.id, seller.store);
        let trial = dashboard.store.sender_trial(account, store).await?;
        stores.push(StoreSending {
            store,
            has_sender: dashboard.store.sender(account, store).await?.is_some(),
            works: trial.and_then(|trial| trial.tried).map(|tried| tried.works),
            is_live: seller.delivery == Delivery::Live,
        });
    }
    Ok(stores)
}

async fn left_of(
    dashboard: &Dashboard,
    visit: &InAccount,
    health: &[WayHealth],
    stores: &[StoreSending],
) -> Result<Left, Problem> {
    let campaigns = dashboard.store.campaigns(visit.account.id).await?;
    let steps = [
        (Step::WayIn, health.iter().any(proven)),
        (Step::Orders, dashboard.store.has_orders(visit.account.id).await?),
        (Step::Sender, stores.iter().any(|store| store.has_sender && store.works != Some(false))),
        (Step::Campaign, campaigns.iter().any(|campaign| campaign.state != CampaignState::Off)),
        (Step::Live, stores.iter().any(|store| store.is_live)),
    ];
    Ok(Left(steps.into_iter().filter(|(_, done)| !done).map(|(step, _)| step).collect()))
}

/// Whether a way has shown that it brings mails in: a notice came by it, or the last self-test passed.
fn proven(way: &WayHealth) -> bool {
    way.last_notice.is_some() || way.test.is_some_and(|test: SelfTest| test.state == SelfTestState::Passed)
}
