//! Orders as they stand: opened for planning, the gate and pages, marked by notices, and queued for the planner
//! when something about them changes.

use model::order::{DeliveryDate, OrderItem, OrderMark};
use model::{AccountId, Alias, Money, NoticeId, Order, OrderId, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::suppressing;

impl Store {
    /// How many orders bought since then have no alias, counted up to `most`: they can only get Amazon's own
    /// review request (law 6).
    pub async fn orders_without_alias(
        &self,
        account: AccountId,
        since: Timestamp,
        most: u32,
    ) -> Result<u64, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE account_id = $1 AND buyer_hash IS NULL
                             AND purchased_at >= $2 LIMIT $3) AS counted"
                        ),
                        &[account.into(), since.into(), most.into()],
                    )
                    .await?;
                row.map_or(Ok(0), |row| row.count(0))
            })
        })
        .await
    }

    /// One order, opened.
    pub async fn order(&self, account: AccountId, order: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(move |tx, keys| Box::pin(order_in(tx, keys, account, order))).await
    }
}

/// Marks an order by a notice, known or not yet; planning looks at it again.
pub(crate) async fn mark(
    tx: &mut Tx,
    account: AccountId,
    mark: (OrderId, OrderMark),
    provisional: bool,
    notice: NoticeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (order, mark) = mark;
    tx.run(
        sql!(
            "INSERT INTO order_mark (account_id, order_id, mark, since, provisional, notice_id)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id, order_id, mark) DO UPDATE SET
             provisional = CASE WHEN excluded.provisional = 0 THEN 0 ELSE order_mark.provisional END"
        ),
        &[account.into(), order.into(), mark.as_str().into(), now.into(), provisional.into(), notice.into()],
    )
    .await?;
    queue_for_planning(tx, account, order, now).await
}

/// Puts an order before the planner; again only renews its turn. A turn is a random number, never used twice,
/// so that a plan made before this change can't be taken for one made after it.
pub(crate) async fn queue_for_planning(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut turn = [0; 8];
    getrandom::fill(&mut turn).map_err(|_| StoreError::unexpected("the system gives no random bytes"))?;
    tx.run(
        sql!(
            "INSERT INTO plan_queue (account_id, order_id, since, turn) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, order_id) DO UPDATE SET turn = excluded.turn"
        ),
        &[account.into(), order.into(), now.into(), i64::from_be_bytes(turn).into()],
    )
    .await?;
    Ok(())
}

/// Adds one to a daily counter.
pub(crate) async fn count(tx: &mut Tx, account: AccountId, day: i64, what: &'static str) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "INSERT INTO daily_count (account_id, day, what, n) VALUES ($1, $2, $3, 1)
             ON CONFLICT (account_id, day, what) DO UPDATE SET n = daily_count.n + 1"
        ),
        &[account.into(), day.into(), what.into()],
    )
    .await?;
    Ok(())
}

/// Takes one back from a daily counter.
pub(crate) async fn count_back(
    tx: &mut Tx,
    account: AccountId,
    day: i64,
    what: &'static str,
) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE daily_count SET n = n - 1 WHERE account_id = $1 AND day = $2 AND what = $3 AND n > 0"),
        &[account.into(), day.into(), what.into()],
    )
    .await?;
    Ok(())
}

/// An order, opened, within a step.
pub(crate) async fn order_in(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    order: OrderId,
) -> Result<Option<Order>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT store, purchased_at, status, fulfilment, shipped_at, delivery_earliest, delivery_latest,
                 delivery_basis, buyer_hash, alias_sealed, ship_country, business, incomplete
                 FROM orders WHERE account_id = $1 AND order_id = $2"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let delivery = match (row.opt_time(5)?, row.opt_time(6)?, row.opt_word(7)?) {
        (Some(earliest), Some(latest), Some(basis)) => Some(DeliveryDate { earliest, latest, basis }),
        _ => None,
    };
    let alias = row.opt_blob(9)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?;
    let alias_shared = match row.opt_bytes(8)?.map(BuyerHash) {
        Some(buyer) => {
            alias.as_ref().is_some_and(Alias::is_shared_by_form) || suppressing::is_shared(tx, account, buyer).await?
        }
        None => false,
    };
    Ok(Some(Order {
        order_id: order,
        store: row.word(0)?,
        purchased_at: row.opt_time(1)?,
        status: row.opt_word(2)?,
        fulfilment: row.opt_word(3)?,
        shipped_at: row.opt_time(4)?,
        delivery,
        alias,
        alias_shared,
        ship_country: row.opt_text(10)?.map(str::to_owned),
        business: row.opt_int(11)?.map(|flag| flag != 0),
        items: items(tx, account, order).await?,
        incomplete: row.flag(12)?,
        marks: marks(tx, account, order).await?,
    }))
}

pub(crate) async fn marks(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
) -> Result<Vec<(OrderMark, Timestamp)>, StoreError> {
    let rows = tx
        .rows(
            sql!("SELECT mark, since FROM order_mark WHERE account_id = $1 AND order_id = $2 ORDER BY since, mark"),
            &[account.into(), order.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.word(0)?, row.time(1)?))).collect()
}

async fn items(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<Vec<OrderItem>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT line, sku, asin, product_name, quantity, price_amount, price_currency, promotion_ids
                 FROM order_item WHERE account_id = $1 AND order_id = $2 ORDER BY line LIMIT 1000"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    rows.iter().map(item).collect()
}

fn item(row: &Row) -> Result<OrderItem, StoreError> {
    let owned = |place| row.opt_text(place).map(|text| text.map(str::to_owned));
    Ok(OrderItem {
        line: row.text(0)?.to_owned(),
        sku: owned(1)?,
        asin: owned(2)?,
        product_name: owned(3)?,
        quantity: row.opt_int(4)?.and_then(|quantity| u32::try_from(quantity).ok()),
        price: match (row.opt_text(5)?, row.opt_text(6)?) {
            (Some(amount), Some(currency)) => Money::new(amount, currency),
            _ => None,
        },
        promotion_ids: owned(7)?,
    })
}
