//! The facts that the gate decides on, each read anew from its own row inside the attempt's transaction, under the
//! account's lock. Nothing here is cached or believed from the caller (laws 2 and 3).

use model::message::ClaimedMessage;
use model::order::OrderMark;
use model::{AccountId, Channel, Clock, Delivery, Marketplace, MessageId, OrderId, Timestamp};
use policy::{CapUse, Facts, OrderFacts, SuppressionFact};

use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::{installation, orders, pacing, sending_stops};

/// Reads them all for one claimed message.
pub(crate) async fn read_facts(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &Ledger,
    claimed: &ClaimedMessage,
    row: &Row,
    clock: Clock,
    lease_now: Timestamp,
) -> Result<Facts, StoreError> {
    let (account, order_id) = (claimed.account, claimed.order_id);
    let store: Marketplace = row.word(0)?;
    let settings = tx
        .row(
            sql!(
                "SELECT restricted_since, feed_broken_since, solicit_without_alias,
                 (SELECT delivery FROM seller WHERE seller.account_id = account.id AND seller.store = $2)
                 FROM account WHERE id = $1"
            ),
            &[account.into(), store.into()],
        )
        .await?
        .ok_or_else(|| StoreError::UnknownAccount(account.to_string()))?;
    // A store that the account no longer has can't be live.
    let delivery = settings.opt_word(3)?.unwrap_or(Delivery::Capture);
    let (stopped, lane) = match delivery {
        Delivery::Capture => (false, None),
        Delivery::Live => {
            let stopped = sending_stops::is_stopped(tx, account, store).await?;
            (stopped, Some(pacing::lane(tx, account, store, lease_now).await?))
        }
    };
    let by_email = claimed.channel == Channel::Email;
    let (campaign_active, withholding_marks) = campaign_facts(tx, row).await?;
    let (order, buyer) = order_facts(tx, keys, account, order_id).await?;
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
        restored: installation::is_restored(tx).await?,
        restricted: settings.opt_int(0)?.is_some(),
        feed_broken: settings.opt_int(1)?.is_some(),
        campaign_active,
        withholding_marks,
        solicit_without_alias: settings.flag(2)?,
        suppressions: suppression_facts(tx, account, order_id, buyer).await?,
        order,
        slot_taken: slot_taken(tx, account, order_id, claimed.id, delivery).await?,
        cap: cap_use(tx, account, delivery, clock.now()).await?,
        stopped,
        has_sender: lane.as_ref().is_some_and(|lane| lane.has_sender),
        paced_for: lane.and_then(|lane| lane.paced_for).filter(|_| by_email),
    })
}

async fn campaign_facts(tx: &mut Tx, row: &Row) -> Result<(bool, Vec<OrderMark>), StoreError> {
    let Some(campaign) = row.opt_bytes::<16>(5)? else { return Ok((true, Vec::new())) };
    let row = tx
        .row(
            sql!(
                "SELECT campaign.active, campaign_version.withholding FROM campaign JOIN campaign_version
                 ON campaign_version.campaign_id = campaign.id
                 WHERE campaign.id = $1 AND campaign_version.version = $2"
            ),
            &[campaign.into(), row.opt_int(6)?.into()],
        )
        .await?;
    let Some(row) = row else { return Ok((false, OrderMark::ALL.to_vec())) };
    let marks = row.text(1)?.split_whitespace().map(str::parse).collect::<Result<_, _>>();
    // A mark of a newer program that this one can't read: withhold on all of them.
    Ok((row.flag(0)?, marks.unwrap_or_else(|_| OrderMark::ALL.to_vec())))
}

/// The order's facts, and its buyer where one is known and not shared.
async fn order_facts(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    order: OrderId,
) -> Result<(Option<OrderFacts>, Option<BuyerHash>), StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT status, incomplete, buyer_hash, alias_sealed,
                 (SELECT shared FROM buyer WHERE buyer.account_id = orders.account_id AND buyer.buyer_hash = orders.buyer_hash)
                 FROM orders WHERE account_id = $1 AND order_id = $2"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    let Some(row) = row else { return Ok((None, None)) };
    let alias = row.opt_blob(3)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?;
    let shared = row.opt_int(4)?.is_some_and(|shared| shared != 0)
        || alias.as_ref().is_some_and(model::Alias::is_shared_by_form);
    let buyer = row.opt_bytes(2)?.map(BuyerHash).filter(|_| !shared);
    let facts = OrderFacts {
        status: row.opt_word(0)?,
        incomplete: row.flag(1)?,
        marks: orders::marks(tx, account, order).await?.into_iter().map(|(mark, _)| mark).collect(),
        alias,
        alias_shared: shared,
    };
    Ok((Some(facts), buyer))
}

async fn suppression_facts(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    buyer: Option<BuyerHash>,
) -> Result<Vec<SuppressionFact>, StoreError> {
    let mut rows = tx
        .rows(
            sql!(
                "SELECT reason, held,
                 (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                 FROM suppression WHERE account_id = $1 AND order_id = $2"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    if let Some(buyer) = buyer {
        let by_buyer = tx
            .rows(
                sql!(
                    "SELECT suppression.reason, suppression.held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                     FROM suppression_buyer JOIN suppression ON suppression.id = suppression_buyer.suppression_id
                     WHERE suppression_buyer.account_id = $1 AND suppression_buyer.buyer_hash = $2"
                ),
                &[account.into(), buyer.into()],
            )
            .await?;
        rows.extend(by_buyer);
    }
    let mut facts = Vec::new();
    for row in &rows {
        let held = match row.opt_text(2)? {
            Some("removed") => continue,
            Some("confirmed") => false,
            _ => row.flag(1)?,
        };
        let fact = SuppressionFact { reason: row.word(0)?, held };
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    Ok(facts)
}

/// Captured messages have a slot class of their own and never block a live one.
pub(crate) const fn slot_class(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Capture => "capture",
        Delivery::Live => "live",
    }
}

async fn slot_taken(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    message: MessageId,
    delivery: Delivery,
) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT 1 FROM order_slot WHERE account_id = $1 AND order_id = $2 AND class = $3 AND message_id <> $4"
            ),
            &[account.into(), order.into(), slot_class(delivery).into(), message.into()],
        )
        .await?;
    Ok(row.is_some())
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
                 CAST(COALESCE(SUM(CASE WHEN what = $4 AND day = $3 THEN n ELSE 0 END), 0) AS BIGINT)
                 FROM daily_count WHERE account_id = $1 AND day >= $2 AND day <= $3"
            ),
            &[account.into(), (today - 7).into(), today.into(), attempts_counter(delivery).into()],
        )
        .await?
        .ok_or_else(|| StoreError::unexpected("no sum"))?;
    Ok(CapUse { orders_in_seven_days: row.count(0)?, used_today: row.count(1)? })
}

pub(crate) const fn attempts_counter(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Capture => "captured",
        Delivery::Live => "sent",
    }
}
