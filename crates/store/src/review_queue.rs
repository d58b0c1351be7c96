//! The review queue as pages show it: the notices that wait for a member, oldest last, those decided lately, and the
//! warning before law 8 erases a mail that nobody has looked at.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::order::OrderMark;
use model::review::{Decided, ReviewItem};
use model::{AccountId, AlertKind, Clock, Cursor, MailId, NoticeId, OrderId, Page, Span, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::reviewing::UNDONE;
use crate::{alerts, orders};

/// How long before a mail is erased its members are told, where it still waits for them.
const WARNED_BEFORE: Span = Span::days(7);

/// How often a waiting notice is looked at for that.
const LOOKED_AT_EVERY: Span = Span::days(1);

impl Store {
    /// A page of the notices of an account that wait for a decision, newest first.
    pub async fn review_queue(
        &self,
        account: AccountId,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<ReviewItem>, StoreError> {
        let before = match before {
            Some(cursor) => cursor.0.parse().map_err(|_| StoreError::NotFound("this page does not exist".into()))?,
            None => NoticeId::from_bytes([0xff; 16]),
        };
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT notice.id, notice.mail_id, inbound_mail.received_at, notice.review, notice.kind,
                             notice.order_ids, inbound_mail.subject_sealed, inbound_mail.purge_at, notice.form_hash
                             FROM notice JOIN inbound_mail ON inbound_mail.id = notice.mail_id
                             WHERE notice.account_id = $1 AND notice.review IS NOT NULL AND notice.id < $2
                             ORDER BY notice.id DESC LIMIT $3"
                        ),
                        &[account.into(), before.into(), limit.into()],
                    )
                    .await?;
                let rows: Vec<ReviewItem> =
                    rows.iter().map(|row| item(keys, account, row)).collect::<Result<_, _>>()?;
                let full = u32::try_from(rows.len()) == Ok(limit);
                let next = rows.last().filter(|_| full).map(|last| Cursor(last.notice.to_string()));
                Ok(Page { rows, next })
            })
        })
        .await
    }

    /// How many notices of an account wait, at most `most`.
    pub async fn reviews_waiting(&self, account: AccountId, most: u32) -> Result<u64, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM notice WHERE account_id = $1 AND review IS NOT NULL
                             LIMIT $2) AS counted"
                        ),
                        &[account.into(), most.into()],
                    )
                    .await?;
                row.map_or(Ok(0), |row| row.count(0))
            })
        })
        .await
    }

    /// The last decisions of an account that stand, newest first, at most `limit` of the last decisions made.
    pub async fn reviews_decided(&self, account: AccountId, limit: u32) -> Result<Vec<ReviewItem>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT notice_id FROM review_decision WHERE account_id = $1 AND ruling <> 'undone'
                             ORDER BY at DESC, notice_id DESC LIMIT $2"
                        ),
                        &[account.into(), limit.into()],
                    )
                    .await?;
                let mut decided: Vec<ReviewItem> = Vec::with_capacity(rows.len());
                for row in &rows {
                    let notice = NoticeId::from_bytes(row.bytes(0)?);
                    if decided.iter().any(|item| item.notice == notice) {
                        continue;
                    }
                    decided.extend(opened(tx, keys, account, notice).await?.filter(|item| item.decided.is_some()));
                }
                Ok(decided)
            })
        })
        .await
    }

    /// One notice, waiting or decided; none where the account has no such notice.
    pub async fn review_item(&self, account: AccountId, notice: NoticeId) -> Result<Option<ReviewItem>, StoreError> {
        self.read(move |tx, keys| Box::pin(opened(tx, keys, account, notice))).await
    }

    /// Warns of mails that law 8 erases within a week and that still wait for a member: one alert a day and account.
    /// Looks at no more than `limit` notices, each once a day; gives how many it looked at.
    pub async fn warn_before_purge(&self, clock: Clock, limit: u32) -> Result<u64, StoreError> {
        let now = clock.real;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, account_id, mail_id FROM notice WHERE look_at IS NOT NULL AND look_at <= $1
                             ORDER BY look_at LIMIT $2"
                        ),
                        &[now.into(), limit.into()],
                    )
                    .await?;
                for row in &rows {
                    let notice = NoticeId::from_bytes(row.bytes(0)?);
                    let (account, mail) = (AccountId::from_bytes(row.bytes(1)?), MailId::from_bytes(row.bytes(2)?));
                    let erased_at = erased_at(tx, account, notice, mail).await?;
                    let next = match erased_at {
                        Some(at) if at.minus(WARNED_BEFORE) <= now => {
                            // The day's number makes one alert of a day's mails.
                            let about = at.utc_day().to_string();
                            alerts::raise(tx, keys, account, AlertKind::PurgeSoon, &about, now).await?;
                            None
                        }
                        Some(_) => Some(now.plus(LOOKED_AT_EVERY)),
                        None => None,
                    };
                    tx.put(sql!("UPDATE notice SET look_at = $2 WHERE id = $1"), [notice.into(), next.into()]).await?;
                }
                u64::try_from(rows.len()).map_err(|_| StoreError::unexpected("more rows than can be counted"))
            })
        })
        .await
    }

    /// A member says that the buyer's question about an order is answered; whether one was open.
    pub async fn close_question(
        &self,
        account: AccountId,
        order: OrderId,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't close a question"));
                }
                let closed = tx
                    .run(
                        sql!("DELETE FROM order_mark WHERE account_id = $1 AND order_id = $2 AND mark = $3"),
                        &[account.into(), order.into(), OrderMark::OpenQuestion.as_str().into()],
                    )
                    .await?;
                if closed > 0 {
                    let said = json!({ "by": by.to_string(), "order": order });
                    ledger.append(tx, keys, clock, LedgerKind::QuestionClosed, &said).await?;
                    orders::queue_for_planning(tx, account, &[order], clock.real).await?;
                }
                Ok(closed > 0)
            })
        })
        .await
    }
}

/// When law 8 erases the mail of a notice: by its own time, or with an order that it names.
async fn erased_at(
    tx: &mut Tx,
    account: AccountId,
    notice: NoticeId,
    mail: MailId,
) -> Result<Option<Timestamp>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT inbound_mail.purge_at, notice.order_ids FROM inbound_mail JOIN notice
                 ON notice.mail_id = inbound_mail.id WHERE inbound_mail.id = $1 AND notice.id = $2"
            ),
            &[mail.into(), notice.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(mut earliest) = row.opt_time(0)? else { return Ok(None) };
    for order in row.text(1)?.split_ascii_whitespace() {
        let purge_at = tx
            .row(
                sql!("SELECT purge_at FROM orders WHERE account_id = $1 AND order_id = $2"),
                &[account.into(), order.into()],
            )
            .await?
            .map(|row| row.opt_time(0))
            .transpose()?
            .flatten();
        earliest = purge_at.map_or(earliest, |purge_at| purge_at.min(earliest));
    }
    Ok(Some(earliest))
}

async fn opened(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    notice: NoticeId,
) -> Result<Option<ReviewItem>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT notice.id, notice.mail_id, inbound_mail.received_at, notice.review, notice.kind,
                 notice.order_ids, inbound_mail.subject_sealed, inbound_mail.purge_at, notice.form_hash
                 FROM notice JOIN inbound_mail ON inbound_mail.id = notice.mail_id
                 WHERE notice.id = $2 AND notice.account_id = $1"
            ),
            &[account.into(), notice.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut item = item(keys, account, &row)?;
    let last = tx
        .row(
            sql!("SELECT ruling, actor, at FROM review_decision WHERE notice_id = $1 ORDER BY number DESC LIMIT 1"),
            &[notice.into()],
        )
        .await?;
    if let Some(last) = last
        && last.text(0)? != UNDONE
    {
        item.decided = Some(Decided { ruling: last.word(0)?, by: last.text(1)?.to_owned(), at: last.time(2)? });
    }
    Ok(Some(item))
}

fn item(keys: &Keys, account: AccountId, row: &Row) -> Result<ReviewItem, StoreError> {
    let orders = row.text(5)?.split_ascii_whitespace().map(str::parse);
    Ok(ReviewItem {
        notice: NoticeId::from_bytes(row.bytes(0)?),
        mail: MailId::from_bytes(row.bytes(1)?),
        received_at: row.time(2)?,
        reason: row.opt_word(3)?,
        kind: row.word(4)?,
        order_ids: orders.collect::<Result<_, _>>().map_err(|_| StoreError::unexpected("an order id that is none"))?,
        subject: row.opt_blob(6)?.map(|sealed| keys.open_text(account, "subject", sealed)).transpose()?,
        erased_at: row.opt_time(7)?,
        teachable: row.opt_blob(8)?.is_some(),
        decided: None,
    })
}
