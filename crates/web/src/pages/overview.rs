//! An account at a glance: what needs a decision, where notices come in, and what happened last.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use model::inbound::InboundRow;
use model::message::OutboxRow;
use model::suppression::SuppressionRow;
use model::{Account, Alert, AlertKind, InboundAddress, Marketplace};
use store::{InboundFilter, OutboxFilter};

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Things of each kind that the overview shows; the page of the kind shows all.
const SHOWN: u32 = 5;

/// Open alerts and held entries that are shown.
const OPEN: u32 = 20;

struct Address {
    row: InboundAddress,
    /// The whole address, to be copied.
    text: String,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    account: Account,
    addresses: Vec<Address>,
    held: Vec<SuppressionRow>,
    alerts: Vec<Alert>,
    outbox: Vec<OutboxRow>,
    inbound: Vec<InboundRow>,
    mail_came: bool,
    campaigns: usize,
}

/// `GET /a/{handle}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let addresses = store.addresses(id).await?;
    let outbox = store.outbox(id, OutboxFilter::All, None, SHOWN).await?.rows;
    let inbound = store.inbound_log(id, InboundFilter::All, None, SHOWN).await?.rows;
    let campaigns = store.campaigns(id).await?;
    let held = store.held_entries(id, OPEN).await?;
    let mut alerts = store.unseen_alerts(id, OPEN).await?;
    // The held entries say so themselves.
    alerts.retain(|alert| held.is_empty() || alert.kind != AlertKind::StructureHeld);
    let shown = |row: InboundAddress| {
        let text = format!("{}@{}", row.local_part, dashboard.settings.inbound_domain);
        Address { row, text }
    };
    page(&Page {
        frame: Frame::in_account(&visit, Here::Overview, "Overview").said(&done),
        mail_came: !inbound.is_empty() || addresses.iter().any(|address| address.last_mail_at.is_some()),
        addresses: addresses.into_iter().map(shown).collect(),
        held,
        alerts,
        outbox,
        inbound,
        campaigns: campaigns.iter().filter(|campaign| campaign.active).count(),
        account: Account::clone(&visit.account),
    })
}

/// Where to look at what an alert is about.
const fn place_of(alert: AlertKind) -> &'static str {
    match alert {
        AlertKind::SharedAlias | AlertKind::AliasConflict | AlertKind::StructureHeld => "/opt-outs",
        AlertKind::AlreadyLeaving | AlertKind::LostInFlight => "/outbox",
        AlertKind::Restored => "/ledger",
        AlertKind::ReplacedAddressUsed => "#addresses",
        AlertKind::Restriction
        | AlertKind::RestrictionUnproven
        | AlertKind::UnreadMail
        | AlertKind::UnrecognisedMail
        | AlertKind::UnprovenFlood
        | AlertKind::NoticeAtOtherStore
        | AlertKind::PurgeSoon => "/inbound",
    }
}

impl Page {
    fn place(&self, alert: &Alert) -> String {
        format!("/a/{}{}", self.account.handle, place_of(alert.kind))
    }
}

impl Address {
    fn store(&self) -> &'static str {
        self.row.store.map_or("All stores", |store: Marketplace| store.facts().country)
    }
}
