//! Restoring a backup is time travel: what left since it was made is not in it. So nothing live leaves until
//! somebody with that right says that what came in since was imported again, and what was due is `unknown`.

use std::path::{Path, PathBuf};

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::{AccountId, AlertKind, Clock, Timestamp};
use serde_json::json;

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, alerts, migrations};

use super::format::{BackupReader, Frame, Header};
use super::open;

/// Accounts looked at together.
const ACCOUNTS_AT_ONCE: u32 = 500;

/// What a restored backup brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made: what came in since must be imported again.
    pub made_at: Timestamp,
    /// Rows of all tables.
    pub rows: u64,
    /// Accounts.
    pub accounts: u64,
    /// Messages that may have left since: they are `unknown`, and never leave by themselves.
    pub unknown: u64,
}

impl Store {
    /// Restores a backup into an empty installation with the same keys, in one transaction: all of it or
    /// nothing. Afterwards live sending is off until [`Store::acknowledge_restore`].
    pub async fn restore(&self, path: &Path, clock: Clock) -> Result<Restored, StoreError> {
        let path = path.to_owned();
        self.write(move |tx, keys| Box::pin(restore_in(tx, keys, path, clock))).await
    }

    /// Since when the installation waits for somebody to look at a restored backup.
    pub async fn restored_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let row = tx.row(sql!("SELECT value FROM installation WHERE name = 'restored_at'"), &[]).await?;
                row.map(|row| row.word(0)).transpose()
            })
        })
        .await
    }

    /// Somebody has imported what came in since the backup: live sending may go on. That is the operator's to
    /// say, or an owner's where his account is the only one. Again is the same.
    pub async fn acknowledge_restore(&self, by: Actor, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let some = tx.rows(sql!("SELECT id FROM account ORDER BY id LIMIT 2"), &[]).await?;
                let allowed = match by {
                    Actor::Operator => true,
                    Actor::Member { role: Role::Owner, .. } => some.len() == 1,
                    Actor::Member { .. } | Actor::Abide => false,
                };
                if !allowed {
                    return Err(StoreError::NotAllowed("only the operator may switch sending on after a restore"));
                }
                let ended = tx.run(sql!("DELETE FROM installation WHERE name = 'restored_at'"), &[]).await?;
                if ended == 0 {
                    return Ok(());
                }
                let said = json!({ "acknowledged": true, "by": by.to_string() });
                let mut after = AccountId::from_bytes([0; 16]);
                while let Some(accounts) = accounts_after(tx, after).await? {
                    for account in accounts {
                        let mut ledger = Ledger::lock(tx, account).await?;
                        ledger.append(tx, keys, Clock::real(now), LedgerKind::Restored, &said).await?;
                        after = account;
                    }
                }
                Ok(())
            })
        })
        .await
    }
}

async fn restore_in(tx: &mut Tx, keys: &Keys, path: PathBuf, clock: Clock) -> Result<Restored, StoreError> {
    // Other nodes may be at work on the same PostgreSQL.
    migrations::lock(tx).await?;
    check_empty(tx).await?;
    let (mut reader, header) = BackupReader::begin(open(&path)?)?;
    check_header(keys, &header)?;
    // Once through for damage alone, so that no row of a damaged file is ever looked at.
    while !matches!(reader.next(keys)?, Frame::End) {}
    let (mut reader, again) = BackupReader::begin(open(&path)?)?;
    if again != header {
        return Err(StoreError::Backup("the backup was changed while it was read; nothing was changed".into()));
    }
    let (mut table, mut rows) = (None, 0_u64);
    loop {
        match (reader.next(keys)?, table) {
            (Frame::Table(next), _) => table = Some(next),
            (Frame::Row(values), Some(table)) => {
                rows += 1;
                if table.name == "installation" {
                    // The keys' check values are there already, and are the same.
                    tx.run(
                        sql!("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
                        &values,
                    )
                    .await?;
                } else if table.name == "sending_stop" {
                    // The operator may have stopped this installation before he restored.
                    tx.run(
                        sql!(
                            "INSERT INTO sending_stop (account_id, store, since, actor) VALUES ($1, $2, $3, $4)
                             ON CONFLICT DO NOTHING"
                        ),
                        &values,
                    )
                    .await?;
                } else {
                    tx.run(table.insert, &values).await?;
                }
            }
            (Frame::Row(_), None) => return Err(StoreError::unexpected("a row before its table")),
            (Frame::End, _) => break,
        }
    }
    let mut restored = Restored { made_at: header.made_at, rows, accounts: 0, unknown: 0 };
    travel_in_time(tx, keys, clock, &mut restored).await?;
    Ok(restored)
}

async fn check_empty(tx: &mut Tx) -> Result<(), StoreError> {
    let row = tx.row(sql!("SELECT 1 FROM account UNION ALL SELECT 1 FROM member LIMIT 1"), &[]).await?;
    match row {
        None => Ok(()),
        Some(_) => Err(StoreError::Conflict(
            "a backup can only be restored into an empty installation, and this one has accounts or members; \
             give an empty folder with --data and the keys that belong to the backup"
                .into(),
        )),
    }
}

fn check_header(keys: &Keys, header: &Header) -> Result<(), StoreError> {
    let known = migrations::newest();
    if header.schema > known {
        return Err(StoreError::NewerSchema { found: header.schema, known });
    }
    if header.schema < known {
        return Err(StoreError::Backup(format!(
            "the backup was made by an older Abide (schema {}); restore it with that release, then upgrade",
            header.schema
        )));
    }
    let mine = keys.check_values()?;
    if header.checks.is_empty() || !header.checks.iter().all(|check| mine.contains(check)) {
        return Err(StoreError::KeysForeign(keys.directory().display().to_string()));
    }
    Ok(())
}

async fn travel_in_time(tx: &mut Tx, keys: &Keys, clock: Clock, restored: &mut Restored) -> Result<(), StoreError> {
    let now = clock.real;
    // `time_lost` stays: of what is planned later, too, nobody knows whether it left in that time.
    let lost = format!("{}/{now}", restored.made_at);
    for (name, value) in [("restored_at", now.to_string()), ("time_lost", lost)] {
        tx.run(
            sql!(
                "INSERT INTO installation (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            ),
            &[name.into(), value.into()],
        )
        .await?;
    }
    let mut after = AccountId::from_bytes([0; 16]);
    while let Some(accounts) = accounts_after(tx, after).await? {
        for account in accounts {
            let mut ledger = Ledger::lock(tx, account).await?;
            let unknown = made_unknown(tx, account, now).await?;
            let said = json!({ "made_at": restored.made_at, "unknown": unknown });
            ledger.append(tx, keys, Clock::real(now), LedgerKind::Restored, &said).await?;
            alerts::raise(tx, keys, account, AlertKind::Restored, &restored.made_at.to_string(), now).await?;
            restored.accounts += 1;
            restored.unknown += unknown;
            after = account;
        }
    }
    Ok(())
}

/// What was leaving, or was due in a live store, may have left since: it is `unknown`, and takes its order's slot.
async fn made_unknown(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
    crate::self_tests::restored(tx, account).await?;
    let unknown = tx
        .run(
            sql!(
                "UPDATE message SET state = 'unknown', reason = 'restored', next_try = NULL, lease = NULL,
                 lease_until = NULL, permit_until = NULL WHERE account_id = $1
                 AND ((state = 'sending' AND captures = 0)
                 OR (state IN ('planned', 'waiting') AND due <= $2 AND EXISTS (SELECT 1 FROM seller
                 WHERE seller.account_id = message.account_id AND seller.store = message.store
                 AND seller.delivery = 'live')))"
            ),
            &[account.into(), now.into()],
        )
        .await?;
    let values: [Value; 1] = [account.into()];
    tx.run(
        sql!(
            "INSERT INTO order_slot (account_id, order_id, class, message_id)
             SELECT account_id, order_id, 'live', id FROM message
             WHERE account_id = $1 AND state = 'unknown' AND reason = 'restored' AND purpose = 'proactive'
             ON CONFLICT (account_id, order_id, class) DO NOTHING"
        ),
        &values,
    )
    .await?;
    Ok(unknown)
}

/// Some accounts after that one, in the order of ids; none at the end.
async fn accounts_after(tx: &mut Tx, after: AccountId) -> Result<Option<Vec<AccountId>>, StoreError> {
    let rows = tx
        .rows(
            sql!("SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT $2"),
            &[after.into(), ACCOUNTS_AT_ONCE.into()],
        )
        .await?;
    let accounts: Vec<AccountId> =
        rows.iter().map(|row: &Row| Ok(AccountId::from_bytes(row.bytes(0)?))).collect::<Result<_, StoreError>>()?;
    Ok((!accounts.is_empty()).then_some(accounts))
}
