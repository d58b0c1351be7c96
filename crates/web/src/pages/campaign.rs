//! One campaign: how it stands, its versions, and its text to be changed. The text is the same file that the command line
//! takes; each change that passes the rules is a new version, and what others changed meanwhile is never written over.

use axum::extract::{Multipart, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue_macros::told;
use model::campaign::{CampaignVersion, StoredCampaign};
use model::{CampaignId, CampaignState, Clock, Timestamp};

use crate::admission::InAccount;
use crate::frame::{Done, Frame, Here, page};
use crate::pages::campaign_draft::{Draft, Findings, Judged};
use crate::pages::campaign_preview::{Preview, preview};
use crate::pages::campaign_reach::Missed;
use crate::pages::campaigns;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::{Coloured, Timed};

/// Versions that are listed; the command line lists all.
const SHOWN: usize = 20;

#[told("campaign.html")]
struct Page {
    frame: Frame,
    handle: String,
    campaign: StoredCampaign,
    /// The text in the form: what was typed, else what stands.
    text: String,
    versions: Vec<CampaignVersion>,
    findings: Findings,
    /// What its text would do, where it was checked just now.
    preview: Option<Preview>,
    /// Why it is for none of the last orders, where it was to be switched on.
    for_none: Option<Missed>,
    /// Letters of its test: in all, and today; why none go, where that is so.
    test: Option<(u64, u32, Option<&'static str>)>,
}

/// What a page of a campaign shows beside the campaign itself.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    pub text: Option<String>,
    pub findings: Findings,
    pub preview: Option<Preview>,
    pub for_none: Option<Missed>,
    pub trouble: Option<&'a str>,
    pub done: Done,
}

/// `GET /a/{handle}/campaigns/{campaign}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, campaign)): Path<(String, String)>,
    Query(done): Query<Done>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &campaign).await?;
    let findings = campaigns::findings(&campaign);
    shown(&dashboard, &visit, campaign, Shown { findings, done, ..Shown::default() }).await
}

pub(crate) async fn campaign_of(dashboard: &Dashboard, visit: &InAccount, id: &str) -> Result<StoredCampaign, Problem> {
    let id: CampaignId = id.parse().map_err(|_| Problem::not_found())?;
    dashboard.store.campaign(visit.account.id, id).await?.ok_or_else(Problem::not_found)
}

pub(crate) async fn shown(
    dashboard: &Dashboard,
    visit: &InAccount,
    campaign: StoredCampaign,
    shown: Shown<'_>,
) -> Result<Response, Problem> {
    let versions = dashboard.store.campaign_versions(visit.account.id, campaign.name.clone()).await?;
    let mut versions = versions.map(|(_, versions)| versions).unwrap_or_default();
    versions.truncate(SHOWN);
    let test =
        if campaign.state == CampaignState::Test { Some(test(dashboard, visit, &campaign).await?) } else { None };
    page(&Page {
        frame: Frame::in_account(visit, Here::Campaigns, "Campaign")
            .named(campaign.name.clone())
            .said(&shown.done)
            .trouble(shown.trouble)
            .searching(),
        handle: visit.account.handle.to_string(),
        text: shown.text.unwrap_or_else(|| campaign.text.clone()),
        versions,
        findings: shown.findings,
        preview: shown.preview,
        for_none: shown.for_none,
        test,
        campaign,
    })
}

async fn test(
    dashboard: &Dashboard,
    visit: &InAccount,
    campaign: &StoredCampaign,
) -> Result<(u64, u32, Option<&'static str>), Problem> {
    let (store, account) = (&dashboard.store, visit.account.id);
    let (all, today) = store.test_letters(account, campaign.id, Timestamp::from_clock()).await?;
    let none = if !dashboard.settings.writes_to_members {
        Some("This installation has no way to write to members. Its operator sets [member_mail] in abide.toml.")
    } else if store.has_confirmed_members(account).await? {
        None
    } else {
        Some("The account has no owner or manager who has set a password.")
    };
    Ok((all, today, none))
}

/// `POST /a/{handle}/campaigns/{campaign}`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    // The form's token is checked first: who has none learns nothing of what there is.
    let draft = match Draft::take(&visit, multipart).await {
        Err(problem) if !problem.is_his() => return Err(problem),
        taken => taken,
    };
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let draft = match draft {
        Ok(draft) => draft,
        Err(problem) => {
            let again = Shown { trouble: Some(problem.sentence()), ..Shown::default() };
            let page = shown(&dashboard, &visit, campaign, again).await?;
            return Ok((problem.status(), page).into_response());
        }
    };
    let (keep, seen, order) = (draft.keep, draft.seen, draft.order);
    let mut files: Vec<_> = draft.files.iter().map(|file| file.file().clone()).collect();
    files.extend(
        campaign
            .attachments
            .iter()
            .filter(|kept| files.iter().all(|file| file.name != kept.name))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let kept = dashboard.store.campaign_attachments(visit.account.id, campaign.id, campaign.version).await?;
    let (text, judged) = draft.held_against_rules(kept);
    let new = match judged {
        Judged::Held(findings) => {
            let problem = Problem::unclear("Nothing was kept: mend what is named below.");
            let again = Shown { text: Some(text), findings, trouble: Some(problem.sentence()), ..Shown::default() };
            let page = shown(&dashboard, &visit, campaign, again).await?;
            return Ok((problem.status(), page).into_response());
        }
        Judged::Fine(new) => new,
    };
    if !keep {
        let preview = preview(&dashboard, &visit, &text, &files, order).await?;
        let again = Shown { text: Some(text), preview: Some(preview), ..Shown::default() };
        return shown(&dashboard, &visit, campaign, again).await;
    }
    let clock = Clock::real(Timestamp::from_clock());
    match dashboard.store.change_campaign(visit.account.id, (campaign.id, seen), new, visit.actor(), clock).await {
        Ok(stored) => {
            let to = format!("/a/{}/campaigns/{}?done=campaign_kept", visit.account.handle, stored.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let problem = Problem::from(error);
            if !problem.is_his() {
                return Err(problem);
            }
            let again = Shown { text: Some(text), trouble: Some(problem.sentence()), ..Shown::default() };
            let page = shown(&dashboard, &visit, campaign, again).await?;
            Ok((problem.status(), page).into_response())
        }
    }
}
