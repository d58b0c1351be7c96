//! Moving in: an order that another tool has messaged gets no proactive message, whatever came first, by any channel
//! and in any mode; the same list again changes nothing; taking it back is a manager's, and leaves a trace.

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::messaged::{MessagedOrder, MessagedTarget};
use model::{MessageState, Reason};
use store::{Attempt, Handover, StoreError};

use crate::stage::{NOW, Stage, alias, member, now, order, permitted, reason_of};
use crate::{Ground, on_both};

/// What attempts about whatever is due end in.
async fn all_refused(stage: &Stage, messages: usize) {
    let claimed = stage.claim().await;
    assert_eq!(claimed.len(), messages);
    for message in claimed {
        let answer = stage.attempt(&message).await;
        assert_eq!(reason_of(&answer), Reason::AlreadyMessaged, "{}", message.channel);
        assert!(matches!(answer, Attempt::Refused(_)));
    }
}

on_both! {
    async fn an_order_on_the_list_that_comes_later_gets_nothing_by_any_channel_or_mode(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let change = stage.list_messaged(&[2, 3]).await;
        assert_eq!((change.changed, change.unchanged, change.withdrawn), (2, 0, 0));
        for number in [2, 3, 4] {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 3);
        for message in claimed {
            let answer = stage.attempt(&message).await;
            if message.order_id == order(4) {
                permitted(answer);
            } else {
                assert_eq!(reason_of(&answer), Reason::AlreadyMessaged);
            }
        }
        assert_eq!(stage.message(2).await, (MessageState::Refused, Some(Reason::AlreadyMessaged)));
        assert_eq!(stage.message(3).await, (MessageState::Refused, Some(Reason::AlreadyMessaged)));
        // Neither by Amazon's own review request.
        stage.list_messaged(&[7]).await;
        stage.import(7, None).await;
        stage.plan_for(&[(stage.review, model::Channel::Solicitation)]).await;
        all_refused(&stage, 1).await;
    }

    async fn what_waits_is_withdrawn_and_what_is_leaving_is_named(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let leaving = stage.claimed_email(3, 3).await;
        permitted(stage.attempt(&leaving).await);
        stage.import(5, Some(alias(5))).await;
        stage.import(9, Some(alias(9))).await;
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        let change = stage.list_messaged(&[3, 5, 6]).await;
        assert_eq!((change.changed, change.withdrawn, change.already_leaving), (3, 1, 1));
        assert_eq!(stage.message(5).await, (MessageState::Withdrawn, Some(Reason::AlreadyMessaged)));
        let entry = stage.last_entry(LedgerKind::OrdersMessagedElsewhere).await;
        assert_eq!((entry["orders"].as_u64(), entry["by"].as_str()), (Some(3), Some("operator")));
        assert_eq!(entry["already_leaving"][0].as_str(), Some(leaving.id.to_string().as_str()));
        assert!(!entry.to_string().contains(order(3).as_str()), "it counts the orders and names none");
        for message in &claimed {
            match stage.attempt(message).await {
                Attempt::Gone => assert_eq!(message.order_id, order(5)),
                answer => drop(permitted(answer)),
            }
        }
        stage.finish(&leaving, Handover::SENT).await;
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn the_same_list_again_changes_nothing_and_another_adds(ground: Ground) {
        let stage = Stage::on(&ground).await;
        assert_eq!(stage.list_messaged(&[1, 2, 3]).await.changed, 3);
        let before = stage.ledger().await.len();
        let again = stage.list_messaged(&[3, 2, 2, 1]).await;
        assert_eq!((again.changed, again.unchanged), (0, 3), "in another sequence, with one twice");
        assert_eq!(stage.ledger().await.len(), before);
        assert_eq!(stage.list_messaged(&[3, 4]).await.changed, 2);
        let lists = stage.store.messaged_lists(stage.account.id, None, 10).await.unwrap().rows;
        assert_eq!(lists.iter().map(|list| (list.orders, list.by.as_str())).collect::<Vec<_>>(), [(2, "operator"), (3, "operator")]);
        let first = stage.store.messaged_lists(stage.account.id, None, 1).await.unwrap();
        let second = stage.store.messaged_lists(stage.account.id, first.next, 1).await.unwrap();
        assert_eq!((&first.rows[0], &second.rows[0]), (&lists[0], &lists[1]));
        // A list that broke off goes on where it stopped.
        let orders: Vec<_> = (10..16).map(|n| MessagedOrder { order_id: order(n), messaged_at: Some(NOW) }).collect();
        let digest = store::messaged_list_digest(&orders);
        for part in [&orders[..2], &orders[..4], &orders[..]] {
            stage.store.import_messaged_orders(stage.account.id, digest, part.to_vec(), Actor::Operator, now()).await.unwrap();
        }
        assert_eq!(stage.store.messaged_lists(stage.account.id, None, 1).await.unwrap().rows[0].orders, 6);
    }

    async fn only_a_manager_or_an_owner_takes_it_back_and_another_list_holds_on(ground: Ground) {
        let stage = Stage::on(&ground).await;
        assert!(matches!(stage.list_messaged_by(&[1], member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        stage.list_messaged_by(&[3, 5], member(Role::Agent)).await.unwrap();
        stage.list_messaged(&[5, 6]).await;
        let lists = stage.store.messaged_lists(stage.account.id, None, 10).await.unwrap().rows;
        let (later, earlier) = (lists[0].id, lists[1].id);
        let take = |target, by| stage.store.remove_messaged(stage.account.id, target, "wrong file".into(), by, now());
        for role in [Role::Viewer, Role::Agent] {
            for target in [MessagedTarget::List(earlier), MessagedTarget::Order(order(3))] {
                assert!(matches!(take(target, member(role)).await, Err(StoreError::NotAllowed(_))), "{role}");
            }
        }
        assert!(stage.store.messaged_elsewhere(stage.account.id, order(3)).await.unwrap().is_some());
        assert_eq!(take(MessagedTarget::List(earlier), member(Role::Manager)).await.unwrap(), 1);
        assert!(matches!(take(MessagedTarget::List(earlier), member(Role::Manager)).await, Err(StoreError::Conflict(_))));
        let lists = stage.store.messaged_lists(stage.account.id, None, 10).await.unwrap().rows;
        assert!(lists[1].removed.as_ref().is_some_and(|(at, by)| *at == NOW && by.starts_with("manager ")));
        assert_eq!(stage.last_entry(LedgerKind::MessagedElsewhereRemoved).await["note"], "wrong file");
        assert_eq!(stage.store.messaged_elsewhere(stage.account.id, order(3)).await.unwrap(), None);
        let still = stage.store.messaged_elsewhere(stage.account.id, order(5)).await.unwrap().unwrap();
        assert_eq!(still.list, later, "the other list names it, too");
        stage.import(3, Some(alias(3))).await;
        stage.import(5, Some(alias(5))).await;
        stage.plan_emails().await;
        for message in stage.claim().await {
            let answer = stage.attempt(&message).await;
            if message.order_id == order(3) { permitted(answer); } else { assert_eq!(reason_of(&answer), Reason::AlreadyMessaged); }
        }
        assert_eq!(take(MessagedTarget::Order(order(5)), member(Role::Owner)).await.unwrap(), 1);
        assert!(matches!(take(MessagedTarget::Order(order(5)), Actor::Operator).await, Err(StoreError::NotFound(_))));
        // A list that was taken back is imported anew.
        assert_eq!(stage.list_messaged(&[3, 5]).await.changed, 2);
        assert!(stage.store.messaged_elsewhere(stage.account.id, order(3)).await.unwrap().is_some());
    }

    async fn one_account_s_list_says_nothing_of_another_s_orders(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let stores = vec!["DE".parse().unwrap()];
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), stores, NOW).await.unwrap();
        let orders = vec![MessagedOrder { order_id: order(2), messaged_at: None }];
        let digest = store::messaged_list_digest(&orders);
        stage.store.import_messaged_orders(other.id, digest, orders, Actor::Operator, now()).await.unwrap();
        let list = stage.store.messaged_lists(other.id, None, 10).await.unwrap().rows[0].id;
        let foreign = stage.store.remove_messaged(stage.account.id, MessagedTarget::List(list), "x".into(), Actor::Operator, now());
        assert!(matches!(foreign.await, Err(StoreError::NotFound(_))));
        let claimed = stage.claimed_email(2, 2).await;
        permitted(stage.attempt(&claimed).await);
    }
}
