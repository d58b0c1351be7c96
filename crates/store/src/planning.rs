//! Planning: orders that changed stand in a queue; what the planner made of one becomes rows of the outbox.
//! An order that changes while it is being planned keeps its place in the queue.

use std::collections::{BTreeMap, HashMap};

use model::message::SiblingMessage;
use model::{AccountId, CampaignId, Channel, Clock, MessageId, Order, OrderId, Purpose, Reason, Timestamp};

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::{installation, orders};

/// Orders handed out in one call at most.
pub const PLANNED_AT_ONCE: u32 = 200;

/// An order that is to be planned.
#[derive(Debug, Clone)]
pub struct QueuedOrder {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub order_id: OrderId,
    /// The order; none where only a notice has named it so far.
    pub order: Option<Order>,
    /// The messages that campaigns have made of it so far.
    pub messages: Vec<SiblingMessage>,
    /// Which change of it is being planned.
    turn: i64,
}

/// What one campaign makes of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its version.
    pub version: u32,
    /// How the message leaves.
    pub channel: Channel,
    /// What it makes of it.
    pub outcome: PlannedOutcome,
    /// The arm of its split test that the order falls into, where it has one.
    pub arm: Option<String>,
}

/// What one campaign makes of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedOutcome {
    /// A message, due then, while its window is open.
    Message {
        /// When it is due.
        due: Timestamp,
        /// When its window closes.
        closes: Timestamp,
    },
    /// A message that can't be timed or sent yet.
    Waits {
        /// Why.
        reason: Reason,
        /// When to look again; none: when the order changes.
        next_try: Option<Timestamp>,
        /// When it would be due, where that is known.
        due: Option<Timestamp>,
        /// When its window closes, where that is known.
        closes: Option<Timestamp>,
    },
    /// None.
    No {
        /// Why.
        reason: Reason,
    },
    /// A message that the campaign's split test holds out: kept in the outbox, so that it is counted.
    HeldOut {
        /// When it would have been due.
        due: Timestamp,
    },
}

impl Store {
    /// Orders that changed since they were planned, oldest change first.
    pub async fn orders_to_plan(&self, limit: u32) -> Result<Vec<QueuedOrder>, StoreError> {
        let limit = limit.min(PLANNED_AT_ONCE);
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!("SELECT account_id, order_id, turn FROM plan_queue ORDER BY since, account_id, order_id LIMIT $1"),
                        &[limit.into()],
                    )
                    .await?;
                let mut queued = Vec::with_capacity(rows.len());
                for row in &rows {
                    let (account, order_id) = (AccountId::from_bytes(row.bytes(0)?), row.word(1)?);
                    queued.push(QueuedOrder { account, order_id, order: None, messages: Vec::new(), turn: row.int(2)? });
                }
                let asked: Vec<_> = queued.iter().map(|queued| (queued.account, queued.order_id)).collect();
                let mut orders = orders::orders_in(tx, keys, &asked).await?;
                let mut messages = siblings(tx, &asked).await?;
                for queued in &mut queued {
                    let key = (queued.account, queued.order_id);
                    queued.order = orders.remove(&key);
                    queued.messages = messages.remove(&key).unwrap_or_default();
                }
                Ok(queued)
            })
        })
        .await
    }

    /// The messages that campaigns have made of an order so far.
    pub async fn messages_of_campaigns(
        &self,
        account: AccountId,
        order: OrderId,
    ) -> Result<Vec<SiblingMessage>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                Ok(siblings(tx, &[(account, order)]).await?.remove(&(account, order)).unwrap_or_default())
            })
        })
        .await
    }

    /// Records what the campaigns make of an order, and takes it out of the queue unless it changed meanwhile.
    /// Messages that have ended stay as they are.
    pub async fn record_plan(
        &self,
        queued: QueuedOrder,
        planned: Vec<Planned>,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                Ledger::lock(tx, queued.account).await?;
                let taken = tx
                    .run(
                        sql!("DELETE FROM plan_queue WHERE account_id = $1 AND order_id = $2 AND turn = $3"),
                        &[queued.account.into(), queued.order_id.into(), queued.turn.into()],
                    )
                    .await?;
                // Another node planned it, or it changed since it was read: what was planned is out of date.
                let (1, Some(order)) = (taken, &queued.order) else { return Ok(()) };
                let lost_until = installation::time_lost_until(tx).await?;
                for plan in &planned {
                    settle(tx, queued.account, order, plan, clock).await?;
                    if let (PlannedOutcome::Message { due, .. }, Some(lost_until)) = (plan.outcome, lost_until)
                        && due <= lost_until
                    {
                        doubt(tx, queued.account, order, plan.campaign).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }
}

/// What campaigns have made of those orders so far.
async fn siblings(
    tx: &mut Tx,
    asked: &[(AccountId, OrderId)],
) -> Result<HashMap<(AccountId, OrderId), Vec<SiblingMessage>>, StoreError> {
    let mut by_account: BTreeMap<AccountId, Vec<OrderId>> = BTreeMap::new();
    for (account, order) in asked {
        by_account.entry(*account).or_default().push(*order);
    }
    let mut found: HashMap<(AccountId, OrderId), Vec<SiblingMessage>> = HashMap::new();
    for (account, orders) in by_account {
        let listed = serde_json::to_string(&orders).map_err(|error| StoreError::unexpected(error.to_string()))?;
        let select = tx.either(
            sql!(
                "SELECT order_id, campaign_id, state, reason FROM message WHERE account_id = $1
                 AND order_id IN (SELECT value FROM json_each($2)) AND campaign_id IS NOT NULL"
            ),
            sql!(
                "SELECT order_id, campaign_id, state, reason FROM message WHERE account_id = $1
                 AND order_id = ANY (ARRAY(SELECT json_array_elements_text(($2::text)::json))) AND campaign_id IS NOT NULL"
            ),
        );
        for row in &tx.rows(select, &[account.into(), listed.as_str().into()]).await? {
            let campaign = CampaignId::from_bytes(row.bytes(1)?);
            let message = SiblingMessage { campaign, state: row.word(2)?, reason: row.opt_word(3)? };
            found.entry((account, row.word(0)?)).or_default().push(message);
        }
    }
    Ok(found)
}

/// A message that ended without leaving makes room: the order is planned again where another campaign stood back for
/// it, or came too late while its slot was taken.
pub(crate) async fn make_room(
    tx: &mut Tx,
    account: AccountId,
    ended: (MessageId, OrderId),
    clock: Clock,
) -> Result<(), StoreError> {
    let (message, order) = ended;
    let waits = tx
        .row(
            sql!(
                "SELECT 1 FROM message WHERE account_id = $1 AND order_id = $2 AND id <> $3
                 AND ((state = 'waiting' AND reason = 'lower_priority')
                 OR (state = 'refused' AND reason = 'already_messaged')) LIMIT 1"
            ),
            &[account.into(), order.into(), message.into()],
        )
        .await?;
    match waits {
        Some(_) => orders::queue_for_planning(tx, account, &[order], clock.real).await,
        None => Ok(()),
    }
}

async fn settle(
    tx: &mut Tx,
    account: AccountId,
    order: &Order,
    plan: &Planned,
    clock: Clock,
) -> Result<(), StoreError> {
    let (state, reason, due, closes, next_try) = match plan.outcome {
        PlannedOutcome::Message { due, closes } => ("planned", None, Some(due), Some(closes), Some(due)),
        PlannedOutcome::Waits { reason, next_try, due, closes } => ("waiting", Some(reason), due, closes, next_try),
        PlannedOutcome::No { reason } => ("withdrawn", Some(reason), None, None, None),
        PlannedOutcome::HeldOut { due } => ("withdrawn", Some(Reason::HeldOut), Some(due), None, None),
    };
    let reason = reason.map(Reason::as_str);
    // Whatever waits follows the new plan; a lease that some worker holds ends with it. So does what an earlier
    // plan took back, where the campaign is on again or the order has changed, and what came too late
    // for a slot that is free now; what a list or a member took back stays so.
    let changed = tx
        .run(
            sql!(
                "UPDATE message SET state = $4, reason = $5, due = $6, closes = $7, next_try = $8, campaign_version = $9,
                 channel = $10, arm = $11, lease = NULL, lease_until = NULL
                 WHERE account_id = $1 AND order_id = $2 AND campaign_id = $3 AND (state IN ('planned', 'waiting')
                 OR ($4 <> 'withdrawn' AND state IN ('withdrawn', 'refused') AND reason IN
                 ('campaign_off', 'before_campaign', 'condition_not_met', 'order_cancelled', 'outside_window',
                 'not_triggered', 'held_out', 'already_messaged')
                 AND (reason <> 'already_messaged' OR state = 'refused' AND NOT EXISTS (SELECT 1 FROM order_slot
                  WHERE order_slot.account_id = message.account_id AND order_slot.order_id = message.order_id))))"
            ),
            &[
                account.into(),
                order.order_id.into(),
                plan.campaign.into(),
                state.into(),
                reason.into(),
                due.into(),
                closes.into(),
                next_try.into(),
                plan.version.into(),
                plan.channel.as_str().into(),
                plan.arm.clone().into(),
            ],
        )
        .await?;
    if changed > 0 || matches!(plan.outcome, PlannedOutcome::No { .. }) {
        return Ok(());
    }
    let values: [Value; 16] = [
        MessageId::generate().into(),
        account.into(),
        order.order_id.into(),
        order.store.into(),
        plan.campaign.into(),
        plan.version.into(),
        plan.channel.as_str().into(),
        Purpose::Proactive.as_str().into(),
        state.into(),
        reason.into(),
        due.into(),
        closes.into(),
        next_try.into(),
        0_i64.into(),
        clock.real.into(),
        plan.arm.clone().into(),
    ];
    tx.run(
        sql!(
            "INSERT INTO message (id, account_id, order_id, store, campaign_id, campaign_version, channel, purpose, state,
             reason, due, closes, next_try, attempts, captures, created_at, arm)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16)
             ON CONFLICT (account_id, order_id, campaign_id) DO NOTHING"
        ),
        &values,
    )
    .await?;
    Ok(())
}

/// A message that was due before a backup was restored may have left in the time that the restore forgot. In a
/// live store it is `unknown` and takes the order's slot; nothing ever left one that captures. What a member has
/// settled since is in doubt no more.
async fn doubt(tx: &mut Tx, account: AccountId, order: &Order, campaign: CampaignId) -> Result<(), StoreError> {
    let row = tx
        .row(
            sql!(
                "UPDATE message SET state = 'unknown', reason = 'restored', next_try = NULL
                 WHERE account_id = $1 AND order_id = $2 AND campaign_id = $3 AND state IN ('planned', 'waiting')
                 AND settled_at IS NULL AND EXISTS (SELECT 1 FROM seller WHERE seller.account_id = message.account_id
                 AND seller.store = message.store AND seller.delivery = 'live') RETURNING id"
            ),
            &[account.into(), order.order_id.into(), campaign.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(()) };
    tx.run(
        sql!(
            "INSERT INTO order_slot (account_id, order_id, class, message_id) VALUES ($1, $2, 'live', $3)
             ON CONFLICT (account_id, order_id, class) DO NOTHING"
        ),
        &[account.into(), order.order_id.into(), row.bytes::<16>(0)?.into()],
    )
    .await?;
    Ok(())
}
