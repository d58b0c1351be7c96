//! The step between keeping a store's messages and letting them leave: what would leave, and a confirmation that nobody
//! gives by accident. The way back needs none.

use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use catalogue_macros::told;
use model::live_warning::obstacle;
use model::sending::{LiveSummary, SummaryToken};
use model::{Clock, Delivery, Marketplace, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Frame, Here, page};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::words::{Coloured, Timed};

#[told("live.html")]
struct Page {
    frame: Frame,
    handle: String,
    summary: LiveSummary,
    obstacles: Vec<String>,
    warnings: Vec<String>,
}

impl Page {
    fn is_live(&self) -> bool {
        self.summary.delivery == Delivery::Live
    }
}

/// `GET /a/{handle}/live/{store}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    shown(&dashboard, &visit, store_of(&visit, &store)?, None).await
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    store: Marketplace,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let clock = Clock::real(Timestamp::from_clock());
    let summary = dashboard.store.live_summary(visit.account.id, store, clock).await?;
    page(&Page {
        frame: Frame::in_account(visit, Here::Overview, "Let messages leave").trouble(trouble),
        handle: visit.account.handle.to_string(),
        obstacles: summary.obstacles().into_iter().map(|reason| capital(obstacle(reason))).collect(),
        warnings: summary.warnings(clock.real),
        summary,
    })
}

/// `POST /a/{handle}/live/{store}`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    use axum::response::IntoResponse;
    let store = store_of(&visit, &store)?;
    if !fields.text("typed").eq_ignore_ascii_case(store.as_str()) {
        let trouble = format!("Nothing was changed: type {} to let its messages leave.", store.as_str());
        return shown(&dashboard, &visit, store, Some(&trouble)).await;
    }
    let (token, clock) = (SummaryToken(fields.text("summary").to_owned()), Clock::real(Timestamp::from_clock()));
    match dashboard
        .store
        .switch_delivery(visit.account.id, store, Delivery::Live, Some(token), visit.actor(), clock)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => Ok(Redirect::to(&format!("/a/{}?done=live", visit.account.handle)).into_response()),
        // What was shown is not true any more, say: it is shown anew.
        Err(problem) if problem.is_his() => shown(&dashboard, &visit, store, Some(problem.sentence())).await,
        Err(problem) => Err(problem),
    }
}

/// `POST /a/{handle}/live/{store}/capture`
pub(crate) async fn capture(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let store = store_of(&visit, &store)?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.switch_delivery(visit.account.id, store, Delivery::Capture, None, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}?done=captures", visit.account.handle)))
}

/// The store that a path or a form names, where the account has it.
pub(crate) fn store_of(visit: &InAccount, code: &str) -> Result<Marketplace, Problem> {
    let store = Marketplace::from_code(code).map_err(|_| Problem::not_found())?;
    let has = visit.account.sellers.iter().any(|seller| seller.store == store);
    has.then_some(store).ok_or_else(Problem::not_found)
}
