//! What became of the arms of a campaign's split test: counted from the messages of one version, a page at a time,
//! with what the list and the orders say since.

use std::collections::BTreeMap;

use model::campaign::ArmCounts;
use model::{AccountId, CampaignId, MessageId, MessageState};

use crate::Store;
use crate::engine::sql;
use crate::error::StoreError;

/// Messages that are counted in one look.
const COUNTED_AT_ONCE: i64 = 2_000;

impl Store {
    /// The counts of each arm of a campaign's version, by the arm's name.
    pub async fn split_results(
        &self,
        account: AccountId,
        campaign: CampaignId,
        version: u32,
    ) -> Result<BTreeMap<String, ArmCounts>, StoreError> {
        let mut counts = BTreeMap::new();
        let mut after = MessageId::from_bytes([0; 16]);
        while let Some(last) = self.count_page(account, (campaign, version), after, &mut counts).await? {
            after = last;
        }
        Ok(counts)
    }

    /// Counts a page; the last message of it, if there may be more.
    async fn count_page(
        &self,
        account: AccountId,
        campaign: (CampaignId, u32),
        after: MessageId,
        counts: &mut BTreeMap<String, ArmCounts>,
    ) -> Result<Option<MessageId>, StoreError> {
        let (campaign, version) = campaign;
        let page = self
            .read(move |tx, _| {
                Box::pin(async move {
                    let rows = tx
                        .rows(
                            sql!(
                                "SELECT message.id, message.arm, message.state, orders.review_stars,
                                 (SELECT 1 FROM suppression WHERE suppression.account_id = message.account_id
                                  AND suppression.order_id = message.order_id AND suppression.reason = 'opt_out' LIMIT 1)
                                 FROM message LEFT JOIN orders ON orders.account_id = message.account_id
                                  AND orders.order_id = message.order_id
                                 WHERE message.campaign_id = $1 AND message.campaign_version = $2 AND message.id > $3
                                  AND message.arm IS NOT NULL AND message.account_id = $4
                                 ORDER BY message.id LIMIT $5"
                            ),
                            &[campaign.into(), version.into(), after.into(), account.into(), COUNTED_AT_ONCE.into()],
                        )
                        .await?;
                    let row = rows.iter().map(|row| {
                        let (id, arm) = (MessageId::from_bytes(row.bytes(0)?), row.text(1)?.to_owned());
                        let state: MessageState = row.word(2)?;
                        Ok::<_, StoreError>((id, arm, state, row.opt_int(3)?.is_some(), row.opt_int(4)?.is_some()))
                    });
                    row.collect::<Result<Vec<_>, _>>()
                })
            })
            .await?;
        for (_, arm, state, reviewed, opted_out) in &page {
            let arm = counts.entry(arm.clone()).or_default();
            arm.orders += 1;
            match state {
                MessageState::Sent => arm.sent += 1,
                MessageState::Captured => arm.captured += 1,
                MessageState::Refused | MessageState::Failed => arm.refused += 1,
                _ => {}
            }
            arm.opted_out += u32::from(*opted_out);
            arm.reviewed += u32::from(*reviewed);
        }
        let is_full = i64::try_from(page.len()).is_ok_and(|len| len == COUNTED_AT_ONCE);
        Ok(page.last().filter(|_| is_full).map(|(id, ..)| *id))
    }
}
