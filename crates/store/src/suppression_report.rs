//! All that is known of one entry of the list and of the messages to the orders that it covers, read in one look, so that what
//! is shown stands together with the ledger's head of that moment.

use model::ledger::Head;
use model::suppression::SuppressionState;
use model::suppression_report::{SuppressionDecision, SuppressionReport};
use model::{AccountId, MailId, SuppressionId, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::outbox::outbox_row;

/// Messages that are told at most, the newest.
const MESSAGES: u32 = 200;
/// Decisions that are told at most.
const DECISIONS: u32 = 100;

impl Store {
    /// All about one entry; none where the account has no such one.
    pub async fn suppression_report(
        &self,
        account: AccountId,
        entry: SuppressionId,
    ) -> Result<Option<SuppressionReport>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT suppression.order_id, suppression.reason, suppression.origin, suppression.held,
                             suppression.since, suppression.entered_at, suppression.ledger_number, notice.mail_id,
                             (SELECT COUNT(*) FROM suppression_buyer WHERE suppression_id = suppression.id),
                             account.handle, ledger_head.number, ledger_head.mac, suppression.store FROM suppression
                             JOIN account ON account.id = suppression.account_id
                             JOIN ledger_head ON ledger_head.account_id = suppression.account_id
                             LEFT JOIN notice ON notice.id = suppression.notice_id
                             WHERE suppression.id = $1 AND suppression.account_id = $2"
                        ),
                        &[entry.into(), account.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let decisions = decisions(tx, entry).await?;
                let state = match decisions.last().map(|last| last.to.as_str()) {
                    Some("removed") => SuppressionState::Removed,
                    Some("confirmed") => SuppressionState::Active,
                    _ if row.flag(3)? => SuppressionState::Held,
                    _ => SuppressionState::Active,
                };
                let rows = messages(tx, account, (entry, row.time(5)?)).await?;
                let most = usize::try_from(MESSAGES).unwrap_or(usize::MAX);
                Ok(Some(SuppressionReport {
                    id: entry,
                    order_id: row.opt_word(0)?,
                    store: row.opt_word(12)?,
                    buyers: row.count(8)?,
                    reason: row.word(1)?,
                    origin: row.word(2)?,
                    state,
                    since: row.time(4)?,
                    entered_at: row.time(5)?,
                    mail: row.opt_bytes(7)?.map(MailId::from_bytes),
                    ledger_number: row.count(6)?,
                    decisions,
                    more: rows.len() > most,
                    messages: rows.iter().take(most).map(outbox_row).collect::<Result<_, _>>()?,
                    head: Head { account: row.word(9)?, number: row.count(10)?, mac: row.bytes(11)? },
                }))
            })
        })
        .await
    }
}

async fn decisions(tx: &mut Tx, entry: SuppressionId) -> Result<Vec<SuppressionDecision>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT change, at, actor, ledger_number FROM suppression_change WHERE suppression_id = $1
                 ORDER BY number LIMIT $2"
            ),
            &[entry.into(), DECISIONS.into()],
        )
        .await?;
    let told = |row: &Row| {
        Ok(SuppressionDecision {
            to: row.text(0)?.to_owned(),
            at: row.time(1)?,
            by: row.text(2)?.to_owned(),
            ledger_number: row.count(3)?,
        })
    };
    rows.iter().map(told).collect()
}

/// Messages to the entry's order and to all orders of the buyers it covers. What left after it was entered comes first, then
/// what nobody can tell of, so that none of these is missed however many messages there are.
async fn messages(
    tx: &mut Tx,
    account: AccountId,
    entered: (SuppressionId, Timestamp),
) -> Result<Vec<Row>, StoreError> {
    let (entry, entered_at) = entered;
    tx.rows(
        sql!(
            "SELECT message.id, message.order_id, message.store, channel, purpose, state, reason, due, next_try, sent_at,
             campaign.name, campaign_version FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
             WHERE message.account_id = $1 AND message.order_id IN
             (SELECT order_id FROM suppression WHERE id = $2 AND order_id IS NOT NULL
              UNION SELECT orders.order_id FROM suppression_buyer JOIN orders
              ON orders.account_id = suppression_buyer.account_id AND orders.buyer_hash = suppression_buyer.buyer_hash
              WHERE suppression_buyer.suppression_id = $2)
             ORDER BY CASE WHEN state = 'sent' AND purpose = 'proactive' AND sent_at > $4 THEN 0
              WHEN state IN ('unknown', 'sending') THEN 1 ELSE 2 END, message.id DESC LIMIT $3"
        ),
        &[account.into(), entry.into(), (MESSAGES + 1).into(), entered_at.into()],
    )
    .await
}
