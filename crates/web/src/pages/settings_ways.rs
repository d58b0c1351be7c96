//! Inbound addresses and confirmed forwarders of an account: issued, revoked, confirmed, taken back.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::sender::SenderAddress;
use model::{AddressKind, Clock, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::pages::live::store_of;
use crate::pages::settings::{again, back};
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/settings/forwarders`
pub(crate) async fn add_forwarder(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let Ok(address) = fields.text("address").parse::<SenderAddress>() else {
        let trouble = "Give the mailbox that passes notices on, like you@example.com.";
        return again(&dashboard, &visit, Problem::unclear(trouble)).await;
    };
    let (account, clock) = (visit.account.id, Clock::real(Timestamp::from_clock()));
    match dashboard.store.confirm_forwarder(account, address.as_str().to_owned(), visit.actor(), clock).await {
        Ok(_) => Ok(back(&visit, "settings_kept", "forwarders").into_response()),
        Err(error) => again(&dashboard, &visit, error.into()).await,
    }
}

/// `POST /a/{handle}/settings/forwarders/remove`
pub(crate) async fn remove_forwarder(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let (account, clock) = (visit.account.id, Clock::real(Timestamp::from_clock()));
    dashboard.store.remove_forwarder(account, fields.text("address").to_owned(), visit.actor(), clock).await?;
    Ok(back(&visit, "settings_kept", "forwarders"))
}

/// `POST /a/{handle}/settings/addresses`
pub(crate) async fn add_address(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let place = match fields.text("store") {
        "all" => None,
        code => Some(store_of(&visit, code)?),
    };
    let kind: AddressKind = fields.text("kind").parse().map_err(|_| Problem::bad_request())?;
    // An address for one kind of notice is entered in one store's Seller Central.
    if (place.is_none()) != (kind == AddressKind::Any) {
        let trouble = "An address for every kind of notice is one for all stores; choose a store for the others.";
        return again(&dashboard, &visit, Problem::unclear(trouble)).await;
    }
    match dashboard.store.issue_address(visit.account.id, place, kind, visit.actor(), Timestamp::from_clock()).await {
        Ok(_) => Ok(back(&visit, "address_issued", "addresses").into_response()),
        Err(error) => again(&dashboard, &visit, error.into()).await,
    }
}

/// `POST /a/{handle}/settings/addresses/{address}/revoke`
pub(crate) async fn revoke_address(
    State(dashboard): State<Dashboard>,
    Path((_, address)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let address = address.parse().map_err(|_| Problem::not_found())?;
    dashboard.store.revoke_address(visit.account.id, address, visit.actor(), Timestamp::from_clock()).await?;
    Ok(back(&visit, "address_revoked", "addresses"))
}
