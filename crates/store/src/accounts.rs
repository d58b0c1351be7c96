//! Accounts, their stores and settings.

use model::account::{AddressKind, Delivery};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::{Account, AccountId, AccountSettings, Clock, Handle, Marketplace, Seller, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;

impl Store {
    /// Makes an account with its stores and inbound addresses: one for each store and kind of notice, and one
    /// for the whole account.
    pub async fn add_account(
        &self,
        name: String,
        handle: Handle,
        stores: Vec<Marketplace>,
        now: Timestamp,
    ) -> Result<Account, StoreError> {
        let wanted = handle.clone();
        self.write(move |tx, keys| {
            Box::pin(async move {
                let id = AccountId::generate();
                crate::deletion::never_given_before(tx, keys, &handle).await?;
                let settings = AccountSettings::default();
                let values: [Value; 6] = [
                    id.into(),
                    handle.as_str().into(),
                    name.clone().into(),
                    now.into(),
                    settings.trust_addresses.into(),
                    settings.solicit_without_alias.into(),
                ];
                let added = tx
                    .run(
                        sql!(
                            "INSERT INTO account (id, handle, name, created_at, trust_addresses, solicit_without_alias)
                             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (handle) DO NOTHING"
                        ),
                        &values,
                    )
                    .await?;
                if added == 0 {
                    return Err(StoreError::Conflict(format!(
                        "there is an account `{handle}` already; choose another with --handle"
                    )));
                }
                let mut ledger = Ledger::begin(tx, id, now).await?;
                let stores_shown: Vec<&str> = stores.iter().map(|store| store.as_str()).collect();
                let said = json!({ "handle": handle.as_str(), "stores": stores_shown });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::AccountAdded, &said).await?;
                for store in &stores {
                    crate::stores::add(tx, keys, (id, &handle), *store, now).await?;
                }
                crate::addresses::issue(tx, keys, (id, &handle), None, AddressKind::Any, now).await
            })
        })
        .await?;
        self.account(&wanted).await
    }

    /// The account of that handle. One that is being deleted is there no more.
    pub async fn account(&self, handle: &Handle) -> Result<Account, StoreError> {
        let handle = handle.clone();
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, handle, name, created_at, trust_addresses, solicit_without_alias, delivery_days,
                             restricted_since, feed_broken_since FROM account WHERE handle = $1
                             AND NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_deletion.account_id = account.id)"
                        ),
                        &[handle.as_str().into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::UnknownAccount(handle.to_string()))?;
                opened(tx, &row).await
            })
        })
        .await
    }

    /// The account of that id.
    pub async fn account_by_id(&self, id: AccountId) -> Result<Account, StoreError> {
        self.read(move |tx, _| Box::pin(account_in(tx, id))).await
    }

    /// A page of accounts in the order of handles, without those that are being deleted.
    pub async fn accounts(&self, after: Option<Handle>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, handle, name, created_at, trust_addresses, solicit_without_alias, delivery_days,
                             restricted_since, feed_broken_since FROM account WHERE handle > $1
                             AND NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_deletion.account_id = account.id)
                             ORDER BY handle LIMIT $2"
                        ),
                        &[after.as_ref().map_or("", Handle::as_str).into(), limit.into()],
                    )
                    .await?;
                let mut accounts = Vec::with_capacity(rows.len());
                for row in &rows {
                    accounts.push(opened(tx, row).await?);
                }
                Ok(accounts)
            })
        })
        .await
    }

    /// Whether any store of any account is live.
    pub async fn any_live_store(&self) -> Result<bool, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                Ok(tx.row(sql!("SELECT 1 FROM seller WHERE delivery = 'live' LIMIT 1"), &[]).await?.is_some())
            })
        })
        .await
    }

    /// Changes what a member may choose for an account; the ledger says who and what. Restriction and broken feed
    /// are states, not choices: they stay as they are.
    ///
    /// Another number of delivery days counts for orders that a report names from then on, known ones too.
    pub async fn change_settings(
        &self,
        account: AccountId,
        settings: AccountSettings,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change settings"));
                }
                let values: [Value; 4] = [
                    account.into(),
                    settings.trust_addresses.into(),
                    settings.solicit_without_alias.into(),
                    settings.delivery_days.map(u32::from).into(),
                ];
                tx.run(
                    sql!(
                        "UPDATE account SET trust_addresses = $2, solicit_without_alias = $3, delivery_days = $4 WHERE id = $1"
                    ),
                    &values,
                )
                .await?;
                let said = json!({
                    "by": by.to_string(),
                    "trust_addresses": settings.trust_addresses,
                    "solicit_without_alias": settings.solicit_without_alias,
                    "delivery_days": settings.delivery_days,
                });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::SettingChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }
}

/// The mode of an account's store; an error in plain words where the account does not sell there.
pub(crate) async fn seller_in(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<Delivery, StoreError> {
    let rows = tx
        .rows(sql!("SELECT store, delivery FROM seller WHERE account_id = $1 ORDER BY store"), &[account.into()])
        .await?;
    for row in &rows {
        if row.text(0)? == store.as_str() {
            return row.word(1);
        }
    }
    let known: Vec<&str> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    Err(StoreError::UnknownStore(store.as_str().to_owned(), known.join(", ")))
}

/// The account, within a step.
pub(crate) async fn account_in(tx: &mut Tx, id: AccountId) -> Result<Account, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT id, handle, name, created_at, trust_addresses, solicit_without_alias, delivery_days,
                 restricted_since, feed_broken_since FROM account WHERE id = $1"
            ),
            &[id.into()],
        )
        .await?
        .ok_or_else(|| StoreError::UnknownAccount(id.to_string()))?;
    opened(tx, &row).await
}

async fn opened(tx: &mut Tx, row: &Row) -> Result<Account, StoreError> {
    let id = AccountId::from_bytes(row.bytes(0)?);
    let rows =
        tx.rows(sql!("SELECT store, delivery FROM seller WHERE account_id = $1 ORDER BY store"), &[id.into()]).await?;
    let sellers = rows.iter().map(|row| Ok(Seller { store: row.word(0)?, delivery: row.word(1)? }));
    Ok(Account {
        id,
        handle: row.word(1)?,
        name: row.text(2)?.to_owned(),
        created_at: row.time(3)?,
        sellers: sellers.collect::<Result<_, StoreError>>()?,
        settings: settings(row, 4)?,
    })
}

/// The account's settings alone.
pub(crate) async fn settings_in(tx: &mut Tx, id: AccountId) -> Result<AccountSettings, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT trust_addresses, solicit_without_alias, delivery_days, restricted_since, feed_broken_since
                 FROM account WHERE id = $1"
            ),
            &[id.into()],
        )
        .await?;
    settings(&row.ok_or_else(|| StoreError::UnknownAccount(id.to_string()))?, 0)
}

/// The settings, from their five columns.
fn settings(row: &Row, first: usize) -> Result<AccountSettings, StoreError> {
    Ok(AccountSettings {
        trust_addresses: row.flag(first)?,
        solicit_without_alias: row.flag(first + 1)?,
        delivery_days: row.opt_int(first + 2)?.and_then(|days| u8::try_from(days).ok()),
        restricted_since: row.opt_time(first + 3)?,
        feed_broken_since: row.opt_time(first + 4)?,
    })
}
