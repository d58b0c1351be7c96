//! Stopping live sending at once, for a store, an account or the installation, and resuming it.
//!
//! Guaranteed: once `stop_sending` has returned, no new permit is granted where it holds, by any node; a permit that
//! was granted before may still be used within its life of ten seconds (law 2's measure). A stop of a store or an
//! account takes the account's lock, as every attempt does. A stop of the installation takes [`lock_alone`], which
//! every attempt holds shared until its commit: it waits for the attempts under way, and later ones see it.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::sending::{SendingStop, StopScope};
use model::{AccountId, Clock, Marketplace, Timestamp};
use serde_json::json;

use crate::alerts::INSTALLATION;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::outbox::lease_clock;
use crate::{Store, accounts};

/// Any number: all nodes of one installation must agree on it, and it is not the migrations' one.
const STOP_LOCK: i64 = 0x0041_6269_6466;

impl Store {
    /// Stops live sending there. Whether it was not stopped there before; a stop that stands keeps who made it.
    ///
    /// A stop of the installation is the operator's alone and stands in no account's ledger, since it changes nothing
    /// of one account and there may be thousands: its row keeps who and since when, and the summary shows it; no note of it is kept.
    pub async fn stop_sending(
        &self,
        scope: StopScope,
        by: Actor,
        note: Option<String>,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = locked(tx, scope, &by).await?;
                let (account, store) = place(scope);
                let stopped = tx
                    .run(
                        sql!(
                            "INSERT INTO sending_stop (account_id, store, since, actor) VALUES ($1, $2, $3, $4)
                             ON CONFLICT (account_id, store) DO NOTHING"
                        ),
                        &[account.into(), store.into(), clock.real.into(), by.to_string().into()],
                    )
                    .await?;
                if stopped > 0 {
                    say(tx, keys, ledger.as_mut(), scope, ("stopped", &by, note.as_deref()), clock).await?;
                }
                Ok(stopped > 0)
            })
        })
        .await
    }

    /// Takes the stop there back. Whether there was one; others, wider or narrower, stand on.
    pub async fn resume_sending(
        &self,
        scope: StopScope,
        by: Actor,
        note: Option<String>,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = locked(tx, scope, &by).await?;
                if !by.may_manage_members() {
                    return Err(StoreError::NotAllowed("only an owner may resume sending"));
                }
                let (account, store) = place(scope);
                crate::deletion::still_there(tx, account).await?;
                let resumed = tx
                    .run(
                        sql!("DELETE FROM sending_stop WHERE account_id = $1 AND store = $2"),
                        &[account.into(), store.into()],
                    )
                    .await?;
                if resumed > 0 {
                    say(tx, keys, ledger.as_mut(), scope, ("resumed", &by, note.as_deref()), clock).await?;
                }
                Ok(resumed > 0)
            })
        })
        .await
    }

    /// What stops an account's live sending, the widest first: the installation's stop, its own, its stores'.
    pub async fn sending_stops(&self, account: AccountId) -> Result<Vec<SendingStop>, StoreError> {
        self.read(move |tx, _| Box::pin(stops_in(tx, account))).await
    }
}

/// The stops that bear on an account, within a step.
pub(crate) async fn stops_in(tx: &mut Tx, account: AccountId) -> Result<Vec<SendingStop>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT account_id, store, since, actor FROM sending_stop WHERE account_id IN ($1, $2)
                 ORDER BY account_id, store"
            ),
            &[INSTALLATION.into(), account.into()],
        )
        .await?;
    rows.iter().map(stop).collect()
}

/// Whether live sending is stopped for a store, asked within an attempt that holds [`hold_off`].
pub(crate) async fn is_stopped(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT 1 FROM sending_stop WHERE (account_id = $1 AND store = '')
                 OR (account_id = $2 AND store IN ('', $3)) LIMIT 1"
            ),
            &[INSTALLATION.into(), account.into(), store.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// Holds off a stop of the installation until this attempt has committed, and tells the clock of leases in the same
/// breath: the first thing after the account's lock, before the stops are read.
pub(crate) async fn hold_off(tx: &mut Tx) -> Result<Timestamp, StoreError> {
    if !tx.is_postgres() {
        // Its BEGIN IMMEDIATE holds off everything.
        return lease_clock(tx).await;
    }
    tx.row(
        sql!(
            "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)
             FROM (SELECT pg_advisory_xact_lock_shared($1)) AS held"
        ),
        &[STOP_LOCK.into()],
    )
    .await?
    .ok_or_else(|| StoreError::unexpected("PostgreSQL told no time"))?
    .time(0)
}

/// Waits for the attempts under way to commit, and lets none begin until this step has committed. On SQLite its
/// BEGIN IMMEDIATE has done that already.
async fn lock_alone(tx: &mut Tx) -> Result<(), StoreError> {
    let lock = tx.either(sql!("SELECT $1"), sql!("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS locked"));
    tx.rows(lock, &[STOP_LOCK.into()]).await?;
    Ok(())
}

/// Checks who it is, and takes the lock that orders the step with attempts.
async fn locked(tx: &mut Tx, scope: StopScope, by: &Actor) -> Result<Option<Ledger>, StoreError> {
    let (StopScope::Account(account) | StopScope::Store(account, _)) = scope else {
        if *by != Actor::Operator {
            return Err(StoreError::NotAllowed("only the operator may stop or resume sending for the installation"));
        }
        lock_alone(tx).await?;
        return Ok(None);
    };
    let ledger = Ledger::lock(tx, account).await?;
    if !by.may_configure() {
        return Err(StoreError::NotAllowed("only an owner or a manager may stop or resume sending"));
    }
    if let StopScope::Store(_, store) = scope {
        accounts::seller_in(tx, account, store).await?;
    }
    Ok(Some(ledger))
}

async fn say(
    tx: &mut Tx,
    keys: &Keys,
    ledger: Option<&mut Ledger>,
    scope: StopScope,
    (what, by, note): (&str, &Actor, Option<&str>),
    clock: Clock,
) -> Result<(), StoreError> {
    let Some(ledger) = ledger else { return Ok(()) };
    let (_, store) = place(scope);
    let said = json!({ "live_sending": what, "store": (!store.is_empty()).then_some(store), "by": by.to_string(),
        "note": note });
    ledger.append(tx, keys, clock, LedgerKind::SendingChanged, &said).await?;
    Ok(())
}

/// Where the stop stands in its table.
fn place(scope: StopScope) -> (AccountId, &'static str) {
    match scope {
        StopScope::Installation => (INSTALLATION, ""),
        StopScope::Account(account) => (account, ""),
        StopScope::Store(account, store) => (account, store.as_str()),
    }
}

fn stop(row: &Row) -> Result<SendingStop, StoreError> {
    let (account, store) = (AccountId::from_bytes(row.bytes(0)?), row.text(1)?);
    let scope = match (account, store) {
        (INSTALLATION, _) => StopScope::Installation,
        (account, "") => StopScope::Account(account),
        (account, _) => StopScope::Store(account, row.word(1)?),
    };
    Ok(SendingStop { scope, since: row.time(2)?, by: row.text(3)?.to_owned() })
}
