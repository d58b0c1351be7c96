//! The whole list as a CSV file, written page by page as it is read.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use model::suppression::SuppressionRow;
use model::{Cursor, Timestamp, csv};
use store::{StoreError, SuppressionFilter};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// Entries read at once.
const AT_ONCE: u32 = 500;

/// How far the file is written.
enum Place {
    Start,
    After(Cursor),
    End,
}

/// `GET /a/{handle}/opt-outs/export`
pub(crate) async fn download(State(dashboard): State<Dashboard>, visit: InAccount) -> Result<Response, Problem> {
    let account = visit.account.id;
    let parts = stream::try_unfold(Place::Start, move |place| {
        let dashboard = dashboard.clone();
        async move {
            let (before, header) = match place {
                Place::Start => (None, true),
                Place::After(cursor) => (Some(cursor), false),
                Place::End => return Ok::<_, StoreError>(None),
            };
            let page = dashboard.store.suppressions(account, SuppressionFilter::All, before, AT_ONCE).await?;
            let part = csv_of(&page.rows, header);
            Ok(Some((Bytes::from(part), page.next.map_or(Place::End, Place::After))))
        }
    });
    let day = Timestamp::from_clock().utc_date();
    let name = format!("attachment; filename=\"{}-opt-outs-{day}.csv\"", visit.account.handle);
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(parts)).into_response())
}

fn csv_of(rows: &[SuppressionRow], header: bool) -> String {
    let mut text = String::new();
    if header {
        csv::line(&mut text, SuppressionRow::COLUMNS);
    }
    for row in rows {
        csv::line(&mut text, row.cells());
    }
    text
}
