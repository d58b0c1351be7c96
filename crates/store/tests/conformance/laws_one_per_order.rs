//! One per order: one proactive message per order over all campaigns, channels and workers; the slot is freed
//! only where the message certainly did not leave; captured ones have a class of their own.

use model::message::MessageState;
use model::{Channel, Clock, Reason, Span};
use store::{Attempt, Handover, StoreError};

use crate::stage::{NOW, Stage, alias, attempt, now, permitted, reason_of};
use crate::{Ground, on_both};

/// An order with a message of each campaign, both claimed.
async fn with_two_messages(ground: &Ground, number: u32) -> (Stage, [model::message::ClaimedMessage; 2]) {
    let stage = Stage::on(ground).await;
    stage.import(number, Some(alias(1))).await;
    stage.plan().await;
    let mut claimed = stage.claim().await;
    claimed.sort_by_key(|message| message.channel);
    let claimed: [_; 2] = claimed.try_into().unwrap();
    assert_eq!(claimed.each_ref().map(|message| message.channel), [Channel::Email, Channel::Solicitation]);
    (stage, claimed)
}

/// When a message of the stage's campaigns has its turn on a day of backlog.
fn turn_of(day: model::Timestamp) -> model::Timestamp {
    policy::turn(50, Some(NOW.plus(Span::days(15))), day)
}

on_both! {
    async fn a_worker_that_comes_back_late_can_not_end_anothers_attempt(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let late = stage.claimed_email(2, 1).await;
        assert!(matches!(stage.attempt(&late).await, Attempt::Permitted(_)));
        ground.by_hand_alike("UPDATE message SET lease_until = 1");
        stage.store.settle_lost_attempts(now()).await.unwrap();
        let fresh = stage.claim_one().await;
        assert!(matches!(stage.attempt(&fresh).await, Attempt::Permitted(_)));
        let ended = stage.store.finish_attempt(&late, Handover::Rejected { reason: Reason::RejectedByServer, reply: None }, now()).await;
        assert!(matches!(ended, Err(StoreError::Conflict(_))), "{ended:?}");
        assert_eq!(stage.message(2).await.0, MessageState::Sending, "the other's attempt goes on");
    }

    async fn two_workers_with_two_campaigns_send_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other_node = ground.open().await;
        for number in 0..20 {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 40);
        let attempts = claimed.iter().enumerate().map(|(place, message)| {
            attempt(if place % 3 == 0 { &stage.store } else { &other_node }, message, now())
        });
        let answers = futures_util::future::join_all(attempts).await;
        let permitted = answers.iter().filter(|answer| matches!(answer, Attempt::Permitted(_))).count();
        let refused = answers.iter().filter(|answer| matches!(answer, Attempt::Refused(no) if no.reason == Reason::AlreadyMessaged)).count();
        assert_eq!((permitted, refused), (20, 20));
        assert_eq!(ground.number("SELECT count(*) FROM order_slot"), 20);
    }

    async fn one_message_is_claimed_by_one_worker_and_begun_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other_node = ground.open().await;
        for number in 0..30 {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let claims = (0..8).map(|worker| if worker % 2 == 0 { &stage.store } else { &other_node }.claim_due(now(), 7));
        let claims: Vec<_> = futures_util::future::join_all(claims).await.into_iter().flat_map(Result::unwrap).collect();
        let mut ids: Vec<_> = claims.iter().map(|message| message.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), claims.len()), (30, 30), "each message is claimed once");
        // A worker that tries twice, and both nodes with the same lease, begin once.
        let message = &claims[0];
        let twice = tokio::join!(attempt(&stage.store, message, now()), attempt(&other_node, message, now()));
        let begun = [twice.0, twice.1].iter().filter(|answer| matches!(answer, Attempt::Permitted(_))).count();
        assert_eq!(begun, 1);
        assert!(matches!(stage.attempt(message).await, Attempt::Gone));
    }

    async fn the_slot_is_kept_by_what_left_or_may_have_left(ground: Ground) {
        for handover in [Handover::SENT, Handover::Lost, Handover::Captured] {
            let number = if handover == Handover::Captured { 2 } else { 3 };
            let ground = if ground.is_postgres() { Ground::postgres().unwrap() } else { Ground::sqlite() };
            let (stage, [email, review]) = with_two_messages(&ground, number).await;
            permitted(stage.attempt(&email).await);
            stage.finish(&email, handover.clone()).await;
            assert_eq!(reason_of(&stage.attempt(&review).await), Reason::AlreadyMessaged, "{handover:?}");
        }
        drop(ground);
    }

    async fn the_slot_is_freed_by_what_certainly_did_not_leave(ground: Ground) {
        for handover in [
            Handover::NotSent { reason: Reason::ChannelUnavailable, retry_at: NOW.plus(Span::hours(1)), reply: None },
            Handover::Rejected { reason: Reason::RejectedByServer, reply: None },
        ] {
            let ground = if ground.is_postgres() { Ground::postgres().unwrap() } else { Ground::sqlite() };
            let (stage, [email, review]) = with_two_messages(&ground, 3).await;
            permitted(stage.attempt(&email).await);
            stage.finish(&email, handover.clone()).await;
            permitted(stage.attempt(&review).await);
            let later = Clock::real(NOW.plus(Span::hours(2)));
            for message in stage.store.claim_due(later, 10).await.unwrap() {
                let answer = attempt(&stage.store, &message, later).await;
                assert_eq!(reason_of(&answer), Reason::AlreadyMessaged, "{handover:?}: the slot is the other's now");
            }
        }
        drop(ground);
    }

    async fn a_captured_message_never_blocks_a_live_one_nor_the_other_way(ground: Ground) {
        let (stage, [email, review]) = with_two_messages(&ground, 2).await;
        permitted(stage.attempt(&email).await);
        stage.finish(&email, Handover::Captured).await;
        crate::stage::live(&stage.store, &stage.account, "US".parse().unwrap()).await;
        permitted(stage.attempt(&review).await);
        assert_eq!(ground.texts("SELECT class FROM order_slot ORDER BY class"), ["capture", "live"]);
    }

    async fn a_critical_message_takes_no_slot_and_needs_none(ground: Ground) {
        let (stage, [email, review]) = with_two_messages(&ground, 3).await;
        permitted(stage.attempt(&review).await);
        ground.by_hand_alike("UPDATE message SET purpose = 'critical' WHERE channel = 'email'");
        ground.by_hand_alike("UPDATE seller SET important_by_email = 1");
        let critical = model::message::ClaimedMessage { purpose: model::Purpose::Critical, ..email };
        permitted(stage.attempt(&critical).await);
        assert_eq!(ground.number("SELECT count(*) FROM order_slot"), 1);
    }

    async fn an_attempt_whose_worker_died_is_unknown_where_it_may_have_left_and_asked_again_where_it_was_kept(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(2))).await;
        stage.import(3, Some(alias(3))).await;
        stage.plan_emails().await;
        for message in stage.claim().await {
            permitted(stage.attempt(&message).await);
        }
        assert_eq!(stage.store.settle_lost_attempts(now()).await.unwrap(), 0, "their leases hold");
        ground.by_hand_alike("UPDATE message SET lease_until = 1");
        let other_node = ground.open().await;
        let settled = tokio::join!(stage.store.settle_lost_attempts(now()), other_node.settle_lost_attempts(now()));
        assert_eq!(settled.0.unwrap() + settled.1.unwrap(), 2, "each is settled once");
        assert_eq!(stage.message(3).await, (MessageState::Unknown, Some(Reason::LostInFlight)));
        assert_eq!(stage.message(2).await, (MessageState::Waiting, None));
        let again = stage.claim_one().await;
        assert_eq!(again.order_id, crate::stage::order(2));
        permitted(stage.attempt(&again).await);
        // Never again by itself, whatever is imported or planned.
        stage.import(3, Some(alias(7))).await;
        stage.plan().await;
        for message in stage.claim().await {
            assert_eq!(reason_of(&stage.attempt(&message).await), Reason::AlreadyMessaged);
        }
    }

    async fn an_attempt_is_settled_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        let early = stage.store.finish_attempt(&claimed, Handover::SENT, now()).await;
        assert!(matches!(early, Err(StoreError::Conflict(_))), "nothing was begun");
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::SENT).await;
        for handover in [Handover::SENT, Handover::NotSent { reason: Reason::PermitExpired, retry_at: NOW, reply: None }] {
            let again = stage.store.finish_attempt(&claimed, handover, now()).await;
            assert!(matches!(again, Err(StoreError::Conflict(_))));
        }
        assert_eq!(stage.message(3).await, (MessageState::Sent, None));
    }

    async fn a_worker_whose_lease_was_taken_over_begins_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let slow = stage.claimed_email(2, 1).await;
        assert!(stage.claim().await.is_empty(), "it is held");
        ground.by_hand_alike("UPDATE message SET lease_until = 1");
        assert!(matches!(stage.attempt(&slow).await, Attempt::Gone), "a lease that ran out holds nothing");
        let taken = stage.claim_one().await;
        assert_eq!(taken.id, slow.id);
        assert!(matches!(stage.attempt(&slow).await, Attempt::Gone));
        permitted(stage.attempt(&taken).await);
        assert!(matches!(stage.attempt(&slow).await, Attempt::Gone));
    }

    async fn the_daily_cap_counts_what_took_its_turn_and_opens_again_tomorrow(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(3, Some(alias(3))).await;
        let day = NOW.utc_day();
        // The two orders were bought outside the seven days before today, so the cap is 500, of which 50 are kept.
        let counted = |what: &str, n: u32| format!(
            "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {day}, '{what}', {n} FROM account"
        );
        ground.by_hand_alike(&counted("captured", 449));
        ground.by_hand_alike(&counted("sent", 450));
        stage.plan_emails().await;
        for message in stage.claim().await {
            let answer = stage.attempt(&message).await;
            if message.order_id == crate::stage::order(2) {
                permitted(answer);
            } else {
                let Attempt::Waits(refusal, until) = answer else { panic!("{answer:?}") };
                assert_eq!(refusal.reason, Reason::CapReached);
                assert_eq!(until, turn_of(crate::at("2026-08-21T00:00:00Z")));
            }
        }
        assert_eq!(ground.number("SELECT n FROM daily_count WHERE what = 'captured'"), 450);
        let tomorrow = Clock::real(turn_of(crate::at("2026-08-21T00:00:00Z")));
        let waiting = stage.store.claim_due(tomorrow, 5).await.unwrap().remove(0);
        permitted(attempt(&stage.store, &waiting, tomorrow).await);
    }

    async fn a_days_room_goes_by_priority_and_then_by_the_day_the_window_closes(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let high = store::NewCampaign {
            name: "high".into(), text: crate::stage::approved("x"), withholding: vec![], orders_after: None, priority: 90, attachments: Vec::new() };
        let high = stage.store.add_campaign(stage.account.id, high, model::member::Actor::Operator, now()).await.unwrap().id;
        // Order, campaign, days until its window closes; in the order in which they have their turn.
        let ranked = [(8, high, 20), (2, stage.email, 3), (6, stage.email, 9), (4, stage.email, 12)];
        for (number, _, _) in ranked {
            stage.import(number, Some(alias(number))).await;
        }
        for queued in stage.store.orders_to_plan(10).await.unwrap() {
            let (_, campaign, days) = ranked.into_iter().find(|(number, ..)| crate::stage::order(*number) == queued.order_id).unwrap();
            let outcome = store::PlannedOutcome::Message { due: NOW.minus(Span::hours(1)), closes: NOW.plus(Span::days(days)) };
            let planned = store::Planned { campaign, version: 1, channel: model::Channel::Email, outcome, arm: None };
            stage.store.record_plan(queued, vec![planned], now()).await.unwrap();
        }
        let day = NOW.utc_day();
        ground.by_hand_alike(&format!(
            "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {day}, 'captured', 450 FROM account"
        ));
        for message in stage.claim().await {
            assert_eq!(crate::stage::reason_of(&stage.attempt(&message).await), Reason::CapReached);
        }
        // The next day has room for three of them.
        ground.by_hand_alike(&format!(
            "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {}, 'captured', 447 FROM account", day + 1
        ));
        let backlog = stage.store.backlog(stage.account.id, now()).await.unwrap();
        assert_eq!((backlog.waiting, backlog.a_day, backlog.days), (4, 450, 1));
        let mut left = Vec::new();
        for minute in 0..120 {
            let clock = Clock::real(crate::at("2026-08-21T00:00:00Z").plus(Span::minutes(minute)));
            for message in stage.store.claim_due(clock, 10).await.unwrap() {
                if let Attempt::Permitted(_) = attempt(&stage.store, &message, clock).await {
                    left.push(message.order_id);
                }
            }
        }
        assert_eq!(left, ranked[..3].iter().map(|(number, ..)| crate::stage::order(*number)).collect::<Vec<_>>());
        assert_eq!(stage.message(4).await, (model::MessageState::Waiting, Some(Reason::CapReached)));
    }

    async fn what_is_newly_due_does_not_push_in_before_a_backlog(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(4, Some(alias(2))).await;
        stage.plan_emails().await;
        ground.by_hand_alike(&format!(
            "UPDATE message SET state = 'waiting', reason = 'cap_reached', next_try = {} WHERE order_id = '{}'",
            NOW.plus(Span::days(9)).as_micros(), crate::stage::order(2)
        ));
        let early = Clock::real(crate::at("2026-08-21T00:00:10Z"));
        let message = stage.store.claim_due(early, 5).await.unwrap().remove(0);
        let Attempt::Waits(refusal, until) = attempt(&stage.store, &message, early).await else { panic!("it has its turn") };
        assert_eq!((refusal.reason, until), (Reason::CapReached, turn_of(crate::at("2026-08-21T00:00:00Z"))));
    }

    async fn orders_bought_in_the_seven_days_before_today_raise_the_cap(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, days) in [(2, 0), (4, 1), (6, 7), (8, 8)] {
            let order = model::order::ImportedOrder {
                purchased_at: Some(NOW.minus(Span::days(days))), alias: Some(alias(number)), ..crate::stage::shipped(number)
            };
            stage.import_order(order).await;
        }
        // Two of the four count: 4 × 2 / 7 = 1 more than 500, of which 50 are kept.
        let day = NOW.utc_day();
        ground.by_hand_alike(&format!(
            "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {day}, 'captured', 450 FROM account"
        ));
        stage.plan_emails().await;
        let mut answers = Vec::new();
        for message in stage.claim().await {
            answers.push(matches!(stage.attempt(&message).await, Attempt::Permitted(_)));
        }
        assert_eq!(answers.iter().filter(|permitted| **permitted).count(), 1);
    }
}
