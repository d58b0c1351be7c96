//! A campaign's versions: each as it was given, what it changed of the one before it, and the text as a file.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use catalogue_macros::told;
use model::campaign::StoredCampaign;
use similar::{ChangeTag, TextDiff};

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::language::say_with;
use crate::pages::campaign::campaign_of;
use crate::problem::Problem;
use crate::state::Dashboard;

/// A line of a version beside the one before it.
struct Line {
    /// `ins`, `del`, or empty where both have it.
    tag: &'static str,
    text: String,
}

#[told("campaign_version.html")]
struct Page {
    frame: Frame,
    handle: String,
    campaign: StoredCampaign,
    version: u32,
    /// Whether there is a version before it.
    compared: bool,
    lines: Vec<Line>,
}

/// `GET /a/{handle}/campaigns/{campaign}/versions/{version}`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Path((_, id, version)): Path<(String, String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let version: u32 = version.parse().map_err(|_| Problem::not_found())?;
    let at = |version| dashboard.store.campaign_version(visit.account.id, campaign.id, version);
    let shown = at(version).await?.ok_or_else(Problem::not_found)?;
    let before = match version.checked_sub(1) {
        Some(before) if before > 0 => at(before).await?,
        _ => None,
    };
    page(&Page {
        frame: Frame::in_account(&visit, Here::Campaigns, "Campaign")
            .named(say_with("{name}, version {version}", &[("name", &campaign.name), ("version", &version)])),
        handle: visit.account.handle.to_string(),
        version,
        compared: before.is_some(),
        lines: lines(before.as_ref().unwrap_or(&shown), &shown),
        campaign,
    })
}

fn lines(before: &StoredCampaign, after: &StoredCampaign) -> Vec<Line> {
    let whole = |campaign: &StoredCampaign| {
        let mut text = campaign.text.clone();
        for file in &campaign.attachments {
            text.push_str(
                &format_args!("\n# attached: {}, {}, sha256 {}", file.name, file.size(), file.digest).to_string(),
            );
        }
        text
    };
    let (before, after) = (whole(before), whole(after));
    let diff = TextDiff::from_lines(&before, &after);
    let line = |change: similar::Change<&str>| Line {
        tag: match change.tag() {
            ChangeTag::Equal => "",
            ChangeTag::Delete => "del",
            ChangeTag::Insert => "ins",
        },
        text: change.value().trim_end_matches('\n').to_owned(),
    };
    diff.iter_all_changes().map(line).collect()
}

/// `GET /a/{handle}/campaigns/{campaign}/text`
pub(crate) async fn download(
    State(dashboard): State<Dashboard>,
    Path((_, id)): Path<(String, String)>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let campaign = campaign_of(&dashboard, &visit, &id).await?;
    let name = format!("attachment; filename=\"campaign-version-{}.toml\"", campaign.version);
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, campaign.text).into_response())
}
