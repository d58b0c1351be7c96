//! Watching folders: one node at a time by a lease, the cursor that moves only after the mails are on stable storage
//! (law 1), and what is wrong. A folder that can't be signed in to for long is a feed that is known broken (law 4).

use model::mail_folder::{ClaimedFolder, FolderProgress, FolderTrouble};
use model::{AccountId, BreakCause, Clock, Marketplace, Span, Timestamp};

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::feed_breaks::Place;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folders::{column, cursor_of, opened, store_of};
use crate::outbox::lease_clock;
use crate::{Store, feed_breaks};

/// How long a folder is a node's alone without being held anew.
pub const FOLDER_LEASE: Span = Span::seconds(20);

/// How long a sign-in must be refused until the feed counts as broken: a provider's bad minute is none.
pub const FEED_BROKEN_AFTER: Span = Span::minutes(10);

impl Store {
    /// Whether a folder is due that nobody watches.
    pub async fn has_mail_folder_due(&self) -> Result<bool, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let due = sql!("SELECT 1 FROM mail_folder WHERE next_try <= $1 AND lease_until < $1 LIMIT 1");
                Ok(tx.row(due, &[now.into()]).await?.is_some())
            })
        })
        .await
    }

    /// Takes one folder that nobody watches and that is due; none where there is none.
    pub async fn claim_mail_folder(&self) -> Result<Option<ClaimedFolder>, StoreError> {
        let lease: [u8; 16] = crate::random::bytes()?;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let due = tx.either(
                    sql!(
                        "SELECT account_id, store FROM mail_folder WHERE next_try <= $1 AND lease_until < $1
                         ORDER BY next_try LIMIT 1"
                    ),
                    sql!(
                        "SELECT account_id, store FROM mail_folder WHERE next_try <= $1 AND lease_until < $1
                         ORDER BY next_try LIMIT 1 FOR UPDATE SKIP LOCKED"
                    ),
                );
                let Some(row) = tx.row(due, &[now.into()]).await? else { return Ok(None) };
                let account = AccountId::from_bytes(row.bytes(0)?);
                let place = row.text(1)?.to_owned();
                let row = tx
                    .row(
                        sql!(
                            "UPDATE mail_folder SET lease = $3, lease_until = $4, next_try = $4
                             WHERE account_id = $1 AND store = $2
                             RETURNING host, port, security, user_sealed, password_sealed, token_file_sealed,
                             folder_sealed, move_to_sealed, start, only_public, validity, uid, failures, version,
                             read_at"
                        ),
                        &[account.into(), place.as_str().into(), lease.into(), now.plus(FOLDER_LEASE).into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let store = store_of(&place)?;
                Ok(Some(ClaimedFolder {
                    account,
                    store,
                    folder: opened(keys, account, &row)?,
                    cursor: cursor_of(&row, 10)?,
                    read_at: row.opt_time(14)?,
                    failures: u32::try_from(row.int(12)?).unwrap_or(u32::MAX),
                    lease,
                    version: row.bytes(13)?,
                }))
            })
        })
        .await
    }

    /// Holds folders for another [`FOLDER_LEASE`]. Of each, whether it is still this node's, and still as it was set.
    pub async fn hold_mail_folders(&self, claimed: Vec<ClaimedFolder>) -> Result<Vec<bool>, StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let mut held = Vec::with_capacity(claimed.len());
                for one in &claimed {
                    let (account, store, lease, version) = parts(one);
                    let values: [Value; 6] = [
                        account.into(),
                        column(store).into(),
                        lease.into(),
                        version.into(),
                        now.into(),
                        now.plus(FOLDER_LEASE).into(),
                    ];
                    let rows = tx
                        .run(
                            sql!(
                                "UPDATE mail_folder SET lease_until = $6, next_try = $6 WHERE account_id = $1
                                 AND store = $2 AND lease = $3 AND version = $4 AND lease_until >= $5"
                            ),
                            &values,
                        )
                        .await?;
                    held.push(rows == 1);
                }
                Ok(held)
            })
        })
        .await
    }

    /// Moves a folder's cursor behind mails that are on stable storage, each of them recorded before this is called.
    /// Whether the folder was still this node's: otherwise nothing moved, and the mails are read again (law 9).
    pub async fn mail_folder_read(
        &self,
        claimed: &ClaimedFolder,
        progress: FolderProgress,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        let (account, store, lease, version) = parts(claimed);
        let FolderProgress { cursor, mail_at, up_to_date } = progress;
        self.write(move |tx, keys| {
            Box::pin(async move {
                // The account's lock comes first in every step that may touch the account.
                let mut ledger = Ledger::lock(tx, account).await?;
                let values: [Value; 8] = [
                    account.into(),
                    column(store).into(),
                    lease.into(),
                    version.into(),
                    cursor.validity.into(),
                    cursor.uid.into(),
                    mail_at.into(),
                    Some(clock.real).filter(|_| up_to_date).into(),
                ];
                let moved = tx
                    .run(
                        sql!(
                            "UPDATE mail_folder SET validity = $5, uid = $6, last_mail_at = COALESCE($7, last_mail_at),
                             read_at = COALESCE($8, read_at), trouble = NULL, trouble_since = NULL, failures = 0
                             WHERE account_id = $1 AND store = $2 AND lease = $3 AND version = $4"
                        ),
                        &values,
                    )
                    .await?;
                if moved == 1 {
                    mend_feed(tx, keys, &mut ledger, (account, store), clock).await?;
                }
                Ok(moved == 1)
            })
        })
        .await
    }

    /// Lets a folder go: it is due again at `next_try`, with what was wrong, if anything was.
    pub async fn release_mail_folder(
        &self,
        claimed: &ClaimedFolder,
        trouble: Option<FolderTrouble>,
        next_try: Timestamp,
        clock: Clock,
    ) -> Result<(), StoreError> {
        let (account, store, lease, version) = parts(claimed);
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let Some(trouble) = trouble else {
                    tx.run(
                        sql!(
                            "UPDATE mail_folder SET lease = NULL, lease_until = 0, next_try = $4
                             WHERE account_id = $1 AND store = $2 AND lease = $3"
                        ),
                        &[account.into(), column(store).into(), lease.into(), next_try.into()],
                    )
                    .await?;
                    return Ok(());
                };
                // A folder that was set anew meanwhile is tried at once, and what was wrong before says nothing of it.
                let values: [Value; 7] = [
                    account.into(),
                    column(store).into(),
                    lease.into(),
                    version.into(),
                    trouble.as_str().into(),
                    clock.real.into(),
                    next_try.into(),
                ];
                let row = tx
                    .row(
                        sql!(
                            "UPDATE mail_folder SET lease = NULL, lease_until = 0, failures = failures + 1, next_try = $7,
                             trouble_since = CASE WHEN trouble = $5 THEN trouble_since ELSE $6 END, trouble = $5
                             WHERE account_id = $1 AND store = $2 AND lease = $3 AND version = $4
                             RETURNING trouble_since"
                        ),
                        &values,
                    )
                    .await?;
                let Some(row) = row else {
                    tx.run(
                        sql!(
                            "UPDATE mail_folder SET lease = NULL, lease_until = 0
                             WHERE account_id = $1 AND store = $2 AND lease = $3"
                        ),
                        &[account.into(), column(store).into(), lease.into()],
                    )
                    .await?;
                    return Ok(());
                };
                if clock.real.since(row.time(0)?) >= FEED_BROKEN_AFTER && trouble.breaks_feed() {
                    let place = Place { account, store, cause: BreakCause::SignInRefused, way: "" };
                    feed_breaks::set(tx, keys, &mut ledger, place, true, "imap", clock).await?;
                    tx.run(
                        sql!("UPDATE mail_folder SET broke_feed = 1 WHERE account_id = $1 AND store = $2"),
                        &[account.into(), column(store).into()],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }
}

fn parts(claimed: &ClaimedFolder) -> (AccountId, Option<Marketplace>, [u8; 16], [u8; 16]) {
    (claimed.account, claimed.store, claimed.lease, claimed.version)
}

/// The folder is well, or no more: it breaks the feed no longer. What else is known about the feed is not touched.
pub(crate) async fn mend_feed(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    folder: (AccountId, Option<Marketplace>),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, store) = folder;
    tx.run(
        sql!("UPDATE mail_folder SET broke_feed = 0 WHERE account_id = $1 AND store = $2 AND broke_feed = 1"),
        &[account.into(), column(store).into()],
    )
    .await?;
    let place = Place { account, store, cause: BreakCause::SignInRefused, way: "" };
    feed_breaks::set(tx, keys, ledger, place, false, "imap", clock).await?;
    Ok(())
}
