//! The pace of a store's lane over all processes: one row that tells when its bucket of tokens would be full again
//! ([`policy::Pace`]). Read and written under the account's lock, within the attempt; goes by the clock of leases.

use model::{AccountId, Marketplace, Span, Timestamp};
use policy::Pace;

use crate::engine::{Tx, sql};
use crate::error::StoreError;

/// How a store's e-mails may leave: whether it has a sender at all, and how long its pace says to wait.
pub(crate) struct Lane {
    pub has_sender: bool,
    pub paced_for: Option<Span>,
}

/// Reads a store's sender and pace anew.
pub(crate) async fn lane(
    tx: &mut Tx,
    account: AccountId,
    store: Marketplace,
    now: Timestamp,
) -> Result<Lane, StoreError> {
    let Some((pace, full_at)) = bucket(tx, account, store).await? else {
        return Ok(Lane { has_sender: false, paced_for: None });
    };
    Ok(Lane { has_sender: true, paced_for: pace.wait(full_at, now) })
}

/// Mends what stands there after a clock was set back, or else the lane would wait until that time has come.
pub(crate) async fn mend(
    tx: &mut Tx,
    account: AccountId,
    store: Marketplace,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((pace, full_at)) = bucket(tx, account, store).await? else { return Ok(()) };
    let believed = pace.believed(full_at, now);
    if believed == full_at { Ok(()) } else { put(tx, account, store, believed).await }
}

/// Takes a token out of a store's bucket. It is not given back where the message then does not leave: the server was
/// asked all the same.
pub(crate) async fn take(
    tx: &mut Tx,
    account: AccountId,
    store: Marketplace,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((pace, full_at)) = bucket(tx, account, store).await? else { return Ok(()) };
    put(tx, account, store, pace.after_one(full_at, now)).await
}

async fn bucket(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<Option<(Pace, Timestamp)>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT per_minute, (SELECT full_at FROM sending_pace WHERE sending_pace.account_id = sender.account_id
                 AND sending_pace.store = sender.store) FROM sender WHERE account_id = $1 AND store = $2"
            ),
            &[account.into(), store.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    // A limit out of range was not written by this program: the slowest counts.
    let per_minute = u16::try_from(row.int(0)?).unwrap_or(1);
    Ok(Some((Pace::of(per_minute), row.opt_time(1)?.unwrap_or(Timestamp::MIN))))
}

async fn put(tx: &mut Tx, account: AccountId, store: Marketplace, full_at: Timestamp) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "INSERT INTO sending_pace (account_id, store, full_at) VALUES ($1, $2, $3)
             ON CONFLICT (account_id, store) DO UPDATE SET full_at = excluded.full_at"
        ),
        [account.into(), store.into(), full_at.into()],
    )
    .await?;
    Ok(())
}
