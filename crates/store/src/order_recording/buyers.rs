//! Law 6 for the buyers behind orders: which alias many share, by its form or by the names it comes with, and where
//! a run of orders must end, so that recording it at once is the same as recording its orders one after another.
//!
//! Within a run only its last order may do more than add rows: learn a buyer, which looks at all rows of that buyer,
//! or make an alias a shared one, which later orders must find so.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{AccountId, Alias, Marketplace, OrderId};

use super::Merged;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::BuyerHash;

/// An alias on orders with more different names than this is shared.
const NAMES_OF_ONE_BUYER: i64 = 20;

/// What is known of the buyers of some orders; kept true while those are recorded, under the account's lock.
pub(super) struct Buyers {
    account: AccountId,
    standing: HashMap<BuyerHash, Standing>,
    /// Those of the orders, as far as they or their buyers are new, that any suppression names.
    suppressed: HashSet<OrderId>,
}

#[derive(Default, Clone, Copy)]
struct Standing {
    /// Different names counted; none are counted any more for a shared alias.
    names: i64,
    shared: bool,
}

impl Buyers {
    pub async fn of(tx: &mut Tx, account: AccountId, orders: &[Merged<'_>]) -> Result<Self, StoreError> {
        let mut list: Vec<BuyerHash> = orders.iter().filter_map(|order| order.buyer).collect();
        list.sort_unstable();
        list.dedup();
        let list: Vec<Value> = list.into_iter().map(Value::from).collect();
        let rows = tx
            .rows_in(
                sql!("SELECT buyer_hash, names, shared FROM buyer WHERE account_id = $1 AND buyer_hash IN ($2)"),
                &[account.into()],
                &list,
            )
            .await?;
        let standing = rows
            .iter()
            .map(|row| Ok((BuyerHash(row.bytes(0)?), Standing { names: row.int(1)?, shared: row.flag(2)? })));
        let standing = standing.collect::<Result<_, StoreError>>()?;

        let new = orders.iter().filter(|order| order.buyer_is_new || order.is_new());
        let list: Vec<Value> = new.map(|order| order.values.order_id.into()).collect();
        let rows = tx
            .rows_in(
                sql!("SELECT DISTINCT order_id FROM suppression WHERE account_id = $1 AND order_id IN ($2)"),
                &[account.into()],
                &list,
            )
            .await?;
        let suppressed = rows.iter().map(|row| row.word(0)).collect::<Result<_, _>>()?;
        Ok(Self { account, standing, suppressed })
    }

    /// Gives the entries of orders that have just become known the orders' store, by which pages find them.
    pub async fn place_entries(&self, tx: &mut Tx, orders: &[Merged<'_>]) -> Result<(), StoreError> {
        let named = |order: &&Merged<'_>| order.is_new() && self.suppressed.contains(&order.values.order_id);
        for order in orders.iter().filter(named) {
            let store = order.values.store.map(Marketplace::as_str);
            tx.put(
                sql!("UPDATE suppression SET store = $3 WHERE account_id = $1 AND order_id = $2"),
                [self.account.into(), order.values.order_id.into(), store.into()],
            )
            .await?;
        }
        Ok(())
    }

    fn standing(&self, buyer: BuyerHash) -> Standing {
        self.standing.get(&buyer).copied().unwrap_or_default()
    }

    /// How many of the orders, from the first, can be recorded at once: up to and with the first one that may do
    /// more than add rows.
    pub fn run(&self, orders: &[Merged<'_>]) -> usize {
        let mut named: HashSet<(BuyerHash, [u8; 32])> = HashSet::new();
        let mut names: HashMap<BuyerHash, i64> = HashMap::new();
        let ends = |order: &Merged<'_>| {
            let Some(buyer) = order.buyer else { return false };
            let standing = self.standing(buyer);
            let learns = order.buyer_is_new && self.suppressed.contains(&order.values.order_id);
            if learns || (is_shared_by_form(order) && !standing.shared) {
                return true;
            }
            let Some(name) = order.name.filter(|_| !standing.shared) else { return false };
            if !named.insert((buyer, name)) {
                return false;
            }
            // As if none of these names were counted before: the run may end too early, never too late.
            let in_run = names.entry(buyer).or_default();
            *in_run += 1;
            standing.names + *in_run > NAMES_OF_ONE_BUYER
        };
        orders.iter().position(ends).map_or(orders.len(), |last| last + 1)
    }

    /// An alias whose form says that many share it stays known as such by its hash, when the alias itself is not kept
    /// any more.
    pub async fn note_shared_form(&mut self, tx: &mut Tx, run: &[Merged<'_>]) -> Result<(), StoreError> {
        for order in run.iter().filter(|order| is_shared_by_form(order)) {
            let Some(buyer) = order.buyer.filter(|buyer| !self.standing(*buyer).shared) else { continue };
            tx.run(
                sql!(
                    "INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ($1, $2, 0, 1)
                     ON CONFLICT (account_id, buyer_hash) DO UPDATE SET shared = 1 WHERE buyer.shared = 0"
                ),
                &[self.account.into(), buyer.into()],
            )
            .await?;
            self.standing.entry(buyer).or_default().shared = true;
        }
        Ok(())
    }

    /// Counts the names of each alias, of which only hashes are kept; the aliases that turned out to be shared.
    pub async fn note_names(&mut self, tx: &mut Tx, run: &[Merged<'_>]) -> Result<Vec<BuyerHash>, StoreError> {
        let named = run.iter().filter_map(|order| Some((order.buyer?, order.name?)));
        let mut names: Vec<_> = named.filter(|(buyer, _)| !self.standing(*buyer).shared).collect();
        names.sort_unstable();
        names.dedup();
        let rows = |names: &[(BuyerHash, [u8; 32])]| {
            let rows = names.iter().map(|(buyer, name)| vec![self.account.into(), (*buyer).into(), (*name).into()]);
            rows.collect::<Vec<Vec<Value>>>()
        };
        let (new, known): (Vec<_>, Vec<_>) = names.iter().partition(|(buyer, _)| !self.standing.contains_key(buyer));
        let mut more: BTreeMap<BuyerHash, i64> = BTreeMap::new();
        for (buyer, _) in &new {
            *more.entry(*buyer).or_default() += 1;
        }
        tx.rows_many(
            sql!("INSERT INTO buyer_name (account_id, buyer_hash, name_hash) VALUES ($1, $2, $3)"),
            &rows(&new),
        )
        .await?;
        let added = tx
            .rows_many(
                sql!(
                    "INSERT INTO buyer_name (account_id, buyer_hash, name_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
                     RETURNING buyer_hash"
                ),
                &rows(&known),
            )
            .await?;
        for row in &added {
            *more.entry(BuyerHash(row.bytes(0)?)).or_default() += 1;
        }
        let (mut new, mut known, mut newly_shared) = (Vec::new(), Vec::new(), Vec::new());
        for (buyer, more) in more {
            let rows = if self.standing.contains_key(&buyer) { &mut known } else { &mut new };
            let standing = self.standing.entry(buyer).or_default();
            standing.names += more;
            if standing.names > NAMES_OF_ONE_BUYER {
                standing.shared = true;
                newly_shared.push(buyer);
            }
            rows.push(vec![self.account.into(), buyer.into(), standing.names.into(), standing.shared.into()]);
        }
        tx.rows_many(sql!("INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ($1, $2, $3, $4)"), &new)
            .await?;
        tx.rows_many(
            sql!(
                "INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (account_id, buyer_hash) DO UPDATE SET names = excluded.names, shared = excluded.shared"
            ),
            &known,
        )
        .await?;
        Ok(newly_shared)
    }

    /// The buyer whom this order has just made known, where a suppression of the order waits for him.
    pub fn learnt_by(&self, order: &Merged<'_>) -> Option<BuyerHash> {
        let learns = order.buyer_is_new && self.suppressed.contains(&order.values.order_id);
        order.buyer.filter(|buyer| learns && !self.standing(*buyer).shared)
    }
}

fn is_shared_by_form(order: &Merged<'_>) -> bool {
    order.said.alias().is_some_and(Alias::is_shared_by_form)
}
