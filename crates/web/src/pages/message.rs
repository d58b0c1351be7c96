//! One message: where it stands, what the server said, what it says itself; and, where it was lost on its way, the two
//! answers that a member may give.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use catalogue_macros::told;
use model::message::Settlement;
use model::sending::MessageDetail;
use model::{Clock, MessageId, MessageState, Timestamp};

use crate::admission::InAccount;
use crate::forms::{self, Fields};
use crate::frame::{Done, Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed, Worded};

#[told("message.html")]
struct Page {
    frame: Frame,
    handle: String,
    message: MessageDetail,
}

impl Page {
    fn is_lost(&self) -> bool {
        self.message.row.state == MessageState::Unknown
    }

    fn waits(&self) -> bool {
        matches!(self.message.row.state, MessageState::Planned | MessageState::Waiting)
    }
}

/// `GET /a/{handle}/outbox/{message}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, message)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let id: MessageId = message.parse().map_err(|_| Problem::not_found())?;
    let message = dashboard.store.message_detail(visit.account.id, id).await?.ok_or_else(Problem::not_found)?;
    page(&Page {
        frame: Frame::in_account(&visit, Here::Outbox, "Message").said(&done),
        handle: visit.account.handle.to_string(),
        message,
    })
}

/// `POST /a/{handle}/outbox/{message}/resolve`
pub(crate) async fn resolve(
    State(dashboard): State<Dashboard>,
    Path((_, message)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let id: MessageId = message.parse().map_err(|_| Problem::not_found())?;
    let settlement: Settlement = fields
        .text("settlement")
        .parse()
        .map_err(|_| Problem::unclear("Please say whether the message left or not, by one of the two buttons."))?;
    let note = Some(forms::note(&fields, false)?).filter(|note| !note.is_empty());
    let note = note.unwrap_or_else(|| "settled on the dashboard".to_owned());
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.settle(visit.account.id, id, settlement, note, visit.actor(), clock).await?;
    let done = match settlement {
        Settlement::Sent => "settled_sent",
        Settlement::NotSent => "settled_not_sent",
    };
    Ok(Redirect::to(&format!("/a/{}/outbox/{id}?done={done}", visit.account.handle)))
}
