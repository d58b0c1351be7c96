//! Issuing a new inbound address in the place of one that became known; the old one is taken for 90 more days.

use axum::extract::{Path, State};
use axum::response::Redirect;
use model::{AddressId, Timestamp};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/addresses/{address}/reissue`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, address)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let address: AddressId = address.parse().map_err(|_| Problem::not_found())?;
    dashboard.store.reissue_address(visit.account.id, address, visit.actor(), Timestamp::from_clock()).await?;
    Ok(Redirect::to(&format!("/a/{}?done=reissued", visit.account.handle)))
}
