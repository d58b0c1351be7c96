//! How a store's messages leave: the From address, the server, the sign-in, the pace. It is tried out by a worker as soon
//! as it is set; a password that is kept is never shown, and never given to another server than the one it was set for.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::sender::{Security, Sender, SenderLimits, SenderTrial, SignIn, SubmissionServer};
use model::{Clock, Marketplace, Span, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::pages::live::store_of;
use crate::pages::settings_server::{password_of, server_of, user_of};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::words::Timed;

/// A trial that nobody answers for so long has no worker.
const NOBODY_ANSWERS: Span = Span::minutes(2);

/// The longest name beside the From address, in letters.
const LONGEST_NAME: usize = 100;

/// What the form holds: what is set, or what was typed.
#[derive(Default)]
struct Typed {
    from: String,
    name: String,
    host: String,
    port: String,
    security: String,
    user: String,
    per_minute: String,
    connections: String,
}

impl Typed {
    fn of(sender: &Sender) -> Self {
        Self {
            from: sender.from.as_str().to_owned(),
            name: sender.name.clone().unwrap_or_default(),
            host: sender.server.host().to_owned(),
            port: sender.server.port().to_string(),
            security: sender.server.security().to_string(),
            user: sender.sign_in.as_ref().map(|sign_in| sign_in.user.clone()).unwrap_or_default(),
            per_minute: sender.limits.per_minute.to_string(),
            connections: sender.limits.connections.to_string(),
        }
    }

    /// What Amazon's sellers mostly have.
    fn usual() -> Self {
        let limits = SenderLimits::default();
        Self {
            security: Security::StartTls.to_string(),
            per_minute: limits.per_minute.to_string(),
            connections: limits.connections.to_string(),
            ..Self::default()
        }
    }

    fn again(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            from: text("from"),
            name: text("name"),
            host: text("host"),
            port: text("port"),
            security: text("security"),
            user: text("user"),
            per_minute: text("per_minute"),
            connections: text("connections"),
        }
    }
}

#[told("settings_sender.html")]
struct Page {
    frame: Frame,
    handle: String,
    store: Marketplace,
    /// What is set; the page shows nothing of its password.
    sender: Option<Sender>,
    typed: Typed,
    trial: Option<SenderTrial>,
    /// Nobody answered the trial for minutes.
    nobody_answers: bool,
    any_server: bool,
}

impl Page {
    fn has_password(&self) -> bool {
        self.sender.as_ref().is_some_and(|sender| sender.sign_in.is_some())
    }

    fn waits(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.tried.is_none()) && !self.nobody_answers
    }
}

/// `GET /a/{handle}/settings/senders/{store}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let store = store_of(&visit, &store)?;
    shown(&dashboard, &visit, store, None, &done, None).await
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    store: Marketplace,
    typed: Option<Typed>,
    done: &Done,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let sender = dashboard.store.sender(visit.account.id, store).await?;
    let trial = dashboard.store.sender_trial(visit.account.id, store).await?;
    let long_ago = Timestamp::from_clock().minus(NOBODY_ANSWERS);
    let frame = Frame::in_account(visit, Here::Settings, "How messages leave").said(done).trouble(trouble);
    page(&Page {
        frame: if trial.is_some() { frame.searching() } else { frame },
        handle: visit.account.handle.to_string(),
        store,
        typed: typed.or_else(|| sender.as_ref().map(Typed::of)).unwrap_or_else(Typed::usual),
        nobody_answers: trial.as_ref().is_some_and(|trial| trial.tried.is_none() && trial.asked_at < long_ago),
        trial,
        sender,
        any_server: visit.member.operator || dashboard.settings.private_servers,
    })
}

/// `POST /a/{handle}/settings/senders/{store}`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let store = store_of(&visit, &store)?;
    let kept = match sender_of(&dashboard, &visit, store, &fields).await {
        Ok(sender) => {
            let clock = Clock::real(Timestamp::from_clock());
            dashboard.store.set_sender(visit.account.id, store, sender, visit.actor(), clock).await.map_err(Into::into)
        }
        Err(problem) => Err(problem),
    };
    match kept {
        Ok(()) => Ok(back(&visit, store, "sender_set").into_response()),
        Err(problem) if problem.is_his() => {
            let typed = Some(Typed::again(&fields));
            let page = shown(&dashboard, &visit, store, typed, &Done::default(), Some(problem.sentence())).await?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn sender_of(
    dashboard: &Dashboard,
    visit: &InAccount,
    store: Marketplace,
    fields: &Fields,
) -> Result<Sender, Problem> {
    let from = fields.text("from").parse();
    let from =
        from.map_err(|error: model::sender::InvalidSenderAddress| Problem::unclear(capital(&error.to_string())))?;
    let name = fields.text("name");
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Problem::unclear("The name beside the address is one line of at most 100 letters."));
    }
    let server = server_of(dashboard, visit, fields, usual_port)?;
    let sign_in = match fields.text("user") {
        "" => None,
        _ => Some(sign_in_of(dashboard, visit, store, &server, fields).await?),
    };
    let out_of = |text: &'static str| Problem::unclear(text);
    let limits = SenderLimits {
        connections: number(fields.text("connections"), 1..=10)
            .and_then(|n| u8::try_from(n).ok())
            .ok_or_else(|| out_of("Connections at the same time are a number from 1 to 10."))?,
        per_minute: number(fields.text("per_minute"), 1..=6000)
            .ok_or_else(|| out_of("Messages a minute are a number from 1 to 6000."))?,
    };
    Ok(Sender { from, name: Some(name.to_owned()).filter(|name| !name.is_empty()), server, sign_in, limits })
}

fn number(text: &str, within: std::ops::RangeInclusive<u16>) -> Option<u16> {
    text.parse().ok().filter(|n| within.contains(n))
}

/// 465 for TLS, 587 for STARTTLS (RFC 8314), 25 for a server of this machine.
fn usual_port(security: Security) -> u16 {
    match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    }
}

/// The user and his password. One that is left empty is the one that is kept, if it is for the same server and user: a
/// password goes to no server that somebody else named later.
async fn sign_in_of(
    dashboard: &Dashboard,
    visit: &InAccount,
    store: Marketplace,
    server: &SubmissionServer,
    fields: &Fields,
) -> Result<SignIn, Problem> {
    let user = user_of(fields)?;
    if let Some(password) = password_of(fields)? {
        return Ok(SignIn { user, password });
    }
    let kept = dashboard.store.sender(visit.account.id, store).await?;
    let same = kept.filter(|kept| is_same(&kept.server, server)).and_then(|kept| kept.sign_in);
    same.filter(|sign_in| sign_in.user == user).ok_or_else(|| {
        Problem::unclear("Type the password, too: the one that is kept goes to the server and the user it was set for.")
    })
}

/// Whether a password that was set for one goes to the other as well: the same machine, protected the same way.
pub(crate) fn is_same(kept: &SubmissionServer, new: &SubmissionServer) -> bool {
    kept.host() == new.host() && kept.port() == new.port() && kept.security() == new.security()
}

/// `POST /a/{handle}/settings/senders/{store}/try`
pub(crate) async fn try_out(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let store = store_of(&visit, &store)?;
    let asked = dashboard.store.ask_for_trial(visit.account.id, store, visit.actor(), Timestamp::from_clock()).await?;
    Ok(back(&visit, store, if asked { "sender_trial" } else { "sender_trial_soon" }))
}

/// `POST /a/{handle}/settings/senders/{store}/remove`
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let store = store_of(&visit, &store)?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.remove_sender(visit.account.id, store, visit.actor(), clock).await?;
    Ok(back(&visit, store, "sender_removed"))
}

fn back(visit: &InAccount, store: Marketplace, done: &str) -> Redirect {
    Redirect::to(&format!("/a/{}/settings/senders/{store}?done={done}", visit.account.handle))
}
