//! A member takes back messages that have not left: one on its page, or those that he chose in the outbox.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{Clock, MessageId, Timestamp};

use store::StoreError;

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::pages::{ROWS, outbox};
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/outbox/{message}/withdraw`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, message)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let message: MessageId = message.parse().map_err(|_| Problem::not_found())?;
    let clock = Clock::real(Timestamp::from_clock());
    dashboard.store.withdraw_message(visit.account.id, message, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/outbox?done=withdrawn", visit.account.handle)))
}

/// `POST /a/{handle}/outbox/withdraw`
pub(crate) async fn chosen(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let chosen = fields.0.iter().filter(|(name, _)| name == "message").map(|(_, id)| id.parse::<MessageId>());
    let chosen = chosen.collect::<Result<Vec<_>, _>>().map_err(|_| Problem::bad_request())?;
    // A page has no more of them.
    if chosen.len() > usize::try_from(ROWS).unwrap_or(usize::MAX) {
        return Err(Problem::bad_request());
    }
    let (mut withdrawn, mut gone) = (0_u32, 0_u32);
    for message in chosen {
        let clock = Clock::real(Timestamp::from_clock());
        match dashboard.store.withdraw_message(visit.account.id, message, visit.actor(), clock).await {
            Ok(()) => withdrawn += 1,
            // It left, or was refused, while the member looked at the page; another account's is none at all.
            Err(StoreError::Conflict(_)) => gone += 1,
            Err(error) => return Err(error.into()),
        }
    }
    // Back to the part of the outbox from which they were chosen.
    let (handle, part) = (&visit.account.handle, outbox::part_asked_by(&fields));
    let to = format!("/a/{handle}/outbox?{part}done=chosen_withdrawn&withdrawn={withdrawn}&gone={gone}");
    Ok(Redirect::to(&to))
}
