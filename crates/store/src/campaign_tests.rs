//! Campaigns that are tried out: which is to be looked at, which orders may stand for a buyer's, and the letters that went
//! to members instead. Nothing here makes a message or takes an order's slot; a letter goes by the door of member mail,
//! which refuses every relay address.

use model::campaign::StoredCampaign;
use model::{AccountId, CampaignId, Delivery, MemberMailKind, MemberMailText, OrderId, Span, Timestamp};

use crate::Store;
use crate::alert_mail::owners_and_managers;
use crate::attempt_facts::{slot_class, standing};
use crate::campaigns::campaign_of_id;
use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::member_mail::{MEMBER_MAILS_A_DAY, NewMemberMail, Queued, queue};

/// Letters of one campaign in test a day (UTC).
pub const TEST_LETTERS_A_DAY: u32 = 3;
/// How long it is known for which orders letters went.
const LETTERS_KEPT: Span = Span::days(90);
/// Whoever tries many campaigns out gets no more mails a day with them: alerts need the rest.
const MOST_A_DAY: u32 = MEMBER_MAILS_A_DAY / 2;

/// A campaign in test that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTest {
    /// Its account.
    pub account: AccountId,
    /// The campaign in its newest version.
    pub campaign: StoredCampaign,
    /// Letters that may still go today.
    pub room: u32,
}

/// How a letter to members ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestLetter {
    /// It is on its way to so many members.
    Queued(u32),
    /// One went for this order already.
    Again,
    /// The order's buyer said no, is blocked, or has his message already: he stands for nobody.
    NotThisOrder,
    /// The campaign is not in test in that version any more, or has had its letters of today.
    NoMore,
    /// No member has confirmed his address, or all had mail enough today.
    NoMember,
}

impl Store {
    /// A campaign in test whose time to be looked at has come. None where there is none.
    pub async fn due_campaign_test(&self, now: Timestamp) -> Result<Option<DueTest>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, account_id FROM campaign WHERE test_look_at IS NOT NULL AND test_look_at <= $1
                             ORDER BY test_look_at LIMIT 1"
                        ),
                        &[now.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let (id, account) = (CampaignId::from_bytes(row.bytes(0)?), AccountId::from_bytes(row.bytes(1)?));
                let Some(campaign) = campaign_of_id(tx, account, id).await? else { return Ok(None) };
                let room = TEST_LETTERS_A_DAY.saturating_sub(letters_of_day(tx, id, now).await?);
                Ok(Some(DueTest { account, campaign, room }))
            })
        })
        .await
    }

    /// Sends a letter for an order to the account's members, once. It is counted before it is sent, so that none goes
    /// twice.
    pub async fn send_test_letter(
        &self,
        account: AccountId,
        of: (CampaignId, u32),
        order: OrderId,
        text: MemberMailText,
        now: Timestamp,
    ) -> Result<TestLetter, StoreError> {
        // A look asks about many orders that had their letter or may have none: those must not stand in a notice's way.
        if let Some(end) = self.read(move |tx, _| Box::pin(no_letter_for(tx, account, of.0, order))).await? {
            return Ok(end);
        }
        self.write(move |tx, keys| {
            let text = text.clone();
            Box::pin(async move {
                // A notice that is recorded first counts, as for messages to buyers.
                let _ledger = Ledger::lock(tx, account).await?;
                let (id, version) = of;
                let still = sql!(
                    "SELECT 1 FROM campaign WHERE id = $1 AND account_id = $2 AND version = $3 AND testing_since IS NOT NULL"
                );
                let still = tx.row(still, &[id.into(), account.into(), version.into()]).await?.is_some();
                if !still || letters_of_day(tx, id, now).await? >= TEST_LETTERS_A_DAY {
                    return Ok(TestLetter::NoMore);
                }
                if !may_stand_for_a_buyer(tx, account, order).await? {
                    return Ok(TestLetter::NotThisOrder);
                }
                // What a buyer would get is the account's own: no operator outside of it reads it.
                let members = owners_and_managers(tx, account).await?;
                let noted = tx
                    .run(
                        sql!(
                            "INSERT INTO test_letter (campaign_id, order_id, account_id, version, day, at)
                             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (campaign_id, order_id) DO NOTHING"
                        ),
                        &[id.into(), order.into(), account.into(), version.into(), now.utc_day().into(), now.into()],
                    )
                    .await?;
                if noted == 0 {
                    return Ok(TestLetter::Again);
                }
                let key = [id.as_bytes(), order.as_str().as_bytes()].concat();
                let mut queued = 0;
                for member in members {
                    let kind = MemberMailKind::TestLetter;
                    let mail = NewMemberMail { account, member, kind, key: &key, text: &text, most_a_day: MOST_A_DAY };
                    queued += u32::from(matches!(queue(tx, keys, &mail, now).await?, Queued::New(_)));
                }
                if queued == 0 {
                    // Nobody got it: another day it may go for this order.
                    tx.run(
                        sql!("DELETE FROM test_letter WHERE campaign_id = $1 AND order_id = $2"),
                        &[id.into(), order.into()],
                    )
                    .await?;
                    return Ok(TestLetter::NoMember);
                }
                Ok(TestLetter::Queued(queued))
            })
        })
        .await
    }

    /// When a campaign in test is looked at next; one that is in test no more, or was changed since, is left alone.
    pub async fn look_at_test_again(&self, test: (CampaignId, u32), at: Timestamp) -> Result<(), StoreError> {
        let (campaign, version) = test;
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(
                    sql!(
                        "UPDATE campaign SET test_look_at = $3 WHERE id = $1 AND version = $2 AND testing_since IS NOT NULL"
                    ),
                    &[campaign.into(), version.into(), at.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Letters of a campaign in test that went to members, in all and today, with when the last of them went.
    pub async fn test_letters(
        &self,
        account: AccountId,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<(u64, u32), StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let counted = sql!(
                    "SELECT COUNT(*) FROM (SELECT 1 FROM test_letter WHERE campaign_id = $1 AND account_id = $2
                     LIMIT 1000) AS counted"
                );
                let row = tx.row(counted, &[campaign.into(), account.into()]).await?;
                Ok((row.map_or(Ok(0), |row| row.count(0))?, letters_of_day(tx, campaign, now).await?))
            })
        })
        .await
    }

    /// Whether any member of the account would get a letter of a campaign in test.
    pub async fn has_confirmed_members(&self, account: AccountId) -> Result<bool, StoreError> {
        self.read(move |tx, _| Box::pin(async move { Ok(!owners_and_managers(tx, account).await?.is_empty()) })).await
    }
}

/// Why no letter goes for an order, where that can be told without a lock.
async fn no_letter_for(
    tx: &mut Tx,
    account: AccountId,
    campaign: CampaignId,
    order: OrderId,
) -> Result<Option<TestLetter>, StoreError> {
    let had = sql!("SELECT 1 FROM test_letter WHERE campaign_id = $1 AND order_id = $2");
    if tx.row(had, &[campaign.into(), order.into()]).await?.is_some() {
        return Ok(Some(TestLetter::Again));
    }
    Ok((!may_stand_for_a_buyer(tx, account, order).await?).then_some(TestLetter::NotThisOrder))
}

async fn letters_of_day(tx: &mut Tx, campaign: CampaignId, now: Timestamp) -> Result<u32, StoreError> {
    let row = tx
        .row(
            sql!("SELECT COUNT(*) FROM test_letter WHERE campaign_id = $1 AND day = $2"),
            &[campaign.into(), now.utc_day().into()],
        )
        .await?;
    let count = row.map_or(Ok(0), |row| row.count(0))?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether nothing stands against an order: no entry of the list on it or on its buyer, held ones counted, no message that
/// left or may have, no other tool's.
async fn may_stand_for_a_buyer(tx: &mut Tx, account: AccountId, order: OrderId) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT buyer_hash, (SELECT 1 FROM order_slot WHERE order_slot.account_id = orders.account_id
                 AND order_slot.order_id = orders.order_id AND order_slot.class = $3),
                 (SELECT 1 FROM messaged_order WHERE messaged_order.account_id = orders.account_id
                  AND messaged_order.order_id = orders.order_id AND NOT EXISTS
                  (SELECT 1 FROM messaged_removal WHERE messaged_removal.list_id = messaged_order.list_id
                   AND messaged_removal.order_id IN ('', messaged_order.order_id)) LIMIT 1)
                 FROM orders WHERE account_id = $1 AND order_id = $2"
            ),
            &[account.into(), order.into(), slot_class(Delivery::Live).into()],
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    if row.opt_int(1)?.is_some() || row.opt_int(2)?.is_some() {
        return Ok(false);
    }
    let buyer = row.opt_bytes(0)?.map(crate::keys::BuyerHash);
    Ok(standing(tx, account, order, buyer).await?.suppressions.is_empty())
}

/// Forgets for which orders letters went long ago; how many.
pub(crate) async fn forget(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "DELETE FROM test_letter WHERE (campaign_id, order_id) IN
             (SELECT campaign_id, order_id FROM test_letter WHERE at <= $1 ORDER BY at LIMIT $2)"
        ),
        &[now.minus(LETTERS_KEPT).into(), limit.into()],
    )
    .await
}
