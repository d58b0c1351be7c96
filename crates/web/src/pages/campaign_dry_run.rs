//! A dry run: what the campaigns would make of the orders of a report at one moment, before anything is uploaded for good.
//! The report is read as it comes in and nothing of it is kept; the list, caps and stops are the gate's and are not asked.

use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use campaign::{Campaign, DryRun, DryRunCounts, Verdict};
use catalogue_macros::told;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::campaign::StoredCampaign;
use model::{CampaignId, CampaignState, Marketplace, OrderId, Timestamp};
use report::{Defaults, Reader, Row};

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::order_upload::{Incoming, read_as_it_comes, unreadable};
use crate::pages::upload::{Part, Upload};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::when::When;
use crate::words::Timed;

/// Messages that are shown one by one.
const SHOWN: usize = 50;

/// What the form asks for.
struct Asked {
    /// One campaign as if it were on; none: those that are on.
    campaign: Option<CampaignId>,
    defaults: Defaults,
    at: Timestamp,
}

/// What a campaign made of the orders.
struct Made {
    name: String,
    counts: DryRunCounts,
}

/// What the report held, and what came of it.
struct Ran {
    at: When,
    orders: u64,
    campaigns: Vec<Made>,
    days: Vec<(String, u64)>,
    messages: u64,
    shown: Vec<(OrderId, When, String)>,
    /// Campaigns whose text this release finds mistakes in.
    unread: Vec<String>,
    bad_rows: u64,
    without_store: u64,
    /// Why it was not read to its end.
    broke_off: Option<String>,
}

#[told("campaign_dry_run.html")]
struct Page {
    frame: Frame,
    handle: String,
    campaigns: Vec<StoredCampaign>,
    stores: Vec<Marketplace>,
    ran: Option<Ran>,
}

/// `GET /a/{handle}/campaigns/dry-run`
pub(crate) async fn show(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    shown(&dashboard, &visit, None, None).await
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    ran: Option<Ran>,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(visit, Here::Campaigns, "Dry run").trouble(trouble),
        handle: visit.account.handle.to_string(),
        campaigns: dashboard.store.campaigns(visit.account.id).await?,
        stores: visit.account.sellers.iter().map(|seller| seller.store).collect(),
        ran,
    })
}

/// `POST /a/{handle}/campaigns/dry-run`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    match run(&dashboard, &visit, multipart).await {
        Ok(ran) => shown(&dashboard, &visit, Some(ran), None).await,
        Err(problem) if problem.is_his() => {
            let again = shown(&dashboard, &visit, None, Some(problem.sentence())).await?;
            Ok((problem.status(), again).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn run(dashboard: &Dashboard, visit: &InAccount, multipart: Multipart) -> Result<Ran, Problem> {
    let mut upload = Upload::new(multipart, &visit.form_token);
    let mut asked = Asked { campaign: None, defaults: Defaults::default(), at: Timestamp::from_clock() };
    let file = loop {
        match upload.next().await? {
            Some(Part::Field { name, value }) => asked.read(&name, &value)?,
            Some(Part::File(file)) => break file,
            None => return Err(Problem::unclear("Choose a file first.")),
        }
    };
    let known = dashboard.store.campaigns(visit.account.id).await?;
    let wanted = |stored: &&StoredCampaign| match asked.campaign {
        Some(id) => stored.id == id,
        None => stored.state == CampaignState::Active,
    };
    if asked.campaign.is_some_and(|id| known.iter().all(|stored| stored.id != id)) {
        return Err(Problem::not_found());
    }
    let (mut campaigns, mut unread) = (Vec::new(), Vec::new());
    for stored in known.iter().filter(wanted) {
        match Campaign::parse(&stored.text) {
            Ok(campaign) => campaigns.push(campaign),
            // It plans nothing until its text is mended.
            Err(_) => unread.push(stored.name.clone()),
        }
    }
    if campaigns.is_empty() && unread.is_empty() {
        return Err(Problem::unclear("No campaign is switched on. Choose one, to see what it would do."));
    }
    let delivery_days = visit.account.settings.delivery_days;
    let ran = read_as_it_comes(file, move |incoming| ask_all(incoming, &asked, &campaigns, delivery_days)).await?;
    Ok(Ran { unread, ..ran })
}

impl Asked {
    fn read(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "store" if !value.is_empty() => {
                let store =
                    Marketplace::from_code(value).map_err(|fault| Problem::unclear(capital(&fault.to_string())))?;
                self.defaults.store = Some(store);
            }
            "campaign" if !value.is_empty() => {
                self.campaign = Some(value.parse().map_err(|_| Problem::not_found())?);
            }
            "at" if !value.is_empty() => {
                let at: Option<DateTime> = value.parse().ok();
                let at = at.and_then(|at| at.to_zoned(TimeZone::UTC).ok());
                let at = at.map(|at| Timestamp::from_jiff(at.timestamp()));
                self.at = at.ok_or_else(|| Problem::unclear("Give the moment like 2026-11-24T09:00."))?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads the report on a blocking thread, one order after the other.
fn ask_all(
    incoming: Incoming,
    asked: &Asked,
    campaigns: &[Campaign],
    delivery_days: Option<u8>,
) -> Result<Ran, Problem> {
    let reader = Reader::new(incoming, asked.defaults).map_err(|fault| unreadable(&fault))?;
    let mut dry_run = DryRun::new(campaigns, asked.at);
    let (mut shown, mut bad_rows, mut without_store, mut broke_off) = (Vec::new(), 0, 0, None);
    for row in reader {
        match row {
            Ok(Row::Order(imported)) => match imported.into_order(delivery_days) {
                Some(order) => {
                    for (campaign, verdict) in campaigns.iter().zip(dry_run.ask(&order)) {
                        if let Verdict::Message(due) = verdict
                            && shown.len() < SHOWN
                        {
                            shown.push((
                                order.order_id,
                                due.max(asked.at).at_store(order.store),
                                campaign.name.clone(),
                            ));
                        }
                    }
                }
                None => without_store += 1,
            },
            Ok(Row::Bad { .. }) => bad_rows += 1,
            Ok(Row::SkippedMcf { .. }) => {}
            Err(fault) => broke_off = Some(capital(&fault.to_string())),
        }
    }
    let made = campaigns.iter().zip(dry_run.counts());
    let made = made.map(|(campaign, counts)| Made { name: campaign.name.clone(), counts: counts.clone() });
    Ok(Ran {
        at: asked.at.when(),
        orders: dry_run.orders(),
        campaigns: made.collect(),
        days: dry_run.days().iter().map(|(day, count)| (crate::when::day_in_words(*day), *count)).collect(),
        messages: dry_run.days().values().sum(),
        shown,
        unread: Vec::new(),
        bad_rows,
        without_store,
        broke_off,
    })
}
