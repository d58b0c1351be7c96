//! The opt-out list, newest first, by day, reason and store; and the search for one order or one buyer. What is searched for
//! never stands in an address, and a relay address not in a page again either: it is personal data.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use catalogue_macros::told;
use model::suppression::{SuppressionReason, SuppressionRow, Target};
use model::{Alias, Cursor, Marketplace, OrderId};
use serde::Deserialize;
use store::{SuppressionFilter, SuppressionSearch};

use crate::admission::InAccount;
use crate::days::{Days, zone_name};
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::pages::ROWS;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Entries of one order or one buyer that are shown at most.
const OF_ONE: u32 = 200;

/// What the page's address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    from: String,
    to: String,
    reason: String,
    store: String,
    before: String,
}

/// Which part of the list is shown.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    days: Days,
    reason: Option<SuppressionReason>,
    store: Option<Marketplace>,
}

impl Part {
    /// None where something in it is nothing that can be asked.
    fn of(asked: &Asked) -> Option<Self> {
        Some(Self {
            days: Days::read(&asked.from, &asked.to)?,
            reason: word(&asked.reason).ok()?,
            store: word(&asked.store).ok()?,
        })
    }

    fn search(&self) -> SuppressionSearch {
        let (from, until) = self.days.instants(self.store);
        SuppressionSearch { from, until, reason: self.reason, store: self.store }
    }

    fn is_whole(&self) -> bool {
        self.search().is_empty()
    }

    fn zone(&self) -> &'static str {
        zone_name(self.store)
    }

    /// What is asked as it stands in an address, without the place in it: made of days and our own words alone.
    fn query(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                query.extend([name, "=", &value, "&"]);
            }
        };
        add("from", self.days.first.map(|day| day.to_string()));
        add("to", self.days.last.map(|day| day.to_string()));
        add("reason", self.reason.map(|reason| reason.to_string()));
        add("store", self.store.map(|store| store.to_string()));
        query
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn is_reason(&self, reason: &SuppressionReason) -> bool {
        self.reason == Some(*reason)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn is_store(&self, store: &Marketplace) -> bool {
        self.store == Some(*store)
    }
}

/// What was typed is no word of ours.
pub(crate) struct Unclear;

/// A word of ours; none where nothing was typed.
pub(crate) fn word<T: std::str::FromStr>(text: &str) -> Result<Option<T>, Unclear> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Unclear),
    }
}

/// The rows and what was asked for.
pub(crate) struct Listing {
    rows: Vec<SuppressionRow>,
    next: Option<String>,
    part: Part,
    /// Whether one order or one buyer was searched for, and what of it may stand in the page again.
    asked: Option<String>,
    /// What was asked for can be nothing in the list.
    unclear: bool,
    first_page: bool,
}

impl Listing {
    fn unclear(asked: Option<String>) -> Self {
        Self { rows: Vec::new(), next: None, part: Part::default(), asked, unclear: true, first_page: true }
    }

    /// Whether the account's list has nothing in it at all.
    fn is_empty_list(&self) -> bool {
        self.rows.is_empty() && self.first_page && self.part.is_whole() && self.asked.is_none() && !self.unclear
    }

    /// What stands in the search field.
    fn typed(&self) -> &str {
        self.asked.as_deref().unwrap_or_default()
    }
}

#[told("opt_outs.html")]
struct Page {
    frame: Frame,
    listing: Listing,
    stores: Vec<Marketplace>,
    /// What was typed into the form for a new entry.
    target: String,
    note: String,
}

impl Page {
    fn new(frame: Frame, visit: &InAccount, listing: Listing) -> Self {
        let stores = visit.account.sellers.iter().map(|seller| seller.store).collect();
        Self { frame, listing, stores, target: String::new(), note: String::new() }
    }
}

#[told("opt_out_rows.html")]
struct Fragment {
    frame: Frame,
    listing: Listing,
}

/// `GET /a/{handle}/opt-outs`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(done): Query<Done>,
    Query(asked): Query<Asked>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let listing = match Part::of(&asked) {
        Some(part) => part_of_list(&dashboard, &visit, part, &asked.before).await?,
        None => Listing::unclear(None),
    };
    page(&Page::new(frame(&visit).said(&done), &visit, listing))
}

/// `POST /a/{handle}/opt-outs/search`: the whole page, or the rows alone for a search as one types.
pub(crate) async fn search(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let asked = fields.text("q");
    let listing = match target_of(asked) {
        _ if asked.is_empty() => part_of_list(&dashboard, &visit, Part::default(), "").await?,
        Some(target) => of_one(&dashboard, &visit, &target).await?,
        // What is nearly a relay address is nobody else's business either.
        None => Listing::unclear(Some(asked.to_owned()).filter(|asked| !asked.contains('@'))),
    };
    if headers.contains_key("hx-request") {
        return page(&Fragment { frame: frame(&visit), listing });
    }
    page(&Page::new(frame(&visit), &visit, listing))
}

async fn part_of_list(dashboard: &Dashboard, visit: &InAccount, part: Part, before: &str) -> Result<Listing, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let before = Some(before.to_owned()).filter(|before| !before.is_empty()).map(Cursor);
    let first_page = before.is_none();
    let found = if part.is_whole() {
        store.suppressions(id, SuppressionFilter::All, before, ROWS).await?
    } else {
        store.suppressions_found(id, part.search(), before, ROWS).await?
    };
    let next = found.next.map(|cursor| cursor.0);
    Ok(Listing { rows: found.rows, next, part, asked: None, unclear: false, first_page })
}

async fn of_one(dashboard: &Dashboard, visit: &InAccount, target: &Target) -> Result<Listing, Problem> {
    let (store, id) = (&dashboard.store, visit.account.id);
    let (filter, asked) = match target {
        Target::Order(order) => (SuppressionFilter::Order(*order), order.to_string()),
        Target::Buyer(alias) => (SuppressionFilter::Buyer(store.keys().buyer(id, alias)?), String::new()),
    };
    let rows = store.suppressions(id, filter, None, OF_ONE).await?.rows;
    Ok(Listing { rows, next: None, part: Part::default(), asked: Some(asked), unclear: false, first_page: true })
}

/// The list with the form for a new entry as it was typed, and what is wrong with it.
pub(crate) async fn with_trouble(
    dashboard: &Dashboard,
    visit: &InAccount,
    fields: &Fields,
    trouble: &str,
) -> Result<Response, Problem> {
    let listing = part_of_list(dashboard, visit, Part::default(), "").await?;
    page(&Page {
        target: fields.text("target").to_owned(),
        note: fields.text("note").to_owned(),
        ..Page::new(frame(visit).trouble(Some(trouble)), visit, listing)
    })
}

/// An order or a buyer, as a member types it.
pub(crate) fn target_of(text: &str) -> Option<Target> {
    text.parse::<OrderId>().map(Target::Order).or_else(|_| text.parse::<Alias>().map(Target::Buyer)).ok()
}

fn frame(visit: &InAccount) -> Frame {
    Frame::in_account(visit, Here::OptOuts, "Opt-outs").searching()
}
