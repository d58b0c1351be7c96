//! What was lost on its way is settled by a member, and what a paused lane had claimed is given back.

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::message::Settlement;
use model::{AlertKind, MessageState, Reason, Span};
use store::{Attempt, Handover, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, member, now, permitted, reason_of};
use crate::{Ground, on_both};

async fn lost(stage: &Stage, number: u32) -> model::message::ClaimedMessage {
    let claimed = stage.claimed_email(number, number).await;
    permitted(stage.attempt(&claimed).await);
    stage.finish(&claimed, Handover::Lost).await;
    claimed
}

async fn settle(stage: &Stage, message: model::MessageId, how: Settlement, by: Actor) -> Result<(), StoreError> {
    stage.store.settle(stage.account.id, message, how, "looked in Seller Central".into(), by, now()).await
}

on_both! {
    async fn a_lost_message_settled_as_sent_keeps_its_slot_and_is_never_sent_again(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = lost(&stage, 3).await;
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::LostInFlight));
        settle(&stage, claimed.id, Settlement::Sent, member(Role::Agent)).await.unwrap();
        assert_eq!(stage.message(3).await, (MessageState::Sent, None));
        let said = stage.last_entry(LedgerKind::Settled).await;
        assert_eq!((said["settled"].as_str(), said["note"].as_str()), (Some("sent"), Some("looked in Seller Central")));
        assert!(said["by"].as_str().unwrap().starts_with("agent"));
        stage.import(3, Some(alias(8))).await;
        stage.plan().await;
        for message in stage.claim().await {
            assert_eq!(reason_of(&stage.attempt(&message).await), Reason::AlreadyMessaged);
        }
        let again = settle(&stage, claimed.id, Settlement::NotSent, Actor::Operator).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    }

    async fn a_lost_message_settled_as_not_sent_comes_before_a_new_gate(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = lost(&stage, 3).await;
        settle(&stage, claimed.id, Settlement::NotSent, Actor::Operator).await.unwrap();
        assert_eq!(ground.number("SELECT COUNT(*) FROM order_slot"), 0);
        let again = stage.claim_one().await;
        permitted(stage.attempt(&again).await);
        stage.finish(&again, Handover::SENT).await;
        assert_eq!(stage.message(3).await, (MessageState::Sent, None));
    }

    async fn a_buyer_who_opted_out_meanwhile_is_not_written_to_by_settling(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = lost(&stage, 3).await;
        stage.receive(&Letter::opt_out(3)).await;
        assert_eq!(stage.message(3).await.0, MessageState::Unknown);
        settle(&stage, claimed.id, Settlement::NotSent, Actor::Operator).await.unwrap();
        let again = stage.claim_one().await;
        assert_eq!(reason_of(&stage.attempt(&again).await), Reason::OptedOut);
        assert_eq!(stage.message(3).await, (MessageState::Refused, Some(Reason::OptedOut)));
    }

    async fn only_unknown_messages_are_settled_and_not_by_viewers(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        for how in [Settlement::Sent, Settlement::NotSent] {
            assert!(matches!(settle(&stage, claimed.id, how, Actor::Operator).await, Err(StoreError::Conflict(_))));
        }
        permitted(stage.attempt(&claimed).await);
        assert!(matches!(settle(&stage, claimed.id, Settlement::Sent, Actor::Operator).await, Err(StoreError::Conflict(_))));
        stage.finish(&claimed, Handover::Lost).await;
        let viewer = settle(&stage, claimed.id, Settlement::Sent, member(Role::Viewer)).await;
        assert!(matches!(viewer, Err(StoreError::NotAllowed(_))));
        let none = settle(&stage, model::MessageId::generate(), Settlement::Sent, Actor::Operator).await;
        assert!(matches!(none, Err(StoreError::NotFound(_))));
        assert_eq!(stage.message(3).await.0, MessageState::Unknown);
    }

    async fn a_worker_that_died_leaves_an_alert(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        ground.by_hand_alike("UPDATE message SET lease_until = 1");
        stage.store.settle_lost_attempts(now()).await.unwrap();
        let alerts = stage.alerts().await;
        assert_eq!(alerts.iter().filter(|alert| alert.kind == AlertKind::LostInFlight).count(), 1);
        settle(&stage, claimed.id, Settlement::NotSent, Actor::Operator).await.unwrap();
        assert!(stage.store.finish_attempt(&claimed, Handover::SENT, now()).await.is_err(), "its worker's word comes too late");
    }

    async fn claims_that_are_given_back_wait_with_a_reason_and_count_no_attempt(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [1, 3, 5] {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        stage.receive(&Letter::opt_out(5)).await;
        let until = NOW.plus(Span::minutes(1));
        let released = stage.store.release_claims(claimed.clone(), Reason::ServerUnreachable, until).await.unwrap();
        assert_eq!(released, 2, "the withdrawn one stays withdrawn");
        assert_eq!(stage.message(3).await, (MessageState::Waiting, Some(Reason::ServerUnreachable)));
        assert_eq!(stage.messages(3).await[0].next_try, Some(until));
        assert_eq!(stage.message(5).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        assert_eq!(ground.number("SELECT COUNT(*) FROM message WHERE attempts <> 0"), 0);
        for message in &claimed {
            assert!(matches!(stage.attempt(message).await, Attempt::Gone), "nobody holds it any more");
        }
    }

    async fn a_message_that_did_not_leave_gives_its_turn_under_the_cap_back(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        let used = "SELECT COALESCE(SUM(n), 0) FROM daily_count WHERE what = 'sent'";
        assert_eq!(ground.number(used), 1);
        stage.finish(&claimed, Handover::NotSent { reason: Reason::ServerDeferred, retry_at: NOW, reply: None }).await;
        assert_eq!(ground.number(used), 0);
        let again = stage.claim_one().await;
        permitted(stage.attempt(&again).await);
        stage.finish(&again, Handover::SENT).await;
        assert_eq!(ground.number(used), 1);
    }
}
