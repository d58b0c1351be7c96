//! Forwarders that an account's members have confirmed: mailboxes whose own signature vouches for what they pass on
//! by hand. The addresses are sealed; the ledger tells only that one was confirmed or taken back.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, Clock, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;

/// Forwarders that an account may have.
const MOST: usize = 100;

/// A confirmed forwarder.
#[derive(Clone, PartialEq, Eq)]
pub struct Forwarder {
    /// The address, in lower case; personal data.
    pub address: String,
    /// Since when.
    pub confirmed_at: Timestamp,
    /// By whom.
    pub by: String,
}

impl Store {
    /// Confirms a mailbox as a forwarder of the account's notices. Again is the same; whether it is new.
    pub async fn confirm_forwarder(
        &self,
        account: AccountId,
        address: String,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may confirm a forwarder"));
                }
                if addresses_in(tx, keys, account).await?.len() >= MOST {
                    return Err(StoreError::Conflict(format!("an account has at most {MOST} forwarders")));
                }
                let address = address.to_ascii_lowercase();
                let values: [Value; 5] = [
                    account.into(),
                    hash_of(keys, account, &address)?.into(),
                    keys.seal(account, "forwarder", address.as_bytes())?.into(),
                    clock.real.into(),
                    by.to_string().into(),
                ];
                let added = tx
                    .run(
                        sql!(
                            "INSERT INTO forwarder (account_id, address_hash, address_sealed, confirmed_at, actor)
                             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, address_hash) DO NOTHING"
                        ),
                        &values,
                    )
                    .await?;
                if added > 0 {
                    let said = json!({ "by": by.to_string(), "forwarder": "confirmed" });
                    ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                }
                Ok(added > 0)
            })
        })
        .await
    }

    /// Takes a forwarder back. What he vouched for stays as it is; whether there was one.
    pub async fn remove_forwarder(
        &self,
        account: AccountId,
        address: String,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may take a forwarder back"));
                }
                let hash = hash_of(keys, account, &address.to_ascii_lowercase())?;
                let removed = tx
                    .run(
                        sql!("DELETE FROM forwarder WHERE account_id = $1 AND address_hash = $2"),
                        &[account.into(), hash.into()],
                    )
                    .await?;
                if removed > 0 {
                    let said = json!({ "by": by.to_string(), "forwarder": "removed" });
                    ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                }
                Ok(removed > 0)
            })
        })
        .await
    }

    /// The account's confirmed forwarders, the oldest first.
    pub async fn forwarders(&self, account: AccountId) -> Result<Vec<Forwarder>, StoreError> {
        self.read(move |tx, keys| Box::pin(all_in(tx, keys, account))).await
    }
}

fn hash_of(keys: &Keys, account: AccountId, address: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("forwarder", &[account.as_bytes(), address.as_bytes()])
}

async fn all_in(tx: &mut Tx, keys: &Keys, account: AccountId) -> Result<Vec<Forwarder>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT address_sealed, confirmed_at, actor FROM forwarder WHERE account_id = $1
                 ORDER BY confirmed_at, address_hash"
            ),
            &[account.into()],
        )
        .await?;
    let one = |row: &crate::engine::Row| {
        let address = keys.open_text(account, "forwarder", row.blob(0)?)?;
        Ok(Forwarder { address, confirmed_at: row.time(1)?, by: row.text(2)?.to_owned() })
    };
    rows.iter().map(one).collect()
}

/// The addresses alone, within a step.
pub(crate) async fn addresses_in(tx: &mut Tx, keys: &Keys, account: AccountId) -> Result<Vec<String>, StoreError> {
    Ok(all_in(tx, keys, account).await?.into_iter().map(|forwarder| forwarder.address).collect())
}
