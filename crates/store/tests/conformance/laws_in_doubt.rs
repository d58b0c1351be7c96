//! Law 4: in doubt, nothing leaves. The message waits or is refused, says why, and goes on by itself once the
//! doubt is gone.

use model::member::Actor;
use model::message::MessageState;
use model::order::ImportedOrder;
use model::{AccountSettings, Clock, Reason, Span, Timestamp};
use store::{Attempt, Handover, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, attempt, now, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

/// The attempt waits for that reason and says so; it is asked about again later.
async fn waits_for(stage: &Stage, number: u32, reason: Reason) {
    let claimed = stage.claim_one().await;
    match stage.attempt(&claimed).await {
        Attempt::Waits(refusal, until) => {
            assert_eq!(refusal.reason, reason);
            assert!(until > NOW);
            assert_eq!(stage.messages(number).await[0].next_try, Some(until));
        }
        other => panic!("it did not wait for {reason}: {other:?}"),
    }
    assert_eq!(stage.message(number).await, (MessageState::Waiting, Some(reason)));
    let said = stage.last_entry(model::ledger::LedgerKind::Refusal).await;
    assert_eq!(said["waits_for"], reason.as_str());
}

/// What waited is permitted a day later.
async fn goes_on_later(stage: &Stage) {
    let later = Clock::real(NOW.plus(Span::days(1)));
    let claimed = stage.store.claim_due(later, 10).await.unwrap().remove(0);
    permitted(attempt(&stage.store, &claimed, later).await);
}

async fn with_an_email(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    stage.import(2, Some(alias(1))).await;
    stage.plan_emails().await;
    stage
}

async fn set(stage: &Stage, settings: AccountSettings, at: Timestamp) {
    stage.store.change_settings(stage.account.id, settings, Actor::Operator, at).await.unwrap();
}

async fn feed_broken(stage: &Stage, broken: bool) {
    stage.store.set_feed_broken(stage.account.id, broken, Actor::Operator, NOW).await.unwrap();
}

on_both! {
    async fn while_the_account_is_restricted_letters_wait(ground: Ground) {
        let stage = with_an_email(&ground).await;
        stage.receive(&Letter { orders: vec![], ..Letter::of(model::NoticeKind::Restriction, 8) }).await;
        // Saving another setting from a page that was opened before lifts nothing.
        let settings = AccountSettings { delivery_days: Some(3), ..stage.account.settings };
        stage.store.change_settings(stage.account.id, settings, Actor::Operator, NOW).await.unwrap();
        waits_for(&stage, 2, Reason::AccountRestricted).await;
        assert!(stage.store.lift_restriction(stage.account.id, Actor::Operator, NOW).await.unwrap());
        goes_on_later(&stage).await;
    }

    async fn while_the_feed_is_known_broken_everything_proactive_waits(ground: Ground) {
        let stage = with_an_email(&ground).await;
        feed_broken(&stage, true).await;
        waits_for(&stage, 2, Reason::FeedBroken).await;
        feed_broken(&stage, false).await;
        goes_on_later(&stage).await;
    }

    async fn after_a_restore_everything_waits(ground: Ground) {
        let stage = with_an_email(&ground).await;
        ground.by_hand_alike("INSERT INTO installation (name, value) VALUES ('restored_at', '2026-08-20T00:00:00Z')");
        waits_for(&stage, 2, Reason::Restored).await;
        ground.by_hand_alike("DELETE FROM installation WHERE name = 'restored_at'");
        goes_on_later(&stage).await;
    }

    async fn a_clock_more_than_five_minutes_behind_the_ledger_waits(ground: Ground) {
        let stage = with_an_email(&ground).await;
        set(&stage, stage.account.settings, NOW.plus(Span::minutes(5)).plus(Span::micros(1))).await;
        waits_for(&stage, 2, Reason::ClockBehind).await;
        goes_on_later(&stage).await;
    }

    async fn a_clock_five_minutes_behind_the_ledger_may_go_on(ground: Ground) {
        let stage = with_an_email(&ground).await;
        set(&stage, stage.account.settings, NOW.plus(Span::minutes(5))).await;
        permitted(stage.attempt(&stage.claim_one().await).await);
    }

    async fn a_given_clock_does_not_hide_that_the_real_one_is_behind(ground: Ground) {
        let stage = with_an_email(&ground).await;
        set(&stage, stage.account.settings, NOW.plus(Span::hours(1))).await;
        let claimed = stage.claim_one().await;
        let given = Clock { real: NOW, given: Some(NOW.plus(Span::hours(2))) };
        assert_eq!(reason_of(&attempt(&stage.store, &claimed, given).await), Reason::ClockBehind);
    }

    async fn a_held_entry_holds_until_a_member_decides(ground: Ground) {
        let stage = with_an_email(&ground).await;
        stage.receive(&Letter::opt_out(2).by_structure()).await;
        assert_eq!(stage.message(2).await.0, MessageState::Planned, "held withdraws nothing");
        waits_for(&stage, 2, Reason::Held).await;
        let held = stage.store.held_entries(stage.account.id, 10).await.unwrap();
        assert_eq!(held.len(), 1);
        stage.store.remove_entry(stage.account.id, held[0].id, "no notice at all".into(), Actor::Operator, now()).await.unwrap();
        goes_on_later(&stage).await;
    }

    async fn an_unproven_notice_is_held_where_the_account_does_not_trust_its_addresses(ground: Ground) {
        let stage = with_an_email(&ground).await;
        set(&stage, AccountSettings { trust_addresses: false, ..stage.account.settings }, NOW).await;
        let recorded = stage.receive(&Letter::opt_out(2)).await;
        assert_eq!(recorded.outcome, model::inbound::Outcome::Held);
        waits_for(&stage, 2, Reason::Held).await;
        let proven = Letter { provenance: model::Provenance::Proven, ..Letter::opt_out(2).numbered("other@amazonses.com") };
        let recorded = stage.receive(&proven).await;
        assert_eq!(recorded.outcome, model::inbound::Outcome::Suppressed);
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
    }

    async fn an_incomplete_order_waits_for_the_right_report(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(ImportedOrder { alias: Some(alias(1)), incomplete: true, ..shipped(2) }).await;
        stage.plan_emails().await;
        waits_for(&stage, 2, Reason::IncompleteOrder).await;
        stage.import(2, Some(alias(1))).await;
        goes_on_later(&stage).await;
    }

    async fn a_list_that_can_t_be_read_lets_nothing_through(ground: Ground) {
        let stage = with_an_email(&ground).await;
        let claimed = stage.claim_one().await;
        ground.by_hand_alike("ALTER TABLE suppression RENAME TO suppression_elsewhere");
        let refused = stage.store.begin_attempt(claimed.clone(), Some(crate::stage::text()), now()).await;
        assert!(refused.is_err());
        ground.by_hand_alike("ALTER TABLE suppression_elsewhere RENAME TO suppression");
        assert_eq!(stage.message(2).await.0, MessageState::Planned, "nothing was recorded either");
        permitted(stage.attempt(&claimed).await);
    }

    async fn an_entry_of_a_newer_program_lets_nothing_through(ground: Ground) {
        let stage = with_an_email(&ground).await;
        stage.receive(&Letter::opt_out(8).by(1)).await;
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        ground.by_hand(
            "DROP TRIGGER suppression_stays; UPDATE suppression SET reason = 'of the future'",
            "DROP TRIGGER suppression_stays ON suppression; UPDATE suppression SET reason = 'of the future'",
        );
        let claimed = stage.claim_one().await;
        let answer = stage.store.begin_attempt(claimed, Some(crate::stage::text()), now()).await;
        assert!(answer.is_err(), "{answer:?}");
    }

    async fn keys_that_are_not_the_database_s_own_open_nothing(ground: Ground) {
        let stage = with_an_email(&ground).await;
        drop(stage);
        let other = Ground::sqlite();
        drop(other.open().await);
        std::fs::rename(ground.keys(), ground.path("kept")).unwrap();
        assert!(matches!(ground.try_open().await, Err(StoreError::KeysMissing(_))));
        assert!(!ground.keys().exists());
        std::fs::create_dir_all(ground.keys()).unwrap();
        for file in ["look-up.key", "sealing-1.key"] {
            std::fs::copy(other.keys().join(file), ground.keys().join(file)).unwrap();
        }
        assert!(matches!(ground.try_open().await, Err(StoreError::KeysForeign(_))));
        // One right key of two is not enough.
        std::fs::copy(ground.path("kept").join("sealing-1.key"), ground.keys().join("sealing-1.key")).unwrap();
        assert!(matches!(ground.try_open().await, Err(StoreError::KeysForeign(_))));
    }

    async fn an_alias_that_can_t_be_opened_lets_nothing_through(ground: Ground) {
        let stage = with_an_email(&ground).await;
        let claimed = stage.claim_one().await;
        ground.by_hand("UPDATE orders SET alias_sealed = x'0102'", "UPDATE orders SET alias_sealed = '\\x0102'");
        let answer = stage.store.begin_attempt(claimed, Some(crate::stage::text()), now()).await;
        assert!(matches!(answer, Err(StoreError::Sealed(_))), "{answer:?}");
    }

    async fn an_order_that_is_not_in_the_list_is_refused(ground: Ground) {
        let stage = with_an_email(&ground).await;
        let claimed = stage.claim_one().await;
        ground.by_hand_alike("DELETE FROM orders");
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::OrderUnknown);
    }

    async fn absence_of_notices_alone_withholds_nothing(ground: Ground) {
        let stage = with_an_email(&ground).await;
        let much_later = Clock::real(NOW.plus(Span::days(10)));
        let claimed = stage.store.claim_due(much_later, 10).await.unwrap().remove(0);
        permitted(attempt(&stage.store, &claimed, much_later).await);
        stage.store.finish_attempt(&claimed, Handover::Captured, much_later).await.unwrap();
        assert_eq!(stage.messages(2).await[0].order_id, order(2));
    }
}
