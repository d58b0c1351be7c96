//! A critical message, written for one order by the guided form: first the reason, then the text, held against it, then how
//! to send it in Seller Central. What was typed is never lost: where something stands against it, the form comes back
//! with it.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::critical::{CONTACT_REASON, CriticalConfirmations, CriticalMessage, CriticalRoute, CriticalState, route};
use model::{Clock, CriticalId, CriticalReason, OrderId, Timestamp};
use policy::words::{CriticalLetter, CriticalLinter, Severity};
use store::{CRITICAL_BLOCKED, CRITICAL_OF_DAY, CRITICAL_OF_ORDER, StoreError};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed};

/// A rule that the text breaks, as the form shows it.
struct Broken {
    holds_back: bool,
    id: String,
    sentence: String,
    instead: String,
    line: usize,
}

/// What was typed, and what stands against it.
#[derive(Default)]
struct Typed {
    reason: Option<CriticalReason>,
    subject: String,
    text: String,
    broken: Vec<Broken>,
    /// A block or a stop must be confirmed.
    ask_block: bool,
    block_confirmed: bool,
    /// A limit must be confirmed.
    ask_limit: bool,
    /// How it is to be sent, where there is a choice.
    route: Option<CriticalRoute>,
}

#[told("critical_form.html")]
struct Form {
    frame: Frame,
    handle: String,
    id: OrderId,
    typed: Typed,
    earlier: Vec<CriticalMessage>,
    /// It may go by e-mail, too.
    may_email: bool,
    /// Amazon restricts the account's messages.
    restricted: bool,
}

impl Form {
    fn by_email(&self) -> bool {
        self.typed.route == Some(CriticalRoute::ImportantEmail)
    }

    fn is_chosen(&self, reason: &str) -> bool {
        self.typed.reason.is_some_and(|chosen| chosen.as_str() == reason)
    }
}

/// `GET /a/{handle}/orders/{order}/critical`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let order: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    form(&dashboard, &visit, order, Typed::default(), None).await
}

async fn form(
    dashboard: &Dashboard,
    visit: &InAccount,
    id: OrderId,
    typed: Typed,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let frame = Frame::in_account(visit, Here::Orders, "Critical message");
    let may_email = match dashboard.store.critical_route_facts(visit.account.id, id).await {
        // The text's language is known once it was typed; here English stands for those that have a word.
        Ok(facts) => route(CriticalRoute::ImportantEmail, facts, Some("en")).is_ok(),
        Err(StoreError::NotFound(_)) => false,
        Err(error) => return Err(error.into()),
    };
    page(&Form {
        may_email,
        restricted: visit.account.settings.restricted_since.is_some(),
        frame: frame.trouble(trouble),
        handle: visit.account.handle.to_string(),
        id,
        typed,
        earlier: dashboard.store.critical_of_order(visit.account.id, id).await?,
    })
}

/// `POST /a/{handle}/orders/{order}/critical`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, order)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let id: OrderId = order.parse().map_err(|_| Problem::not_found())?;
    let store = &dashboard.store;
    let reason: Option<CriticalReason> = fields.text("reason").parse().ok();
    let mut typed = Typed {
        reason,
        subject: fields.text("subject").to_owned(),
        text: fields.raw("text").replace("\r\n", "\n"),
        route: fields.text("route").parse().ok(),
        ..Typed::default()
    };
    let again = async |typed: Typed, problem: Problem| {
        let shown = form(&dashboard, &visit, id, typed, Some(problem.sentence())).await?;
        Ok((problem.status(), shown).into_response())
    };
    let Some(reason) = reason else {
        return again(typed, Problem::unclear("Please choose what the message is about.")).await;
    };
    let known = store.order(visit.account.id, id).await?;
    let language = known.and_then(|order| order.store.facts().languages.first().copied());
    let linter = CriticalLinter::built_in().map_err(|error| Problem::fault(&error.to_string()))?;
    let letter = CriticalLetter { order: id, reason, subject: &typed.subject, text: &typed.text, language };
    let (approved, findings) = linter.vet(&letter);
    let broken = findings.iter().map(|finding| Broken {
        holds_back: finding.rule.severity == Severity::Error,
        id: finding.rule.id.clone(),
        sentence: finding.rule.sentence.clone(),
        instead: finding.rule.instead.clone(),
        line: finding.line,
    });
    let broken: Vec<Broken> = broken.collect();
    let Some(approved) = approved else {
        typed.broken = broken;
        return again(typed, Problem::unclear("Nothing was written: the text breaks the rules named below.")).await;
    };
    let confirmed = CriticalConfirmations {
        limit: fields.text("confirm_limit") == "yes",
        block: fields.text("confirm_block") == "yes",
    };
    let clock = Clock::real(Timestamp::from_clock());
    let wished = (typed.route.unwrap_or(CriticalRoute::SellerCentral), confirmed);
    match store.write_critical(visit.account.id, approved, wished, visit.actor(), clock).await {
        Ok(written) => {
            let to = format!("/a/{}/critical/{}", visit.account.handle, written.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error @ StoreError::Conflict(_)) => {
            let is = |what: &str| matches!(&error, StoreError::Conflict(why) if why == what);
            let (is_block, is_limit) = (is(CRITICAL_BLOCKED), is(CRITICAL_OF_ORDER) || is(CRITICAL_OF_DAY));
            // Each is asked for when it stands in the way; what was confirmed before stays so.
            (typed.ask_block, typed.block_confirmed) = (is_block || confirmed.block, confirmed.block);
            typed.ask_limit = is_limit || confirmed.limit;
            again(typed, Problem::from(error)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[told("critical.html")]
struct Shown {
    frame: Frame,
    handle: String,
    message: CriticalMessage,
    contact_reason: &'static str,
}

impl Shown {
    /// Who wrote it, by his role: the ledger names the member.
    fn whose(&self) -> &str {
        self.message.by.split(' ').next().unwrap_or_default()
    }

    fn is_handed(&self) -> bool {
        self.message.state == CriticalState::Handed
    }

    fn may_be_taken_back(&self) -> bool {
        matches!(self.message.state, CriticalState::Handed | CriticalState::InOutbox)
    }
}

async fn message_of(dashboard: &Dashboard, visit: &InAccount, id: &str) -> Result<CriticalMessage, Problem> {
    let id: CriticalId = id.parse().map_err(|_| Problem::not_found())?;
    let found = dashboard.store.critical_message(id).await?;
    let (account, message) = found.ok_or_else(Problem::not_found)?;
    if account == visit.account.id { Ok(message) } else { Err(Problem::not_found()) }
}

/// `GET /a/{handle}/critical/{critical}`
pub(crate) async fn sending(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    page(&Shown {
        message: message_of(&dashboard, &visit, &id).await?,
        frame: Frame::in_account(&visit, Here::Orders, "Critical message").said(&done),
        handle: visit.account.handle.to_string(),
        contact_reason: CONTACT_REASON,
    })
}

/// `POST /a/{handle}/critical/{critical}/sent`
pub(crate) async fn sent(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let message = message_of(&dashboard, &visit, &id).await?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.critical_sent(visit.account.id, message.id, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/critical/{}?done=critical_sent", visit.account.handle, message.id)))
}

/// `POST /a/{handle}/critical/{critical}/withdraw`
pub(crate) async fn withdraw(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let message = message_of(&dashboard, &visit, &id).await?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.withdraw_critical(visit.account.id, message.id, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/critical/{}?done=critical_withdrawn", visit.account.handle, message.id)))
}
