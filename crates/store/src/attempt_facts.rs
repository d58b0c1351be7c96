//! The facts that the gate decides on, each read anew from its own row inside the attempt's transaction, under the
//! account's lock. Nothing here is cached or believed from the caller (laws 2 and 3).

use model::message::ClaimedMessage;
use model::order::OrderMark;
use model::{AccountId, Channel, Clock, Delivery, Marketplace, MessageId, OrderId, Purpose, Reason, Timestamp};
use policy::{CapUse, Facts, OrderFacts, SuppressionFact};

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::{pacing, sending_stops};

/// The message's own row, if this worker still holds it and it still waits, and beside it all that stands in single
/// rows: read together, since each statement is a journey to PostgreSQL. What the claim says of the message must be
/// what stands there: order, channel and purpose decide what the gate asks (law 3).
pub(crate) async fn held_message(
    tx: &mut Tx,
    claimed: &ClaimedMessage,
    now: Timestamp,
) -> Result<Option<HeldMessage>, StoreError> {
    let values: [Value; 7] = [
        claimed.id.into(),
        claimed.account.into(),
        claimed.lease.0.into(),
        now.into(),
        claimed.order_id.into(),
        claimed.channel.as_str().into(),
        claimed.purpose.as_str().into(),
    ];
    let row = tx
        .row(
            sql!(
                "SELECT message.store, message.due, message.closes, message.state, message.reason, message.campaign_id,
                 campaign.active, campaign_version.withholding,
                 account.restricted_since, (SELECT 1 FROM feed_break WHERE feed_break.account_id = message.account_id
                  AND feed_break.store IN ('', message.store) LIMIT 1), account.solicit_without_alias, seller.delivery,
                 (SELECT 1 FROM installation WHERE name = 'restored_at'),
                 orders.order_id, orders.status, orders.incomplete, orders.buyer_hash, orders.alias_sealed, buyer.shared,
                 (SELECT order_slot.message_id FROM order_slot WHERE order_slot.account_id = message.account_id
                  AND order_slot.order_id = message.order_id AND order_slot.class = 'capture'),
                 (SELECT order_slot.message_id FROM order_slot WHERE order_slot.account_id = message.account_id
                  AND order_slot.order_id = message.order_id AND order_slot.class = 'live'),
                 (SELECT 1 FROM messaged_order WHERE messaged_order.account_id = message.account_id
                  AND messaged_order.order_id = message.order_id AND NOT EXISTS
                  (SELECT 1 FROM messaged_removal WHERE messaged_removal.list_id = messaged_order.list_id
                   AND messaged_removal.order_id IN ('', messaged_order.order_id)) LIMIT 1),
                 campaign_version.priority, seller.important_by_email,
                 (SELECT critical_message.confirmed FROM critical_message WHERE critical_message.message_id = message.id),
                 (SELECT critical_message.ledger_number FROM critical_message WHERE critical_message.message_id = message.id)
                 FROM message
                 LEFT JOIN account ON account.id = message.account_id
                 LEFT JOIN seller ON seller.account_id = message.account_id AND seller.store = message.store
                 LEFT JOIN campaign ON campaign.id = message.campaign_id
                 LEFT JOIN campaign_version ON campaign_version.campaign_id = campaign.id
                  AND campaign_version.version = message.campaign_version
                 LEFT JOIN orders ON orders.account_id = message.account_id AND orders.order_id = message.order_id
                 LEFT JOIN buyer ON buyer.account_id = orders.account_id AND buyer.buyer_hash = orders.buyer_hash
                 WHERE message.id = $1 AND message.account_id = $2 AND message.lease = $3 AND message.lease_until >= $4
                 AND message.state IN ('planned', 'waiting') AND message.order_id = $5 AND message.channel = $6
                 AND message.purpose = $7"
            ),
            &values,
        )
        .await?;
    Ok(row.map(HeldMessage))
}

/// A message that its worker still holds, and the single rows that bear on it.
pub(crate) struct HeldMessage(Row);

impl HeldMessage {
    /// Whether it waits for that reason already.
    pub fn waits_for(&self, reason: Reason) -> Result<bool, StoreError> {
        Ok(self.0.text(3)? == "waiting" && self.0.opt_text(4)? == Some(reason.as_str()))
    }

    /// Whether the campaign runs, and the marks that withhold its messages.
    fn campaign(&self) -> Result<(bool, Vec<OrderMark>), StoreError> {
        if self.0.opt_blob(5)?.is_none() {
            return Ok((true, Vec::new()));
        }
        let (Some(active), Some(marks)) = (self.0.opt_int(6)?, self.0.opt_text(7)?) else {
            return Ok((false, OrderMark::ALL.to_vec()));
        };
        let marks = marks.split_whitespace().map(str::parse).collect::<Result<_, _>>();
        // A mark of a newer program that this one can't read: withhold on all of them.
        Ok((active != 0, marks.unwrap_or_else(|_| OrderMark::ALL.to_vec())))
    }

    /// The order's own facts, and its buyer where one is known and not shared.
    fn order(&self, keys: &Keys, account: AccountId) -> Result<(Option<OrderFacts>, Option<BuyerHash>), StoreError> {
        if self.0.opt_text(13)?.is_none() {
            return Ok((None, None));
        }
        let alias = self.0.opt_blob(17)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?;
        let shared = self.0.opt_int(18)?.is_some_and(|shared| shared != 0)
            || alias.as_ref().is_some_and(model::Alias::is_shared_by_form);
        let buyer = self.0.opt_bytes(16)?.map(BuyerHash).filter(|_| !shared);
        let (status, incomplete) = (self.0.opt_word(14)?, self.0.flag(15)?);
        Ok((Some(OrderFacts { status, incomplete, marks: Vec::new(), alias, alias_shared: shared }), buyer))
    }

    /// With which entry of the ledger a member confirmed that a critical message is to leave past a block, if one did.
    fn block_confirmed_at(&self) -> Result<Option<i64>, StoreError> {
        let confirmed = self.0.opt_text(24)?.is_some_and(|words| words.split(' ').any(|word| word == "block"));
        Ok(self.0.opt_int(25)?.filter(|_| confirmed))
    }

    /// The priority of the campaign; of a message without one it is not asked.
    fn priority(&self) -> Result<u8, StoreError> {
        Ok(self.0.opt_int(22)?.and_then(|priority| u8::try_from(priority).ok()).unwrap_or(1))
    }

    /// Whether another message has the order's slot.
    fn slot_taken(&self, message: MessageId, delivery: Delivery) -> Result<bool, StoreError> {
        let holder = match delivery {
            Delivery::Capture => self.0.opt_bytes(19)?,
            Delivery::Live => self.0.opt_bytes(20)?,
        };
        Ok(holder.is_some_and(|holder| MessageId::from_bytes(holder) != message))
    }
}

/// Reads them all for one claimed message.
pub(crate) async fn read_facts(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &Ledger,
    claimed: &ClaimedMessage,
    held: &HeldMessage,
    clock: Clock,
    lease_now: Timestamp,
) -> Result<Facts, StoreError> {
    let (account, order_id) = (claimed.account, claimed.order_id);
    let row = &held.0;
    // A store that the account no longer has can't be live.
    let delivery = row.opt_word(11)?.unwrap_or(Delivery::Capture);
    let store: Marketplace = row.word(0)?;
    let (stopped, lane) = match delivery {
        Delivery::Capture => (false, None),
        Delivery::Live => {
            let stopped = sending_stops::is_stopped(tx, account, store).await?;
            (stopped, Some(pacing::lane(tx, account, store, lease_now).await?))
        }
    };
    let by_email = claimed.channel == Channel::Email;
    let (campaign_active, withholding_marks) = held.campaign()?;
    let (mut order, buyer) = held.order(keys, account)?;
    let standing = standing(tx, account, order_id, buyer).await?;
    if let Some(order) = &mut order {
        order.marks = standing.marks;
    }
    let block_confirmed = match held.block_confirmed_at()? {
        Some(confirmed_at) => !blocked_since(tx, account, (order_id, buyer), confirmed_at).await?,
        None => false,
    };
    Ok(Facts {
        message: claimed.id,
        account,
        order_id,
        store,
        channel: claimed.channel,
        purpose: claimed.purpose,
        delivery,
        due: row.opt_time(1)?,
        closes: row.opt_time(2)?,
        clock,
        ledger_time: ledger.time(),
        restored: row.opt_int(12)?.is_some(),
        restricted: row.opt_int(8)?.is_some(),
        feed_broken: row.opt_int(9)?.is_some(),
        campaign_active,
        withholding_marks,
        solicit_without_alias: row.flag(10)?,
        suppressions: standing.suppressions,
        order,
        slot_taken: held.slot_taken(claimed.id, delivery)?,
        messaged_elsewhere: row.opt_int(21)?.is_some(),
        cap: cap_use(tx, account, delivery, clock.now()).await?,
        priority: held.priority()?,
        important_by_email: row.opt_int(23)?.is_some_and(|on| on != 0),
        block_confirmed,
        stopped,
        has_sender: lane.as_ref().is_some_and(|lane| lane.has_sender),
        paced_for: lane.and_then(|lane| lane.paced_for).filter(|_| by_email),
    })
}

/// Whether a member blocked the buyer or stopped the order after that entry of the ledger: nobody can have confirmed what was
/// not there yet.
async fn blocked_since(
    tx: &mut Tx,
    account: AccountId,
    whom: (OrderId, Option<BuyerHash>),
    confirmed_at: i64,
) -> Result<bool, StoreError> {
    let (order, buyer) = whom;
    let row = tx
        .row(
            sql!(
                "SELECT 1 FROM suppression WHERE account_id = $1 AND order_id = $2 AND reason IN ('block', 'order_stop')
                 AND ledger_number > $4
                 UNION ALL SELECT 1 FROM suppression_buyer JOIN suppression
                 ON suppression.id = suppression_buyer.suppression_id
                 WHERE suppression_buyer.account_id = $1 AND suppression_buyer.buyer_hash = $3
                 AND suppression.reason IN ('block', 'order_stop') AND suppression.ledger_number > $4 LIMIT 1"
            ),
            &[account.into(), order.into(), buyer.into(), confirmed_at.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// What notices and members have laid upon an order and its buyer.
pub(crate) struct Standing {
    pub marks: Vec<OrderMark>,
    pub suppressions: Vec<SuppressionFact>,
}

/// The marks of the order and every entry that covers it or its buyer and was not removed.
pub(crate) async fn standing(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    buyer: Option<BuyerHash>,
) -> Result<Standing, StoreError> {
    // An entry counts as its last change left it. Without a buyer the last part finds nothing, as NULL equals nothing.
    let rows = tx
        .rows(
            sql!(
                "SELECT 0, mark, 0, CAST(NULL AS TEXT) FROM order_mark WHERE account_id = $1 AND order_id = $2
                 UNION ALL SELECT 1, reason, held, (SELECT change FROM suppression_change
                  WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                 FROM suppression WHERE account_id = $1 AND order_id = $2
                 UNION ALL SELECT 2, suppression.reason, suppression.held, (SELECT change FROM suppression_change
                  WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                 FROM suppression_buyer JOIN suppression ON suppression.id = suppression_buyer.suppression_id
                 WHERE suppression_buyer.account_id = $1 AND suppression_buyer.buyer_hash = $3"
            ),
            &[account.into(), order.into(), buyer.into()],
        )
        .await?;
    let mut found = Standing { marks: Vec::new(), suppressions: Vec::new() };
    for row in &rows {
        if row.int(0)? == 0 {
            found.marks.push(row.word(1)?);
            continue;
        }
        let held = match row.opt_text(3)? {
            Some("removed") => continue,
            Some("confirmed") => false,
            _ => row.flag(2)?,
        };
        let fact = SuppressionFact { reason: row.word(1)?, held };
        if !found.suppressions.contains(&fact) {
            found.suppressions.push(fact);
        }
    }
    Ok(found)
}

/// Captured messages have a slot class of their own and never block a live one.
pub(crate) const fn slot_class(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Capture => "capture",
        Delivery::Live => "live",
    }
}

pub(crate) async fn cap_use(
    tx: &mut Tx,
    account: AccountId,
    delivery: Delivery,
    now: Timestamp,
) -> Result<CapUse, StoreError> {
    let today = now.utc_day();
    let row = tx
        .row(
            sql!(
                "SELECT CAST(COALESCE(SUM(CASE WHEN what = 'orders' AND day < $3 THEN n ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN what = $4 AND day = $3 THEN n ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN what = $5 AND day = $3 THEN n ELSE 0 END), 0) AS BIGINT),
                 (SELECT 1 FROM message WHERE message.account_id = $1 AND message.state = 'waiting'
                  AND message.reason = 'cap_reached' LIMIT 1)
                 FROM daily_count WHERE account_id = $1 AND day >= $2 AND day <= $3"
            ),
            &[
                account.into(),
                (today - 7).into(),
                today.into(),
                attempts_counter(delivery, Purpose::Proactive).into(),
                attempts_counter(delivery, Purpose::Critical).into(),
            ],
        )
        .await?
        .ok_or_else(|| StoreError::unexpected("no sum"))?;
    Ok(CapUse {
        orders_in_seven_days: row.count(0)?,
        used_today: row.count(1)?,
        critical_today: row.count(2)?,
        backlog: row.opt_int(3)?.is_some(),
    })
}

pub(crate) const fn attempts_counter(delivery: Delivery, purpose: Purpose) -> &'static str {
    match (delivery, purpose) {
        (Delivery::Capture, Purpose::Proactive) => "captured",
        (Delivery::Live, Purpose::Proactive) => "sent",
        (Delivery::Capture, Purpose::Critical) => "captured_critical",
        (Delivery::Live, Purpose::Critical) => "sent_critical",
    }
}
