//! Taking what reports say of orders, in any order and as often as they say it. What is known is merged with what
//! is said; an alias that becomes known brings its buyer under the suppressions of that order (law 6). Many orders
//! share a transaction and each table is read or written once for as many as can be; what is left behind is what
//! recording them one after another would leave.

mod buyers;
mod known;
mod prepared;
mod rows;

use std::collections::{HashMap, HashSet};

use model::alert::AlertKind;
use model::ledger::LedgerKind;
use model::order::{DeliveryDate, ImportedOrder, ImportedOrders};
use model::{AccountId, Clock, Marketplace, OrderId, Timestamp};
use serde_json::json;

use self::buyers::Buyers;
use self::known::Known;
pub use self::prepared::PreparedOrder;
use crate::Store;
use crate::engine::Tx;
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::{accounts, alerts, suppressing};

/// Orders that one transaction takes where nobody measures how long it takes, so that notices get their turn
/// (design: 50 ms).
pub const RECORDED_AT_ONCE: usize = 200;

impl Store {
    /// Takes orders of a report in one transaction. Again is the same (law 9).
    pub async fn record_orders(
        &self,
        account: AccountId,
        orders: Vec<ImportedOrder>,
        clock: Clock,
    ) -> Result<ImportedOrders, StoreError> {
        let prepared = orders.into_iter().map(|order| self.prepare_order(account, order));
        let prepared = prepared.collect::<Result<_, _>>()?;
        self.record_prepared_orders(account, prepared, clock).await
    }

    /// The same for orders that were made ready before. The transaction lasts about as long as they are many: the
    /// caller sees to it that others get their turn.
    pub async fn record_prepared_orders(
        &self,
        account: AccountId,
        orders: Vec<PreparedOrder>,
        clock: Clock,
    ) -> Result<ImportedOrders, StoreError> {
        self.write_alone(move |tx, keys| {
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
                let mut rest = orders.as_slice();
                while !rest.is_empty() {
                    let (slice, behind) = rest.split_at(different(rest));
                    recording.record(tx, keys, &mut ledger, slice).await?;
                    rest = behind;
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

/// How many orders from the first are all different: one that comes again is merged into what the first one left.
fn different(orders: &[PreparedOrder]) -> usize {
    let mut met = HashSet::with_capacity(orders.len());
    orders.iter().take_while(|prepared| met.insert(prepared.order.order_id)).count()
}

struct Recording {
    account: AccountId,
    stores: Vec<Marketplace>,
    delivery_days: Option<u8>,
    clock: Clock,
    counts: ImportedOrders,
}

/// An order as it is after the report.
struct Merged<'a> {
    said: &'a PreparedOrder,
    values: ImportedOrder,
    delivery: Option<DeliveryDate>,
    buyer: Option<BuyerHash>,
    /// The hash of the name that the report gives him.
    name: Option<[u8; 32]>,
    /// Whether the report is the first to name him for this order.
    buyer_is_new: bool,
    alias_sealed: Option<Vec<u8>>,
    tracking_sealed: Option<Vec<u8>>,
    first_seen_at: Timestamp,
    purge_at: Timestamp,
    too_old: bool,
    /// What it is beside what was known, its lines apart.
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    Differs,
    Same,
}

impl Merged<'_> {
    fn is_new(&self) -> bool {
        self.change == Change::New
    }
}

impl Recording {
    /// Records orders of which no two are the same, as if each were recorded after the other.
    async fn record(
        &mut self,
        tx: &mut Tx,
        keys: &Keys,
        ledger: &mut Ledger,
        orders: &[PreparedOrder],
    ) -> Result<(), StoreError> {
        let ids: Vec<OrderId> = orders.iter().map(|prepared| prepared.order.order_id).collect();
        let known = known::known(tx, self.account, &ids).await?;
        let mut known: HashMap<OrderId, Known> =
            known.into_iter().map(|known| (known.values.order_id, known)).collect();
        let mut merged = Vec::with_capacity(orders.len());
        for prepared in orders {
            if prepared.account != self.account {
                return Err(StoreError::unexpected("an order was made ready for another account"));
            }
            merged.extend(self.merge(keys, prepared, known.remove(&prepared.order.order_id))?);
        }
        let lines_changed = rows::write_items(tx, self.account, &merged).await?;
        let taken = merged.len();
        merged.retain(|order| order.change != Change::Same || lines_changed.contains(&order.values.order_id));
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let added = merged.iter().filter(|order| order.is_new()).count();
        self.counts.unchanged += count(taken - merged.len());
        self.counts.added += count(added);
        self.counts.updated += count(merged.len() - added);
        self.counts.too_old += count(merged.iter().filter(|order| order.too_old).count());

        let mut buyers = Buyers::of(tx, self.account, &merged).await?;
        buyers.place_entries(tx, &merged).await?;
        let mut rest = merged.as_slice();
        while !rest.is_empty() {
            let (run, behind) = rest.split_at(buyers.run(rest));
            rows::write_orders(tx, self.account, run, self.clock.real).await?;
            self.note_buyers(tx, keys, ledger, &mut buyers, run).await?;
            rest = behind;
        }
        let bought = merged.iter().filter(|order| order.is_new()).filter_map(|order| order.values.purchased_at);
        rows::count_purchases(tx, self.account, bought).await?;
        rows::queue(tx, self.account, &merged, self.clock.real).await
    }

    /// Notes the buyers of a run, and brings its last one's, where he has just become known, under the suppressions
    /// of his order (law 6).
    async fn note_buyers(
        &mut self,
        tx: &mut Tx,
        keys: &Keys,
        ledger: &mut Ledger,
        buyers: &mut Buyers,
        run: &[Merged<'_>],
    ) -> Result<(), StoreError> {
        let (account, clock) = (self.account, self.clock);
        buyers.note_shared_form(tx, run).await?;
        for shared in buyers.note_names(tx, run).await? {
            let about = data_encoding::HEXLOWER.encode(&shared.0[..8]);
            alerts::raise(tx, keys, account, AlertKind::SharedAlias, &about, clock.real).await?;
        }
        let Some((order, buyer)) = run.last().and_then(|order| Some((order, buyers.learnt_by(order)?))) else {
            return Ok(());
        };
        let order_id = order.values.order_id;
        let buyer = (buyer, order.alias_sealed.clone(), Some(order.purge_at));
        let Some(coverage) = suppressing::learn_buyer(tx, keys, ledger, clock, (account, order_id), buyer).await?
        else {
            return Ok(());
        };
        self.counts.buyers_learnt += 1;
        self.counts.withdrawn += u64::try_from(coverage.withdrawn.len()).unwrap_or_default();
        if coverage.aliases_differ {
            alerts::raise(tx, keys, account, AlertKind::AliasConflict, &order_id.to_string(), clock.real).await?;
        }
        Ok(())
    }

    /// What the order is after the report; none where it is of no store of the account's.
    fn merge<'a>(
        &mut self,
        keys: &Keys,
        said: &'a PreparedOrder,
        known: Option<Known>,
    ) -> Result<Option<Merged<'a>>, StoreError> {
        let order = &said.order;
        let store = match (order.store, known.as_ref().and_then(|known| known.values.store)) {
            (Some(store), _) if !self.stores.contains(&store) => {
                self.counts.foreign_store += 1;
                return Ok(None);
            }
            (Some(store), _) | (None, Some(store)) => store,
            (None, None) => {
                self.counts.no_store += 1;
                return Ok(None);
            }
        };
        let mut values = known::merge(known.as_ref().map(|known| &known.values), order, store);
        let now = self.clock.real;
        let first_seen_at = known.as_ref().map_or(now, |known| known.first_seen_at);
        let delivery = values.delivery(self.delivery_days);
        let purge_at = known::purge_at(delivery, values.purchased_at, first_seen_at);
        let too_old = purge_at <= self.clock.now().min(now);
        if too_old {
            // Not kept, and so no difference to what is known.
            values.ship_country = None;
        }
        let buyer = said.alias.as_ref().map(|alias| alias.buyer);
        let buyer_is_new = buyer.is_some() && buyer != known.as_ref().and_then(|known| known.buyer);
        let change = match &known {
            None => Change::New,
            Some(known) => {
                // Other delivery days may have been chosen since: the same report then dates the order anew.
                let dated_anew = known.delivery_latest != delivery.map(|delivery| delivery.latest);
                let known_parcel = known.tracking_sealed.as_deref();
                let known_parcel = known_parcel.map(|sealed| keys.open_tracking(self.account, sealed)).transpose()?;
                let parcel_is_new =
                    order.tracking_number.is_some() && order.tracking_number != known_parcel && !too_old;
                let differs = buyer_is_new || dated_anew || parcel_is_new || known.values != values;
                if differs { Change::Differs } else { Change::Same }
            }
        };
        let buyer = buyer.or_else(|| known.as_ref().and_then(|known| known.buyer));
        let (known_alias, known_parcel) =
            known.map_or((None, None), |known| (known.alias_sealed, known.tracking_sealed));
        let tracking_sealed = said.tracking_sealed.clone().or(known_parcel).filter(|_| !too_old);
        let alias_sealed = match (&said.alias, known_alias) {
            _ if too_old => None,
            // The same alias stays as it was sealed.
            (Some(_), Some(sealed)) if !buyer_is_new => Some(sealed),
            (Some(alias), _) => Some(alias.sealed.clone()),
            (None, sealed) => sealed,
        };
        let name = buyer.map(|buyer| said.name_of(keys, buyer)).transpose()?.flatten();
        Ok(Some(Merged {
            said,
            values,
            delivery,
            buyer,
            name,
            buyer_is_new,
            alias_sealed,
            tracking_sealed,
            first_seen_at,
            purge_at,
            too_old,
            change,
        }))
    }
}
