//! Least data (law 8): what is personal is erased once its time has come, a bounded slice at a time. Hashes,
//! order ids and effects stay, so the opt-out works on.
//!
//! What was older on arrival was never kept; that is the recording rooms' affair.

use model::{AccountId, Clock, Span};

use crate::Store;
use crate::engine::{Engine, Tx, sql};
use crate::error::StoreError;

/// Seen or not, an alert is of no use to anybody after this.
const ALERTS_KEPT: Span = Span::days(90);

/// What one call erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Mails whose subject and raw bytes went, and the aliases of their notices.
    pub mails: u64,
    /// Orders whose alias went.
    pub orders: u64,
    /// Suppressed buyers whose alias went; the hash stays.
    pub buyers: u64,
    /// Messages whose text went.
    pub messages: u64,
    /// Alerts that were too old to be of use.
    pub alerts: u64,
    /// Posts of Mailgun's that are too old to come again.
    pub posts: u64,
    /// Mails to members that were queued long ago.
    pub member_mails: u64,
    /// Self-tests of long ago.
    pub self_tests: u64,
    /// Critical messages whose text went.
    pub critical: u64,
    /// Notes of letters that campaigns in test sent to members.
    pub test_letters: u64,
    /// Parts of uploaded lists that nobody imported in time.
    pub lists: u64,
    /// A slice was full: there is more to erase now.
    pub more: bool,
}

impl Purged {
    /// Whether nothing was to be done.
    pub const fn is_nothing(&self) -> bool {
        self.mails == 0
            && self.orders == 0
            && self.buyers == 0
            && self.messages == 0
            && self.alerts == 0
            && self.posts == 0
            && self.member_mails == 0
            && self.self_tests == 0
            && self.critical == 0
    }
}

impl Store {
    /// Erases what is due by the machine's own clock (a given one erases nothing before its time), at most
    /// `limit` rows of each kind. Where it says `more`, it is to be called again.
    ///
    /// On SQLite the bytes then leave the files; on PostgreSQL they do so with the next VACUUM, and until
    /// then they are what they always were: sealed.
    pub async fn purge(&self, clock: Clock, limit: u32) -> Result<Purged, StoreError> {
        let now = clock.real;
        let purged = self
            .write(move |tx, _| {
                Box::pin(async move {
                    let due = [now.into(), limit.into()];
                    let mut purged = Purged {
                        mails: mails(tx, &due).await?,
                        orders: orders(tx, &due).await?,
                        buyers: tx
                            .run(
                                sql!(
                                    "UPDATE suppression_buyer SET alias_sealed = NULL, purge_at = NULL
                                     WHERE (account_id, buyer_hash, suppression_id) IN
                                     (SELECT account_id, buyer_hash, suppression_id FROM suppression_buyer
                                     WHERE purge_at IS NOT NULL AND purge_at <= $1 ORDER BY purge_at LIMIT $2)"
                                ),
                                &due,
                            )
                            .await?,
                        messages: tx
                            .run(
                                sql!(
                                    "UPDATE message SET content_sealed = NULL, reply_sealed = NULL, purge_at = NULL WHERE id IN
                                     (SELECT id FROM message WHERE purge_at IS NOT NULL AND purge_at <= $1
                                     ORDER BY purge_at LIMIT $2)"
                                ),
                                &due,
                            )
                            .await?,
                        alerts: tx
                            .run(
                                sql!(
                                    "DELETE FROM alert WHERE id IN
                                     (SELECT id FROM alert WHERE at <= $1 ORDER BY at LIMIT $2)"
                                ),
                                &[now.minus(ALERTS_KEPT).into(), limit.into()],
                            )
                            .await?,
                        posts: crate::mailgun_posts::forget(tx, &due).await?,
                        member_mails: crate::member_mail::forget(tx, now, limit).await?,
                        self_tests: crate::self_tests::forget(tx, now, limit).await?,
                        critical: crate::critical::forget(tx, &due).await?,
                        test_letters: crate::campaign_tests::forget(tx, now, limit).await?,
                        lists: crate::list_uploads::forget(tx, now, limit).await?,
                        more: false,
                    };
                    let most = purged.mails.max(purged.orders).max(purged.buyers).max(purged.messages);
                    purged.more = most.max(purged.alerts).max(purged.posts).max(purged.member_mails).max(purged.self_tests).max(purged.critical).max(purged.test_letters).max(purged.lists) >= u64::from(limit);
                    Ok(purged)
                })
            })
            .await?;
        if let (false, Engine::Sqlite(engine)) = (purged.is_nothing(), &self.engine) {
            engine.empty_log().await?;
        }
        Ok(purged)
    }
}

/// Mails whose time has come, and with them the aliases that their notices named.
async fn mails(tx: &mut Tx, due: &[crate::engine::Value; 2]) -> Result<u64, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id FROM inbound_mail WHERE purge_at IS NOT NULL AND purge_at <= $1 ORDER BY purge_at LIMIT $2"
            ),
            due,
        )
        .await?;
    let mut purged = 0;
    for row in &rows {
        purged += erase_mail(tx, row.bytes(0)?).await?;
    }
    Ok(purged)
}

async fn erase_mail(tx: &mut Tx, mail: [u8; 16]) -> Result<u64, StoreError> {
    tx.run(
        sql!("UPDATE notice SET alias_sealed = NULL WHERE mail_id = $1 AND alias_sealed IS NOT NULL"),
        &[mail.into()],
    )
    .await?;
    tx.run(
        sql!("UPDATE inbound_mail SET subject_sealed = NULL, raw_sealed = NULL, purge_at = NULL WHERE id = $1"),
        &[mail.into()],
    )
    .await
}

/// Orders whose time has come, and with them the mails about them: those may have come in before the order's
/// delivery was known, and so have been given a later day.
async fn orders(tx: &mut Tx, due: &[crate::engine::Value; 2]) -> Result<u64, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT account_id, order_id FROM orders WHERE purge_at IS NOT NULL AND purge_at <= $1
                 ORDER BY purge_at LIMIT $2"
            ),
            due,
        )
        .await?;
    for row in &rows {
        let (account, order) = (AccountId::from_bytes(row.bytes(0)?), row.text(1)?.to_owned());
        let mails = tx
            .rows(
                sql!(
                    "SELECT DISTINCT notice.mail_id FROM notice_order JOIN notice ON notice.id = notice_order.notice_id
                     WHERE notice_order.account_id = $1 AND notice_order.order_id = $2"
                ),
                &[account.into(), order.as_str().into()],
            )
            .await?;
        for mail in &mails {
            erase_mail(tx, mail.bytes(0)?).await?;
        }
        crate::critical::forget_order(tx, account, &order).await?;
        tx.run(
            sql!("UPDATE orders SET alias_sealed = NULL, tracking_sealed = NULL, purge_at = NULL WHERE account_id = $1 AND order_id = $2"),
            &[account.into(), order.into()],
        )
        .await?;
    }
    u64::try_from(rows.len()).map_err(|_| StoreError::unexpected("more rows than can be counted"))
}
