//! What the keys make of an order before the transaction that records it: hashes, and the alias sealed. So many
//! orders are made ready beside the writer while it is busy with others.

use model::order::ImportedOrder;
use model::{AccountId, Alias};

use crate::Store;
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};

/// An order made ready for [`Store::record_prepared_orders`].
pub struct PreparedOrder {
    pub(super) account: AccountId,
    pub(super) order: ImportedOrder,
    pub(super) alias: Option<PreparedAlias>,
    pub(super) tracking_sealed: Option<Vec<u8>>,
}

pub(super) struct PreparedAlias {
    pub buyer: BuyerHash,
    pub sealed: Vec<u8>,
    /// The hash of the buyer's name, where there is one.
    name: Option<[u8; 32]>,
}

impl std::fmt::Debug for PreparedOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedOrder").field("order", &self.order).finish_non_exhaustive()
    }
}

impl Store {
    /// Makes an order ready to be recorded for this account: all that needs the keys and not the database.
    pub fn prepare_order(&self, account: AccountId, order: ImportedOrder) -> Result<PreparedOrder, StoreError> {
        PreparedOrder::new(&self.keys, account, order)
    }
}

impl PreparedOrder {
    pub(super) fn new(keys: &Keys, account: AccountId, order: ImportedOrder) -> Result<Self, StoreError> {
        let tracking = order.tracking_number.as_deref();
        let tracking_sealed = tracking.map(|number| keys.seal_tracking(account, number)).transpose()?;
        let Some(alias) = &order.alias else { return Ok(Self { account, order, alias: None, tracking_sealed }) };
        let buyer = keys.buyer(account, alias)?;
        let name = order.buyer_name.as_deref().map(|name| name_hash(keys, account, buyer, name)).transpose()?.flatten();
        let alias = PreparedAlias { buyer, sealed: keys.seal_alias(account, alias)?, name };
        Ok(Self { account, order, alias: Some(alias), tracking_sealed })
    }

    pub(super) const fn alias(&self) -> Option<&Alias> {
        self.order.alias.as_ref()
    }

    /// The hash of the name under which this buyer, the order's, stands in the report.
    pub(super) fn name_of(&self, keys: &Keys, buyer: BuyerHash) -> Result<Option<[u8; 32]>, StoreError> {
        match (&self.alias, &self.order.buyer_name) {
            (Some(alias), _) if alias.buyer == buyer => Ok(alias.name),
            (_, Some(name)) => name_hash(keys, self.account, buyer, name),
            (_, None) => Ok(None),
        }
    }
}

fn name_hash(keys: &Keys, account: AccountId, buyer: BuyerHash, name: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let canonical = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if canonical.is_empty() {
        return Ok(None);
    }
    keys.hash("buyer name", &[account.as_bytes(), &buyer.0, canonical.as_bytes()]).map(Some)
}
