//! The rows that a report leaves: orders, their lines, their places in the daily count and before the planner.
//! Each table is written once for all orders of a step.

use std::collections::{BTreeMap, HashSet};

use model::order::OrderItem;
use model::{AccountId, OrderId, Timestamp};

use super::Merged;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::orders::{count_many, queue_for_planning};

/// Writes the orders' rows. Those of new ones are only put in: asking whether they are there takes longer.
pub(super) async fn write_orders(
    tx: &mut Tx,
    account: AccountId,
    orders: &[Merged<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (new, known): (Vec<_>, Vec<_>) = orders.iter().partition(|order| order.is_new());
    let rows = |orders: Vec<&Merged<'_>>| orders.into_iter().map(|order| values_of(account, order, now)).collect();
    let (new, known): (Vec<_>, Vec<_>) = (rows(new), rows(known));
    tx.rows_many(
        sql!(
            "INSERT INTO orders (account_id, order_id, store, purchased_at, updated_at, status, fulfilment, shipped_at,
             estimated_arrival, window_start, window_end, promised_at, delivery_earliest, delivery_latest,
             delivery_basis, buyer_hash, alias_sealed, ship_country, business, incomplete, first_seen_at, changed_at,
             purge_at, carrier, tracking_sealed, buyer_language, feedback_stars, review_stars)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
             $22, $23, $24, $25, $26, $27, $28)"
        ),
        &new,
    )
    .await?;
    tx.rows_many(
        sql!(
            "INSERT INTO orders (account_id, order_id, store, purchased_at, updated_at, status, fulfilment, shipped_at,
             estimated_arrival, window_start, window_end, promised_at, delivery_earliest, delivery_latest,
             delivery_basis, buyer_hash, alias_sealed, ship_country, business, incomplete, first_seen_at, changed_at,
             purge_at, carrier, tracking_sealed, buyer_language, feedback_stars, review_stars)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
             $22, $23, $24, $25, $26, $27, $28)
             ON CONFLICT (account_id, order_id) DO UPDATE SET store = excluded.store,
             purchased_at = excluded.purchased_at, updated_at = excluded.updated_at, status = excluded.status,
             fulfilment = excluded.fulfilment, shipped_at = excluded.shipped_at,
             estimated_arrival = excluded.estimated_arrival, window_start = excluded.window_start,
             window_end = excluded.window_end, promised_at = excluded.promised_at,
             delivery_earliest = excluded.delivery_earliest, delivery_latest = excluded.delivery_latest,
             delivery_basis = excluded.delivery_basis, buyer_hash = excluded.buyer_hash,
             alias_sealed = excluded.alias_sealed, ship_country = excluded.ship_country,
             business = excluded.business, incomplete = excluded.incomplete, changed_at = excluded.changed_at,
             purge_at = excluded.purge_at, carrier = excluded.carrier, tracking_sealed = excluded.tracking_sealed,
             buyer_language = excluded.buyer_language, feedback_stars = excluded.feedback_stars,
             review_stars = excluded.review_stars"
        ),
        &known,
    )
    .await?;
    Ok(())
}

fn values_of(account: AccountId, order: &Merged<'_>, now: Timestamp) -> Vec<Value> {
    let values = &order.values;
    let kept = !order.too_old;
    vec![
        account.into(),
        values.order_id.into(),
        values.store.into(),
        values.purchased_at.into(),
        values.updated_at.into(),
        values.status.map(model::order::OrderStatus::as_str).into(),
        values.fulfilment.map(model::order::Fulfilment::as_str).into(),
        values.shipped_at.into(),
        values.estimated_arrival.into(),
        values.delivery_window_start.into(),
        values.delivery_window_end.into(),
        values.promised_at.into(),
        order.delivery.map(|delivery| delivery.earliest).into(),
        order.delivery.map(|delivery| delivery.latest).into(),
        order.delivery.map(|delivery| delivery.basis.as_str()).into(),
        order.buyer.into(),
        order.alias_sealed.clone().into(),
        values.ship_country.clone().into(),
        values.business.into(),
        values.incomplete.into(),
        order.first_seen_at.into(),
        now.into(),
        kept.then_some(order.purge_at).into(),
        values.carrier.clone().into(),
        order.tracking_sealed.clone().into(),
        values.buyer_language.clone().into(),
        values.feedback_stars.map(i64::from).into(),
        values.review_stars.map(i64::from).into(),
    ]
}

/// Writes the lines of orders; the known orders of which any line is new or says something else.
pub(super) async fn write_items(
    tx: &mut Tx,
    account: AccountId,
    orders: &[Merged<'_>],
) -> Result<HashSet<OrderId>, StoreError> {
    let (mut met, mut new, mut known, mut again) = (HashSet::new(), Vec::new(), Vec::new(), Vec::new());
    for order in orders {
        for item in &order.said.order.items {
            let values = item_values(account, order.values.order_id, item);
            // One line twice in one order: the later one speaks last.
            match (met.insert((order.values.order_id, item.line.as_str())), order.is_new()) {
                (true, true) => new.push(values),
                (true, false) => known.push(values),
                (false, _) => again.push(vec![values]),
            }
        }
    }
    tx.rows_many(
        sql!(
            "INSERT INTO order_item (account_id, order_id, line, sku, asin, product_name, quantity, price_amount,
             price_currency, promotion_ids, item_condition) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        &new,
    )
    .await?;
    let mut changed = HashSet::new();
    for lines in std::iter::once(known).chain(again) {
        let rows = tx
            .rows_many(
                sql!(
                    "INSERT INTO order_item (account_id, order_id, line, sku, asin, product_name, quantity, price_amount,
                     price_currency, promotion_ids, item_condition) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                     ON CONFLICT (account_id, order_id, line) DO UPDATE SET
                     sku = COALESCE(excluded.sku, order_item.sku), asin = COALESCE(excluded.asin, order_item.asin),
                     product_name = COALESCE(excluded.product_name, order_item.product_name),
                     quantity = COALESCE(excluded.quantity, order_item.quantity),
                     price_amount = COALESCE(excluded.price_amount, order_item.price_amount),
                     price_currency = COALESCE(excluded.price_currency, order_item.price_currency),
                     promotion_ids = COALESCE(excluded.promotion_ids, order_item.promotion_ids),
                     item_condition = COALESCE(excluded.item_condition, order_item.item_condition)
                     WHERE COALESCE(excluded.sku, order_item.sku) IS DISTINCT FROM order_item.sku
                     OR COALESCE(excluded.asin, order_item.asin) IS DISTINCT FROM order_item.asin
                     OR COALESCE(excluded.product_name, order_item.product_name) IS DISTINCT FROM order_item.product_name
                     OR COALESCE(excluded.quantity, order_item.quantity) IS DISTINCT FROM order_item.quantity
                     OR COALESCE(excluded.price_amount, order_item.price_amount) IS DISTINCT FROM order_item.price_amount
                     OR COALESCE(excluded.promotion_ids, order_item.promotion_ids) IS DISTINCT FROM order_item.promotion_ids
                     OR COALESCE(excluded.item_condition, order_item.item_condition) IS DISTINCT FROM order_item.item_condition
                     RETURNING order_id"
                ),
                &lines,
            )
            .await?;
        for row in &rows {
            changed.insert(row.word(0)?);
        }
    }
    Ok(changed)
}

fn item_values(account: AccountId, order: OrderId, item: &OrderItem) -> Vec<Value> {
    vec![
        account.into(),
        order.into(),
        item.line.as_str().into(),
        item.sku.clone().into(),
        item.asin.clone().into(),
        item.product_name.clone().into(),
        item.quantity.into(),
        item.price.as_ref().map(|price| price.amount.clone()).into(),
        item.price.as_ref().map(|price| price.currency.clone()).into(),
        item.promotion_ids.clone().into(),
        item.condition.map(model::order::ItemCondition::as_str).into(),
    ]
}

/// Counts new orders into their days, for the daily cap.
pub(super) async fn count_purchases(
    tx: &mut Tx,
    account: AccountId,
    bought: impl Iterator<Item = Timestamp>,
) -> Result<(), StoreError> {
    let mut days: BTreeMap<i64, i64> = BTreeMap::new();
    for time in bought {
        *days.entry(time.utc_day()).or_default() += 1;
    }
    for (day, orders) in days {
        count_many(tx, account, day, "orders", orders).await?;
    }
    Ok(())
}

/// Puts the orders before the planner.
pub(super) async fn queue(
    tx: &mut Tx,
    account: AccountId,
    orders: &[Merged<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let orders: Vec<OrderId> = orders.iter().map(|order| order.values.order_id).collect();
    queue_for_planning(tx, account, &orders, now).await
}
