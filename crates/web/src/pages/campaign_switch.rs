//! A campaign is switched on, tried out, or switched off. On and into test only with words that break no rule today, and on only where it is
//! for some of the last orders, unless the member wants it all the same.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use campaign::{Approval, HeldBack};
use model::campaign::StoredCampaign;
use model::{Clock, Timestamp};
use store::Switch;

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::pages::campaign::{Shown, campaign_of, shown};
use crate::pages::campaign_reach::Missed;
use crate::pages::campaigns::findings;
use crate::problem::Problem;
use crate::state::Dashboard;

/// `POST /a/{handle}/campaigns/{campaign}/on`
pub(crate) async fn on(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
    fields: Fields,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let Approval { campaign: read, approved, .. } = match approved_today(&dashboard, &visit, &campaign).await? {
        Ok(approval) => approval,
        Err(page) => return Ok(page),
    };
    let clock = Clock::real(Timestamp::from_clock());
    let reach = (dashboard.reach)(visit.account.id, read, clock).await?;
    if reach.is_none() && fields.text("anyway") != "yes" {
        let again = Shown {
            for_none: Some(Missed::of(&reach)),
            trouble: Some("It stays off: it is for none of the last orders."),
            ..Shown::default()
        };
        let page = shown(&dashboard, &visit, campaign, again).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let account = visit.account.id;
    let name = campaign.name.clone();
    let stored = dashboard.store.switch_campaign(account, name, Switch::On(approved), visit.actor(), clock).await?;
    let (orders, messages) = (reach.orders, reach.messages);
    let to = format!(
        "/a/{}/campaigns/{}?done=campaign_on&orders={orders}&messages={messages}",
        visit.account.handle, stored.id
    );
    Ok(Redirect::to(&to).into_response())
}

/// `POST /a/{handle}/campaigns/{campaign}/test`
pub(crate) async fn test(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let Approval { approved, .. } = match approved_today(&dashboard, &visit, &campaign).await? {
        Ok(approval) => approval,
        Err(page) => return Ok(page),
    };
    let clock = Clock::real(Timestamp::from_clock());
    let (account, name) = (visit.account.id, campaign.name);
    let stored = dashboard.store.switch_campaign(account, name, Switch::Test(approved), visit.actor(), clock).await?;
    let to = format!("/a/{}/campaigns/{}?done=campaign_test", visit.account.handle, stored.id);
    Ok(Redirect::to(&to).into_response())
}

/// The text held against the rules as they are today; the campaign's page with what stands against it, where it may not be
/// put to use.
async fn approved_today(
    dashboard: &Dashboard,
    visit: &InAccount,
    campaign: &StoredCampaign,
) -> Result<Result<Approval, Response>, Problem> {
    let trouble = match campaign::approve(&campaign.text, &campaign.attachments) {
        Ok(approval) => return Ok(Ok(approval)),
        Err(HeldBack::Problems(_)) => "Nothing was switched: this release finds mistakes in its text.",
        Err(HeldBack::Words(_)) => "Nothing was switched: its words break the rules named below.",
    };
    let again = Shown { findings: findings(campaign), trouble: Some(trouble), ..Shown::default() };
    let page = shown(dashboard, visit, campaign.clone(), again).await?;
    Ok(Err((StatusCode::CONFLICT, page).into_response()))
}

/// `POST /a/{handle}/campaigns/{campaign}/off`
pub(crate) async fn off(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Redirect, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let clock = Clock::real(Timestamp::from_clock());
    let (account, name) = (visit.account.id, campaign.name);
    let stored = dashboard.store.switch_campaign(account, name, Switch::Off, visit.actor(), clock).await?;
    Ok(Redirect::to(&format!("/a/{}/campaigns/{}?done=campaign_off", visit.account.handle, stored.id)))
}
