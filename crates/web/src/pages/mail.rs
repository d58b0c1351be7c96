//! One inbound mail: what was understood of it, and its source as plain text while it is kept. Nothing in it is
//! interpreted, followed or loaded (law 10).

use axum::extract::{Path, State};
use axum::response::Response;
use catalogue_macros::told;
use model::MailId;
use model::inbound::InboundRow;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

/// Bytes of the source that are shown.
const SHOWN: usize = 64 * 1024;

#[told("mail.html")]
struct Page {
    frame: Frame,
    handle: String,
    mail: InboundRow,
    source: Option<String>,
    cut: bool,
}

/// `GET /a/{handle}/inbound/{mail}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, mail)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let id: MailId = mail.parse().map_err(|_| Problem::not_found())?;
    let mail = dashboard.store.inbound_mail(visit.account.id, id).await?.ok_or_else(Problem::not_found)?;
    let raw = dashboard.store.mail_raw(visit.account.id, id).await?;
    let cut = raw.as_ref().is_some_and(|raw| raw.len() > SHOWN);
    let source = raw.map(|raw| String::from_utf8_lossy(raw.get(..SHOWN).unwrap_or(&raw)).into_owned());
    page(&Page {
        frame: Frame::in_account(&visit, Here::Inbound, "Mail"),
        handle: visit.account.handle.to_string(),
        mail,
        source,
        cut,
    })
}
