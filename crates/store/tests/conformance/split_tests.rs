//! Split tests in the store: where an order falls is the same for ever and known to nobody without the key; held-out
//! orders are kept and counted; results count each message once, with what came of its order since.

use model::campaign::ArmCounts;
use model::order::ImportedOrder;
use model::{Channel, MessageState, Reason, Span};
use store::{Handover, Planned, PlannedOutcome};

use crate::stage::{Letter, NOW, Stage, alias, now, order, permitted, shipped};
use crate::{Ground, on_both};

async fn plan(stage: &Stage, arm: &str, outcome: PlannedOutcome) {
    for queued in stage.store.orders_to_plan(10).await.unwrap() {
        let planned =
            Planned { campaign: stage.email, version: 1, channel: Channel::Email, outcome, arm: Some(arm.to_owned()) };
        stage.store.record_plan(queued, vec![planned], now()).await.unwrap();
    }
}

const READY: PlannedOutcome =
    PlannedOutcome::Message { due: NOW.minus(Span::hours(1)), closes: NOW.plus(Span::days(15)) };
const HELD_OUT: PlannedOutcome = PlannedOutcome::HeldOut { due: NOW };

on_both! {
    async fn an_order_falls_on_the_same_place_at_every_node(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let place = |store: &store::Store, campaign, number| store.keys().split_place(stage.account.id, campaign, order(number)).unwrap();
        let other = ground.open().await;
        let mut places: Vec<u16> = (0..400).map(|number| place(&stage.store, stage.email, number)).collect();
        assert!((0..400).all(|number| place(&other, stage.email, number) == places[usize::try_from(number).unwrap()]));
        assert!((0..400).any(|number| place(&other, stage.review, number) != places[usize::try_from(number).unwrap()]));
        places.sort_unstable();
        places.dedup();
        assert!(places.len() > 350 && places.iter().all(|place| *place < 10_000), "spread over all places");
        let below = places.iter().filter(|place| **place < 5_000).count();
        assert!((140..260).contains(&below), "{below} of about 400 in the lower half");
    }

    async fn a_held_out_order_is_kept_and_gets_its_message_once_the_split_ends(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        plan(&stage, "hold_out", HELD_OUT).await;
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::HeldOut)));
        assert!(stage.claim().await.is_empty());
        stage.import(2, Some(alias(2))).await;
        plan(&stage, "hold_out", HELD_OUT).await;
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::HeldOut)));
        stage.import(2, Some(alias(3))).await;
        stage.plan_emails().await;
        assert_eq!(stage.message(2).await.0, MessageState::Planned);
    }

    async fn a_message_that_was_planned_before_the_split_is_held_out_too(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        stage.import(2, Some(alias(2))).await;
        plan(&stage, "hold_out", HELD_OUT).await;
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::HeldOut)));
    }

    async fn results_count_each_arm_with_what_came_of_its_orders(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 4, 6] {
            stage.import(number, Some(alias(number))).await;
        }
        plan(&stage, "a", READY).await;
        for claimed in stage.claim().await {
            if claimed.order_id == order(6) {
                stage.store.turn_away(claimed, Reason::TextRefused, None, now()).await.unwrap();
            } else {
                permitted(stage.attempt(&claimed).await);
                stage.finish(&claimed, Handover::Captured).await;
            }
        }
        stage.import(8, Some(alias(8))).await;
        plan(&stage, "hold_out", HELD_OUT).await;
        stage.import_order(ImportedOrder { review_stars: Some(4), ..shipped(2) }).await;
        stage.receive(&Letter::opt_out(4)).await;
        let counts = stage.store.split_results(stage.account.id, stage.email, 1).await.unwrap();
        let a = ArmCounts { orders: 3, captured: 2, refused: 1, opted_out: 1, reviewed: 1, sent: 0 };
        let held_out = ArmCounts { orders: 1, ..ArmCounts::default() };
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("a".to_owned(), a), ("hold_out".to_owned(), held_out)]);
        assert!(stage.store.split_results(stage.account.id, stage.email, 2).await.unwrap().is_empty());
    }
}
