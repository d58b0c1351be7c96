//! Self-tests of ways in.

use model::{AccountId, AddressId, BreakCause, Clock, MemberMailId, Timestamp};

use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::feed_breaks;
use crate::feed_breaks::Place;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folders::store_of;

/// The marked mail left: its time runs from now.
pub(crate) async fn was_sent(tx: &mut Tx, mail: MemberMailId, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE self_test SET sent_at = $2 WHERE member_mail_id = $1 AND state = 'waiting'"),
        &[mail.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// An address takes no more mail, or another stands in its place: no test of it can come back, and none holds anything.
pub(crate) async fn address_ended(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    address: (AccountId, AddressId),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, address) = address;
    tx.run(sql!("UPDATE self_test SET state = 'ended' WHERE address_id = $1 AND state = 'waiting'"), &[address.into()])
        .await?;
    let broken = tx
        .row(
            sql!("SELECT store FROM feed_break WHERE account_id = $1 AND cause = 'self_test_failed' AND way = $2"),
            &[account.into(), address.to_string().into()],
        )
        .await?;
    if let Some(row) = broken {
        let way = address.to_string();
        let place = Place { account, store: store_of(row.text(0)?)?, cause: BreakCause::SelfTestFailed, way: &way };
        feed_breaks::set(tx, keys, ledger, place, false, "abide", clock).await?;
    }
    Ok(())
}
