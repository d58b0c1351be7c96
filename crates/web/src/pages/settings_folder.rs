//! A folder of the seller's own mailbox that Abide watches, for all stores or one: the provider, the sign-in, the folder.
//! The watcher connects as soon as it is set and the page says how it fares; the mailbox is only read unless he says so.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::mail_folder::{FolderName, FolderProof, FolderStart, FolderStatus, MailFolder};
use model::sender::{Security, SubmissionServer};
use model::{Clock, Marketplace, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::frame::{Done, Frame, Here, page};
use crate::mail_providers::{MailProvider, PROVIDERS};
use crate::pages::live::store_of;
use crate::pages::settings::{name_of, place_of};
use crate::pages::settings_sender::is_same;
use crate::pages::settings_server::{bound, password_of, server_of, user_of};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;
use crate::words::Timed;

/// What the form holds: what is set, or what was typed.
#[derive(Default)]
struct Typed {
    provider: String,
    host: String,
    port: String,
    security: String,
    user: String,
    folder: String,
    move_to: String,
    start: String,
}

impl Typed {
    fn of(folder: &MailFolder) -> Self {
        let provider = PROVIDERS.iter().find(|known| known.imap == folder.server.host());
        Self {
            provider: provider.map_or("other", |known| known.code).to_owned(),
            host: folder.server.host().to_owned(),
            port: folder.server.port().to_string(),
            security: folder.server.security().to_string(),
            user: folder.user.clone(),
            folder: folder.folder.as_str().to_owned(),
            move_to: folder.move_to.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            start: folder.start.to_string(),
        }
    }

    fn usual() -> Self {
        Self {
            security: Security::Tls.to_string(),
            folder: "INBOX".to_owned(),
            start: FolderStart::Recent.to_string(),
            ..Self::default()
        }
    }

    fn again(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            provider: text("provider"),
            host: text("host"),
            port: text("port"),
            security: text("security"),
            user: text("user"),
            folder: text("folder"),
            move_to: text("move_to"),
            start: text("start"),
        }
    }
}

#[told("settings_folder.html")]
struct Page {
    frame: Frame,
    handle: String,
    place: String,
    store: &'static str,
    providers: &'static [MailProvider],
    status: Option<FolderStatus>,
    /// Signs in by an operator's token file, which stays his.
    by_token: bool,
    typed: Typed,
    any_server: bool,
}

impl Page {
    /// It was set, and the watcher has not said anything yet.
    fn waits(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.read_at.is_none() && status.trouble.is_none())
    }
}

/// `GET /a/{handle}/settings/folders/{place}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, place)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let at = named(&visit, &place)?;
    shown(&dashboard, &visit, at, None, &done, None).await
}

/// The place that a path names: `all`, or one of the account's stores.
fn named(visit: &InAccount, place: &str) -> Result<Option<Marketplace>, Problem> {
    if place == "all" { Ok(None) } else { store_of(visit, place).map(Some) }
}

async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    at: Option<Marketplace>,
    typed: Option<Typed>,
    done: &Done,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    let set = dashboard.store.mail_folder(visit.account.id, at).await?;
    let frame = Frame::in_account(visit, Here::Settings, "Watched folder").said(done).trouble(trouble);
    page(&Page {
        frame: if set.is_some() { frame.searching() } else { frame },
        handle: visit.account.handle.to_string(),
        place: place_of(at),
        store: name_of(at),
        providers: PROVIDERS,
        by_token: set.as_ref().is_some_and(|(folder, _)| matches!(folder.proof, FolderProof::TokenFile(_))),
        typed: typed.or_else(|| set.as_ref().map(|(folder, _)| Typed::of(folder))).unwrap_or_else(Typed::usual),
        status: set.map(|(_, status)| status),
        any_server: visit.member.operator || dashboard.settings.private_servers,
    })
}

/// `POST /a/{handle}/settings/folders/{place}`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, place)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let at = named(&visit, &place)?;
    let kept = match folder_of(&dashboard, &visit, at, &fields).await {
        Ok(folder) => {
            let clock = Clock::real(Timestamp::from_clock());
            dashboard
                .store
                .set_mail_folder(visit.account.id, at, folder, visit.actor(), clock)
                .await
                .map_err(Into::into)
        }
        Err(problem) => Err(problem),
    };
    match kept {
        Ok(()) => Ok(back(&visit, at, "folder_set").into_response()),
        Err(problem) if problem.is_his() => {
            let typed = Some(Typed::again(&fields));
            let page = shown(&dashboard, &visit, at, typed, &Done::default(), Some(problem.sentence())).await?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn folder_of(
    dashboard: &Dashboard,
    visit: &InAccount,
    at: Option<Marketplace>,
    fields: &Fields,
) -> Result<MailFolder, Problem> {
    let server = match fields.text("provider") {
        "other" => server_of(dashboard, visit, fields, usual_port)?,
        code => {
            let known = PROVIDERS.iter().find(|known| known.code == code);
            let known = known.ok_or_else(|| Problem::unclear("Choose where your mailbox is."))?;
            bound(dashboard, visit, known.imap, usual_port(Security::Tls), Security::Tls)?
        }
    };
    let user = user_of(fields)?;
    let name = |field: &str| {
        let name: Result<FolderName, _> = fields.text(field).parse();
        name.map_err(|error| Problem::unclear(capital(&error.to_string())))
    };
    let folder = name("folder")?;
    let move_to = if fields.text("move_to").is_empty() { None } else { Some(name("move_to")?) };
    if move_to.as_ref() == Some(&folder) {
        return Err(Problem::unclear("Mails can't be moved to the folder that is watched: name another, or none."));
    }
    let start: FolderStart = fields.text("start").parse().map_err(|_| Problem::bad_request())?;
    let proof = if let Some(password) = password_of(fields)? {
        FolderProof::Password(password)
    } else {
        kept_password(dashboard, visit, at, (&server, &user)).await?
    };
    Ok(MailFolder { server, user, proof, folder, move_to, start })
}

/// The password that is kept, if it was set for this server and user: it goes to no other one that somebody names later.
async fn kept_password(
    dashboard: &Dashboard,
    visit: &InAccount,
    at: Option<Marketplace>,
    (server, user): (&SubmissionServer, &str),
) -> Result<FolderProof, Problem> {
    let kept = dashboard.store.mail_folder(visit.account.id, at).await?.map(|(kept, _)| kept);
    let kept = kept.filter(|kept| is_same(&kept.server, server) && kept.user == user).map(|kept| kept.proof);
    kept.filter(|proof| matches!(proof, FolderProof::Password(_))).ok_or_else(|| {
        Problem::unclear("Type the password, too: the one that is kept goes to the server and the user it was set for.")
    })
}

/// 993 for TLS, 143 for STARTTLS (RFC 8314, 3.2).
fn usual_port(security: Security) -> u16 {
    if security == Security::Tls { 993 } else { 143 }
}

/// `POST /a/{handle}/settings/folders/{place}/remove`
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Path((_, place)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let at = named(&visit, &place)?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.remove_mail_folder(visit.account.id, at, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/settings?done=folder_removed#ways", visit.account.handle)))
}

fn back(visit: &InAccount, at: Option<Marketplace>, done: &str) -> Redirect {
    Redirect::to(&format!("/a/{}/settings/folders/{}?done={done}", visit.account.handle, place_of(at)))
}
