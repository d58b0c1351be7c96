//! One message with all that is known of it: what the server said, what it said itself, and where the ledger speaks
//! of it. A message is also found by the id in its `Message-ID`, which bounces and answers quote.

use model::message_reference::{message_id_of, outbox_message_of};
use model::sending::MessageDetail;
use model::{AccountId, Attachment, Channel, MessageId};
use serde_json::json;

use crate::Store;
use crate::engine::{Row, sql};
use crate::error::StoreError;
use crate::outbox::outbox_row;
use crate::senders::{open_reply, sender_in};

/// What a message's reply is sealed for.
pub(crate) const REPLY: &str = "message reply";

/// Names and sizes of the files that leave with a message, as its row keeps them; none where there are none. The
/// contents are the campaign version's own.
pub(crate) fn attachments_told(attachments: &[Attachment]) -> Option<String> {
    let told: Vec<(&str, u64)> =
        attachments.iter().map(|attached| (attached.file().name.as_str(), attached.file().bytes)).collect();
    (!told.is_empty()).then(|| json!(told).to_string())
}

fn attachments_kept(told: &str) -> Result<Vec<(String, u64)>, StoreError> {
    serde_json::from_str(told).map_err(|_| StoreError::unexpected("a message's files in an unknown form"))
}

impl Store {
    /// All that is known of one message; none where the account has no such one.
    pub async fn message_detail(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<MessageDetail>, StoreError> {
        let content = self.message_content(account, message).await?;
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at,
                             campaign.name, campaign_version, attempts, created_at, settled_at, reply_sealed, attempt_entry, last_entry,
                             attachments FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
                             WHERE message.account_id = $1 AND message.id = $2"
                        ),
                        &[account.into(), message.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let outbox = outbox_row(&row)?;
                let sender = sender_in(tx, keys, account, outbox.store).await?;
                let by_email = outbox.channel == Channel::Email;
                let entry = |row: &Row, place| row.opt_int(place).map(|n| n.and_then(|n| u64::try_from(n).ok()));
                Ok(Some(MessageDetail {
                    row: outbox,
                    attempts: u32::try_from(row.int(12)?).unwrap_or(u32::MAX),
                    created_at: row.time(13)?,
                    settled_at: row.opt_time(14)?,
                    reply: row.opt_blob(15)?.map(|sealed| open_reply(keys, account, REPLY, sealed)).transpose()?,
                    message_id: sender.filter(|_| by_email).map(|sender| message_id_of(message, &sender.from)),
                    content: content.map(|content| (content.subject, content.text)),
                    attachments: row.opt_text(18)?.map_or_else(|| Ok(Vec::new()), attachments_kept)?,
                    attempt_entry: entry(&row, 16)?,
                    last_entry: entry(&row, 17)?,
                }))
            })
        })
        .await
    }

    /// The message that a `Message-ID` names, for a bounce or an answer that quotes it; none where it is not ours.
    pub async fn message_by_message_id(&self, message_id: &str) -> Result<Option<(AccountId, MessageId)>, StoreError> {
        let Some(message) = outbox_message_of(message_id) else { return Ok(None) };
        Ok(self.account_of_message(message).await?.map(|account| (account, message)))
    }

    /// The account that a message belongs to; ids are unique over the installation.
    pub async fn account_of_message(&self, message: MessageId) -> Result<Option<AccountId>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx.row(sql!("SELECT account_id FROM message WHERE id = $1"), &[message.into()]).await?;
                row.map(|row| Ok(AccountId::from_bytes(row.bytes(0)?))).transpose()
            })
        })
        .await
    }
}
