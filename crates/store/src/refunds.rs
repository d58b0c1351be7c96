//! What was refunded of an order: each notice's amount once (law 9), so that they add up. Whether that is a part or
//! all of it is told by the order's lines, where they are known.

use model::{AccountId, Money, NoticeId, OrderId, Timestamp};

use crate::engine::{Tx, sql};
use crate::error::StoreError;

/// Records a notice's refund of one order; `amount` is none where the notice named none.
pub(crate) async fn record(
    tx: &mut Tx,
    account: AccountId,
    refund: (OrderId, NoticeId),
    amount: Option<&Money>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (order, notice) = refund;
    tx.put(
        sql!(
            "INSERT INTO order_refund (account_id, order_id, notice_id, amount, currency, at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        ),
        [
            account.into(),
            order.into(),
            notice.into(),
            amount.map(|amount| amount.amount.clone()).into(),
            amount.map(|amount| amount.currency.clone()).into(),
            now.into(),
        ],
    )
    .await
}

/// Takes back what one notice recorded.
pub(crate) async fn forget(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    notice: NoticeId,
) -> Result<(), StoreError> {
    tx.put(
        sql!("DELETE FROM order_refund WHERE account_id = $1 AND order_id = $2 AND notice_id = $3"),
        [account.into(), order.into(), notice.into()],
    )
    .await
}

/// The amounts of those orders' refunds, each order's oldest first; `listed` is a list of order ids in JSON.
pub(crate) async fn of_orders(
    tx: &mut Tx,
    account: AccountId,
    listed: &str,
) -> Result<Vec<(OrderId, Option<Money>)>, StoreError> {
    let select = tx.either(
        sql!(
            "SELECT order_id, amount, currency FROM order_refund WHERE account_id = $1
             AND order_id IN (SELECT value FROM json_each($2)) ORDER BY order_id, at, notice_id"
        ),
        sql!(
            "SELECT order_id, amount, currency FROM order_refund WHERE account_id = $1
             AND order_id = ANY (ARRAY(SELECT json_array_elements_text(($2::text)::json))) ORDER BY order_id, at, notice_id"
        ),
    );
    let rows = tx.rows(select, &[account.into(), listed.into()]).await?;
    let refund = rows.iter().map(|row| {
        let amount = match (row.opt_text(1)?, row.opt_text(2)?) {
            (Some(amount), Some(currency)) => Money::new(amount, currency),
            _ => None,
        };
        Ok((row.word(0)?, amount))
    });
    refund.collect()
}
