//! The outbox, newest first: every message with its state, the reason for it, and the next try; by state, campaign, store and
//! day.

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use model::message::OutboxRow;
use model::{CampaignId, Cursor, Marketplace, MessageState};
use serde::Deserialize;
use store::{LOOKED_AT_ONCE, OutboxFilter, OutboxSearch};

use crate::admission::InAccount;
use crate::days::{Days, zone_name};
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, Nav, page};
use crate::pages::ROWS;
use crate::pages::opt_outs::word;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// What the page's address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    state: String,
    campaign: String,
    store: String,
    from: String,
    to: String,
    before: String,
}

/// Which part of the outbox is shown.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    state: Option<MessageState>,
    campaign: Option<CampaignId>,
    store: Option<Marketplace>,
    days: Days,
}

impl Part {
    /// None where something in it is nothing that can be asked.
    fn of(asked: &Asked) -> Option<Self> {
        Some(Self {
            state: word(&asked.state).ok()?,
            campaign: word(&asked.campaign).ok()?,
            store: word(&asked.store).ok()?,
            days: Days::read(&asked.from, &asked.to)?,
        })
    }

    fn search(&self) -> OutboxSearch {
        let (from, until) = self.days.instants(self.store);
        OutboxSearch { state: self.state, campaign: self.campaign, store: self.store, from, until }
    }

    fn is_whole(&self) -> bool {
        self.search().is_empty()
    }

    fn asks_for_days(&self) -> bool {
        self.days != Days::default()
    }

    fn zone(&self) -> &'static str {
        zone_name(self.store)
    }

    /// What is asked, by the names of its fields.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("state", self.state.map(|state| state.to_string())),
            ("campaign", self.campaign.map(|campaign| campaign.to_string())),
            ("store", self.store.map(|store| store.to_string())),
            ("from", self.days.first.map(|day| day.to_string())),
            ("to", self.days.last.map(|day| day.to_string())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The same as it stands in an address, without the place in it: made of days, ids and our own words alone.
    fn query(&self) -> String {
        let mut query = String::new();
        for (name, value) in self.fields() {
            query.extend([name, "=", &value, "&"]);
        }
        query
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn is_state(&self, state: &MessageState) -> bool {
        self.state == Some(*state)
    }

    fn is_campaign(&self, campaign: &CampaignId) -> bool {
        self.campaign == Some(*campaign)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn is_store(&self, store: &Marketplace) -> bool {
        self.store == Some(*store)
    }
}

/// The part of the outbox that a form names, as it stands in an address; nothing where it names none.
pub(crate) fn part_asked_by(fields: &Fields) -> String {
    let field = |name| fields.text(name).to_owned();
    let asked = Asked {
        state: field("state"),
        campaign: field("campaign"),
        store: field("store"),
        from: field("from"),
        to: field("to"),
        before: String::new(),
    };
    Part::of(&asked).map(|part| part.query()).unwrap_or_default()
}

#[told("outbox.html")]
struct Page {
    frame: Frame,
    handle: String,
    part: Part,
    /// What was asked can be nothing in the outbox.
    unclear: bool,
    stores: Vec<Marketplace>,
    campaigns: Vec<(CampaignId, String)>,
    rows: Vec<OutboxRow>,
    next: Option<String>,
    /// Whether it is the first page.
    begins: bool,
}

impl Page {
    /// Whether the member may take messages back, and some of these wait.
    fn may_withdraw(&self) -> bool {
        let may = self.frame.nav.as_ref().is_some_and(Nav::may_change);
        may && self.rows.iter().any(waits)
    }
}

/// It has not left, and may be taken back.
fn waits(row: &OutboxRow) -> bool {
    matches!(row.state, MessageState::Planned | MessageState::Waiting)
}

/// `GET /a/{handle}/outbox`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(asked): Query<Asked>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let before = Some(asked.before.clone()).filter(|before| !before.is_empty()).map(Cursor);
    let begins = before.is_none();
    let part = Part::of(&asked);
    let found = match &part {
        Some(part) if part.is_whole() => Some(store.outbox(id, OutboxFilter::All, before, ROWS).await?),
        Some(part) => Some(store.outbox_found(id, part.search(), before, ROWS).await?),
        None => None,
    };
    let (rows, next) = found.map_or((Vec::new(), None), |found| (found.rows, found.next));
    page(&Page {
        frame: Frame::in_account(&visit, Here::Outbox, "Outbox").said(&done),
        handle: visit.account.handle.to_string(),
        unclear: part.is_none(),
        part: part.unwrap_or_default(),
        stores: visit.account.sellers.iter().map(|seller| seller.store).collect(),
        campaigns: store.campaigns(id).await?.into_iter().map(|campaign| (campaign.id, campaign.name)).collect(),
        rows,
        next: next.map(|cursor| cursor.0),
        begins,
    })
}
