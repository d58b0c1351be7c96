//! Critical messages: what completes an order, written one at a time for one order each. The limits are counted under
//! the account's lock in the step that records the message, so that two at once can't both be the last one allowed.
//! Nothing leaves by this room: what it records is handed to a member, who sends it in Seller Central, or stands in the
//! outbox and comes before the gate like every other message.

use model::critical::{
    CriticalConfirmations, CriticalMessage, CriticalRoute, CriticalState, MOST_CRITICAL_OF_A_DAY,
    MOST_CRITICAL_OF_AN_ORDER, RouteFacts, route,
};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::order::OrderStatus;
use model::suppression::SuppressionReason;
use model::{
    AccountId, Clock, CriticalId, Cursor, Delivery, Marketplace, MessageId, MessageState, OrderId, Page, Timestamp,
};
use policy::words::ApprovedCritical;
use serde_json::json;

use crate::Store;
use crate::attempt_facts::standing;
use crate::critical_by_email::into_the_outbox;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;

/// What its words are sealed for.
const CONTENT: &str = "critical message";
/// Further than any limit: counting ends there.
const COUNTED: u32 = 1000;
/// Critical messages of one order that are shown.
const SHOWN_OF_AN_ORDER: u32 = 100;

impl Store {
    /// Records a critical message for Seller Central, or puts it into the outbox where it is to go by e-mail. Everybody but viewers may; an opt-out doesn't hold it, a block or
    /// stop does unless that is confirmed, and beyond 2 an order or 20 an account and day (UTC) an owner must confirm.
    /// Its text is kept as long as the order's own personal data, and not at all where these are gone already.
    ///
    /// # Errors
    /// Where the order isn't known, or something that holds it was not confirmed; then nothing was recorded.
    pub async fn write_critical(
        &self,
        account: AccountId,
        message: ApprovedCritical,
        wished: (CriticalRoute, CriticalConfirmations),
        by: Actor,
        clock: Clock,
    ) -> Result<CriticalMessage, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                // Abide itself never writes one: a person chooses order, reason and words.
                if !by.may_change() || by == Actor::Abide {
                    return Err(StoreError::NotAllowed("viewers can't write critical messages"));
                }
                let (wished, confirmed) = wished;
                let order = known(tx, account, message.order()).await?;
                if order.cancelled {
                    return Err(StoreError::Conflict(CRITICAL_CANCELLED.into()));
                }
                let route = route(wished, order.route, message.language())
                    .map_err(|refusal| StoreError::Conflict(refusal.to_string()))?;
                let held = standing(tx, account, message.order(), order.buyer).await?.suppressions;
                let of = |reason| held.iter().any(|fact| fact.reason == reason);
                let blocked = of(SuppressionReason::Block) || of(SuppressionReason::OrderStop);
                if blocked && !confirmed.block {
                    return Err(StoreError::Conflict(CRITICAL_BLOCKED.into()));
                }
                let day = clock.real.utc_day();
                let beyond = beyond(tx, account, message.order(), day).await?;
                allowed(beyond, confirmed, &by)?;
                let written = CriticalMessage {
                    id: CriticalId::generate(),
                    order_id: message.order(),
                    store: order.store,
                    reason: message.reason(),
                    language: message.language().map(ToOwned::to_owned),
                    route,
                    state: match route {
                        CriticalRoute::SellerCentral => CriticalState::Handed,
                        CriticalRoute::ImportantEmail => CriticalState::InOutbox,
                    },
                    message: (route == CriticalRoute::ImportantEmail).then(MessageId::generate),
                    by: by.to_string(),
                    created_at: clock.real,
                    done_at: None,
                    // What was needed, not what was offered.
                    confirmed: CriticalConfirmations { limit: beyond.is_some(), block: blocked },
                    ledger_number: 0,
                    content: Some((message.subject().to_owned(), message.text().to_owned())),
                };
                let opted_out = of(SuppressionReason::OptOut);
                let said = json!({ "critical": written.id, "order": written.order_id, "store": written.store,
                    "reason": written.reason, "route": written.route, "language": written.language,
                    "state": written.state, "message": written.message, "opted_out": opted_out, "confirmed": words(written.confirmed),
                    "by": written.by });
                let number = ledger.append(tx, keys, clock, LedgerKind::Critical, &said).await?;
                insert(tx, keys, account, &written, (day, number, order.purge_at)).await?;
                if let Some(message) = written.message {
                    into_the_outbox(tx, account, &written, (message, clock)).await?;
                }
                Ok(CriticalMessage { ledger_number: u64::try_from(number).unwrap_or_default(), ..written })
            })
        })
        .await
    }

    /// A member says that he sent it in Seller Central. Whether it was not said before.
    pub async fn critical_sent(
        &self,
        account: AccountId,
        message: CriticalId,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't settle critical messages"));
                }
                let row = tx
                    .row(
                        sql!("SELECT order_id, state FROM critical_message WHERE id = $1 AND account_id = $2"),
                        &[message.into(), account.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::NotFound("there is no such critical message".into()))?;
                let (order, state): (OrderId, CriticalState) = (row.word(0)?, row.word(1)?);
                match state {
                    CriticalState::Handed => {}
                    CriticalState::Sent => return Ok(false),
                    CriticalState::InOutbox | CriticalState::Withdrawn => {
                        return Err(StoreError::Conflict(
                            "this one is not to be sent by hand: it stands in the outbox, or was taken back".into(),
                        ));
                    }
                }
                let said = json!({ "critical": message, "order": order, "state": CriticalState::Sent,
                    "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::Critical, &said).await?;
                tx.run(
                    sql!("UPDATE critical_message SET state = 'sent', done_at = $2 WHERE id = $1"),
                    &[message.into(), clock.real.into()],
                )
                .await?;
                Ok(true)
            })
        })
        .await
    }

    /// Takes back one that was not sent: it counts towards no limit any more. One in the outbox is withdrawn there.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it was sent, has left, or may have.
    pub async fn withdraw_critical(
        &self,
        account: AccountId,
        critical: CriticalId,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't take critical messages back"));
                }
                let row = tx
                    .row(
                        sql!(
                            "SELECT critical_message.order_id, critical_message.state, critical_message.message_id,
                             message.state, message.sent_at FROM critical_message
                             LEFT JOIN message ON message.id = critical_message.message_id
                             WHERE critical_message.id = $1 AND critical_message.account_id = $2"
                        ),
                        &[critical.into(), account.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::NotFound("there is no such critical message".into()))?;
                let (order, state): (OrderId, CriticalState) = (row.word(0)?, row.word(1)?);
                let message = row.opt_bytes(2)?.map(MessageId::from_bytes);
                let in_outbox: Option<MessageState> = row.opt_word(3)?;
                // One that came back has left all the same: it failed, and bears the time at which it was sent.
                let never_left = match in_outbox {
                    Some(
                        MessageState::Planned
                        | MessageState::Waiting
                        | MessageState::Withdrawn
                        | MessageState::Refused
                        | MessageState::Captured,
                    ) => true,
                    Some(MessageState::Failed) => row.opt_time(4)?.is_none(),
                    Some(MessageState::Sending | MessageState::Sent | MessageState::Unknown) | None => false,
                };
                match state {
                    CriticalState::Withdrawn => return Ok(false),
                    CriticalState::Handed => {}
                    CriticalState::InOutbox if never_left => {}
                    CriticalState::Sent | CriticalState::InOutbox => {
                        return Err(StoreError::Conflict(
                            "it was sent or may have left, so it can't be taken back".into(),
                        ));
                    }
                }
                if let Some(message) = message {
                    tx.run(
                        sql!(
                            "UPDATE message SET state = 'withdrawn', reason = 'withdrawn_by_member', next_try = NULL,
                             lease = NULL, lease_until = NULL WHERE id = $1 AND state IN ('planned', 'waiting')"
                        ),
                        &[message.into()],
                    )
                    .await?;
                }
                let said = json!({ "critical": critical, "order": order, "message": message,
                    "state": CriticalState::Withdrawn, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::Critical, &said).await?;
                tx.run(
                    sql!("UPDATE critical_message SET state = 'withdrawn', done_at = $2 WHERE id = $1"),
                    &[critical.into(), clock.real.into()],
                )
                .await?;
                Ok(true)
            })
        })
        .await
    }

    /// The critical messages of an account, newest first, a page at a time.
    pub async fn critical_messages(
        &self,
        account: AccountId,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<CriticalMessage>, StoreError> {
        let before: [u8; 16] = match before {
            Some(Cursor(text)) => *text
                .parse::<CriticalId>()
                .map_err(|_| StoreError::NotFound("the list has no page that begins there".into()))?
                .as_bytes(),
            None => [0xFF; 16],
        };
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, order_id, store, reason, language, route, state, actor, confirmed, created_at,
                             done_at, ledger_number, content_sealed, message_id FROM critical_message
                             WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
                        ),
                        &[account.into(), before.into(), limit.into()],
                    )
                    .await?;
                let rows = rows.iter().map(|row| opened(keys, account, row)).collect::<Result<Vec<_>, _>>()?;
                let full = u32::try_from(rows.len()).is_ok_and(|many| many >= limit);
                let next = rows.last().filter(|_| full).map(|last| Cursor(last.id.to_string()));
                Ok(Page { rows, next })
            })
        })
        .await
    }

    /// The critical messages of one order, newest first, the last hundred.
    pub async fn critical_of_order(
        &self,
        account: AccountId,
        order: OrderId,
    ) -> Result<Vec<CriticalMessage>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, order_id, store, reason, language, route, state, actor, confirmed, created_at,
                             done_at, ledger_number, content_sealed, message_id FROM critical_message
                             WHERE account_id = $1 AND order_id = $2 ORDER BY id DESC LIMIT $3"
                        ),
                        &[account.into(), order.into(), SHOWN_OF_AN_ORDER.into()],
                    )
                    .await?;
                rows.iter().map(|row| opened(keys, account, row)).collect()
            })
        })
        .await
    }

    /// One critical message, with the account it belongs to; ids are unique over the installation.
    pub async fn critical_message(&self, id: CriticalId) -> Result<Option<(AccountId, CriticalMessage)>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, order_id, store, reason, language, route, state, actor, confirmed, created_at,
                             done_at, ledger_number, content_sealed, message_id, account_id FROM critical_message WHERE id = $1"
                        ),
                        &[id.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let account = AccountId::from_bytes(row.bytes(14)?);
                Ok(Some((account, opened(keys, account, &row)?)))
            })
        })
        .await
    }
}

/// What a block or stop that was not confirmed is answered with.
pub const CRITICAL_BLOCKED: &str = "a member blocked this buyer or stopped this order; confirm that the message is to be written all the same, or take that back first";

/// What one beyond an order's limit is answered with.
pub const CRITICAL_OF_ORDER: &str = "this order has had 2 critical messages; an owner must confirm another";

/// What one beyond a day's limit is answered with.
pub const CRITICAL_OF_DAY: &str =
    "the account has written 20 critical messages today (UTC); an owner must confirm another";

/// What one about a cancelled order is answered with.
pub const CRITICAL_CANCELLED: &str =
    "this order was cancelled, so there is nothing left that a critical message could complete";

/// The order as far as it bears on a critical message.
pub(crate) struct KnownOrder {
    store: Marketplace,
    cancelled: bool,
    pub(crate) route: RouteFacts,
    buyer: Option<BuyerHash>,
    purge_at: Option<Timestamp>,
}

pub(crate) async fn known(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<KnownOrder, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT orders.store, orders.buyer_hash, orders.purge_at, buyer.shared, orders.status, orders.alias_sealed,
                 seller.delivery, seller.important_by_email, sender.host FROM orders
                 LEFT JOIN seller ON seller.account_id = orders.account_id AND seller.store = orders.store
                 LEFT JOIN sender ON sender.account_id = orders.account_id AND sender.store = orders.store
                 LEFT JOIN buyer ON buyer.account_id = orders.account_id AND buyer.buyer_hash = orders.buyer_hash
                 WHERE orders.account_id = $1 AND orders.order_id = $2"
            ),
            &[account.into(), order.into()],
        )
        .await?
        .ok_or_else(|| {
            StoreError::NotFound(format!("the account has no order {order}; import its report first, or check the id"))
        })?;
    // An alias that many share stands for no buyer (law 6); such entries cover the order alone.
    let shared = row.opt_int(3)?.is_some_and(|shared| shared != 0);
    let buyer = row.opt_bytes(1)?.map(BuyerHash).filter(|_| !shared);
    let status: Option<OrderStatus> = row.opt_word(4)?;
    let delivery: Option<Delivery> = row.opt_word(6)?;
    let route = RouteFacts {
        switched_on: row.opt_int(7)?.is_some_and(|on| on != 0),
        live: delivery == Some(Delivery::Live),
        has_sender: row.opt_text(8)?.is_some(),
        has_alias: row.opt_blob(5)?.is_some() && !shared,
    };
    let cancelled = status == Some(OrderStatus::Cancelled);
    Ok(KnownOrder { store: row.word(0)?, buyer, purge_at: row.opt_time(2)?, cancelled, route })
}

/// Which limit one more would pass, in words.
async fn beyond(tx: &mut Tx, account: AccountId, order: OrderId, day: i64) -> Result<Option<&'static str>, StoreError> {
    let of_order = tx
        .row(
            sql!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM critical_message WHERE account_id = $1 AND order_id = $2
                 AND state <> 'withdrawn' LIMIT $3) AS counted"
            ),
            &[account.into(), order.into(), COUNTED.into()],
        )
        .await?;
    let of_day = tx
        .row(
            sql!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM critical_message WHERE account_id = $1 AND day = $2
                 AND state <> 'withdrawn' LIMIT $3) AS counted"
            ),
            &[account.into(), day.into(), COUNTED.into()],
        )
        .await?;
    let count = |row: Option<Row>| row.map_or(Ok(0), |row| row.count(0));
    if count(of_order)? >= MOST_CRITICAL_OF_AN_ORDER {
        return Ok(Some(CRITICAL_OF_ORDER));
    }
    if count(of_day)? >= MOST_CRITICAL_OF_A_DAY {
        return Ok(Some(CRITICAL_OF_DAY));
    }
    Ok(None)
}

fn allowed(beyond: Option<&'static str>, confirmed: CriticalConfirmations, by: &Actor) -> Result<(), StoreError> {
    match beyond {
        None => Ok(()),
        Some(limit) if !confirmed.limit => Err(StoreError::Conflict(limit.into())),
        Some(_) if by.may_manage_members() => Ok(()),
        Some(_) => Err(StoreError::NotAllowed("only an owner may confirm critical messages beyond the limits")),
    }
}

async fn insert(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    message: &CriticalMessage,
    (day, number, purge_at): (i64, i64, Option<Timestamp>),
) -> Result<(), StoreError> {
    let keep_until = purge_at.filter(|until| *until > message.created_at);
    let content = match (&message.content, keep_until) {
        (Some(content), Some(_)) => {
            let content = serde_json::to_vec(content).map_err(|error| StoreError::unexpected(error.to_string()))?;
            Some(keys.seal(account, CONTENT, &content)?)
        }
        _ => None,
    };
    let values: [Value; 16] = [
        message.id.into(),
        account.into(),
        message.order_id.into(),
        message.store.into(),
        message.reason.as_str().into(),
        message.language.clone().into(),
        message.route.as_str().into(),
        message.state.as_str().into(),
        message.by.clone().into(),
        words(message.confirmed).into(),
        day.into(),
        message.created_at.into(),
        number.into(),
        content.into(),
        keep_until.into(),
        message.message.into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO critical_message (id, account_id, order_id, store, reason, language, route, state, actor,
             confirmed, day, created_at, ledger_number, content_sealed, purge_at, message_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        ),
        values,
    )
    .await?;
    Ok(())
}

pub(crate) fn opened(keys: &Keys, account: AccountId, row: &Row) -> Result<CriticalMessage, StoreError> {
    let content = row.opt_blob(12)?.map(|sealed| keys.open(account, CONTENT, sealed)).transpose()?;
    let content =
        content.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| StoreError::Sealed(CONTENT))).transpose()?;
    let confirmed = row.text(8)?;
    let has = |word| confirmed.split(' ').any(|one| one == word);
    Ok(CriticalMessage {
        id: CriticalId::from_bytes(row.bytes(0)?),
        order_id: row.word(1)?,
        store: row.word(2)?,
        reason: row.word(3)?,
        language: row.opt_text(4)?.map(ToOwned::to_owned),
        route: row.word(5)?,
        state: row.word(6)?,
        by: row.text(7)?.to_owned(),
        confirmed: CriticalConfirmations { limit: has("limit"), block: has("block") },
        created_at: row.time(9)?,
        done_at: row.opt_time(10)?,
        ledger_number: row.count(11)?,
        content,
        message: row.opt_bytes(13)?.map(MessageId::from_bytes),
    })
}

/// The confirmations as table and ledger have them.
const fn words(confirmed: CriticalConfirmations) -> &'static str {
    match (confirmed.limit, confirmed.block) {
        (true, true) => "limit block",
        (true, false) => "limit",
        (false, true) => "block",
        (false, false) => "",
    }
}

/// Erases the words of those whose time has come (law 8).
pub(crate) async fn forget(tx: &mut Tx, due: &[Value; 2]) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "UPDATE critical_message SET content_sealed = NULL, purge_at = NULL WHERE id IN
             (SELECT id FROM critical_message WHERE purge_at IS NOT NULL AND purge_at <= $1 ORDER BY purge_at LIMIT $2)"
        ),
        due,
    )
    .await
}

/// Erases the words of an order's, whose time came earlier than was known when they were written.
pub(crate) async fn forget_order(tx: &mut Tx, account: AccountId, order: &str) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "UPDATE critical_message SET content_sealed = NULL, purge_at = NULL
             WHERE account_id = $1 AND order_id = $2 AND purge_at IS NOT NULL"
        ),
        &[account.into(), order.into()],
    )
    .await?;
    Ok(())
}
