//! Critical messages: past an opt-out, not past a member's word, within their limits, each told in the ledger.

use model::critical::{CriticalConfirmations, CriticalMessage, CriticalRoute, CriticalState};
use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::order::{ImportedOrder, OrderStatus};
use model::suppression::Target;
use model::{Clock, CriticalReason, Delivery, MessageState, Purpose, Reason, Span};
use policy::words::{ApprovedCritical, CriticalLetter, CriticalLinter};
use store::{Attempt, Handover, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, member, now, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

const NONE: CriticalConfirmations = CriticalConfirmations { limit: false, block: false };
const LIMIT: CriticalConfirmations = CriticalConfirmations { limit: true, block: false };
const BLOCK: CriticalConfirmations = CriticalConfirmations { limit: false, block: true };

fn approved(number: u32) -> ApprovedCritical {
    let text = format!("Order {}: the house number is missing in your address.", order(number));
    let letter = CriticalLetter {
        order: order(number),
        reason: CriticalReason::ShippingAddress,
        subject: "",
        text: &text,
        language: Some("en"),
    };
    CriticalLinter::built_in().unwrap().vet(&letter).0.unwrap()
}

async fn write(
    stage: &Stage,
    number: u32,
    confirmed: CriticalConfirmations,
    by: Actor,
) -> Result<CriticalMessage, StoreError> {
    stage
        .store
        .write_critical(stage.account.id, approved(number), (CriticalRoute::SellerCentral, confirmed), by, now())
        .await
}

on_both! {
    async fn an_opt_out_does_not_hold_it_and_the_ledger_tells_all_of_it_but_the_text(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(1, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(1)).await;
        let written = write(&stage, 1, NONE, Actor::Operator).await.unwrap();
        let said = stage.last_entry(LedgerKind::Critical).await;
        assert_eq!(said["critical"], written.id.to_string());
        assert_eq!(said["order"], order(1).as_str());
        assert_eq!(said["reason"], "shipping_address");
        assert_eq!(said["route"], "seller_central");
        assert_eq!(said["by"], "operator");
        assert_eq!(said["opted_out"], true);
        assert!(!said.to_string().contains("house number"), "no text");
        let (account, shown) = stage.store.critical_message(written.id).await.unwrap().unwrap();
        assert_eq!((account, &shown), (stage.account.id, &written));
        assert_eq!(shown.content.unwrap().1, approved(1).text());
        assert!(stage.messages(1).await.is_empty(), "the outbox knows nothing of it");
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn a_member_s_block_or_stop_holds_it_until_he_confirms(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, target) in [(1, Target::Buyer(alias(1))), (2, Target::Order(order(2)))] {
            stage.import(number, Some(alias(number))).await;
            stage.store
                .add_suppression(stage.account.id, target, "rude".into(), Actor::Operator, now()).await.unwrap();
            for confirmed in [NONE, LIMIT] {
                let answer = write(&stage, number, confirmed, member(Role::Owner)).await;
                assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
            }
            assert!(stage.store.critical_of_order(stage.account.id, order(number)).await.unwrap().is_empty());
            let written = write(&stage, number, BLOCK, member(Role::Agent)).await.unwrap();
            assert_eq!(written.confirmed, BLOCK);
            assert_eq!(stage.last_entry(LedgerKind::Critical).await["confirmed"], "block");
        }
        // Not needed, so not told.
        stage.import(3, Some(alias(3))).await;
        assert_eq!(write(&stage, 3, BLOCK, Actor::Operator).await.unwrap().confirmed, NONE);
    }

    async fn the_third_of_an_order_needs_an_owner(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(1, Some(alias(1))).await;
        stage.import(2, Some(alias(2))).await;
        for _ in 0..2 {
            write(&stage, 1, NONE, member(Role::Agent)).await.unwrap();
        }
        assert!(matches!(write(&stage, 1, NONE, member(Role::Owner)).await, Err(StoreError::Conflict(_))));
        for role in [Role::Manager, Role::Agent] {
            assert!(matches!(write(&stage, 1, LIMIT, member(role)).await, Err(StoreError::NotAllowed(_))), "{role}");
        }
        assert_eq!(stage.store.critical_of_order(stage.account.id, order(1)).await.unwrap().len(), 2);
        assert_eq!(write(&stage, 1, LIMIT, member(Role::Owner)).await.unwrap().confirmed, LIMIT);
        assert_eq!(stage.last_entry(LedgerKind::Critical).await["confirmed"], "limit");
        write(&stage, 2, NONE, member(Role::Agent)).await.unwrap();
    }

    async fn the_twenty_first_of_a_day_needs_an_owner_and_the_next_day_is_a_new_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 1..=21 {
            stage.import(number, Some(alias(number))).await;
        }
        for number in 1..=20 {
            write(&stage, number, NONE, member(Role::Agent)).await.unwrap();
        }
        assert!(matches!(write(&stage, 21, NONE, member(Role::Owner)).await, Err(StoreError::Conflict(_))));
        assert!(matches!(write(&stage, 21, LIMIT, member(Role::Manager)).await, Err(StoreError::NotAllowed(_))));
        write(&stage, 21, LIMIT, Actor::Operator).await.unwrap();
        let tomorrow = Clock::real(NOW.plus(Span::days(1)));
        stage.store.write_critical(stage.account.id, approved(21), (CriticalRoute::SellerCentral, NONE), member(Role::Agent), tomorrow).await.unwrap();
        let page = stage.store.critical_messages(stage.account.id, None, 15).await.unwrap();
        assert_eq!(page.rows.len(), 15);
        let rest = stage.store.critical_messages(stage.account.id, page.next, 15).await.unwrap();
        assert_eq!((rest.rows.len(), rest.next), (7, None));
    }

    async fn viewers_abide_itself_and_unknown_orders_get_none(ground: Ground) {
        let stage = Stage::on(&ground).await;
        assert!(matches!(write(&stage, 1, NONE, Actor::Operator).await, Err(StoreError::NotFound(_))));
        stage.import(1, None).await;
        assert!(matches!(write(&stage, 1, NONE, member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        assert!(matches!(write(&stage, 1, NONE, Actor::Abide).await, Err(StoreError::NotAllowed(_))));
        write(&stage, 1, NONE, member(Role::Agent)).await.unwrap();
        assert_eq!(stage.ledger().await.iter().filter(|row| row.kind == LedgerKind::Critical).count(), 1);
    }

    async fn that_it_was_sent_is_said_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(1, Some(alias(1))).await;
        let id = write(&stage, 1, NONE, Actor::Operator).await.unwrap().id;
        let sent = |by| stage.store.critical_sent(stage.account.id, id, by, now());
        assert!(matches!(sent(member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        assert!(sent(member(Role::Agent)).await.unwrap());
        assert!(!sent(member(Role::Agent)).await.unwrap(), "again is the same");
        let shown = stage.store.critical_of_order(stage.account.id, order(1)).await.unwrap().remove(0);
        assert_eq!((shown.state, shown.done_at), (CriticalState::Sent, Some(NOW)));
        assert_eq!(stage.last_entry(LedgerKind::Critical).await["state"], "sent");
        let other = stage.store
            .add_account("Other".into(), "other".parse().unwrap(), vec!["DE".parse().unwrap()], NOW).await.unwrap();
        let elsewhere = stage.store.critical_sent(other.id, id, Actor::Operator, now()).await;
        assert!(matches!(elsewhere, Err(StoreError::NotFound(_))), "another account's is none");
    }

    async fn its_text_goes_with_the_order_s_personal_data(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(1, Some(alias(1))).await;
        let id = write(&stage, 1, NONE, Actor::Operator).await.unwrap().id;
        let text = async || stage.store.critical_message(id).await.unwrap().unwrap().1.content;
        assert!(text().await.is_some());
        stage.store.purge(now(), 100).await.unwrap();
        assert!(text().await.is_some(), "before its time nothing goes");
        stage.store.purge(Clock::real(NOW.plus(Span::days(100))), 100).await.unwrap();
        assert!(text().await.is_none());
        // An order whose data are gone keeps no new text either.
        let late = Clock::real(NOW.plus(Span::days(100)));
        let again = stage.store.write_critical(stage.account.id, approved(1), (CriticalRoute::SellerCentral, NONE), Actor::Operator, late).await.unwrap();
        assert!(stage.store.critical_message(again.id).await.unwrap().unwrap().1.content.is_none());
    }

    async fn by_e_mail_it_comes_before_the_gate_past_an_opt_out_and_takes_no_slot(ground: Ground) {
        let stage = by_email(&ground).await;
        stage.import(1, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(1)).await;
        let written = email(&stage, 1, NONE).await.unwrap();
        assert_eq!((written.route, written.state), (CriticalRoute::ImportantEmail, CriticalState::InOutbox));
        let claimed = stage.claim_one().await;
        assert_eq!((Some(claimed.id), claimed.purpose, claimed.campaign), (written.message, Purpose::Critical, None));
        let shown = stage.store.critical_of_message(stage.account.id, claimed.id).await.unwrap().unwrap();
        assert_eq!(shown.content, written.content);
        let permit = permitted(stage.attempt(&claimed).await);
        let policy::Sendable::Email { to, .. } = permit.sendable() else { unreachable!() };
        assert_eq!((to, permit.delivery()), (&alias(1), Delivery::Live));
        stage.finish(&claimed, Handover::SENT).await;
        assert_eq!(stage.message(1).await, (MessageState::Sent, None));
        let other = stage.store.withdraw_critical(stage.account.id, written.id, Actor::Operator, now()).await;
        assert!(matches!(other, Err(StoreError::Conflict(_))), "it has left: {other:?}");
        // No slot was taken: a proactive message of another order's campaign is asked as ever, this one's is refused.
        stage.plan_emails().await;
        let proactive = stage.claim().await;
        for message in &proactive {
            assert_eq!(reason_of(&stage.attempt(message).await), Reason::OptedOut);
        }
    }

    async fn without_the_operators_switch_nothing_goes_by_e_mail_not_even_what_was_written_before(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(1, Some(alias(1))).await;
        let refused = email(&stage, 1, NONE).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(why)) if why.contains("not switched on")), "{refused:?}");
        let germany = "DE".parse().unwrap();
        let set = |on, by| stage.store.set_important_by_email(stage.account.id, germany, on, by, now());
        assert!(matches!(set(true, member(Role::Owner)).await, Err(StoreError::NotAllowed(_))));
        assert!(set(true, Actor::Operator).await.unwrap());
        assert!(!set(true, Actor::Operator).await.unwrap(), "again is the same");
        assert_eq!(stage.last_entry(LedgerKind::SendingChanged).await["important_by_email"], true);
        email(&stage, 1, NONE).await.unwrap();
        assert!(set(false, Actor::Operator).await.unwrap());
        let claimed = stage.claim_one().await;
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::ImportantOff);
        assert_eq!(stage.message(1).await.0, MessageState::Refused);
        // A store that captures, an order without alias.
        stage.import(2, Some(alias(2))).await;
        let us = "US".parse().unwrap();
        stage.store.set_important_by_email(stage.account.id, us, true, Actor::Operator, now()).await.unwrap();
        assert!(matches!(&email(&stage, 2, NONE).await, Err(StoreError::Conflict(why)) if why.contains("keeps its messages")));
        set(true, Actor::Operator).await.unwrap();
        stage.import(3, None).await;
        assert!(matches!(&email(&stage, 3, NONE).await, Err(StoreError::Conflict(why)) if why.contains("no relay address")));
    }

    async fn a_block_holds_an_e_mail_at_the_gate_unless_this_very_message_was_confirmed(ground: Ground) {
        let stage = by_email(&ground).await;
        stage.import(1, Some(alias(1))).await;
        email(&stage, 1, NONE).await.unwrap();
        let block = Target::Buyer(alias(1));
        stage.store.add_suppression(stage.account.id, block, "rude".into(), Actor::Operator, now()).await.unwrap();
        let claimed = stage.claim_one().await;
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::Blocked, "it came after it was written");
        assert!(matches!(email(&stage, 1, NONE).await, Err(StoreError::Conflict(_))));
        email(&stage, 1, BLOCK).await.unwrap();
        let claimed = stage.claim_one().await;
        drop(permitted(stage.attempt(&claimed).await));
    }

    async fn a_confirmation_covers_no_block_or_stop_that_came_after_it(ground: Ground) {
        let stage = by_email(&ground).await;
        let suppress = |target| stage.store.add_suppression(stage.account.id, target, "x".into(), Actor::Operator, now());
        for (number, buyer, later) in [(1, 1, Target::Order(order(1))), (3, 3, Target::Buyer(alias(3)))] {
            stage.import(number, Some(alias(buyer))).await;
            let first = if number == 1 { Target::Buyer(alias(1)) } else { Target::Order(order(3)) };
            suppress(first).await.unwrap();
            email(&stage, number, BLOCK).await.unwrap();
            let claimed = stage.claim_one().await;
            suppress(later).await.unwrap();
            let attempt = stage.attempt(&claimed).await;
            assert!(matches!(attempt, Attempt::Refused(_)), "{number}: {attempt:?}");
        }
    }

    async fn one_that_came_back_has_left_and_counts(ground: Ground) {
        let stage = by_email(&ground).await;
        stage.import(1, Some(alias(1))).await;
        let written = email(&stage, 1, NONE).await.unwrap();
        let claimed = stage.claim_one().await;
        drop(permitted(stage.attempt(&claimed).await));
        stage.finish(&claimed, Handover::SENT).await;
        ground.by_hand_alike("UPDATE message SET state = 'failed', reason = 'bounced' WHERE purpose = 'critical'");
        let back = stage.store.withdraw_critical(stage.account.id, written.id, Actor::Operator, now()).await;
        assert!(matches!(back, Err(StoreError::Conflict(_))), "{back:?}");
        // What the server refused never left.
        stage.import(3, Some(alias(3))).await;
        let refused = email(&stage, 3, NONE).await.unwrap();
        let claimed = stage.claim_one().await;
        drop(permitted(stage.attempt(&claimed).await));
        stage.finish(&claimed, Handover::Rejected { reason: Reason::RejectedByServer, reply: None }).await;
        assert!(stage.store.withdraw_critical(stage.account.id, refused.id, Actor::Operator, now()).await.unwrap());
    }

    async fn what_was_not_sent_is_taken_back_and_counts_no_more(ground: Ground) {
        let stage = by_email(&ground).await;
        stage.import(1, Some(alias(1))).await;
        let take_back = |id, by| stage.store.withdraw_critical(stage.account.id, id, by, now());
        let by_hand = write(&stage, 1, NONE, Actor::Operator).await.unwrap();
        let mailed = email(&stage, 1, NONE).await.unwrap();
        assert!(matches!(write(&stage, 1, NONE, Actor::Operator).await, Err(StoreError::Conflict(_))), "two are the most");
        assert!(matches!(take_back(mailed.id, member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        assert!(take_back(mailed.id, member(Role::Agent)).await.unwrap());
        assert!(!take_back(mailed.id, member(Role::Agent)).await.unwrap(), "again is the same");
        assert!(stage.claim().await.is_empty(), "nothing of it leaves");
        assert_eq!(stage.message(1).await, (MessageState::Withdrawn, Some(Reason::WithdrawnByMember)));
        assert_eq!(stage.last_entry(LedgerKind::Critical).await["state"], "withdrawn");
        write(&stage, 1, NONE, Actor::Operator).await.unwrap();
        assert!(take_back(by_hand.id, Actor::Operator).await.unwrap());
        let said = stage.store.critical_sent(stage.account.id, by_hand.id, Actor::Operator, now()).await;
        assert!(matches!(said, Err(StoreError::Conflict(_))), "what was taken back is not sent by hand: {said:?}");
        let third = write(&stage, 1, NONE, Actor::Operator).await.unwrap();
        stage.store.critical_sent(stage.account.id, third.id, Actor::Operator, now()).await.unwrap();
        assert!(matches!(take_back(third.id, Actor::Operator).await, Err(StoreError::Conflict(_))), "it was sent");
    }

    async fn a_cancelled_order_has_nothing_to_be_completed(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let cancelled = ImportedOrder { status: Some(OrderStatus::Cancelled), ..shipped(1) };
        stage.import_order(cancelled).await;
        let refused = write(&stage, 1, NONE, Actor::Operator).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(why)) if why.contains("cancelled")), "{refused:?}");
    }
}

/// With the operator's switch on for the live store.
async fn by_email(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let set = stage.store.set_important_by_email(stage.account.id, "DE".parse().unwrap(), true, Actor::Operator, now());
    assert!(set.await.unwrap());
    stage
}

async fn email(stage: &Stage, number: u32, confirmed: CriticalConfirmations) -> Result<CriticalMessage, StoreError> {
    let wished = (CriticalRoute::ImportantEmail, confirmed);
    stage.store.write_critical(stage.account.id, approved(number), wished, Actor::Operator, now()).await
}
