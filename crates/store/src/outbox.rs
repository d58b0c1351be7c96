//! The outbox as workers and pages see it: claiming what is due under a lease, withdrawing, listing, and
//! settling what a dead worker left behind.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::message::{ClaimedMessage, Lease, OutboxRow};
use model::{
    AccountId, AlertKind, CampaignId, Clock, Cursor, Delivery, MessageId, OrderId, Page, Reason, Span, Timestamp,
};
use serde_json::json;

use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::{Store, alerts, planning};

/// How long a worker holds a claimed message.
pub const LEASE: Span = Span::seconds(60);

/// Messages that one claim takes at most.
pub const CLAIMED_AT_ONCE: u32 = 200;

/// Which messages a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutboxFilter {
    /// All of them.
    #[default]
    All,
    /// Those of one order.
    Order(OrderId),
}

impl Store {
    /// Takes what is due, for one worker and [`LEASE`] long. Other workers get other messages.
    pub async fn claim_due(&self, clock: Clock, limit: u32) -> Result<Vec<ClaimedMessage>, StoreError> {
        let limit = limit.min(CLAIMED_AT_ONCE);
        let lease: [u8; 16] = crate::random::bytes()?;
        self.write(move |tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let claim = tx.either(
                    sql!(
                        "UPDATE message SET lease = $3, lease_until = $4 WHERE id IN
                         (SELECT id FROM message WHERE state IN ('planned', 'waiting') AND next_try <= $1
                          AND (lease_until IS NULL OR lease_until < $2) ORDER BY next_try LIMIT $5)
                         RETURNING id, account_id, order_id, channel, purpose, campaign_id, campaign_version, store, attempts,
                         (SELECT delivery FROM seller WHERE seller.account_id = message.account_id
                          AND seller.store = message.store), next_try"
                    ),
                    sql!(
                        "UPDATE message SET lease = $3, lease_until = $4 WHERE id IN
                         (SELECT id FROM message WHERE state IN ('planned', 'waiting') AND next_try <= $1
                          AND (lease_until IS NULL OR lease_until < $2) ORDER BY next_try LIMIT $5
                          FOR UPDATE SKIP LOCKED)
                         RETURNING id, account_id, order_id, channel, purpose, campaign_id, campaign_version, store, attempts,
                         (SELECT delivery FROM seller WHERE seller.account_id = message.account_id
                          AND seller.store = message.store), next_try"
                    ),
                );
                let until = now.plus(LEASE);
                let mut rows =
                    tx.rows(claim, &[clock.now().into(), now.into(), lease.into(), until.into(), limit.into()]).await?;
                // The update tells them in any order; whose turn came first goes first.
                rows.sort_by_key(|row| row.opt_time(10).ok().flatten());
                rows.iter().map(|row| claimed(row, Lease(lease))).collect()
            })
        })
        .await
    }

    /// When the next message is due, for a worker that has nothing to do.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT next_try FROM message WHERE state IN ('planned', 'waiting') AND next_try IS NOT NULL
                             ORDER BY next_try LIMIT 1"
                        ),
                        &[],
                    )
                    .await?;
                row.map_or(Ok(None), |row| row.opt_time(0))
            })
        })
        .await
    }

    /// Settles attempts whose worker is gone: what was only to be captured is tried again by a new gate; what
    /// may have left is `unknown` and is never sent again by itself.
    pub async fn settle_lost_attempts(&self, clock: Clock) -> Result<u64, StoreError> {
        let lost = self
            .read(|tx, _| {
                Box::pin(async move {
                    let now = lease_clock(tx).await?;
                    let rows = tx
                        .rows(
                            sql!(
                                "SELECT id, account_id FROM message WHERE state = 'sending' AND lease_until < $1
                                 ORDER BY lease_until LIMIT 200"
                            ),
                            &[now.into()],
                        )
                        .await?;
                    rows.iter()
                        .map(|row| Ok((MessageId::from_bytes(row.bytes(0)?), AccountId::from_bytes(row.bytes(1)?))))
                        .collect::<Result<Vec<_>, StoreError>>()
                })
            })
            .await?;
        let mut settled = 0;
        for (message, account) in lost {
            settled += u64::from(self.settle_lost_attempt(account, message, clock).await?);
        }
        Ok(settled)
    }

    async fn settle_lost_attempt(
        &self,
        account: AccountId,
        message: MessageId,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let now = lease_clock(tx).await?;
                let row = tx
                    .row(
                        sql!("SELECT captures, order_id FROM message WHERE id = $1 AND state = 'sending' AND lease_until < $2"),
                        &[message.into(), now.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(false) };
                let (captures, order): (bool, OrderId) = (row.flag(0)?, row.word(1)?);
                if captures {
                    tx.run(
                        sql!(
                            "UPDATE message SET state = 'waiting', reason = NULL, next_try = $2, lease = NULL,
                             lease_until = NULL, permit_until = NULL WHERE id = $1"
                        ),
                        &[message.into(), clock.now().into()],
                    )
                    .await?;
                    tx.run(
                        sql!("DELETE FROM order_slot WHERE account_id = $1 AND order_id = $2 AND message_id = $3"),
                        &[account.into(), order.into(), message.into()],
                    )
                    .await?;
                } else {
                    tx.run(
                        sql!(
                            "UPDATE message SET state = 'unknown', reason = $2, lease = NULL, lease_until = NULL,
                             next_try = NULL WHERE id = $1"
                        ),
                        &[message.into(), Reason::LostInFlight.as_str().into()],
                    )
                    .await?;
                    let (kind, detail) = (AlertKind::LostInFlight, order.as_str());
                    alerts::raise(tx, keys, account, kind, detail, clock.real).await?;
                }
                let outcome = if captures { "tried_again" } else { "unknown" };
                let said = json!({ "message": message, "order": order, "outcome": outcome });
                ledger.append(tx, keys, clock, LedgerKind::Outcome, &said).await?;
                Ok(true)
            })
        })
        .await
    }

    /// A member takes back a message that has not left.
    pub async fn withdraw_message(
        &self,
        account: AccountId,
        message: MessageId,
        by: Actor,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't withdraw messages"));
                }
                let withdrawn = tx
                    .row(
                        sql!(
                            "UPDATE message SET state = 'withdrawn', reason = $3, next_try = NULL, lease = NULL,
                             lease_until = NULL WHERE account_id = $1 AND id = $2 AND state IN ('planned', 'waiting')
                             RETURNING order_id"
                        ),
                        &[account.into(), message.into(), Reason::WithdrawnByMember.as_str().into()],
                    )
                    .await?;
                let Some(withdrawn) = withdrawn else {
                    return Err(StoreError::Conflict(
                        "this message does not wait any more, so it can't be withdrawn".into(),
                    ));
                };
                let said = json!({ "message": message, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::Withdrawal, &said).await?;
                planning::make_room(tx, account, (message, withdrawn.word(0)?), clock).await
            })
        })
        .await
    }

    /// A page of the outbox, newest first.
    pub async fn outbox(
        &self,
        account: AccountId,
        filter: OutboxFilter,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<OutboxRow>, StoreError> {
        let before = match before {
            Some(cursor) => cursor.0.parse().map_err(|_| StoreError::NotFound("this page does not exist".into()))?,
            None => MessageId::from_bytes([0xff; 16]),
        };
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = match filter {
                    OutboxFilter::All => {
                        tx.rows(
                            sql!(
                                "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at,
                                 campaign.name, campaign_version FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
                                 WHERE message.account_id = $1 AND message.id < $2 ORDER BY message.id DESC LIMIT $3"
                            ),
                            &[account.into(), before.into(), limit.into()],
                        )
                        .await?
                    }
                    OutboxFilter::Order(order) => {
                        // Neither found nor sorted by the page's place: for that SQLite would walk the whole outbox.
                        tx.rows(
                            sql!(
                                "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at,
                                 campaign.name, campaign_version FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
                                 WHERE message.account_id = $1 AND message.order_id = $4
                                 AND CASE WHEN message.id < $2 THEN 1 ELSE 0 END = 1
                                 ORDER BY message.created_at DESC, message.id DESC LIMIT $3"
                            ),
                            &[account.into(), before.into(), limit.into(), order.into()],
                        )
                        .await?
                    }
                };
                let mut page = Page { rows: Vec::with_capacity(rows.len()), next: None };
                for row in &rows {
                    page.rows.push(outbox_row(row)?);
                }
                let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
                if let (true, Some(last)) = (full, page.rows.last()) {
                    page.next = Some(Cursor(last.id.to_string()));
                }
                Ok(page)
            })
        })
        .await
    }

    /// What a message said or would have said, while it is kept: subject and text.
    pub async fn message_content(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<policy::RenderedText>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!("SELECT content_sealed FROM message WHERE account_id = $1 AND id = $2"),
                        &[account.into(), message.into()],
                    )
                    .await?;
                let Some(sealed) = row.as_ref().map(|row| row.opt_blob(0)).transpose()?.flatten() else {
                    return Ok(None);
                };
                let content = keys.open_text(account, "content", sealed)?;
                // The subject is one line, so the first line end parts the two.
                let (subject, text) = content.split_once('\n').unwrap_or((&content, ""));
                Ok(Some(policy::RenderedText::plain(subject.to_owned(), text.to_owned())))
            })
        })
        .await
    }
}

fn claimed(row: &Row, lease: Lease) -> Result<ClaimedMessage, StoreError> {
    let version = row.opt_int(6)?.map(u32::try_from).transpose();
    let attempts =
        u32::try_from(row.int(8)?).map_err(|_| StoreError::unexpected("a number of attempts out of range"))?;
    Ok(ClaimedMessage {
        id: MessageId::from_bytes(row.bytes(0)?),
        account: AccountId::from_bytes(row.bytes(1)?),
        order_id: row.word(2)?,
        store: row.word(7)?,
        // A store that the account no longer has can't be live.
        delivery: row.opt_word(9)?.unwrap_or(Delivery::Capture),
        attempts,
        channel: row.word(3)?,
        purpose: row.word(4)?,
        campaign: row.opt_bytes(5)?.map(CampaignId::from_bytes),
        campaign_version: version.map_err(|_| StoreError::unexpected("a version out of range"))?,
        lease,
    })
}

pub(crate) fn outbox_row(row: &Row) -> Result<OutboxRow, StoreError> {
    Ok(OutboxRow {
        id: MessageId::from_bytes(row.bytes(0)?),
        order_id: row.word(1)?,
        store: row.word(2)?,
        channel: row.word(3)?,
        purpose: row.word(4)?,
        state: row.word(5)?,
        reason: row.opt_word(6)?,
        due: row.opt_time(7)?,
        next_try: row.opt_time(8)?,
        sent_at: row.opt_time(9)?,
        campaign: row.opt_text(10)?.map(str::to_owned),
        campaign_version: row.opt_int(11)?.and_then(|version| u32::try_from(version).ok()),
    })
}

/// The clock that leases go by: the database's own, so that nodes with different clocks agree.
pub(crate) async fn lease_clock(tx: &mut Tx) -> Result<Timestamp, StoreError> {
    if !tx.is_postgres() {
        return Ok(Timestamp::from_clock());
    }
    tx.row(sql!("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"), &[])
        .await?
        .ok_or_else(|| StoreError::unexpected("PostgreSQL told no time"))?
        .time(0)
}
