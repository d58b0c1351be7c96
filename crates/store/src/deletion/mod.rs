//! Deleting an account. One step ends everything at once: nothing is sent or taken in for it any more, its members lose
//! it, and its ledger gets a last entry. Then all that it held is erased a slice at a time, as often interrupted as may be,
//! and what stays is a tombstone that names nobody.

mod tables;

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::{AccountId, Clock, Handle, MemberId, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Engine, Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::members;
use tables::{LEFT, Limited, STEPS, Step};

/// What is left of a deleted account. It holds no name, no address and no handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The account's id, a random number.
    pub account: AccountId,
    /// When the deletion began: from then on nothing was sent or taken in.
    pub began_at: Timestamp,
    /// Who deleted it: `operator` or `owner`.
    pub by: String,
    /// The number of the ledger's last entry, the deletion.
    pub ledger_number: u64,
    /// That entry's authentication code; an export holds it where it was made before.
    pub ledger_mac: [u8; 32],
    /// When the last of it was erased; none while that goes on.
    pub finished_at: Option<Timestamp>,
}

/// How far one turn of erasing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// No account waits to be erased.
    Nothing,
    /// So many rows went; there may be more.
    Some(u64),
    /// All but messages that are on their way just now: ask again in a few seconds.
    Waiting,
    /// The last of an account went.
    Finished,
}

impl Store {
    /// Begins to delete an account: within this one step all sending is stopped, its inbound addresses, folders and doors
    /// are shut, its members lose it (who has no other is forgotten), and its ledger ends. [`Store::erase_deleted`] does
    /// the rest. It can't be taken back. Only an owner or the operator may.
    pub async fn delete_account(&self, account: AccountId, by: Actor, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_manage_members() {
                    return Err(StoreError::NotAllowed("only an owner may delete the account"));
                }
                let begun = tx
                    .row(sql!("SELECT 1 FROM account_deletion WHERE account_id = $1"), &[account.into()])
                    .await?
                    .is_some();
                if begun {
                    return Ok(());
                }
                let handle = crate::accounts::account_in(tx, account).await?.handle;
                let said = json!({ "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::AccountDeleted, &said).await?;
                bury(tx, keys, account, &handle, &by, now).await?;
                shut(tx, account, now).await?;
                leave(tx, account).await
            })
        })
        .await
    }

    /// Erases at most `limit` rows of an account that was deleted, the one that waits longest. To be called again until it
    /// says that there is nothing. A message on its way is waited for, so that no attempt ends in the void.
    pub async fn erase_deleted(&self, limit: u32, now: Timestamp) -> Result<Erased, StoreError> {
        let erased = self
            .write(move |tx, _| {
                Box::pin(async move {
                    let open = sql!(
                        "SELECT account_id FROM account_deletion WHERE finished_at IS NULL ORDER BY began_at LIMIT 1"
                    );
                    let Some(row) = tx.row(open, &[]).await? else { return Ok(Erased::Nothing) };
                    let account = AccountId::from_bytes(row.bytes(0)?);
                    if let Err(error) = Ledger::lock(tx, account).await {
                        // Another node ended it between the two statements.
                        return if matches!(error, StoreError::UnknownAccount(_)) {
                            Ok(Erased::Some(0))
                        } else {
                            Err(error)
                        };
                    }
                    erase(tx, account, limit, now).await
                })
            })
            .await?;
        if let (Erased::Finished, Engine::Sqlite(engine)) = (erased, &self.engine) {
            engine.empty_log().await?;
        }
        Ok(erased)
    }

    /// What is left of one account; an error where it was never deleted.
    pub async fn tombstone(&self, account: AccountId) -> Result<Tombstone, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT account_id, began_at, actor, ledger_number, ledger_mac, finished_at
                             FROM account_deletion WHERE account_id = $1"
                        ),
                        &[account.into()],
                    )
                    .await?;
                tombstone(&row.ok_or_else(|| StoreError::NotFound("this account was not deleted".into()))?)
            })
        })
        .await
    }

    /// The newest tombstones, newest first.
    pub async fn tombstones(&self, limit: u32) -> Result<Vec<Tombstone>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT account_id, began_at, actor, ledger_number, ledger_mac, finished_at
                             FROM account_deletion ORDER BY began_at DESC LIMIT $1"
                        ),
                        &[limit.into()],
                    )
                    .await?;
                rows.iter().map(tombstone).collect()
            })
        })
        .await
    }
}

/// A deleted account's handle is not given again: heads, reports and exports of the old account name it.
pub(crate) async fn never_given_before(tx: &mut Tx, keys: &Keys, handle: &Handle) -> Result<(), StoreError> {
    let hash = handle_hash(keys, handle)?;
    let given = tx.row(sql!("SELECT 1 FROM account_deletion WHERE handle_hash = $1"), &[hash.into()]).await?;
    if given.is_none() {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "an account `{handle}` was deleted here, and what it had proved names it; choose another with --handle"
    )))
}

/// An account that is being deleted stays stopped: a request to resume may have begun before the deletion did.
pub(crate) async fn still_there(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let gone = tx.row(sql!("SELECT 1 FROM account_deletion WHERE account_id = $1"), &[account.into()]).await?;
    if gone.is_none() { Ok(()) } else { Err(StoreError::UnknownAccount(account.to_string())) }
}

fn handle_hash(keys: &Keys, handle: &Handle) -> Result<[u8; 32], StoreError> {
    keys.hash("deleted handle", &[handle.as_str().as_bytes()])
}

fn tombstone(row: &Row) -> Result<Tombstone, StoreError> {
    Ok(Tombstone {
        account: AccountId::from_bytes(row.bytes(0)?),
        began_at: row.time(1)?,
        by: row.text(2)?.to_owned(),
        ledger_number: row.count(3)?,
        ledger_mac: row.bytes(4)?,
        finished_at: row.opt_time(5)?,
    })
}

async fn bury(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    handle: &Handle,
    by: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let who = if *by == Actor::Operator { "operator" } else { Role::Owner.as_str() };
    let values: [Value; 5] =
        [account.into(), handle_hash(keys, handle)?.into(), now.into(), who.into(), account.into()];
    tx.run(
        sql!(
            "INSERT INTO account_deletion (account_id, handle_hash, began_at, actor, ledger_number, ledger_mac)
             SELECT $1, $2, $3, $4, number, mac FROM ledger_head WHERE account_id = $5"
        ),
        &values,
    )
    .await?;
    Ok(())
}

/// Nothing leaves and nothing comes in from here on. These tables hold a few rows for each store.
async fn shut(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "INSERT INTO sending_stop (account_id, store, since, actor) VALUES ($1, '', $2, 'abide')
             ON CONFLICT (account_id, store) DO NOTHING"
        ),
        &[account.into(), now.into()],
    )
    .await?;
    tx.run(sql!("DELETE FROM address WHERE account_id = $1"), &[account.into()]).await?;
    tx.run(sql!("DELETE FROM mail_folder WHERE account_id = $1"), &[account.into()]).await?;
    tx.run(sql!("DELETE FROM sender_trial WHERE account_id = $1"), &[account.into()]).await?;
    tx.run(
        sql!(
            "UPDATE http_door SET token_hash = NULL, secret_sealed = NULL, revoked_at = COALESCE(revoked_at, $2)
             WHERE account_id = $1"
        ),
        &[account.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// The members leave; who belongs to no other account is forgotten with his sessions.
async fn leave(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let rows = tx
        .rows(sql!("SELECT member_id FROM membership WHERE account_id = $1 ORDER BY member_id"), &[account.into()])
        .await?;
    tx.run(sql!("DELETE FROM membership WHERE account_id = $1"), &[account.into()]).await?;
    for row in &rows {
        members::forget_without_account(tx, MemberId::from_bytes(row.bytes(0)?)).await?;
    }
    Ok(())
}

async fn erase(tx: &mut Tx, account: AccountId, limit: u32, now: Timestamp) -> Result<Erased, StoreError> {
    let mut left = u64::from(limit.max(1));
    let leases_at = crate::outbox::lease_clock(tx).await?;
    for step in STEPS.iter() {
        left = left.saturating_sub(work_off(tx, step, account, left, leases_at).await?);
        if left == 0 {
            return Ok(Erased::Some(u64::from(limit)));
        }
        // What an attempt under way still writes to must be there when it ends.
        if matches!(step, Step::Messages(_)) && on_the_way(tx, account).await? {
            let erased = u64::from(limit).saturating_sub(left);
            return Ok(if erased == 0 { Erased::Waiting } else { Erased::Some(erased) });
        }
    }
    // Who was added while this went on, by a request that had begun before.
    leave(tx, account).await?;
    for sql in LEFT.iter() {
        if tx.row(*sql, &[account.into()]).await?.is_some() {
            return Ok(Erased::Some(u64::from(limit).saturating_sub(left)));
        }
    }
    tx.run(sql!("DELETE FROM sending_stop WHERE account_id = $1"), &[account.into()]).await?;
    tx.run(sql!("DELETE FROM ledger_head WHERE account_id = $1"), &[account.into()]).await?;
    tx.run(sql!("DELETE FROM account WHERE id = $1"), &[account.into()]).await?;
    tx.run(sql!("UPDATE account_deletion SET finished_at = $2 WHERE account_id = $1"), &[account.into(), now.into()])
        .await?;
    Ok(Erased::Finished)
}

async fn on_the_way(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    Ok(tx.row(sql!("SELECT 1 FROM message WHERE account_id = $1 LIMIT 1"), &[account.into()]).await?.is_some())
}

/// How many rows of a table went.
async fn work_off(
    tx: &mut Tx,
    step: &Step,
    account: AccountId,
    limit: u64,
    leases_at: Timestamp,
) -> Result<u64, StoreError> {
    match step {
        Step::Rows(statement) => limited(tx, statement, &[account.into(), counted(limit)?]).await,
        Step::Messages(statement) => limited(tx, statement, &[account.into(), counted(limit)?, leases_at.into()]).await,
        Step::Families { parents, children, parent } => {
            let rows = tx.rows(*parents, &[account.into(), counted(limit)?]).await?;
            let mut erased = 0;
            for row in &rows {
                let id: [u8; 16] = row.bytes(0)?;
                for child in children {
                    let open = limit.saturating_sub(erased);
                    erased += limited(tx, child, &[id.into(), counted(open)?]).await?;
                    if erased >= limit {
                        return Ok(limit);
                    }
                }
                erased += tx.run(*parent, &[id.into()]).await?;
                if erased >= limit {
                    return Ok(limit);
                }
            }
            Ok(erased)
        }
    }
}

async fn limited(tx: &mut Tx, statement: &Limited, values: &[Value]) -> Result<u64, StoreError> {
    let sql = tx.either(statement.sqlite, statement.postgres);
    tx.run(sql, values).await
}

fn counted(limit: u64) -> Result<Value, StoreError> {
    u32::try_from(limit).map(Value::from).map_err(|_| StoreError::unexpected("more rows than can be counted"))
}
