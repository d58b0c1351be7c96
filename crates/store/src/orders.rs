//! Orders as they stand: opened for planning, the gate and pages, marked by notices, and queued for the planner
//! when something about them changes.

use std::collections::{BTreeMap, HashMap};

use model::order::{DeliveryDate, Marked, OrderItem, OrderMark};
use model::{AccountId, Alias, Money, NoticeId, Order, OrderId, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::refunds;

/// Lines of one order that are handed out at most.
const MOST_ITEMS: usize = 1000;

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

    /// Several orders, opened; those that are not in the list are left out.
    pub async fn orders(
        &self,
        asked: Vec<(AccountId, OrderId)>,
    ) -> Result<HashMap<(AccountId, OrderId), Order>, StoreError> {
        self.read(move |tx, keys| Box::pin(async move { orders_in(tx, keys, &asked).await })).await
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
    queue_for_planning(tx, account, &[order], now).await
}

/// Puts orders, no two the same, before the planner; again only renews their turns. A turn is a random number, never
/// used twice, so that a plan made before this change can't be taken for one made after it.
pub(crate) async fn queue_for_planning(
    tx: &mut Tx,
    account: AccountId,
    orders: &[OrderId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut turns = vec![0; 8 * orders.len()];
    crate::random::fill(&mut turns)?;
    let (turns, _) = turns.as_chunks::<8>();
    let rows: Vec<Vec<Value>> = orders
        .iter()
        .zip(turns)
        .map(|(order, turn)| vec![account.into(), (*order).into(), now.into(), i64::from_be_bytes(*turn).into()])
        .collect();
    tx.rows_many(
        sql!(
            "INSERT INTO plan_queue (account_id, order_id, since, turn) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, order_id) DO UPDATE SET turn = excluded.turn"
        ),
        &rows,
    )
    .await?;
    Ok(())
}

/// Adds one to a daily counter.
pub(crate) async fn count(tx: &mut Tx, account: AccountId, day: i64, what: &'static str) -> Result<(), StoreError> {
    count_many(tx, account, day, what, 1).await
}

/// Adds so many to a daily counter.
pub(crate) async fn count_many(
    tx: &mut Tx,
    account: AccountId,
    day: i64,
    what: &'static str,
    many: i64,
) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "INSERT INTO daily_count (account_id, day, what, n) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, day, what) DO UPDATE SET n = daily_count.n + excluded.n"
        ),
        [account.into(), day.into(), what.into(), many.into()],
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
    Ok(orders_in(tx, keys, &[(account, order)]).await?.remove(&(account, order)))
}

/// Several orders, opened, within a step: three statements for each account among them, however many orders it has.
pub(crate) async fn orders_in(
    tx: &mut Tx,
    keys: &Keys,
    asked: &[(AccountId, OrderId)],
) -> Result<HashMap<(AccountId, OrderId), Order>, StoreError> {
    let mut by_account: BTreeMap<AccountId, Vec<OrderId>> = BTreeMap::new();
    for (account, order) in asked {
        by_account.entry(*account).or_default().push(*order);
    }
    let mut found = HashMap::with_capacity(asked.len());
    for (account, orders) in by_account {
        let listed = serde_json::to_string(&orders).map_err(|error| StoreError::unexpected(error.to_string()))?;
        for order in bare_orders(tx, keys, account, &listed).await? {
            found.insert((account, order.order_id), order);
        }
        for (order, item) in items(tx, account, &listed).await? {
            if let Some(order) = found.get_mut(&(account, order)).filter(|order| order.items.len() < MOST_ITEMS) {
                order.items.push(item);
            }
        }
        for (order, mark) in marks(tx, account, &listed).await? {
            if let Some(order) = found.get_mut(&(account, order)) {
                order.marks.push(mark);
            }
        }
        for (order, amount) in refunds::of_orders(tx, account, &listed).await? {
            if let Some(order) = found.get_mut(&(account, order)) {
                order.refunds.push(amount);
            }
        }
    }
    Ok(found)
}

/// The orders without their items and marks; `listed` is a list of order ids in JSON.
async fn bare_orders(tx: &mut Tx, keys: &Keys, account: AccountId, listed: &str) -> Result<Vec<Order>, StoreError> {
    let select = tx.either(
        sql!(
            "SELECT order_id, store, purchased_at, status, fulfilment, shipped_at, delivery_earliest, delivery_latest,
             delivery_basis, alias_sealed, ship_country, business, incomplete, (SELECT shared FROM buyer
              WHERE buyer.account_id = orders.account_id AND buyer.buyer_hash = orders.buyer_hash),
             promised_at, window_end, estimated_arrival, carrier, tracking_sealed, buyer_language, feedback_stars,
             review_stars, buyer_hash, (SELECT 1 FROM orders AS earlier WHERE earlier.account_id = orders.account_id
              AND earlier.buyer_hash = orders.buyer_hash AND earlier.purchased_at < orders.purchased_at LIMIT 1)
             FROM orders WHERE account_id = $1 AND order_id IN (SELECT value FROM json_each($2))"
        ),
        sql!(
            "SELECT order_id, store, purchased_at, status, fulfilment, shipped_at, delivery_earliest, delivery_latest,
             delivery_basis, alias_sealed, ship_country, business, incomplete, (SELECT shared FROM buyer
              WHERE buyer.account_id = orders.account_id AND buyer.buyer_hash = orders.buyer_hash),
             promised_at, window_end, estimated_arrival, carrier, tracking_sealed, buyer_language, feedback_stars,
             review_stars, buyer_hash, (SELECT 1 FROM orders AS earlier WHERE earlier.account_id = orders.account_id
              AND earlier.buyer_hash = orders.buyer_hash AND earlier.purchased_at < orders.purchased_at LIMIT 1)
             FROM orders WHERE account_id = $1 AND order_id = ANY (ARRAY(SELECT json_array_elements_text(($2::text)::json)))"
        ),
    );
    let rows = tx.rows(select, &[account.into(), listed.into()]).await?;
    rows.iter().map(|row| bare_order(keys, account, row)).collect()
}

fn bare_order(keys: &Keys, account: AccountId, row: &Row) -> Result<Order, StoreError> {
    let delivery = match (row.opt_time(6)?, row.opt_time(7)?, row.opt_word(8)?) {
        (Some(earliest), Some(latest), Some(basis)) => Some(DeliveryDate { earliest, latest, basis }),
        _ => None,
    };
    let alias = row.opt_blob(9)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?;
    let alias_shared =
        row.opt_int(13)?.is_some_and(|shared| shared != 0) || alias.as_ref().is_some_and(Alias::is_shared_by_form);
    // Without its day it is not before or after any other order.
    let is_known = row.opt_blob(22)?.is_some() && row.opt_time(2)?.is_some();
    Ok(Order {
        order_id: row.word(0)?,
        store: row.word(1)?,
        purchased_at: row.opt_time(2)?,
        status: row.opt_word(3)?,
        fulfilment: row.opt_word(4)?,
        shipped_at: row.opt_time(5)?,
        delivery,
        promised_at: row.opt_time(14)?,
        delivery_window_end: row.opt_time(15)?,
        estimated_arrival: row.opt_time(16)?,
        alias,
        alias_shared,
        repeat_buyer: (is_known && !alias_shared).then_some(row.opt_int(23)?.is_some()),
        ship_country: row.opt_text(10)?.map(str::to_owned),
        business: row.opt_int(11)?.map(|flag| flag != 0),
        carrier: row.opt_text(17)?.map(str::to_owned),
        tracking_number: row.opt_blob(18)?.map(|sealed| keys.open_tracking(account, sealed)).transpose()?,
        buyer_language: row.opt_text(19)?.map(str::to_owned),
        feedback_stars: stars(row, 20)?,
        review_stars: stars(row, 21)?,
        items: Vec::new(),
        incomplete: row.flag(12)?,
        marks: Vec::new(),
        refunds: Vec::new(),
    })
}

fn stars(row: &Row, place: usize) -> Result<Option<u8>, StoreError> {
    Ok(row.opt_int(place)?.and_then(|stars| u8::try_from(stars).ok()))
}

/// The marks of those orders, each order's oldest first.
async fn marks(tx: &mut Tx, account: AccountId, listed: &str) -> Result<Vec<(OrderId, Marked)>, StoreError> {
    let select = tx.either(
        sql!(
            "SELECT order_id, mark, since, provisional FROM order_mark WHERE account_id = $1
             AND order_id IN (SELECT value FROM json_each($2)) ORDER BY order_id, since, mark"
        ),
        sql!(
            "SELECT order_id, mark, since, provisional FROM order_mark WHERE account_id = $1
             AND order_id = ANY (ARRAY(SELECT json_array_elements_text(($2::text)::json))) ORDER BY order_id, since, mark"
        ),
    );
    let rows = tx.rows(select, &[account.into(), listed.into()]).await?;
    let marked = |row: &Row| Ok(Marked { mark: row.word(1)?, since: row.time(2)?, provisional: row.flag(3)? });
    rows.iter().map(|row| Ok((row.word(0)?, marked(row)?))).collect()
}

/// The lines of those orders, in the order of their ids.
async fn items(tx: &mut Tx, account: AccountId, listed: &str) -> Result<Vec<(OrderId, OrderItem)>, StoreError> {
    let select = tx.either(
        sql!(
            "SELECT order_id, line, sku, asin, product_name, quantity, price_amount, price_currency, promotion_ids,
             item_condition FROM order_item WHERE account_id = $1 AND order_id IN (SELECT value FROM json_each($2))
             ORDER BY order_id, line"
        ),
        sql!(
            "SELECT order_id, line, sku, asin, product_name, quantity, price_amount, price_currency, promotion_ids,
             item_condition FROM order_item WHERE account_id = $1
             AND order_id = ANY (ARRAY(SELECT json_array_elements_text(($2::text)::json))) ORDER BY order_id, line"
        ),
    );
    let rows = tx.rows(select, &[account.into(), listed.into()]).await?;
    rows.iter().map(|row| Ok((row.word(0)?, item(row)?))).collect()
}

fn item(row: &Row) -> Result<OrderItem, StoreError> {
    let owned = |place| row.opt_text(place).map(|text| text.map(str::to_owned));
    Ok(OrderItem {
        line: row.text(1)?.to_owned(),
        sku: owned(2)?,
        asin: owned(3)?,
        product_name: owned(4)?,
        quantity: row.opt_int(5)?.and_then(|quantity| u32::try_from(quantity).ok()),
        price: match (row.opt_text(6)?, row.opt_text(7)?) {
            (Some(amount), Some(currency)) => Money::new(amount, currency),
            _ => None,
        },
        promotion_ids: owned(8)?,
        condition: row.opt_word(9)?,
    })
}
