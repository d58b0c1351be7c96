//! Everything of an account as one ZIP file, for its owner alone. It is written as it is read and goes out as it is written;
//! that it was taken stands in the ledger.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use catalogue_macros::told;
use futures_util::stream;
use model::Timestamp;
use store::StoreError;
use tokio::sync::mpsc;

use crate::admission::InAccount;
use crate::frame::{Frame, Here, page};
use crate::problem::Problem;
use crate::state::Dashboard;

/// Pieces of 64 KiB or more that wait for whoever downloads.
const PIECES: usize = 2;
/// Who takes no piece for so long is gone; his export ends and lets another one begin.
const STALLED: Duration = Duration::from_mins(2);

#[told("account_export.html")]
struct Page {
    frame: Frame,
    handle: String,
}

/// `GET /a/{handle}/settings/export`
pub(crate) async fn show(visit: InAccount) -> Result<Response, Problem> {
    shown(&visit, None)
}

/// `POST /a/{handle}/settings/export`: a form, since it leaves an entry in the ledger.
pub(crate) async fn download(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    // A few at a time from the whole installation: each reads all that an account has.
    let Ok(turn) = dashboard.exports.clone().try_acquire_owned() else {
        let problem =
            Problem::unclear("Other exports are being downloaded just now. Please try again in a few minutes.");
        let page = shown(&visit, Some(problem.sentence()))?;
        return Ok((problem.status(), page).into_response());
    };
    let (written, mut waiting) = mpsc::channel::<Vec<u8>>(PIECES);
    let (out, pieces) = mpsc::channel::<Result<Bytes, StoreError>>(PIECES);
    let (account, by, now) = (visit.account.clone(), visit.actor(), Timestamp::from_clock());
    tokio::spawn(async move {
        let _turn = turn;
        let writing = async { dashboard.store.export_account(&account, by, now, written).await.map(|_| ()) };
        let passing = async {
            while let Some(piece) = waiting.recv().await {
                if !matches!(tokio::time::timeout(STALLED, out.send(Ok(Bytes::from(piece)))).await, Ok(Ok(()))) {
                    break;
                }
            }
            // Whoever still writes learns from this that nobody takes it any more.
            drop(waiting);
        };
        let (ended, ()) = tokio::join!(writing, passing);
        if let Err(error) = ended {
            tracing::warn!(account = %account.id, error = %error, "an export broke off");
            // The download breaks off with it: a part must not look like the whole.
            let _ = out.send(Err(error)).await;
        }
    });
    let pieces = stream::unfold(pieces, async |mut pieces| pieces.recv().await.map(|piece| (piece, pieces)));
    let name = format!("attachment; filename=\"{}-{}.zip\"", visit.account.handle, now.utc_date());
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn shown(visit: &InAccount, trouble: Option<&str>) -> Result<Response, Problem> {
    page(&Page {
        frame: Frame::in_account(visit, Here::Settings, "Take everything with you").trouble(trouble),
        handle: visit.account.handle.to_string(),
    })
}
