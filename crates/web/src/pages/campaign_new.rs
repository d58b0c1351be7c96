//! A new campaign: a text to begin with is chosen, changed and kept. It is kept switched off; its own page switches it on,
//! once it is known whom it reaches.

use axum::extract::{Multipart, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use campaign::{Starter, starters};
use catalogue_macros::told;
use model::{Clock, Timestamp};
use serde::Deserialize;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::pages::campaign_draft::{Draft, Findings, Judged};
use crate::pages::campaign_preview::{Preview, preview};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::words::Timed;

/// Which text to begin with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Begin {
    #[serde(default)]
    starter: String,
}

#[told("campaign_new.html")]
struct Page {
    frame: Frame,
    handle: String,
    starters: &'static [Starter],
    /// None until a text to begin with was chosen.
    text: Option<String>,
    findings: Findings,
    /// What its text would do, where it was checked just now.
    preview: Option<Preview>,
}

fn shown(
    visit: &InAccount,
    text: Option<String>,
    findings: Findings,
    preview: Option<Preview>,
    trouble: Option<&str>,
) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(visit, Here::Campaigns, "New campaign").trouble(trouble).searching(),
        handle: visit.account.handle.to_string(),
        starters: starters(),
        text,
        findings,
        preview,
    })
}

/// `GET /a/{handle}/campaigns/new`
pub(crate) async fn show(Query(begin): Query<Begin>, visit: InAccount) -> Result<Response, Problem> {
    let starter = starters().iter().find(|starter| starter.id == begin.starter);
    let text = starter.map(|starter| starter.file(None, &[]));
    shown(&visit, text, Findings::default(), None, None)
}

/// `POST /a/{handle}/campaigns/new`
pub(crate) async fn accept(
    State(dashboard): State<Dashboard>,
    visit: InAccount,
    multipart: Multipart,
) -> Result<Response, Problem> {
    let draft = match Draft::take(&visit, multipart).await {
        Ok(draft) => draft,
        Err(problem) if problem.is_his() => {
            let page = shown(&visit, None, Findings::default(), None, Some(problem.sentence()))?;
            return Ok((problem.status(), page).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let (keep, order) = (draft.keep, draft.order);
    let files: Vec<_> = draft.files.iter().map(|file| file.file().clone()).collect();
    let (text, judged) = draft.held_against_rules(Vec::new());
    let new = match judged {
        Judged::Held(findings) => {
            let problem = Problem::unclear("Nothing was kept: mend what is named below.");
            let page = shown(&visit, Some(text), findings, None, Some(problem.sentence()))?;
            return Ok((problem.status(), page).into_response());
        }
        Judged::Fine(new) => new,
    };
    if !keep {
        let preview = preview(&dashboard, &visit, &text, &files, order).await?;
        return shown(&visit, Some(text), Findings::default(), Some(preview), None);
    }
    let clock = Clock::real(Timestamp::from_clock());
    match dashboard.store.keep_campaign(visit.account.id, new, visit.actor(), clock).await {
        Ok(stored) => {
            let to = format!("/a/{}/campaigns/{}?done=campaign_added", visit.account.handle, stored.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let problem = Problem::from(error);
            if !problem.is_his() {
                return Err(problem);
            }
            let page = shown(&visit, Some(text), Findings::default(), None, Some(problem.sentence()))?;
            Ok((problem.status(), page).into_response())
        }
    }
}
