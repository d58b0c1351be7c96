//! The outbox by state, campaign, store and day: every way to ask, over pages, gives what a look at all messages gives.

use model::message::OutboxRow;
use model::{CampaignId, Clock, Marketplace, MessageId, MessageState, Span};
use store::{Handover, LOOKED_AT_ONCE, OutboxFilter, OutboxSearch};

use crate::stage::{NOW, Stage, alias, attempt, now, permitted};
use crate::{Ground, on_both};

/// All that is found, a page of three at a time.
async fn found(stage: &Stage, search: OutboxSearch) -> Vec<OutboxRow> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let page = stage.store.outbox_found(stage.account.id, search, before, 3).await.unwrap();
        assert!(page.rows.len() <= 3);
        rows.extend(page.rows);
        before = page.next;
        if before.is_none() {
            return rows;
        }
    }
}

async fn ids_found(stage: &Stage, search: OutboxSearch) -> Vec<MessageId> {
    let mut ids: Vec<_> = found(stage, search).await.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

/// Messages of two campaigns to orders of two stores, in all states that a story can bring about, over some days.
async fn filled(stage: &Stage) {
    for number in 1..=8 {
        stage.import(number, Some(alias(number))).await;
    }
    stage.plan().await;
    for (place, claimed) in stage.claim().await.into_iter().enumerate() {
        let clock = Clock::real(NOW.plus(Span::minutes(5 * i64::try_from(place).unwrap())));
        if place % 4 == 3 || !matches!(attempt(&stage.store, &claimed, clock).await, store::Attempt::Permitted(_)) {
            continue;
        }
        let handover = if place % 3 == 0 { Handover::Lost } else { Handover::SENT };
        stage.store.finish_attempt(&claimed, handover, clock).await.unwrap();
    }
    stage.import(20, Some(alias(20))).await;
    stage.plan_emails().await;
}

on_both! {
    async fn every_way_to_ask_finds_what_a_look_at_all_messages_finds(ground: Ground) {
        let stage = Stage::on(&ground).await;
        filled(&stage).await;
        let all = stage.store.outbox(stage.account.id, OutboxFilter::All, None, 1000).await.unwrap().rows;
        let states: std::collections::BTreeSet<_> = all.iter().map(|row| row.state).collect();
        assert!(states.len() >= 4, "the story is worth telling: {states:?}");
        let names = [(None, None), (Some(stage.email), Some("letter")), (Some(stage.review), Some("review"))];
        let at = |row: &OutboxRow| row.sent_at.or(row.due).unwrap();
        let days = [(None, None), (Some(NOW), None), (Some(NOW.minus(Span::days(1))), Some(NOW.plus(Span::minutes(20))))];
        let mut met = 0;
        for state in [None].into_iter().chain(MessageState::ALL.iter().copied().map(Some)) {
            for (campaign, name) in names {
                for store in [None, Some(Marketplace::Us), Some(Marketplace::De)] {
                    for (from, until) in days {
                        let asked = |row: &&OutboxRow| {
                            state.is_none_or(|state| row.state == state)
                                && name.is_none_or(|name| row.campaign.as_deref() == Some(name))
                                && store.is_none_or(|store| row.store == store)
                                && from.is_none_or(|from| at(row) >= from)
                                && until.is_none_or(|until| at(row) < until)
                        };
                        let mut wanted: Vec<_> = all.iter().filter(asked).map(|row| row.id).collect();
                        wanted.sort();
                        let search = OutboxSearch { state, campaign, store, from, until };
                        assert_eq!(ids_found(&stage, search).await, wanted, "{search:?}");
                        met += wanted.len();
                    }
                }
            }
        }
        assert!(met > 100, "and much was found");
    }

    async fn days_lead_in_the_order_of_the_messages_own_time(ground: Ground) {
        let stage = Stage::on(&ground).await;
        filled(&stage).await;
        let times: Vec<_> = found(&stage, OutboxSearch { from: Some(NOW.minus(Span::days(9))), ..OutboxSearch::default() })
            .await.into_iter().map(|row| row.sent_at.or(row.due)).collect();
        assert!(times.len() > 4 && times.is_sorted_by(|one, next| one >= next), "{times:?}");
    }

    async fn a_page_looks_at_no_more_than_it_may_and_goes_on_from_there(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 2).await;
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::Captured).await;
        stage.import(4, Some(alias(4))).await;
        stage.plan_emails().await;
        // So many newer messages of the same campaign stand before the captured one.
        let many = LOOKED_AT_ONCE + 20;
        ground.by_hand(
            &format!("WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {many})
              INSERT INTO message (id, account_id, order_id, store, campaign_id, campaign_version, channel, purpose, state, attempts, captures, created_at, due)
              SELECT unhex(printf('ff%030x', n)), account_id, printf('333-0000000-%07d', n), store, campaign_id, campaign_version, channel, purpose, 'planned', 0, 0, created_at, due
              FROM message, many WHERE order_id = '111-0000000-0000004'"),
            &format!("WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {many})
              INSERT INTO message (id, account_id, order_id, store, campaign_id, campaign_version, channel, purpose, state, attempts, captures, created_at, due)
              SELECT decode('ff' || lpad(to_hex(n), 30, '0'), 'hex'), account_id, '333-0000000-' || lpad(n::text, 7, '0'), store, campaign_id, campaign_version, channel, purpose, 'planned', 0, 0, created_at, due
              FROM message, many WHERE order_id = '111-0000000-0000004'"),
        );
        let search = OutboxSearch { campaign: Some(stage.email), state: Some(MessageState::Captured), ..OutboxSearch::default() };
        let first = stage.store.outbox_found(stage.account.id, search, None, 3).await.unwrap();
        assert!(first.rows.is_empty() && first.next.is_some(), "it stopped on the way");
        let second = stage.store.outbox_found(stage.account.id, search, first.next, 3).await.unwrap();
        assert_eq!((second.rows.len(), second.rows[0].id, second.next), (1, claimed.id, None));
    }

    async fn another_accounts_messages_are_never_found(ground: Ground) {
        let stage = Stage::on(&ground).await;
        filled(&stage).await;
        let stores = vec![Marketplace::Us, Marketplace::De];
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), stores, now().real).await.unwrap();
        let campaigns: [Option<CampaignId>; 2] = [None, Some(stage.email)];
        for state in [None].into_iter().chain(MessageState::ALL.iter().copied().map(Some)) {
            for (campaign, store) in [(campaigns[0], None), (campaigns[1], None), (campaigns[0], Some(Marketplace::Us))] {
                let search = OutboxSearch { state, campaign, store, ..OutboxSearch::default() };
                let page = stage.store.outbox_found(other.id, search, None, 50).await.unwrap();
                assert_eq!((page.rows, page.next), (Vec::new(), None), "{search:?}");
            }
        }
    }
}
