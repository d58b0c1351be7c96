//! An account at a glance: what needs a decision, where notices come in, and what happened last.

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::inbound::InboundRow;
use model::mail_folder::{FolderStatus, MailFolder};
use model::message::OutboxRow;
use model::numbers::Tally;
use model::review::ReviewItem;
use model::sender::Sender;
use model::sending::{Backlog, SenderTrouble, StopScope};
use model::{
    Account, AddressKind, Alert, AlertKind, Delivery, FeedBreak, InboundAddress, Marketplace, SelfTest, Span,
    Timestamp, Way, WayHealth,
};
use store::{HttpDoor, InboundFilter, OutboxFilter};

use crate::admission::InAccount;
use crate::chart::Chart;
use crate::frame::{Done, Frame, Here, page};
use crate::language::{say, say_with};
use crate::pages::confirmation_requests::{ConfirmationRequest, requests_of};
use crate::pages::{numbers, set_up};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Things of each kind that the overview shows; the page of the kind shows all.
const SHOWN: u32 = 5;

/// Orders without a relay address are counted up to this number, so that the page stays light …
const COUNTED: u32 = 1000;
/// … where they were placed since: older ones get no message any more.
const LATELY: Span = Span::days(60);

/// Days that the small charts show, today with them.
const LATEST_DAYS: i64 = 30;

/// Open alerts that are shown.
const OPEN: u32 = 20;

struct Address {
    row: InboundAddress,
    /// The whole address, to be copied.
    text: String,
    health: WayHealth,
}

/// A store, whether its messages leave, and how.
struct StoreRow {
    store: Marketplace,
    delivery: Delivery,
    sender: Option<Sender>,
    trouble: Option<SenderTrouble>,
    stopped: bool,
}

impl StoreRow {
    fn is_live(&self) -> bool {
        self.delivery == Delivery::Live
    }
}

#[told("overview.html")]
struct Page {
    frame: Frame,
    account: Account,
    stores: Vec<StoreRow>,
    account_stopped: bool,
    addresses: Vec<Address>,
    /// Watched mail folders: the store, the server, how it fares.
    folders: Vec<(&'static str, MailFolder, FolderStatus, WayHealth)>,
    /// Open ways in by HTTP, and how each fares.
    doors: Vec<(HttpDoor, WayHealth)>,
    /// The visitor's own mailbox, where he may have a self-test sent there.
    tested_by: Option<String>,
    seller_central: &'static str,
    /// Why notices are known not to come in.
    feed_breaks: Vec<FeedBreak>,
    /// Genuine requests to confirm a forwarding rule.
    requests: Vec<ConfirmationRequest>,
    /// How many steps of the set-up are left; none where all is done.
    to_set_up: Option<usize>,
    /// What waits in the review queue, the newest.
    waiting: Vec<ReviewItem>,
    /// Whether more waits than is shown.
    more_waits: bool,
    alerts: Vec<Alert>,
    outbox: Vec<OutboxRow>,
    inbound: Vec<InboundRow>,
    mail_came: bool,
    campaigns: usize,
    /// Orders of the last 60 days whose buyer is not known; none where there are none.
    without_alias: Option<String>,
    backlog: Backlog,
    /// What happened today, each store by its own clock.
    today: Tally,
    /// The last 30 days.
    messages: Chart,
    opt_outs: Chart,
}

/// `GET /a/{handle}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let addresses = store.addresses(id).await?;
    let health = store.feed_health(id).await?;
    let health = |way| health.iter().find(|health| health.way == way).copied().unwrap_or(WayHealth::unseen(way));
    let folders = store.mail_folders(id).await?.into_iter();
    let folders = folders.map(|(at, folder, status)| (place(at), folder, status, health(Way::Folder(at))));
    let folders: Vec<_> = folders.collect();
    let doors = store.http_doors(id).await?.into_iter().filter(|door| door.revoked_at.is_none());
    let doors: Vec<_> =
        doors.map(|door| (health(Way::HttpDoor(door.id)), door)).map(|(health, door)| (door, health)).collect();
    let outbox = store.outbox(id, OutboxFilter::All, None, SHOWN).await?.rows;
    let inbound = store.inbound_log(id, InboundFilter::All, None, SHOWN).await?.rows;
    let campaigns = store.campaigns(id).await?;
    let since = Timestamp::from_clock().minus(LATELY);
    let without_alias = store.orders_without_alias(id, since, COUNTED).await?;
    let waits = store.review_queue(id, None, SHOWN).await?;
    let mut alerts = store.unseen_alerts(id, OPEN).await?;
    // What waits says so itself.
    alerts.retain(|alert| waits.rows.is_empty() || !is_of_review(alert.kind));
    let shown = |row: InboundAddress| {
        let text = format!("{}@{}", row.local_part, dashboard.settings.inbound_domain);
        Address { health: health(Way::Address(row.id)), row, text }
    };
    let stopped = |scope| visit.stops.iter().any(|stop| stop.scope == scope);
    let mut stores = Vec::new();
    for seller in &visit.account.sellers {
        stores.push(StoreRow {
            store: seller.store,
            delivery: seller.delivery,
            sender: store.sender(id, seller.store).await?,
            trouble: store.sender_status(id, seller.store).await?,
            stopped: stopped(StopScope::Store(id, seller.store)),
        });
    }
    let addresses: Vec<Address> = addresses.into_iter().map(shown).collect();
    let last = numbers::today(&visit);
    let span = (last - LATEST_DAYS + 1, last);
    let counted = store.store_numbers(id, span.0, span.1).await?;
    let all = counted.all();
    page(&Page {
        today: numbers::so_far_today(&counted),
        messages: numbers::messages(&all, span),
        opt_outs: numbers::opt_outs(&all, span),
        feed_breaks: store.feed_breaks(id).await?,
        requests: requests_of(&dashboard, &visit).await?,
        to_set_up: set_up::left_to_do(&dashboard, &visit).await?,
        stores,
        account_stopped: stopped(StopScope::Account(id)),
        frame: Frame::in_account(&visit, Here::Overview, "Overview").said(&done),
        mail_came: !inbound.is_empty() || addresses.iter().any(|address| address.row.last_mail_at.is_some()),
        addresses,
        folders,
        doors,
        tested_by: Some(visit.member.email.clone())
            .filter(|_| dashboard.settings.writes_to_members && visit.role.may_configure()),
        seller_central: say(SelfTest::SELLER_CENTRAL),
        more_waits: waits.next.is_some(),
        waiting: waits.rows,
        alerts,
        outbox,
        inbound,
        without_alias: told_of(without_alias),
        backlog: store.backlog(id, model::Clock::real(Timestamp::from_clock())).await?,
        campaigns: campaigns.iter().filter(|campaign| campaign.is_active()).count(),
        account: Account::clone(&visit.account),
    })
}

/// How many orders can't be written to by e-mail, in words.
fn told_of(without_alias: u64) -> Option<String> {
    match without_alias {
        0 => None,
        1 => Some(say("1 order").to_owned()),
        many if many >= u64::from(COUNTED) => Some(say_with("{n} or more orders", &[("n", &COUNTED)])),
        many => Some(say_with("{n} orders", &[("n", &many)])),
    }
}

/// Where to look at what an alert is about.
const fn place_of(alert: AlertKind) -> &'static str {
    match alert {
        AlertKind::SharedAlias | AlertKind::AliasConflict => "/opt-outs",
        AlertKind::StructureHeld
        | AlertKind::UnprovenHeld
        | AlertKind::RestrictionUnproven
        | AlertKind::UnreadMail
        | AlertKind::UnrecognisedMail
        | AlertKind::PurgeSoon => "/review",
        AlertKind::AlreadyLeaving | AlertKind::LostInFlight | AlertKind::SignInFailed => "/outbox",
        AlertKind::Restored | AlertKind::ContactNote => "/ledger",
        AlertKind::ReplacedAddressUsed | AlertKind::FeedBroken | AlertKind::Silence => "#addresses",
        AlertKind::Restriction | AlertKind::UnprovenFlood | AlertKind::NoticeAtOtherStore => "/inbound",
    }
}

/// Whether an alert says no more than that something waits in the review queue.
const fn is_of_review(alert: AlertKind) -> bool {
    matches!(
        alert,
        AlertKind::StructureHeld
            | AlertKind::UnprovenHeld
            | AlertKind::RestrictionUnproven
            | AlertKind::UnreadMail
            | AlertKind::UnrecognisedMail
    )
}

impl Page {
    /// The mailbox that a self-test of the address goes to, where it can be tested from here.
    fn test_of(&self, address: &Address) -> Option<&str> {
        let is_tested = !address.is_seller_central() && address.row.accepted_until.is_none();
        self.tested_by.as_deref().filter(|_| is_tested)
    }

    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn place_of_break(&self, broken: &FeedBreak) -> &'static str {
        broken.store.map_or_else(|| say("the whole account"), |store| say(store.facts().country))
    }

    fn place(&self, alert: &Alert) -> String {
        format!("/a/{}{}", self.account.handle, place_of(alert.kind))
    }
}

impl Address {
    /// Whether Amazon alone writes there, since Seller Central names it.
    fn is_seller_central(&self) -> bool {
        self.row.kind != AddressKind::Any
    }

    fn store(&self) -> &'static str {
        place(self.row.store)
    }
}

/// Of which store something is.
fn place(store: Option<Marketplace>) -> &'static str {
    store.map_or_else(|| say("All stores"), |store| say(store.facts().country))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_without_a_relay_address_are_counted_up_to_a_limit_that_is_told() {
        let told: Vec<_> = [0, 1, 999, 1000].into_iter().map(told_of).collect();
        let words = |text: &str| Some(text.to_owned());
        assert_eq!(told, [None, words("1 order"), words("999 orders"), words("1000 or more orders")]);
    }
}
