//! Messages that are nobody's business to send again by themselves: a member settles whether a lost one left, and a
//! paused lane gives back what it had claimed. Nothing can leave by either; a new gate is asked.

use std::collections::BTreeMap;

use model::ledger::LedgerKind;
use model::member::Actor;
use model::message::{ClaimedMessage, Settlement};
use model::{AccountId, CampaignId, Clock, MessageId, MessageState, OrderId, Purpose, Reason, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::numbers::{self, Counted};

impl Store {
    /// A member settles a message that was lost on its way. `Sent`: it keeps its order's slot. `NotSent`: the slot is
    /// free again and the message comes before a new gate, which refuses it where the buyer has opted out or the
    /// window has closed since. Daily work: everybody but viewers may.
    pub async fn settle(
        &self,
        account: AccountId,
        message: MessageId,
        settlement: Settlement,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't settle messages"));
                }
                let row = tx
                    .row(
                        sql!("SELECT state, order_id, purpose, permit_until, store, campaign_id FROM message
                         WHERE account_id = $1 AND id = $2"),
                        &[account.into(), message.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::NotFound("there is no such message".into()))?;
                let (state, order, purpose): (MessageState, OrderId, Purpose) = (row.word(0)?, row.word(1)?, row.word(2)?);
                if state != MessageState::Unknown {
                    return Err(StoreError::Conflict(format!(
                        "this message is `{state}`; only one that was lost on its way (`unknown`) can be settled"
                    )));
                }
                let said = json!({ "message": message, "order": order, "settled": settlement, "note": note,
                    "by": by.to_string() });
                let entry = ledger.append(tx, keys, clock, LedgerKind::Settled, &said).await?;
                match settlement {
                    Settlement::Sent => {
                        // It left while its permit held, where it had one; after a restore nobody knows when.
                        let left = row.opt_time(3)?.unwrap_or_else(|| clock.now());
                        tx.run(
                            sql!(
                                "UPDATE message SET state = 'sent', reason = NULL, sent_at = $2, permit_until = NULL,
                                 settled_at = $3, last_entry = $4 WHERE id = $1"
                            ),
                            &[message.into(), left.into(), clock.real.into(), entry.into()],
                        )
                        .await?;
                        let of = (Some(row.word(4)?), row.opt_bytes(5)?.map(CampaignId::from_bytes));
                        let what = if purpose == Purpose::Critical { Counted::Critical } else { Counted::Sent };
                        numbers::count(tx, account, of, what, left).await?;
                        if purpose == Purpose::Proactive {
                            tx.run(
                                sql!(
                                    "INSERT INTO order_slot (account_id, order_id, class, message_id)
                                     VALUES ($1, $2, 'live', $3) ON CONFLICT (account_id, order_id, class) DO NOTHING"
                                ),
                                &[account.into(), order.into(), message.into()],
                            )
                            .await?;
                        }
                    }
                    Settlement::NotSent => {
                        tx.run(
                            sql!(
                                "UPDATE message SET state = 'waiting', reason = NULL, next_try = $2, permit_until = NULL,
                                 lease = NULL, lease_until = NULL, settled_at = $3, last_entry = $4 WHERE id = $1"
                            ),
                            &[message.into(), clock.now().into(), clock.real.into(), entry.into()],
                        )
                        .await?;
                        tx.run(
                            sql!("DELETE FROM order_slot WHERE account_id = $1 AND order_id = $2 AND message_id = $3"),
                            &[account.into(), order.into(), message.into()],
                        )
                        .await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }

    /// Gives back what was claimed and could not be tried, since its lane pauses: it waits until then with that
    /// reason. One step for each account, no attempt counted, nothing in the ledger. What was withdrawn or taken over
    /// since is left alone. How many were given back.
    pub async fn release_claims(
        &self,
        claimed: Vec<ClaimedMessage>,
        reason: Reason,
        until: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut by_account: BTreeMap<AccountId, Vec<ClaimedMessage>> = BTreeMap::new();
        for message in claimed {
            by_account.entry(message.account).or_default().push(message);
        }
        let mut released = 0;
        for (account, messages) in by_account {
            released += self
                .write(move |tx, _| {
                    Box::pin(async move {
                        Ledger::lock(tx, account).await?;
                        let mut released = 0;
                        for message in &messages {
                            let values: [Value; 5] = [
                                account.into(),
                                message.id.into(),
                                message.lease.0.into(),
                                reason.as_str().into(),
                                until.into(),
                            ];
                            released += tx
                                .run(
                                    sql!(
                                        "UPDATE message SET state = 'waiting', reason = $4, next_try = $5, lease = NULL,
                                         lease_until = NULL WHERE account_id = $1 AND id = $2 AND lease = $3
                                         AND state IN ('planned', 'waiting')"
                                    ),
                                    &values,
                                )
                                .await?;
                        }
                        Ok(released)
                    })
                })
                .await?;
        }
        Ok(released)
    }
}
