//! An account's orders by the day on which they were placed, newest first, a page at a time, for whoever wants to know
//! what they have in common.

use model::{AccountId, Order, OrderId, Timestamp};

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;
use crate::orders;

/// Orders of one page.
pub const RECENT_AT_ONCE: usize = 500;

/// Behind which order a page begins: when that was placed, and its id.
pub type Before = (Timestamp, OrderId);

impl Store {
    /// Whether any order of the account is known.
    pub async fn has_orders(&self, account: AccountId) -> Result<bool, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let any = sql!("SELECT 1 FROM (SELECT 1 FROM orders WHERE account_id = $1 LIMIT 1) AS counted");
                Ok(tx.row(any, &[account.into()]).await?.is_some())
            })
        })
        .await
    }

    /// Orders placed since then, opened, newest first; the next page begins before the last of them. A page that is
    /// shorter than [`RECENT_AT_ONCE`] is the last.
    pub async fn recent_orders(
        &self,
        account: AccountId,
        since: Timestamp,
        before: Option<Before>,
    ) -> Result<Vec<Order>, StoreError> {
        let limit = i64::try_from(RECENT_AT_ONCE).unwrap_or(i64::MAX);
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = match before {
                    None => {
                        tx.rows(
                            sql!(
                                "SELECT order_id FROM orders WHERE account_id = $1 AND purchased_at >= $2
                                 ORDER BY purchased_at DESC, order_id DESC LIMIT $3"
                            ),
                            &[account.into(), since.into(), limit.into()],
                        )
                        .await?
                    }
                    Some((placed, order)) => {
                        tx.rows(
                            sql!(
                                "SELECT order_id FROM orders WHERE account_id = $1 AND purchased_at >= $2
                                 AND (purchased_at, order_id) < ($3, $4)
                                 ORDER BY purchased_at DESC, order_id DESC LIMIT $5"
                            ),
                            &[account.into(), since.into(), placed.into(), order.into(), limit.into()],
                        )
                        .await?
                    }
                };
                let asked =
                    rows.iter().map(|row| Ok((account, row.word(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
                let mut found = orders::orders_in(tx, keys, &asked).await?;
                Ok(asked.iter().filter_map(|key| found.remove(key)).collect())
            })
        })
        .await
    }
}
