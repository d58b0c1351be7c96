//! A list of another tool's that comes in by a form, as a file or pasted. It is read at once and kept for an hour, sealed and
//! without what can't matter, until the member has said which column is which.

use axum::extract::Multipart;
use axum::response::Redirect;
use model::Timestamp;
use model::suppression::SuppressionReason;
use report::list::{self, ListTable, PickError};

use crate::admission::InAccount;
use crate::pages::upload::{Part, Upload};
use crate::problem::{Problem, capital};
use crate::state::Dashboard;

/// The largest list, in bytes: some 200,000 lines.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;
/// The largest pasted text, in bytes.
const LARGEST_PASTED: usize = 2 * 1024 * 1024;

/// A list may be packed; this much it may unpack to, in bytes.
const LARGEST_UNPACKED: u64 = 64 * 1024 * 1024;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Orders that another tool has messaged.
    Messaged,
    /// Buyers who want no messages; the reason of rows that give none of Abide's own.
    OptOuts(SuppressionReason),
}

impl ListKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Messaged => "messaged",
            Self::OptOuts(SuppressionReason::Block) => "block",
            Self::OptOuts(_) => "opt_out",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Messaged, Self::OptOuts(SuppressionReason::OptOut), Self::OptOuts(SuppressionReason::Block)]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Reads the form; its table and the choice at its head, where it has one.
pub(crate) async fn take(visit: &InAccount, multipart: Multipart) -> Result<(ListTable, String), Problem> {
    let mut upload = Upload::new(multipart, &visit.form_token).with_fields_of(LARGEST_PASTED);
    let (mut reason, mut chosen, mut pasted) = (String::new(), Vec::new(), Vec::new());
    while let Some(part) = upload.next().await? {
        match part {
            Part::Field { name, value } if name == "reason" => reason = value,
            Part::Field { name, value } if name == "pasted" => pasted = value.trim().into(),
            Part::Field { .. } => {}
            Part::File(file) => chosen = file.whole(LARGEST).await?,
        }
    }
    let bytes: Vec<u8> = match (chosen.is_empty(), pasted.is_empty()) {
        (false, true) => chosen,
        (true, false) => pasted,
        (true, true) => return Err(Problem::unclear("Choose a file, or paste the list.")),
        (false, false) => return Err(Problem::unclear("Choose a file or paste the list, not both at once.")),
    };
    let read = tokio::task::spawn_blocking(move || list::read(&bytes[..], LARGEST_UNPACKED)).await;
    let table = read
        .map_err(|_| Problem::fault("reading a list broke off"))?
        .map_err(|error| Problem::unclear(capital(&error.to_string())))?;
    Ok((table, reason))
}

/// Keeps it for the next page, and leads there.
pub(crate) async fn keep(
    dashboard: &Dashboard,
    visit: &InAccount,
    kind: ListKind,
    table: ListTable,
) -> Result<Redirect, Problem> {
    let packed = tokio::task::spawn_blocking(move || table.pack()).await;
    let packed = packed
        .map_err(|_| Problem::fault("packing a list broke off"))?
        .map_err(|_| Problem::fault("a list could not be packed"))?;
    let content = [kind.as_str().as_bytes(), b"\n", &packed].concat();
    let now = Timestamp::from_clock();
    let id = dashboard.store.keep_list_upload(visit.account.id, content, visit.actor(), now).await?;
    Ok(Redirect::to(&format!("/a/{}/lists/{id}", visit.account.handle)))
}

/// What was kept.
pub(crate) async fn unpack(content: Vec<u8>) -> Result<(ListKind, ListTable), Problem> {
    let opened = tokio::task::spawn_blocking(move || {
        let end = content.iter().position(|byte| *byte == b'\n')?;
        let (kind, packed) = content.split_at_checked(end)?;
        Some((ListKind::of(std::str::from_utf8(kind).ok()?)?, ListTable::unpack(packed.get(1..)?)?))
    });
    let opened = opened.await.map_err(|_| Problem::fault("unpacking a list broke off"))?;
    opened.ok_or_else(|| Problem::fault("a kept list could not be read"))
}

/// What can't be told of the columns, in a line that says what to do on the page.
pub(crate) fn unclear(error: &PickError) -> Problem {
    let said = error.to_string().replace(" with --order-column, by name or number", " below");
    let said = said.split_once(":\n").map_or(said.as_str(), |(first, _)| first).to_owned();
    Problem::unclear(capital(&said))
}
