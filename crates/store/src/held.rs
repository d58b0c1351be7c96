//! Held entries: what a notice could not settle by itself and a member has to decide. Nothing leaves to their
//! orders and buyers until then.

use model::suppression::SuppressionRow;
use model::{AccountId, SuppressionId};

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;
use crate::suppressions;

impl Store {
    /// The entries that wait for a decision, newest first, at most `limit`: a row for each entry and each buyer
    /// it covers. Reads the held entries alone (an index holds them), those decided already among them.
    pub async fn held_entries(&self, account: AccountId, limit: u32) -> Result<Vec<SuppressionRow>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, order_id, reason, origin, since, held, NULL, store FROM suppression
                             WHERE account_id = $1 AND held = 1 AND NOT EXISTS
                             (SELECT 1 FROM suppression_change WHERE suppression_id = suppression.id)
                             ORDER BY id DESC LIMIT $2"
                        ),
                        &[account.into(), limit.into()],
                    )
                    .await?;
                let mut shown = Vec::with_capacity(rows.len());
                for row in &rows {
                    let id = SuppressionId::from_bytes(row.bytes(0)?);
                    suppressions::show_entry(tx, keys, account, id, row, &mut shown).await?;
                }
                Ok(shown)
            })
        })
        .await
    }
}
