//! What a better grade changes about a notice that was recorded without it: a held opt-out acts, a mark is no longer
//! provisional, a restriction is certain. Nothing is ever weakened by a grade.

use model::suppression::{Origin, SuppressionReason};
use model::{AccountId, Alias, Clock, NoticeId, OrderId, SuppressionId, Timestamp};

use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::suppressing::{self, Coverage, NewSuppression};

/// Entries of one notice or order that are looked at: a notice has one for each order it names.
const ENTRIES: i64 = 100;

/// Opt-outs that one notice entered and that are still held, with their orders.
pub(crate) async fn held_by_notice(
    tx: &mut Tx,
    account: AccountId,
    notice: NoticeId,
) -> Result<Vec<(SuppressionId, Option<OrderId>)>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, order_id FROM suppression WHERE account_id = $1 AND held = 1 AND notice_id = $2 AND NOT EXISTS
                 (SELECT 1 FROM suppression_change WHERE suppression_id = suppression.id) ORDER BY id LIMIT $3"
            ),
            &[account.into(), notice.into(), ENTRIES.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((SuppressionId::from_bytes(row.bytes(0)?), row.opt_word(1)?))).collect()
}

/// Whether an opt-out of the order is still held.
pub(crate) async fn is_held(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT 1 FROM suppression WHERE account_id = $1 AND order_id = $2 AND held = 1 AND reason = 'opt_out'
                 AND NOT EXISTS (SELECT 1 FROM suppression_change WHERE suppression_id = suppression.id) LIMIT 1"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// The same notice came again, better proven than before: where its opt-out was only held, one that acts is entered
/// beside it. A removed one stays removed (law 9).
pub(crate) async fn act_on_repetition(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    clock: Clock,
    notice: (AccountId, NoticeId, OrderId),
    alias: (Option<&Alias>, Option<Timestamp>),
) -> Result<Option<Coverage>, StoreError> {
    let (account, notice, order) = notice;
    if !is_held(tx, account, order).await? {
        return Ok(None);
    }
    let new = NewSuppression {
        account,
        order: Some(order),
        alias: alias.0,
        reason: SuppressionReason::OptOut,
        origin: Origin::Notice,
        held: false,
        since: clock.real,
        notice: Some(notice),
        store: None,
        note: None,
        keep_until: alias.1,
    };
    suppressing::enter(tx, keys, ledger, clock, &new).await.map(Some)
}

/// Marks that a notice made provisionally count fully from now on.
pub(crate) async fn settle_marks(
    tx: &mut Tx,
    account: AccountId,
    notice: NoticeId,
    orders: &[OrderId],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut settled = 0;
    for order in orders.iter().take(crate::inbound::ORDERS_TOUCHED) {
        let changed = tx
            .run(
                sql!(
                    "UPDATE order_mark SET provisional = 0 WHERE account_id = $1 AND order_id = $2 AND notice_id = $3
                     AND provisional = 1"
                ),
                &[account.into(), (*order).into(), notice.into()],
            )
            .await?;
        if changed > 0 {
            crate::orders::queue_for_planning(tx, account, &[*order], now).await?;
        }
        settled += changed;
    }
    Ok(settled > 0)
}
