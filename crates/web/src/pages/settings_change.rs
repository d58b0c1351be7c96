//! What Abide may do in an account, a store more, and the operator's switch for critical messages by e-mail.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::member::Actor;
use model::{AccountSettings, Clock, Marketplace, Timestamp};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::pages::live::store_of;
use crate::pages::settings::{again, back};
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/settings/policy`
pub(crate) async fn change_policy(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let days = fields.text("delivery_days");
    let delivery_days = days.parse::<u8>().ok().filter(|days| (1..=30).contains(days));
    if delivery_days.is_none() && !days.is_empty() {
        let trouble = "Give the days from shipping to delivery as a number from 1 to 30, or nothing.";
        return again(&dashboard, &visit, Problem::unclear(trouble)).await;
    }
    let wanted = AccountSettings {
        delivery_days,
        trust_addresses: fields.text("trust_addresses") == "yes",
        solicit_without_alias: fields.text("solicit_without_alias") == "yes",
        ..visit.account.settings
    };
    if wanted != visit.account.settings {
        let (account, now) = (visit.account.id, Timestamp::from_clock());
        dashboard.store.change_settings(account, wanted, visit.actor(), now).await?;
    }
    Ok(back(&visit, "settings_kept", "policy").into_response())
}

/// `POST /a/{handle}/settings/stores`
pub(crate) async fn add_store(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let Ok(store) = Marketplace::from_code(fields.text("store")) else {
        return again(&dashboard, &visit, Problem::unclear("Choose the store to add.")).await;
    };
    match dashboard.store.add_store(visit.account.id, store, visit.actor(), Timestamp::from_clock()).await {
        Ok(()) => Ok(back(&visit, "store_added", "stores").into_response()),
        Err(error) => again(&dashboard, &visit, error.into()).await,
    }
}

/// `POST /a/{handle}/settings/stores/{store}/important`: the operator's switch alone.
pub(crate) async fn switch_important(
    State(dashboard): State<Dashboard>,
    Path((_, store)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Redirect, Problem> {
    let store = store_of(&visit, &store)?;
    if !visit.member.operator {
        return Err(Problem::not_found());
    }
    let (on, now) = (fields.text("state") == "on", Clock::real(Timestamp::from_clock()));
    let by = Actor::Operator;
    dashboard.store.set_important_by_email(visit.account.id, store, on, by, now).await?;
    Ok(back(&visit, "settings_kept", "stores"))
}
