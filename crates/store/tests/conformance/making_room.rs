//! A message that ends without leaving makes room: its order is planned again where another campaign's stood back or
//! came too late, and nowhere else.

use model::message::MessageState;
use model::messaged::MessagedOrder;
use model::{Channel, MessageId, Reason, Span};
use store::{Handover, Planned, PlannedOutcome, messaged_list_digest};

use crate::stage::{NOW, Stage, alias, now, order, permitted};
use crate::{Ground, on_both};

const READY: PlannedOutcome =
    PlannedOutcome::Message { due: NOW.minus(Span::hours(1)), closes: NOW.plus(Span::days(15)) };
const STANDS_BACK: PlannedOutcome = PlannedOutcome::Waits {
    reason: Reason::LowerPriority,
    next_try: Some(NOW.plus(Span::days(9))),
    due: None,
    closes: None,
};

async fn planned(stage: &Stage, letter: PlannedOutcome, review: PlannedOutcome) {
    for queued in stage.store.orders_to_plan(10).await.unwrap() {
        let planned = [(stage.email, Channel::Email, letter), (stage.review, Channel::Solicitation, review)]
            .map(|(campaign, channel, outcome)| Planned { campaign, version: 1, channel, outcome, arm: None });
        stage.store.record_plan(queued, planned.to_vec(), now()).await.unwrap();
    }
}

async fn is_queued(stage: &Stage) -> bool {
    !stage.store.orders_to_plan(10).await.unwrap().is_empty()
}

async fn with_one_that_stands_back(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    stage.import(2, Some(alias(1))).await;
    planned(&stage, READY, STANDS_BACK).await;
    assert!(!is_queued(&stage).await);
    stage
}

on_both! {
    async fn what_is_refused_makes_room(ground: Ground) {
        let stage = with_one_that_stands_back(&ground).await;
        let claimed = stage.claim_one().await;
        stage.store.turn_away(claimed, Reason::TextRefused, None, now()).await.unwrap();
        assert!(is_queued(&stage).await);
        let queued = stage.store.orders_to_plan(10).await.unwrap().remove(0);
        let mut messages: Vec<_> = queued.messages.iter().map(|message| (message.state, message.reason)).collect();
        messages.sort();
        assert_eq!(messages, [(MessageState::Waiting, Some(Reason::LowerPriority)), (MessageState::Refused, Some(Reason::TextRefused))]);
    }

    async fn what_the_server_rejects_or_a_member_takes_back_makes_room(ground: Ground) {
        let stage = with_one_that_stands_back(&ground).await;
        let claimed = stage.claim_one().await;
        permitted(stage.attempt(&claimed).await);
        assert!(!is_queued(&stage).await);
        stage.finish(&claimed, Handover::Rejected { reason: Reason::RejectedByServer, reply: None }).await;
        assert!(is_queued(&stage).await);
        planned(&stage, STANDS_BACK, STANDS_BACK).await;
        let waiting: MessageId = stage.messages(2).await.into_iter().find(|row| row.state == MessageState::Waiting).unwrap().id;
        stage.store.withdraw_message(stage.account.id, waiting, model::member::Actor::Operator, now()).await.unwrap();
        assert!(!is_queued(&stage).await, "nobody stands back any more");
    }

    async fn what_left_makes_none(ground: Ground) {
        let stage = with_one_that_stands_back(&ground).await;
        let claimed = stage.claim_one().await;
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::Captured).await;
        assert!(!is_queued(&stage).await);
    }

    async fn what_came_too_late_comes_back_once_the_slot_is_free_and_not_before(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        planned(&stage, READY, READY).await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 2);
        permitted(stage.attempt(&claimed[0]).await);
        stage.attempt(&claimed[1]).await;
        let state = async |id: MessageId| {
            let row = stage.messages(2).await.into_iter().find(|row| row.id == id).unwrap();
            (row.state, row.reason)
        };
        assert_eq!(state(claimed[1].id).await, (MessageState::Refused, Some(Reason::AlreadyMessaged)));
        // Planned anew for another reason while the slot is taken.
        stage.receive(&crate::stage::Letter::of(model::NoticeKind::ClaimOpened, 2)).await;
        planned(&stage, READY, READY).await;
        assert_eq!(state(claimed[1].id).await, (MessageState::Refused, Some(Reason::AlreadyMessaged)));
        stage.finish(&claimed[0], Handover::Rejected { reason: Reason::RejectedByServer, reply: None }).await;
        assert!(is_queued(&stage).await);
        planned(&stage, READY, READY).await;
        assert_eq!(state(claimed[1].id).await, (MessageState::Planned, None));
        assert_eq!(state(claimed[0].id).await.0, MessageState::Failed);
    }

    async fn what_a_list_of_messaged_orders_took_back_stays_so_when_the_order_is_planned_anew(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        let listed = vec![MessagedOrder { order_id: order(2), messaged_at: None }];
        let digest = messaged_list_digest(&listed);
        let operator = model::member::Actor::Operator;
        stage.store.import_messaged_orders(stage.account.id, digest, listed, operator, now()).await.unwrap();
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::AlreadyMessaged)));
        stage.import(2, Some(alias(2))).await;
        stage.plan_emails().await;
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::AlreadyMessaged)));
    }

    async fn a_plan_gives_back_what_a_plan_took_back_and_nothing_else(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, reason) in (1..).map(|number| 2 * number).zip(Reason::ALL) {
            stage.import(number, Some(alias(number))).await;
            stage.plan_emails().await;
            let claimed = stage.claim().await.into_iter().find(|claimed| claimed.order_id == order(number)).unwrap();
            stage.store.turn_away(claimed, *reason, None, now()).await.unwrap();
            stage.import(number, Some(alias(number + 1))).await;
            stage.plan_emails().await;
            let back = stage.message(number).await.0 == MessageState::Planned;
            assert_eq!(back, reason.ends_until_planned_anew(), "{reason}");
        }
    }
}
