//! Taking what reports say of orders, in any order and as often as they say it. What is known is merged with what
//! is said; an alias that becomes known brings its buyer under the suppressions of his order (law 6).

use model::alert::AlertKind;
use model::ledger::LedgerKind;
use model::order::{DeliveryDate, ImportedOrder, ImportedOrders};
use model::{AccountId, Alias, Clock, Marketplace, OrderId, Span, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::orders::{count, queue_for_planning};
use crate::{accounts, alerts, suppressing};

/// Orders that one transaction takes, so that notices get their turn (design: 50 ms).
pub const RECORDED_AT_ONCE: usize = 200;

/// Law 8: personal data of an order are kept so long after its earliest delivery …
const KEPT_AFTER_DELIVERY: Span = Span::days(30);
/// … and so long after its purchase where the delivery is not known.
const KEPT_AFTER_PURCHASE: Span = Span::days(60);

/// Law 6: an alias on orders with more different names than this is shared.
const NAMES_OF_ONE_BUYER: i64 = 20;

impl Store {
    /// Takes orders of a report, at most [`RECORDED_AT_ONCE`] in one call. Again is the same (law 9).
    pub async fn record_orders(
        &self,
        account: AccountId,
        orders: Vec<ImportedOrder>,
        clock: Clock,
    ) -> Result<ImportedOrders, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let owner = accounts::account_in(tx, account).await?;
                let mut recording = Recording {
                    account,
                    stores: owner.sellers.iter().map(|seller| seller.store).collect(),
                    delivery_days: owner.settings.delivery_days,
                    clock,
                    counts: ImportedOrders::default(),
                };
                for order in &orders {
                    recording.record(tx, keys, &mut ledger, order).await?;
                }
                let counts = recording.counts;
                if counts.added + counts.updated > 0 {
                    let said = json!({ "added": counts.added, "updated": counts.updated });
                    ledger.append(tx, keys, clock, LedgerKind::OrdersImported, &said).await?;
                }
                Ok(counts)
            })
        })
        .await
    }
}

struct Recording {
    account: AccountId,
    stores: Vec<Marketplace>,
    delivery_days: Option<u8>,
    clock: Clock,
    counts: ImportedOrders,
}

/// An order's row as it stands.
struct Known {
    values: ImportedOrder,
    buyer: Option<BuyerHash>,
    alias_sealed: Option<Vec<u8>>,
    first_seen_at: Timestamp,
    delivery_latest: Option<Timestamp>,
}

impl Recording {
    async fn record(
        &mut self,
        tx: &mut Tx,
        keys: &Keys,
        ledger: &mut Ledger,
        order: &ImportedOrder,
    ) -> Result<(), StoreError> {
        let known = self.known(tx, order.order_id).await?;
        let store = match (order.store, known.as_ref().and_then(|known| known.values.store)) {
            (Some(store), _) if !self.stores.contains(&store) => {
                self.counts.foreign_store += 1;
                return Ok(());
            }
            (Some(store), _) | (None, Some(store)) => store,
            (None, None) => {
                self.counts.no_store += 1;
                return Ok(());
            }
        };
        let mut merged = merge(known.as_ref().map(|known| &known.values), order, store);
        let now = self.clock.real;
        let first_seen_at = known.as_ref().map_or(now, |known| known.first_seen_at);
        let delivery = merged.delivery(self.delivery_days);
        let purge_at = purge_at(delivery, merged.purchased_at, first_seen_at);
        let too_old = purge_at <= self.clock.now().min(now);
        if too_old {
            // Not kept, and so no difference to what is known.
            merged.ship_country = None;
        }
        let buyer = order.alias.as_ref().map(|alias| keys.buyer(self.account, alias)).transpose()?;
        let buyer_is_new = buyer.is_some() && buyer != known.as_ref().and_then(|known| known.buyer);
        let kept_alias = match (&order.alias, known.as_ref()) {
            _ if too_old => None,
            // The same alias need not be sealed anew.
            (Some(_), Some(known)) if !buyer_is_new && known.alias_sealed.is_some() => known.alias_sealed.clone(),
            (Some(alias), _) => Some(keys.seal_alias(self.account, alias)?),
            (None, known) => known.and_then(|known| known.alias_sealed.clone()),
        };
        let items_changed = self.record_items(tx, order).await?;
        let changed = match &known {
            None => true,
            // Other delivery days may have been chosen since: the same report then dates the order anew.
            Some(known) => {
                let dated_anew = known.delivery_latest != delivery.map(|delivery| delivery.latest);
                items_changed || buyer_is_new || dated_anew || differs(&known.values, &merged)
            }
        };
        if !changed {
            self.counts.unchanged += 1;
            return Ok(());
        }
        if known.is_some() {
            self.counts.updated += 1;
        } else {
            self.counts.added += 1;
        }
        self.counts.too_old += u64::from(too_old);
        let buyer = buyer.or_else(|| known.as_ref().and_then(|known| known.buyer));
        let row =
            RowValues { merged: &merged, store, delivery, buyer, alias: kept_alias, first_seen_at, purge_at, too_old };
        self.write_row(tx, &row).await?;
        if known.is_none() {
            self.count_purchase(tx, merged.purchased_at).await?;
        }
        if let Some(buyer) = row.buyer {
            if order.alias.as_ref().is_some_and(Alias::is_shared_by_form) {
                self.note_shared_form(tx, buyer).await?;
            }
            if let Some(name) = &order.buyer_name {
                self.note_name(tx, keys, buyer, name).await?;
            }
            if buyer_is_new {
                let alias = order.alias.as_ref();
                self.learn_buyer(tx, keys, ledger, order.order_id, alias, (buyer, row.alias, purge_at)).await?;
            }
        }
        queue_for_planning(tx, self.account, order.order_id, now).await
    }

    async fn known(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Known>, StoreError> {
        let row = tx
            .row(
                sql!(
                    "SELECT store, purchased_at, updated_at, status, fulfilment, shipped_at, estimated_arrival,
                     window_start, window_end, promised_at, buyer_hash, alias_sealed, ship_country, business, incomplete,
                     first_seen_at, delivery_latest FROM orders WHERE account_id = $1 AND order_id = $2"
                ),
                &[self.account.into(), order.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Known {
            values: ImportedOrder {
                store: row.opt_word(0)?,
                purchased_at: row.opt_time(1)?,
                updated_at: row.opt_time(2)?,
                status: row.opt_word(3)?,
                fulfilment: row.opt_word(4)?,
                shipped_at: row.opt_time(5)?,
                estimated_arrival: row.opt_time(6)?,
                delivery_window_start: row.opt_time(7)?,
                delivery_window_end: row.opt_time(8)?,
                promised_at: row.opt_time(9)?,
                ship_country: row.opt_text(12)?.map(str::to_owned),
                business: row.opt_int(13)?.map(|flag| flag != 0),
                incomplete: row.flag(14)?,
                ..ImportedOrder::bare(order)
            },
            buyer: row.opt_bytes(10)?.map(BuyerHash),
            alias_sealed: row.opt_blob(11)?.map(<[u8]>::to_vec),
            first_seen_at: row.time(15)?,
            delivery_latest: row.opt_time(16)?,
        }))
    }

    async fn write_row(&self, tx: &mut Tx, row: &RowValues<'_>) -> Result<(), StoreError> {
        let merged = row.merged;
        let kept = !row.too_old;
        let values: Vec<Value> = vec![
            self.account.into(),
            merged.order_id.into(),
            row.store.into(),
            merged.purchased_at.into(),
            merged.updated_at.into(),
            merged.status.map(model::order::OrderStatus::as_str).into(),
            merged.fulfilment.map(model::order::Fulfilment::as_str).into(),
            merged.shipped_at.into(),
            merged.estimated_arrival.into(),
            merged.delivery_window_start.into(),
            merged.delivery_window_end.into(),
            merged.promised_at.into(),
            row.delivery.map(|delivery| delivery.earliest).into(),
            row.delivery.map(|delivery| delivery.latest).into(),
            row.delivery.map(|delivery| delivery.basis.as_str()).into(),
            row.buyer.into(),
            row.alias.clone().into(),
            merged.ship_country.clone().into(),
            merged.business.into(),
            merged.incomplete.into(),
            row.first_seen_at.into(),
            self.clock.real.into(),
            kept.then_some(row.purge_at).into(),
        ];
        tx.run(
            sql!(
                "INSERT INTO orders (account_id, order_id, store, purchased_at, updated_at, status, fulfilment, shipped_at,
                 estimated_arrival, window_start, window_end, promised_at, delivery_earliest, delivery_latest,
                 delivery_basis, buyer_hash, alias_sealed, ship_country, business, incomplete, first_seen_at, changed_at,
                 purge_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                 $22, $23)
                 ON CONFLICT (account_id, order_id) DO UPDATE SET store = excluded.store,
                 purchased_at = excluded.purchased_at, updated_at = excluded.updated_at, status = excluded.status,
                 fulfilment = excluded.fulfilment, shipped_at = excluded.shipped_at,
                 estimated_arrival = excluded.estimated_arrival, window_start = excluded.window_start,
                 window_end = excluded.window_end, promised_at = excluded.promised_at,
                 delivery_earliest = excluded.delivery_earliest, delivery_latest = excluded.delivery_latest,
                 delivery_basis = excluded.delivery_basis, buyer_hash = excluded.buyer_hash,
                 alias_sealed = excluded.alias_sealed, ship_country = excluded.ship_country,
                 business = excluded.business, incomplete = excluded.incomplete, changed_at = excluded.changed_at,
                 purge_at = excluded.purge_at"
            ),
            &values,
        )
        .await?;
        Ok(())
    }

    /// Writes the lines of an order; whether any of them is new or says something else.
    async fn record_items(&self, tx: &mut Tx, order: &ImportedOrder) -> Result<bool, StoreError> {
        let mut changed = false;
        for item in &order.items {
            let values: [Value; 10] = [
                self.account.into(),
                order.order_id.into(),
                item.line.as_str().into(),
                item.sku.clone().into(),
                item.asin.clone().into(),
                item.product_name.clone().into(),
                item.quantity.into(),
                item.price.as_ref().map(|price| price.amount.clone()).into(),
                item.price.as_ref().map(|price| price.currency.clone()).into(),
                item.promotion_ids.clone().into(),
            ];
            let touched = tx
                .run(
                    sql!(
                        "INSERT INTO order_item (account_id, order_id, line, sku, asin, product_name, quantity, price_amount,
                         price_currency, promotion_ids) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                         ON CONFLICT (account_id, order_id, line) DO UPDATE SET
                         sku = COALESCE(excluded.sku, order_item.sku), asin = COALESCE(excluded.asin, order_item.asin),
                         product_name = COALESCE(excluded.product_name, order_item.product_name),
                         quantity = COALESCE(excluded.quantity, order_item.quantity),
                         price_amount = COALESCE(excluded.price_amount, order_item.price_amount),
                         price_currency = COALESCE(excluded.price_currency, order_item.price_currency),
                         promotion_ids = COALESCE(excluded.promotion_ids, order_item.promotion_ids)
                         WHERE COALESCE(excluded.sku, order_item.sku) IS DISTINCT FROM order_item.sku
                         OR COALESCE(excluded.asin, order_item.asin) IS DISTINCT FROM order_item.asin
                         OR COALESCE(excluded.product_name, order_item.product_name) IS DISTINCT FROM order_item.product_name
                         OR COALESCE(excluded.quantity, order_item.quantity) IS DISTINCT FROM order_item.quantity
                         OR COALESCE(excluded.price_amount, order_item.price_amount) IS DISTINCT FROM order_item.price_amount
                         OR COALESCE(excluded.promotion_ids, order_item.promotion_ids) IS DISTINCT FROM order_item.promotion_ids"
                    ),
                    &values,
                )
                .await?;
            changed |= touched > 0;
        }
        Ok(changed)
    }

    /// Counts the order into its day, for the daily cap.
    async fn count_purchase(&self, tx: &mut Tx, purchased_at: Option<Timestamp>) -> Result<(), StoreError> {
        let Some(day) = purchased_at.map(Timestamp::utc_day) else { return Ok(()) };
        count(tx, self.account, day, "orders").await
    }

    /// Law 6: an alias whose form says that many share it stays known as such by its hash, when the alias itself
    /// is not kept any more.
    async fn note_shared_form(&self, tx: &mut Tx, buyer: BuyerHash) -> Result<(), StoreError> {
        tx.run(
            sql!(
                "INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ($1, $2, 0, 1)
                 ON CONFLICT (account_id, buyer_hash) DO UPDATE SET shared = 1 WHERE buyer.shared = 0"
            ),
            &[self.account.into(), buyer.into()],
        )
        .await?;
        Ok(())
    }

    /// Law 6: tells an alias that many buyers share, by their names, of which only hashes are kept.
    async fn note_name(&self, tx: &mut Tx, keys: &Keys, buyer: BuyerHash, name: &str) -> Result<(), StoreError> {
        let canonical = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let row = tx
            .row(
                sql!("SELECT shared FROM buyer WHERE account_id = $1 AND buyer_hash = $2"),
                &[self.account.into(), buyer.into()],
            )
            .await?;
        if canonical.is_empty() || row.map_or(Ok(false), |row| row.flag(0))? {
            return Ok(());
        }
        let hash = keys.hash("buyer name", &[self.account.as_bytes(), &buyer.0, canonical.as_bytes()])?;
        let added = tx
            .run(
                sql!("INSERT INTO buyer_name (account_id, buyer_hash, name_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
                &[self.account.into(), buyer.into(), hash.into()],
            )
            .await?;
        if added == 0 {
            return Ok(());
        }
        let names = tx
            .row(
                sql!(
                    "INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ($1, $2, 1, 0)
                     ON CONFLICT (account_id, buyer_hash) DO UPDATE SET names = buyer.names + 1 RETURNING names"
                ),
                &[self.account.into(), buyer.into()],
            )
            .await?
            .map_or(Ok(0), |row| row.int(0))?;
        if names > NAMES_OF_ONE_BUYER {
            tx.run(
                sql!("UPDATE buyer SET shared = 1 WHERE account_id = $1 AND buyer_hash = $2"),
                &[self.account.into(), buyer.into()],
            )
            .await?;
            let about = data_encoding::HEXLOWER.encode(&buyer.0[..8]);
            alerts::raise(tx, keys, self.account, AlertKind::SharedAlias, &about, self.clock.real).await?;
        }
        Ok(())
    }

    async fn learn_buyer(
        &mut self,
        tx: &mut Tx,
        keys: &Keys,
        ledger: &mut Ledger,
        order: OrderId,
        alias: Option<&Alias>,
        buyer: (BuyerHash, Option<Vec<u8>>, Timestamp),
    ) -> Result<(), StoreError> {
        let (hash, alias_sealed, purge_at) = buyer;
        if alias.is_some_and(Alias::is_shared_by_form) || suppressing::is_shared(tx, self.account, hash).await? {
            return Ok(());
        }
        let buyer = (hash, alias_sealed, Some(purge_at));
        let learnt = suppressing::learn_buyer(tx, keys, ledger, self.clock, (self.account, order), buyer).await?;
        if let Some(coverage) = learnt {
            self.counts.buyers_learnt += 1;
            self.counts.withdrawn += u64::try_from(coverage.withdrawn.len()).unwrap_or_default();
            if coverage.aliases_differ {
                let about = order.to_string();
                alerts::raise(tx, keys, self.account, AlertKind::AliasConflict, &about, self.clock.real).await?;
            }
        }
        Ok(())
    }
}

struct RowValues<'a> {
    merged: &'a ImportedOrder,
    store: Marketplace,
    delivery: Option<DeliveryDate>,
    buyer: Option<BuyerHash>,
    alias: Option<Vec<u8>>,
    first_seen_at: Timestamp,
    purge_at: Timestamp,
    too_old: bool,
}

/// What is known after a report: what it says wins, unless it is older than what is known, then it only fills
/// gaps; what it does not say stays.
fn merge(known: Option<&ImportedOrder>, said: &ImportedOrder, store: Marketplace) -> ImportedOrder {
    let mut merged = ImportedOrder { items: Vec::new(), alias: None, buyer_name: None, ..said.clone() };
    merged.store = Some(store);
    let Some(known) = known else { return merged };
    let older = match (said.updated_at, known.updated_at) {
        (Some(said), Some(known)) => said < known,
        _ => false,
    };
    macro_rules! settle {
        ($($field:ident),+) => {
            $(merged.$field = if older {
                known.$field.clone().or_else(|| said.$field.clone())
            } else {
                said.$field.clone().or_else(|| known.$field.clone())
            };)+
        };
    }
    settle!(
        purchased_at,
        updated_at,
        status,
        fulfilment,
        shipped_at,
        estimated_arrival,
        delivery_window_start,
        delivery_window_end,
        promised_at,
        ship_country,
        business
    );
    merged
}

fn differs(known: &ImportedOrder, merged: &ImportedOrder) -> bool {
    known != merged
}

fn purge_at(delivery: Option<DeliveryDate>, purchased_at: Option<Timestamp>, first_seen_at: Timestamp) -> Timestamp {
    match delivery {
        Some(delivery) => delivery.earliest.plus(KEPT_AFTER_DELIVERY),
        None => purchased_at.unwrap_or(first_seen_at).plus(KEPT_AFTER_PURCHASE),
    }
}
