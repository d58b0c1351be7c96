//! Lists of other tools' that a member has uploaded and not imported yet: kept sealed for an hour, while he says which column
//! is which. One a member and account; only he gets it back.

use model::member::Actor;
use model::{AccountId, ListUploadId, Span, Timestamp};

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;

/// How long a list waits.
const KEPT: Span = Span::hours(1);
/// Bytes of one row.
const PART: usize = 1024 * 1024;
/// The most parts: a packed list of the most rows is smaller by far.
const MOST_PARTS: usize = 64;
const CONTENT: &str = "uploaded list";

impl Store {
    /// Keeps a list until the member has said what its columns are; the one he uploaded before goes.
    pub async fn keep_list_upload(
        &self,
        account: AccountId,
        content: Vec<u8>,
        by: Actor,
        now: Timestamp,
    ) -> Result<ListUploadId, StoreError> {
        self.write(move |tx, keys| {
            let content = content.clone();
            Box::pin(async move {
                let _ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't import lists"));
                }
                if content.len() > PART * MOST_PARTS {
                    return Err(StoreError::Conflict("this list is too large to be looked at here; split it".into()));
                }
                let actor = by.to_string();
                tx.run(
                    sql!("DELETE FROM list_upload WHERE account_id = $1 AND actor = $2"),
                    &[account.into(), actor.clone().into()],
                )
                .await?;
                let id = ListUploadId::generate();
                for (number, part) in (0_i64..).zip(content.chunks(PART)) {
                    let values: [Value; 6] = [
                        id.into(),
                        number.into(),
                        account.into(),
                        actor.clone().into(),
                        now.plus(KEPT).into(),
                        keys.seal(account, CONTENT, part)?.into(),
                    ];
                    tx.run(
                        sql!(
                            "INSERT INTO list_upload (id, part, account_id, actor, ends_at, content_sealed)
                             VALUES ($1, $2, $3, $4, $5, $6)"
                        ),
                        &values,
                    )
                    .await?;
                }
                Ok(id)
            })
        })
        .await
    }

    /// The list, to who uploaded it and while it waits.
    pub async fn list_upload(
        &self,
        account: AccountId,
        id: ListUploadId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT content_sealed FROM list_upload
                             WHERE id = $1 AND account_id = $2 AND actor = $3 AND ends_at > $4 ORDER BY part"
                        ),
                        &[id.into(), account.into(), by.to_string().into(), now.into()],
                    )
                    .await?;
                let mut content = Vec::new();
                for row in &rows {
                    content.extend(keys.open(account, CONTENT, row.blob(0)?)?);
                }
                Ok((!rows.is_empty()).then_some(content))
            })
        })
        .await
    }

    /// Throws a list away, once it was imported or is not wanted.
    pub async fn drop_list_upload(&self, account: AccountId, id: ListUploadId) -> Result<(), StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(sql!("DELETE FROM list_upload WHERE id = $1 AND account_id = $2"), &[id.into(), account.into()])
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Throws away what nobody imported in time; how many parts.
pub(crate) async fn forget(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "DELETE FROM list_upload WHERE (id, part) IN
             (SELECT id, part FROM list_upload WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2)"
        ),
        &[now.into(), limit.into()],
    )
    .await
}
