//! The whole list as a CSV file, written page by page as it is read. A cell that a spreadsheet would run as a formula
//! gets an apostrophe before it.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use model::suppression::SuppressionRow;
use model::{Cursor, Timestamp};
use store::{StoreError, SuppressionFilter};

use crate::admission::InAccount;
use crate::problem::Problem;
use crate::state::Dashboard;

/// Entries read at once.
const AT_ONCE: u32 = 500;

/// The columns, in their order.
pub(crate) const COLUMNS: [&str; 6] = ["order_id", "alias", "reason", "since", "origin", "state"];

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

fn csv_of(rows: &[SuppressionRow], header: bool) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    if header {
        writer.write_record(COLUMNS).unwrap_or_default();
    }
    for row in rows {
        let cells = [
            row.order_id.map(|order| order.to_string()).unwrap_or_default(),
            row.alias.as_ref().map(|alias| alias.as_str().to_owned()).unwrap_or_default(),
            row.reason.to_string(),
            row.since.to_string(),
            row.origin.to_string(),
            row.state.to_string(),
        ];
        writer.write_record(cells.iter().map(|cell| defused(cell).into_owned())).unwrap_or_default();
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV Injection).
fn defused(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        for cell in ["=1+1", "+1", "-a@marketplace.amazon.com", "@x", "\tx", "\rx"] {
            assert_eq!(defused(cell), format!("'{cell}"));
        }
        assert_eq!(defused("123-1234567-1234567"), "123-1234567-1234567");
    }
}
