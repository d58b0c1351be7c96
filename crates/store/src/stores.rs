//! A store more for an account that there is: it captures, with addresses of its own for each kind of notice.

use model::account::{AddressKind, Delivery};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, Clock, Handle, Marketplace, Timestamp};
use serde_json::json;

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, accounts, addresses, feed_breaks};

/// The kinds of notice for which a store has an address of its own.
const KINDS: [AddressKind; 2] = [AddressKind::OptOut, AddressKind::Refund];

impl Store {
    /// Adds a store to an account. It captures until somebody lets its messages leave.
    ///
    /// # Errors
    /// The actor may not, or the account has the store already.
    pub async fn add_store(
        &self,
        account: AccountId,
        store: Marketplace,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may add a store"));
                }
                let handle = accounts::account_in(tx, account).await?.handle;
                if !add(tx, keys, (account, &handle), store, now).await? {
                    return Err(StoreError::Conflict("the account has that store already".into()));
                }
                feed_breaks::ways_changed(tx, keys, &mut ledger, account, Clock::real(now)).await?;
                let said = json!({ "store": "added", "marketplace": store, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::SettingChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Adds a store and its addresses, within a step; whether the account did not have it.
pub(crate) async fn add(
    tx: &mut Tx,
    keys: &Keys,
    account: (AccountId, &Handle),
    store: Marketplace,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let values: [Value; 3] = [account.0.into(), store.into(), Delivery::Capture.as_str().into()];
    let new = sql!("INSERT INTO seller (account_id, store, delivery) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
    if tx.run(new, &values).await? == 0 {
        return Ok(false);
    }
    for kind in KINDS {
        addresses::issue(tx, keys, account, Some(store), kind, now).await?;
    }
    Ok(true)
}
