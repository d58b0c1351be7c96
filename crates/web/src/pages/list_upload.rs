//! A list of another tool's that comes in by a form, with the columns that the member picked. Nothing of the list is
//! kept but what is entered of it (law 8).

use axum::extract::Multipart;
use report::list::{self, ListTable, PickError, Picks};

use crate::admission::InAccount;
use crate::pages::upload::{Part, Upload};
use crate::problem::{Problem, capital};

/// The largest list, in bytes: some 200,000 lines.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;

/// A list may be packed; this much it may unpack to, in bytes.
const LARGEST_UNPACKED: u64 = 64 * 1024 * 1024;

/// What came in.
pub(crate) struct Uploaded {
    pub table: ListTable,
    pub picks: Picks,
    /// The choice at the form's head, where it has one.
    pub reason: String,
}

/// Reads the form: its fields come before the file.
pub(crate) async fn take(visit: &InAccount, multipart: Multipart) -> Result<Uploaded, Problem> {
    let mut upload = Upload::new(multipart, &visit.form_token);
    let (mut picks, mut reason) = (Picks::default(), String::new());
    let bytes = loop {
        match upload.next().await? {
            Some(Part::Field { name, value }) => {
                let pick = Some(value.trim()).filter(|value| !value.is_empty()).map(Into::into);
                match name.as_str() {
                    "reason" => reason = value,
                    "order-column" => picks.order = pick,
                    "alias-column" => picks.alias = pick,
                    "date-column" => picks.date = pick,
                    _ => {}
                }
            }
            Some(Part::File(file)) => break file.whole(LARGEST).await?,
            None => return Err(Problem::unclear("Choose a file first.")),
        }
    };
    let read = tokio::task::spawn_blocking(move || list::read(&bytes[..], LARGEST_UNPACKED)).await;
    let table = read
        .map_err(|_| Problem::fault("reading a list broke off"))?
        .map_err(|error| Problem::unclear(format!("{}.", capital(&error.to_string()))))?;
    Ok(Uploaded { table, picks, reason })
}

/// What the form can't tell, in a line: the columns and how to name one, and nothing of the rows.
pub(crate) fn unclear(error: &PickError) -> Problem {
    let said = error.to_string().replace("--order-column, by name or number", "its name or number below");
    Problem::unclear(capital(&said.replace("\n  ", " · ")))
}
