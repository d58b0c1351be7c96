//! What a campaign's text would do, while it is typed: what the rules say of it, how many of the newest orders would get its
//! message and why the others not, and the letter as one of them would get it. Nothing is written, and nothing leaves.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use campaign::{Campaign, HeldBack, Outcome, REACH_DAYS, Reach, StoreNames};
use catalogue_macros::told;
use model::{AttachedFile, Channel, Order, OrderId, Span, Timestamp};
use store::RECENT_AT_ONCE;

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::pages::campaign::campaign_of;
use crate::pages::campaign_draft::Findings;
use crate::pages::campaign_reach::Missed;
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::words::Timed;

/// The largest form of a preview, in bytes: a text, each of its letters escaped.
pub(crate) const LARGEST: usize = 2 * 1024 * 1024;

/// Orders that can be chosen to show the letter for.
const CHOICES: usize = 10;

/// What a text would do.
pub(crate) struct Preview {
    /// What stands against it.
    pub findings: Findings,
    /// Nothing holds it back.
    pub passed: bool,
    /// It names files, which are looked at when it is checked.
    pub names_files: bool,
    /// What it makes of the newest orders; none where the text can't be understood.
    pub reach: Option<Reach>,
    /// There are more orders than were asked.
    pub only_newest: bool,
    /// Why the others get nothing.
    pub missed: Missed,
    /// Orders that would get its message, to choose from.
    pub choices: Vec<OrderId>,
    pub shown: Option<Shown>,
}

/// The message of one order.
pub(crate) struct Shown {
    pub order: OrderId,
    pub due: Timestamp,
    pub store: model::Marketplace,
    pub letter: Result<Letter, String>,
}

/// The letter as the buyer would get it.
pub(crate) struct Letter {
    pub language: String,
    pub subject: String,
    pub text: String,
    pub attachments: Vec<String>,
    /// Rules that it breaks once it is filled in.
    pub broken: Vec<(String, String)>,
}

#[told("campaign_preview.html")]
struct Fragment {
    handle: String,
    preview: Option<Preview>,
}

/// `POST /a/{handle}/campaigns/preview`
pub(crate) async fn of_new(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    fragment(&dashboard, &visit, &fields, &[]).await
}

/// `POST /a/{handle}/campaigns/{campaign}/preview`
pub(crate) async fn of_known(
    State(dashboard): State<Dashboard>,
    Path((_, campaign)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &campaign).await?;
    fragment(&dashboard, &visit, &fields, &campaign.attachments).await
}

async fn fragment(
    dashboard: &Dashboard,
    visit: &InAccount,
    fields: &Fields,
    files: &[AttachedFile],
) -> Result<Response, Problem> {
    let text = fields.raw("text").replace("\r\n", "\n");
    let preview = Some(preview(dashboard, visit, &text, files, fields.text("order").parse().ok()).await?);
    let fragment = Fragment { handle: visit.account.handle.to_string(), preview };
    let html = fragment.render().map_err(|_| Problem::fault("a template could not be filled in"))?;
    Ok(Html(html).into_response())
}

/// What a text would do, with the files that are kept for it; the letter is shown for `wanted` where that order gets one.
pub(crate) async fn preview(
    dashboard: &Dashboard,
    visit: &InAccount,
    text: &str,
    files: &[AttachedFile],
    wanted: Option<OrderId>,
) -> Result<Preview, Problem> {
    let (findings, passed) = match campaign::approve(text, files) {
        Ok(approval) => (Findings { mistakes: Vec::new(), words: approval.warnings }, true),
        Err(HeldBack::Problems(problems)) => {
            let mistakes = problems.iter().map(|problem| capital(&problem.to_string())).collect();
            (Findings { mistakes, words: Vec::new() }, false)
        }
        Err(HeldBack::Words(words)) => (Findings { mistakes: Vec::new(), words }, false),
    };
    let mut preview = Preview {
        findings,
        passed,
        names_files: false,
        reach: None,
        only_newest: false,
        missed: Missed::default(),
        choices: Vec::new(),
        shown: None,
    };
    let Ok(parsed) = Campaign::parse(text) else { return Ok(preview) };
    preview.names_files = !parsed.attachments().is_empty();
    let now = Timestamp::from_clock();
    let since = now.minus(Span::days(REACH_DAYS));
    let orders = dashboard.store.recent_orders(visit.account.id, since, None).await?;
    preview.only_newest = orders.len() == RECENT_AT_ONCE;
    ask_orders(&mut preview, &parsed, (&orders, files), (&visit.account.name, wanted), now)?;
    Ok(preview)
}

/// Asks each order as the program does before a campaign is switched on, and shows the letter of one.
fn ask_orders(
    preview: &mut Preview,
    parsed: &Campaign,
    (orders, files): (&[Order], &[AttachedFile]),
    (store_name, wanted): (&str, Option<OrderId>),
    now: Timestamp,
) -> Result<(), Problem> {
    // As if it covered them all, each on the day after it was delivered.
    let all = Campaign { orders_after: None, ..parsed.clone() };
    let (mut reach, mut reached) = (Reach::default(), Vec::new());
    for order in orders {
        let delivered = order.delivery.map_or(now, |delivery| delivery.latest.plus(Span::days(1)));
        let plan = campaign::plan(&all, Timestamp::MIN, order, delivered.min(now));
        reach.note(&plan);
        if let Outcome::Message { due, .. } = plan.outcome {
            reached.push((order, due));
        }
    }
    preview.missed = Missed::of(&reach);
    preview.reach = Some(reach);
    preview.choices = reached.iter().map(|(order, _)| order.order_id).take(CHOICES).collect();
    let chosen = reached.iter().find(|(order, _)| Some(order.order_id) == wanted).or_else(|| reached.first());
    if let Some((order, due)) = chosen {
        let letter = letter(&all, order, store_name, files)?;
        preview.shown = Some(Shown { order: order.order_id, due: *due, store: order.store, letter });
    }
    Ok(())
}

/// The letter, or why there is none to show.
fn letter(
    campaign: &Campaign,
    order: &Order,
    store_name: &str,
    files: &[AttachedFile],
) -> Result<Result<Letter, String>, Problem> {
    if campaign.channel_for(order) != Channel::Email {
        return Ok(Err("Amazon's own review request goes out for this order; Amazon writes its words.".to_owned()));
    }
    let rendered = match campaign::render(campaign, order, &StoreNames { store_name }) {
        Ok(rendered) => rendered,
        Err(fault) => return Ok(Err(capital(&fault.to_string()))),
    };
    let broken = rendered.errors(order.order_id, files);
    let broken = broken.map_err(|_| Problem::fault("there are no rules to hold a letter against"))?;
    let mut rules: Vec<_> =
        broken.iter().map(|finding| (finding.rule.id.clone(), finding.rule.sentence.clone())).collect();
    rules.dedup();
    Ok(Ok(Letter {
        broken: rules,
        attachments: rendered.attachments.iter().map(|name| name.as_str().to_owned()).collect(),
        language: rendered.language,
        subject: rendered.subject,
        text: rendered.text,
    }))
}
