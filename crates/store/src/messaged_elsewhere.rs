//! Orders that another tool has messaged, as lists say that members import when they move in. Such an order has had
//! its one message: the gate refuses every proactive one, whether the order is known already or comes later, and what
//! waits is withdrawn.
//!
//! A list is known by its orders: the same one again changes nothing (law 9), and after a break goes on where it
//! stopped. Nothing is edited: taking a list or an order back is a row of its own (law 7), and an order stays
//! refused as long as another list names it.

use std::collections::BTreeMap;

use model::ledger::LedgerKind;
use model::member::Actor;
use model::messaged::{MessagedChange, MessagedElsewhere, MessagedList, MessagedOrder, MessagedTarget};
use model::{AccountId, Clock, Cursor, MessagedListId, OrderId, Page, Reason, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::suppressing::{self, Coverage};

/// The most orders that one list may have.
pub const MOST_MESSAGED: usize = 1_000_000;

/// What tells one list from another: its orders, in whatever sequence and however often they stand in it.
pub fn messaged_list_digest(orders: &[MessagedOrder]) -> [u8; 32] {
    let mut ids: Vec<OrderId> = orders.iter().map(|order| order.order_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut digest = Sha256::new();
    for id in ids {
        digest.update(id.as_str());
        digest.update(b"\n");
    }
    digest.finalize().into()
}

impl Store {
    /// Takes a part of the list with that digest ([`messaged_list_digest`]): its first part begins it. Callers bound
    /// the part, so that others get their turn.
    pub async fn import_messaged_orders(
        &self,
        account: AccountId,
        list: [u8; 32],
        orders: Vec<MessagedOrder>,
        by: Actor,
        clock: Clock,
    ) -> Result<MessagedChange, StoreError> {
        // PostgreSQL takes many rows in one statement, and no key twice.
        let orders: BTreeMap<OrderId, Option<Timestamp>> =
            orders.into_iter().map(|order| (order.order_id, order.messaged_at)).collect();
        self.write_alone(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't import lists"));
                }
                let known = standing_list(tx, account, list).await?;
                let id = known.unwrap_or_else(MessagedListId::generate);
                let news = enter(tx, account, id, &orders).await?;
                let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
                let mut change = MessagedChange {
                    changed: count(news.len()),
                    unchanged: count(orders.len() - news.len()),
                    ..MessagedChange::default()
                };
                if news.is_empty() {
                    return Ok(change);
                }
                begin_or_count(tx, (account, id, list), known.is_some(), change.changed, (&by, clock)).await?;
                let mut coverage = Coverage::default();
                for order in with_messages(tx, account, &news).await? {
                    let reason = Some(Reason::AlreadyMessaged);
                    suppressing::take_back(tx, account, Some(order), &[], reason, &mut coverage).await?;
                }
                let said = json!({ "list": id, "orders": change.changed, "withdrawn": coverage.withdrawn,
                    "already_leaving": coverage.already_leaving, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::OrdersMessagedElsewhere, &said).await?;
                change.withdrawn = count(coverage.withdrawn.len());
                change.already_leaving = count(coverage.already_leaving.len());
                Ok(change)
            })
        })
        .await
    }

    /// Takes a list back, or what all lists say of one order. How many lists it was taken from; messages that were
    /// withdrawn stay so. Only an owner, a manager or the operator may (law 7).
    pub async fn remove_messaged(
        &self,
        account: AccountId,
        target: MessagedTarget,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<u64, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_remove_opt_out() {
                    return Err(StoreError::NotAllowed(
                        "only an owner or a manager may take back that another tool has messaged an order",
                    ));
                }
                let (lists, order) = match target {
                    MessagedTarget::List(list) => (list_to_remove(tx, account, list).await?, None),
                    MessagedTarget::Order(order) => (lists_of(tx, account, order).await?, Some(order)),
                };
                let said = json!({ "lists": lists, "order": order, "by": by.to_string(), "note": note });
                let number = ledger.append(tx, keys, clock, LedgerKind::MessagedElsewhereRemoved, &said).await?;
                for list in &lists {
                    let values: [Value; 6] = [
                        (*list).into(),
                        order.as_ref().map_or("", OrderId::as_str).into(),
                        account.into(),
                        clock.real.into(),
                        by.to_string().into(),
                        number.into(),
                    ];
                    tx.put(
                        sql!(
                            "INSERT INTO messaged_removal (list_id, order_id, account_id, at, actor, ledger_number)
                             VALUES ($1, $2, $3, $4, $5, $6)"
                        ),
                        values,
                    )
                    .await?;
                }
                Ok(u64::try_from(lists.len()).unwrap_or(u64::MAX))
            })
        })
        .await
    }

    /// The lists of an account, newest first, those taken back among them.
    pub async fn messaged_lists(
        &self,
        account: AccountId,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<MessagedList>, StoreError> {
        let before = match before {
            Some(cursor) => cursor.0.parse().map_err(|_| StoreError::NotFound("this page does not exist".into()))?,
            None => MessagedListId::from_bytes([0xff; 16]),
        };
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT messaged_list.id, messaged_list.entered_at, messaged_list.actor, messaged_list.orders,
                             messaged_removal.at, messaged_removal.actor FROM messaged_list
                             LEFT JOIN messaged_removal ON messaged_removal.list_id = messaged_list.id
                              AND messaged_removal.order_id = ''
                             WHERE messaged_list.account_id = $1 AND messaged_list.id < $2
                             ORDER BY messaged_list.id DESC LIMIT $3"
                        ),
                        &[account.into(), before.into(), limit.into()],
                    )
                    .await?;
                let rows = rows.iter().map(list_of).collect::<Result<Vec<_>, _>>()?;
                let full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
                let next = rows.last().filter(|_| full).map(|row| Cursor(row.id.to_string()));
                Ok(Page { rows, next })
            })
        })
        .await
    }

    /// Whether a list that stands says that another tool has messaged the order: the first that does.
    pub async fn messaged_elsewhere(
        &self,
        account: AccountId,
        order: OrderId,
    ) -> Result<Option<MessagedElsewhere>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT messaged_list.id, messaged_list.entered_at, messaged_order.messaged_at
                             FROM messaged_order JOIN messaged_list ON messaged_list.id = messaged_order.list_id
                             WHERE messaged_order.account_id = $1 AND messaged_order.order_id = $2 AND NOT EXISTS
                             (SELECT 1 FROM messaged_removal WHERE messaged_removal.list_id = messaged_order.list_id
                              AND messaged_removal.order_id IN ('', messaged_order.order_id))
                             ORDER BY messaged_list.entered_at, messaged_list.id LIMIT 1"
                        ),
                        &[account.into(), order.into()],
                    )
                    .await?;
                row.map(|row| {
                    Ok(MessagedElsewhere {
                        list: MessagedListId::from_bytes(row.bytes(0)?),
                        entered_at: row.time(1)?,
                        messaged_at: row.opt_time(2)?,
                    })
                })
                .transpose()
            })
        })
        .await
    }
}

fn list_of(row: &Row) -> Result<MessagedList, StoreError> {
    let removed = row.opt_time(4)?.zip(row.opt_text(5)?.map(str::to_owned));
    Ok(MessagedList {
        id: MessagedListId::from_bytes(row.bytes(0)?),
        entered_at: row.time(1)?,
        by: row.text(2)?.to_owned(),
        orders: row.count(3)?,
        removed,
    })
}

/// The list of those orders that stands; one that was taken back is no longer the same.
async fn standing_list(
    tx: &mut Tx,
    account: AccountId,
    digest: [u8; 32],
) -> Result<Option<MessagedListId>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT messaged_list.id FROM messaged_list WHERE account_id = $1 AND digest = $2 AND NOT EXISTS
                 (SELECT 1 FROM messaged_removal WHERE messaged_removal.list_id = messaged_list.id
                  AND messaged_removal.order_id = '') LIMIT 1"
            ),
            &[account.into(), digest.into()],
        )
        .await?;
    row.map(|row| row.bytes(0).map(MessagedListId::from_bytes)).transpose()
}

/// Puts orders on the list; those that did not stand on it.
async fn enter(
    tx: &mut Tx,
    account: AccountId,
    list: MessagedListId,
    orders: &BTreeMap<OrderId, Option<Timestamp>>,
) -> Result<Vec<OrderId>, StoreError> {
    let rows: Vec<Vec<Value>> = orders
        .iter()
        .map(|(order, messaged_at)| vec![account.into(), (*order).into(), list.into(), (*messaged_at).into()])
        .collect();
    let entered = tx
        .rows_many(
            sql!(
                "INSERT INTO messaged_order (account_id, order_id, list_id, messaged_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING RETURNING order_id"
            ),
            &rows,
        )
        .await?;
    entered.iter().map(|row| row.word(0)).collect()
}

async fn begin_or_count(
    tx: &mut Tx,
    (account, list, digest): (AccountId, MessagedListId, [u8; 32]),
    known: bool,
    news: u64,
    (by, clock): (&Actor, Clock),
) -> Result<(), StoreError> {
    let news = i64::try_from(news).map_err(|_| StoreError::unexpected("more orders than can be counted"))?;
    if known {
        return tx
            .put(sql!("UPDATE messaged_list SET orders = orders + $2 WHERE id = $1"), [list.into(), news.into()])
            .await;
    }
    let values: [Value; 6] =
        [list.into(), account.into(), digest.into(), clock.real.into(), by.to_string().into(), news.into()];
    tx.put(
        sql!(
            "INSERT INTO messaged_list (id, account_id, digest, entered_at, actor, orders)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        values,
    )
    .await
}

/// Those of the orders that have a message which has not left: few of a long list.
async fn with_messages(tx: &mut Tx, account: AccountId, orders: &[OrderId]) -> Result<Vec<OrderId>, StoreError> {
    let list: Vec<Value> = orders.iter().map(|order| (*order).into()).collect();
    let rows = tx
        .rows_in(
            sql!(
                "SELECT DISTINCT order_id FROM message WHERE account_id = $1 AND purpose = 'proactive'
                 AND state IN ('planned', 'waiting', 'sending') AND order_id IN ($2)"
            ),
            &[account.into()],
            &list,
        )
        .await?;
    rows.iter().map(|row| row.word(0)).collect()
}

async fn list_to_remove(
    tx: &mut Tx,
    account: AccountId,
    list: MessagedListId,
) -> Result<Vec<MessagedListId>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT (SELECT 1 FROM messaged_removal WHERE list_id = messaged_list.id AND order_id = '')
                 FROM messaged_list WHERE id = $1 AND account_id = $2"
            ),
            &[list.into(), account.into()],
        )
        .await?;
    match row.map(|row| row.opt_int(0)).transpose()? {
        None => Err(StoreError::NotFound("there is no such list of messaged orders in this account".into())),
        Some(Some(_)) => Err(StoreError::Conflict("this list was taken back already".into())),
        Some(None) => Ok(vec![list]),
    }
}

async fn lists_of(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<Vec<MessagedListId>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT list_id FROM messaged_order WHERE account_id = $1 AND order_id = $2 AND NOT EXISTS
                 (SELECT 1 FROM messaged_removal WHERE messaged_removal.list_id = messaged_order.list_id
                  AND messaged_removal.order_id IN ('', messaged_order.order_id)) ORDER BY list_id LIMIT 1000"
            ),
            &[account.into(), order.into()],
        )
        .await?;
    if rows.is_empty() {
        return Err(StoreError::NotFound("no list says that another tool has messaged this order".into()));
    }
    rows.iter().map(|row| row.bytes(0).map(MessagedListId::from_bytes)).collect()
}
