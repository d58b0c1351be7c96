//! The review queue, and one notice of it: the mail shown as plain text, one decision with what follows from it said
//! beforehand, and the way back. Nothing in a mail is interpreted, followed or loaded (law 10).

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use catalogue_macros::told;
use model::inbound::{InboundReading, InboundRow};
use model::review::{ReviewDecision, ReviewEffect, ReviewItem, ReviewReason, Ruling, TaughtForm};
use model::{Clock, NoticeId, OrderId, Timestamp};
use notice::Shown;

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::frame::{Done, Frame, Here, Nav, page};
use crate::pages::{Before, ROWS};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Timed, Worded};

/// Decisions and taught forms that the queue's page shows.
const LATELY: u32 = 10;

/// Orders that one decision may name.
const MOST_ORDERS: usize = 50;

#[told("review.html")]
struct Queue {
    frame: Frame,
    handle: String,
    waiting: Vec<ReviewItem>,
    decided: Vec<ReviewItem>,
    forms: Vec<TaughtForm>,
    next: Option<String>,
}

/// `GET /a/{handle}/review`
pub(crate) async fn list(
    State(dashboard): State<Dashboard>,
    before: Query<Before>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let (store, account) = (&dashboard.store, visit.account.id);
    let found = store.review_queue(account, Before::cursor(before), ROWS).await?;
    page(&Queue {
        frame: Frame::in_account(&visit, Here::Review, "Review").said(&done),
        handle: visit.account.handle.to_string(),
        waiting: found.rows,
        decided: store.reviews_decided(account, LATELY).await?,
        forms: store.taught_forms(account, LATELY).await?,
        next: found.next.map(|cursor| cursor.0),
    })
}

#[told("review_item.html")]
struct Item {
    frame: Frame,
    handle: String,
    waits: ReviewItem,
    reading: InboundReading,
    mail: InboundRow,
    shown: Option<Shown>,
    /// The orders that were read, as the form begins with them.
    orders: String,
    /// What the decision is most likely to be; none where the mail's kind is not known: then the member must choose.
    likely: Option<Ruling>,
}

/// `GET /a/{handle}/review/{notice}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, notice)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let notice = parsed(&notice)?;
    let (store, account) = (&dashboard.store, visit.account.id);
    let item = store.review_item(account, notice).await?.ok_or_else(Problem::not_found)?;
    let mail = store.inbound_mail(account, item.mail).await?.ok_or_else(Problem::not_found)?;
    let reading = mail.readings.iter().find(|reading| reading.notice == notice).cloned();
    let reading = reading.ok_or_else(Problem::not_found)?;
    let raw = store.mail_raw(account, item.mail).await?;
    let orders: Vec<String> = item.order_ids.iter().map(ToString::to_string).collect();
    page(&Item {
        frame: Frame::in_account(&visit, Here::Review, "Review").said(&done),
        handle: visit.account.handle.to_string(),
        shown: raw.and_then(|raw| notice::shown(&raw, reading.part)),
        orders: orders.join(" "),
        likely: Ruling::ALL.iter().copied().find(|ruling| ruling.kind() == Some(reading.kind)),
        waits: item,
        reading,
        mail,
    })
}

/// The role of whoever decided; the ledger has his id.
fn role_in(by: &str) -> String {
    by.split(' ').next().unwrap_or_default().to_owned()
}

impl Queue {
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn role(&self, by: &str) -> String {
        role_in(by)
    }
}

impl Item {
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn role(&self, by: &str) -> String {
        role_in(by)
    }

    /// What may be decided, and which of it is most likely.
    fn choices(&self) -> Vec<(Ruling, bool)> {
        Ruling::ALL.iter().map(|ruling| (*ruling, Some(*ruling) == self.likely)).collect()
    }

    /// Whether what it holds may be let go by this member; the store asks again.
    fn may_let_go(&self) -> bool {
        self.frame.nav.as_ref().is_some_and(Nav::may_configure)
    }

    fn holds(&self) -> bool {
        let holding = [ReviewReason::Unclear, ReviewReason::SeveralOrders, ReviewReason::Unproven];
        self.waits.reason.is_some_and(|reason| holding.contains(&reason))
    }
}

fn parsed(notice: &str) -> Result<NoticeId, Problem> {
    notice.parse().map_err(|_| Problem::not_found())
}

/// `POST /a/{handle}/review/{notice}`
pub(crate) async fn decide(
    State(dashboard): State<Dashboard>,
    Path((_, notice)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let notice = parsed(&notice)?;
    let ruling = fields.text("ruling").parse().map_err(|_| Problem::unclear("Please choose what this mail is."))?;
    let decision = ReviewDecision {
        ruling,
        orders: orders(fields.text("orders"))?,
        teach: fields.text("teach") == "yes",
        note: forms::note(&fields, false)?,
    };
    let (account, clock) = (visit.account.id, Clock::real(Timestamp::from_clock()));
    let effect = dashboard.store.decide_review(account, notice, decision, visit.actor(), clock).await?;
    Ok(back(&visit, "decided", &effect))
}

/// `POST /a/{handle}/review/{notice}/undo`
pub(crate) async fn undo(
    State(dashboard): State<Dashboard>,
    Path((_, notice)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let (notice, clock) = (parsed(&notice)?, Clock::real(Timestamp::from_clock()));
    let effect = dashboard.store.undo_review(visit.account.id, notice, visit.actor(), clock).await?;
    Ok(back(&visit, "undone", &effect))
}

/// `POST /a/{handle}/review/{notice}/forget`
pub(crate) async fn forget(
    State(dashboard): State<Dashboard>,
    Path((_, notice)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let (notice, clock) = (parsed(&notice)?, Clock::real(Timestamp::from_clock()));
    dashboard.store.forget_form(visit.account.id, notice, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/review?done=forgotten", visit.account.handle)))
}

fn back(visit: &InAccount, done: &str, effect: &ReviewEffect) -> Redirect {
    let (handle, withdrawn, leaving) = (&visit.account.handle, effect.withdrawn, effect.already_leaving);
    Redirect::to(&format!("/a/{handle}/review?done={done}&withdrawn={withdrawn}&leaving={leaving}"))
}

/// Order ids as they are typed, with spaces or commas between them.
fn orders(text: &str) -> Result<Vec<OrderId>, Problem> {
    let typed = text.split(|sign: char| sign.is_whitespace() || matches!(sign, ',' | ';')).filter(|id| !id.is_empty());
    let orders: Result<Vec<OrderId>, _> = typed.map(str::parse).collect();
    let orders = orders.map_err(|_| Problem::unclear("An order id looks like 123-1234567-1234567."))?;
    if orders.len() > MOST_ORDERS {
        return Err(Problem::unclear("Please name at most 50 orders."));
    }
    Ok(orders)
}
