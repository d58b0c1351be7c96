//! Law 2: a notice that commits before an attempt ends everything that is proactive to its order and its known
//! buyer, by any channel and from any node; an attempt that committed first is named by the notice.

use std::collections::HashMap;

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::message::MessageState;
use model::suppression::Target;
use model::{Channel, MessageId, OrderId, Reason};
use store::{Attempt, Handover};

use crate::stage::{Letter, NOW, Stage, alias, attempt, member, now, order, permitted, reason_of};
use crate::{Ground, on_both};

on_both! {
    async fn after_the_notice_nothing_leaves_about_its_order_by_any_channel_from_any_node(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        stage.receive(&Letter::opt_out(2)).await;
        // Planned afterwards, by a planner that knows nothing of lists.
        stage.plan().await;
        let other_node = ground.open().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 2);
        for message in claimed {
            let answer = attempt(&other_node, &message, now()).await;
            assert_eq!(reason_of(&answer), Reason::OptedOut, "{}", message.channel);
        }
    }

    async fn after_the_notice_nothing_leaves_about_any_order_of_the_known_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(4, Some(alias(1))).await;
        stage.import(7, Some(alias(1))).await;
        stage.import(6, Some(alias(2))).await;
        let recorded = stage.receive(&Letter::opt_out(2)).await;
        assert!(recorded.covers_buyer, "the order told its buyer");
        stage.import(9, Some(alias(1))).await;
        stage.plan().await;
        let other_node = ground.open().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 10);
        for message in claimed {
            let answer = attempt(&other_node, &message, now()).await;
            if message.order_id == order(6) {
                // One of the two gets the slot.
                assert!(!matches!(answer, Attempt::Refused(ref no) if no.reason == Reason::OptedOut));
            } else {
                assert_eq!(reason_of(&answer), Reason::OptedOut, "{} {}", message.order_id, message.channel);
            }
        }
    }

    async fn what_waits_is_withdrawn_by_the_notice_and_can_t_be_attempted(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let recorded = stage.receive(&Letter::opt_out(8).by(1)).await;
        assert_eq!(recorded.withdrawn, [claimed.id]);
        assert_eq!(recorded.already_leaving, []);
        assert!(matches!(stage.attempt(&claimed).await, Attempt::Gone));
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        let said = stage.last_entry(LedgerKind::Notice).await;
        assert_eq!(said["withdrawn"], serde_json::json!([claimed.id]));
    }

    async fn an_attempt_that_committed_first_is_named_already_leaving_and_may_still_leave(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, letter) in [(2, Letter::opt_out(2)), (3, Letter::opt_out(3).by_structure())] {
            let claimed = stage.claimed_email(number, number).await;
            let permit = permitted(stage.attempt(&claimed).await);
            assert!(permit.holds_at(NOW) && !permit.holds_at(permit.expires_at()));
            let recorded = stage.receive(&letter).await;
            assert_eq!(recorded.already_leaving, [claimed.id], "order {number}");
            assert_eq!(recorded.withdrawn, []);
            let said = stage.last_entry(LedgerKind::Notice).await;
            assert_eq!(said["already_leaving"], serde_json::json!([claimed.id]));
            stage.finish(&claimed, Handover::SENT).await;
            assert_eq!(stage.message(number).await, (MessageState::Sent, None));
        }
    }

    async fn a_message_that_came_back_unsent_after_the_notice_stays_here(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        stage.receive(&Letter::opt_out(3)).await;
        stage.finish(&claimed, Handover::NotSent { reason: Reason::PermitExpired, retry_at: NOW, reply: None }).await;
        let again = stage.claim_one().await;
        assert_eq!(reason_of(&stage.attempt(&again).await), Reason::OptedOut);
    }

    async fn a_removal_by_the_owner_lets_the_next_order_of_the_buyer_through(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(2)).await;
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        let (account, note) = (stage.account.id, String::from("he called and asked for it"));
        stage.store.remove_suppression(account, Target::Buyer(alias(1)), note, member(Role::Owner), now()).await.unwrap();
        for message in claimed {
            permitted(stage.attempt(&message).await);
        }
    }

    async fn lists_of_one_account_say_nothing_about_another_s_buyers(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other = stage.store
            .add_account("Other".into(), "other".parse().unwrap(), vec!["US".parse().unwrap()], NOW).await.unwrap();
        stage.store.record_mail(Letter::opt_out(2).by(1).mail(&other)).await.unwrap();
        let claimed = stage.claimed_email(2, 1).await;
        permitted(stage.attempt(&claimed).await);
    }

    async fn notices_and_attempts_of_two_nodes_stand_in_one_order_and_none_slips_through(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other_node = ground.open().await;
        const ORDERS: u32 = 60;
        // Each buyer has two orders; the notice names the first only.
        for number in 0..ORDERS {
            stage.import(number, Some(alias(number / 2))).await;
        }
        stage.plan().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 120);
        let notices = (0..ORDERS / 2).rev().map(|buyer| stage.store.record_mail(Letter::opt_out(buyer * 2).mail(&stage.account)));
        let attempts = claimed.iter().enumerate().map(|(place, message)| {
            let node = if place % 2 == 0 { &other_node } else { &stage.store };
            attempt(node, message, now())
        });
        let (notices, attempts) =
            tokio::join!(futures_util::future::join_all(notices), futures_util::future::join_all(attempts));
        for recorded in notices {
            recorded.unwrap();
        }
        let permitted = attempts.iter().filter(|attempt| matches!(attempt, Attempt::Permitted(_))).count();

        let mut noticed: HashMap<OrderId, u64> = HashMap::new();
        let mut attempted: HashMap<MessageId, (OrderId, u64)> = HashMap::new();
        for entry in stage.ledger().await {
            let said: serde_json::Value = serde_json::from_str(&entry.payload.unwrap()).unwrap();
            let text = |key: &str| said[key].as_str().unwrap().to_owned();
            match entry.kind {
                LedgerKind::Attempt => {
                    let about: OrderId = text("order").parse().unwrap();
                    let number: u32 = about.as_str()[12..].parse().unwrap();
                    assert!(!noticed.contains_key(&order(number / 2 * 2)), "an attempt about {about} after the notice");
                    attempted.insert(text("message").parse().unwrap(), (about, entry.number));
                }
                LedgerKind::Notice => {
                    let about: OrderId = said["orders"][0].as_str().unwrap().parse().unwrap();
                    let number: u32 = about.as_str()[12..].parse().unwrap();
                    let mut leaving: Vec<MessageId> =
                        said["already_leaving"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect();
                    let mut expected: Vec<MessageId> = attempted.iter()
                        .filter(|(_, (order_id, _))| *order_id == order(number) || *order_id == order(number + 1))
                        .map(|(message, _)| *message).collect();
                    leaving.sort();
                    expected.sort();
                    assert_eq!(leaving, expected, "the notice names what was leaving");
                    noticed.insert(about, entry.number);
                }
                _ => {}
            }
        }
        assert_eq!(attempted.len(), permitted);
        assert_eq!(noticed.len(), 30);
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn a_critical_message_is_no_proactive_one_but_a_block_stops_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        ground.by_hand_alike("UPDATE message SET purpose = 'critical'");
        ground.by_hand_alike("UPDATE seller SET important_by_email = 1");
        let critical = model::message::ClaimedMessage { purpose: model::Purpose::Critical, ..claimed };
        stage.receive(&Letter::opt_out(2)).await;
        let (account, blocked) = (stage.account.id, Target::Buyer(alias(1)));
        let permit = permitted(stage.attempt(&critical).await);
        assert_eq!(permit.channel(), Channel::Email);
        stage.finish(&critical, Handover::NotSent { reason: Reason::PermitExpired, retry_at: NOW, reply: None }).await;
        stage.store.add_suppression(account, blocked, "enough".into(), Actor::Operator, now()).await.unwrap();
        let again = stage.claim_one().await;
        assert_eq!(reason_of(&stage.attempt(&again).await), Reason::Blocked);
    }
}
