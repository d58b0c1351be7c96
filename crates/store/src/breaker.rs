//! The account's breaker: a notice of a restriction, or of a message blocked for its content, stops the account's own
//! texts at once. One that is not shown to come from Amazon does so only until a member has looked.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, Clock, NoticeId, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;

impl Store {
    /// A member has reviewed Amazon's restriction: messages may leave again. Whether there was one to lift. Only owner,
    /// manager and operator may.
    pub async fn lift_restriction(&self, account: AccountId, by: Actor, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                may_lift(&by)?;
                let lifted = lift(tx, account).await?;
                if lifted {
                    let said = json!({ "by": by.to_string(), "restricted": false });
                    ledger.append(tx, keys, Clock::real(now), LedgerKind::SettingChanged, &said).await?;
                }
                Ok(lifted)
            })
        })
        .await
    }
}

pub(crate) fn may_lift(by: &Actor) -> Result<(), StoreError> {
    if by.may_configure() {
        return Ok(());
    }
    Err(StoreError::NotAllowed("only an owner or a manager may lift a restriction"))
}

/// Trips it by a notice. What is certain stands before what is not: the latter may be taken back by a review.
pub(crate) async fn trip(
    tx: &mut Tx,
    account: AccountId,
    notice: NoticeId,
    certain: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.put(
        sql!(
            "UPDATE account SET restricted_since = COALESCE(restricted_since, $3), restriction_notice = $2
             WHERE id = $1 AND (restricted_since IS NULL OR $4 = 1)"
        ),
        [account.into(), notice.into(), now.into(), certain.into()],
    )
    .await
}

async fn lift(tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
    let lifted = tx
        .run(
            sql!(
                "UPDATE account SET restricted_since = NULL, restriction_notice = NULL
                 WHERE id = $1 AND restricted_since IS NOT NULL"
            ),
            &[account.into()],
        )
        .await?;
    Ok(lifted > 0)
}

/// A member has found that a notice restricts nothing: where it alone tripped the breaker, messages may leave again;
/// where another one waits for a decision, that one holds them from now on.
pub(crate) async fn take_back(tx: &mut Tx, account: AccountId, notice: NoticeId) -> Result<bool, StoreError> {
    let row = tx
        .row(sql!("SELECT 1 FROM account WHERE id = $1 AND restriction_notice = $2"), &[account.into(), notice.into()])
        .await?;
    if row.is_none() {
        return Ok(false);
    }
    let other = tx
        .row(
            sql!(
                "SELECT id FROM notice WHERE account_id = $1 AND review = 'restriction_unproven' AND id <> $2
                 ORDER BY id LIMIT 1"
            ),
            &[account.into(), notice.into()],
        )
        .await?;
    if let Some(other) = other {
        tx.put(
            sql!("UPDATE account SET restriction_notice = $2 WHERE id = $1"),
            [account.into(), NoticeId::from_bytes(other.bytes(0)?).into()],
        )
        .await?;
        return Ok(false);
    }
    lift(tx, account).await
}
