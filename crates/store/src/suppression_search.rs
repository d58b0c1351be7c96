//! The list by day, reason and store, newest first: what a page asks beside the look-up of one order or one buyer. Each
//! reason is sought in an index of its own order, so a page reads as many rows as it shows for each reason, and no more.

use model::suppression::{SuppressionReason, SuppressionRow};
use model::{AccountId, Cursor, Marketplace, Page, SuppressionId, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::suppressions::show_entry;

/// Which entries a page shows. What is `None` is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SuppressionSearch {
    /// Entries that stand since this instant or later …
    pub from: Option<Timestamp>,
    /// … and since before this one.
    pub until: Option<Timestamp>,
    /// Entries of one reason.
    pub reason: Option<SuppressionReason>,
    /// Entries of one store's orders; a block of a buyer without an order is of none.
    pub store: Option<Marketplace>,
}

impl SuppressionSearch {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The place in the order of a page: what comes behind it is older, or as old with a lower id.
type Place = (Timestamp, SuppressionId);

impl Store {
    /// A page of the entries that match, by the time since which they stand, the newest first: a row for each entry and each
    /// buyer it covers.
    pub async fn suppressions_found(
        &self,
        account: AccountId,
        search: SuppressionSearch,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<SuppressionRow>, StoreError> {
        let end = (search.until.unwrap_or(Timestamp::MAX), SuppressionId::from_bytes([0; 16]));
        let before = match before {
            Some(cursor) => place_of(&cursor)?.min(end),
            None => end,
        };
        self.read(move |tx, keys| Box::pin(found(tx, keys, account, search, before, limit))).await
    }
}

async fn found(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    search: SuppressionSearch,
    before: Place,
    limit: u32,
) -> Result<Page<SuppressionRow>, StoreError> {
    let mut entries: Vec<(Place, Row)> = Vec::new();
    for reason in SuppressionReason::ALL.iter().filter(|reason| search.reason.is_none_or(|asked| asked == **reason)) {
        for row in of_reason(tx, account, &search, *reason, before, limit).await? {
            entries.push(((row.time(4)?, SuppressionId::from_bytes(row.bytes(0)?)), row));
        }
    }
    entries.sort_by(|(one, _), (other, _)| other.cmp(one));
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let full = entries.len() >= most;
    entries.truncate(most);
    let next = entries.last().filter(|_| full).map(|(place, _)| cursor_of(*place));
    let mut rows = Vec::with_capacity(entries.len());
    for ((_, id), row) in &entries {
        show_entry(tx, keys, account, *id, row, &mut rows).await?;
    }
    Ok(Page { rows, next })
}

async fn of_reason(
    tx: &mut Tx,
    account: AccountId,
    search: &SuppressionSearch,
    reason: SuppressionReason,
    before: Place,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let from = search.from.unwrap_or(Timestamp::MIN);
    let Some(store) = search.store else {
        let asked =
            [account.into(), reason.as_str().into(), from.into(), before.0.into(), before.1.into(), limit.into()];
        // The reason as the index has it: no other statement finds that index.
        return tx
            .rows(
                sql!(
                    "SELECT id, order_id, reason, origin, since, held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1),
                     store FROM suppression WHERE account_id = $1 AND (reason || '') = $2 AND since >= $3
                     AND (since, id) < ($4, $5) ORDER BY since DESC, id DESC LIMIT $6"
                ),
                &asked,
            )
            .await;
    };
    let asked = [
        account.into(),
        store.as_str().into(),
        reason.as_str().into(),
        from.into(),
        before.0.into(),
        before.1.into(),
        limit.into(),
    ];
    tx.rows(
        sql!(
            "SELECT id, order_id, reason, origin, since, held,
             (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1),
             store FROM suppression WHERE account_id = $1 AND store = $2 AND reason = $3 AND since >= $4
             AND (since, id) < ($5, $6) ORDER BY since DESC, id DESC LIMIT $7"
        ),
        &asked,
    )
    .await
}

fn cursor_of(place: Place) -> Cursor {
    Cursor(format!("{}.{}", place.0.as_micros(), place.1))
}

fn place_of(cursor: &Cursor) -> Result<Place, StoreError> {
    let place = cursor.0.split_once('.').and_then(|(since, id)| {
        let since: i64 = since.parse().ok()?;
        Some((Timestamp::from_micros(since), id.parse().ok()?))
    });
    place.ok_or_else(|| StoreError::NotFound("this page does not exist".into()))
}
