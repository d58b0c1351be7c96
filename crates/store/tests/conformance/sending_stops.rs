//! Live sending stops at once, for a store, an account or the installation, and goes on when it is resumed.

use model::member::{Actor, Role};
use model::sending::StopScope;
use model::{MessageState, Reason};
use store::{Attempt, Handover, StoreError};

use crate::stage::{NOW, Stage, alias, attempt, member, now, permitted, reason_of};
use crate::{Ground, on_both};

on_both! {
    async fn a_stop_holds_what_is_live_and_nothing_else_until_it_is_resumed(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let germany = "DE".parse().unwrap();
        for scope in [
            StopScope::Installation, StopScope::Account(stage.account.id), StopScope::Store(stage.account.id, germany),
        ] {
            let number = match scope { StopScope::Installation => 1, StopScope::Account(_) => 3, StopScope::Store(..) => 5 };
            stage.import(number, Some(alias(number))).await;
            stage.import(number + 1, Some(alias(number + 1))).await;
            stage.plan_emails().await;
            assert!(stage.store.stop_sending(scope, Actor::Operator, None, now()).await.unwrap());
            assert!(!stage.store.stop_sending(scope, Actor::Operator, None, now()).await.unwrap(), "again is the same");
            let stops = stage.store.sending_stops(stage.account.id).await.unwrap();
            assert_eq!((stops.len(), stops[0].scope, stops[0].since), (1, scope, NOW));
            for message in stage.claim().await {
                let answer = stage.attempt(&message).await;
                if message.order_id == crate::stage::order(number) {
                    assert_eq!(reason_of(&answer), Reason::LiveOff, "{scope:?}");
                    assert!(matches!(answer, Attempt::Waits(..)));
                } else {
                    permitted(answer);
                    stage.finish(&message, Handover::Captured).await;
                }
            }
            assert!(stage.store.resume_sending(scope, Actor::Operator, None, now()).await.unwrap());
            assert!(!stage.store.resume_sending(scope, Actor::Operator, None, now()).await.unwrap());
            let later = model::Clock { real: NOW, given: Some(NOW.plus(model::Span::hours(1))) };
            let again = stage.store.claim_due(later, 5).await.unwrap().remove(0);
            permitted(attempt(&stage.store, &again, later).await);
            stage.store.finish_attempt(&again, Handover::SENT, later).await.unwrap();
            assert_eq!(stage.message(number).await, (MessageState::Sent, None));
        }
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn another_account_s_or_store_s_stop_stops_nothing_here(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other = stage.store
            .add_account("Other".into(), "other".parse().unwrap(), vec!["DE".parse().unwrap()], NOW).await.unwrap();
        for scope in [
            StopScope::Account(other.id), StopScope::Store(other.id, "DE".parse().unwrap()),
            StopScope::Store(stage.account.id, "US".parse().unwrap()),
        ] {
            stage.store.stop_sending(scope, Actor::Operator, None, now()).await.unwrap();
        }
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
    }

    async fn who_may_stop_and_who_may_resume(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let scope = StopScope::Account(stage.account.id);
        for (role, may_stop, may_resume) in
            [(Role::Viewer, false, false), (Role::Agent, false, false), (Role::Manager, true, false), (Role::Owner, true, true)]
        {
            let stopped = stage.store.stop_sending(scope, member(role), None, now()).await;
            assert_eq!(stopped.is_ok(), may_stop, "{role}");
            let resumed = stage.store.resume_sending(scope, member(role), None, now()).await;
            assert_eq!(resumed.is_ok(), may_resume, "{role}");
            let everywhere = stage.store.stop_sending(StopScope::Installation, member(role), None, now()).await;
            assert!(matches!(everywhere, Err(StoreError::NotAllowed(_))), "{role}");
        }
        let nowhere = StopScope::Store(stage.account.id, "JP".parse().unwrap());
        assert!(matches!(stage.store.stop_sending(nowhere, Actor::Operator, None, now()).await, Err(StoreError::UnknownStore(..))));
    }

    async fn once_a_stop_of_the_installation_has_returned_no_node_is_granted_a_permit(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let nodes = [ground.open().await, ground.open().await];
        for number in (1..80).step_by(2) {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        assert_eq!(claimed.len(), 40);
        let stopped = std::sync::atomic::AtomicBool::new(false);
        let (stopped, nodes) = (&stopped, &nodes);
        let attempts = claimed.iter().enumerate().map(|(place, message)| async move {
            if place >= 20 {
                tokio::task::yield_now().await;
            }
            let began_after = stopped.load(std::sync::atomic::Ordering::SeqCst);
            let answer = attempt(&nodes[place % 2], message, now()).await;
            let returned_after = stopped.load(std::sync::atomic::Ordering::SeqCst);
            (began_after, returned_after, matches!(answer, Attempt::Permitted(_)))
        });
        let stop = async {
            stage.store.stop_sending(StopScope::Installation, Actor::Operator, None, now()).await.unwrap();
            let granted = ground.number("SELECT COUNT(*) FROM message WHERE state = 'sending'");
            stopped.store(true, std::sync::atomic::Ordering::SeqCst);
            granted
        };
        let (answers, granted) = tokio::join!(futures_util::future::join_all(attempts), stop);
        assert!(answers.iter().all(|(began_after, _, permitted)| !(*began_after && *permitted)));
        // What had committed when the stop returned is all that ever was granted.
        assert_eq!(ground.number("SELECT COUNT(*) FROM message WHERE state = 'sending'"), granted);
        assert_eq!(answers.iter().filter(|(.., permitted)| *permitted).count(), usize::try_from(granted).unwrap());
    }
}

/// The race in slow motion, on PostgreSQL: an attempt that has read the facts and has not committed holds off the
/// stop of the installation, so the stop can't return before the permit stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_the_installation_waits_for_the_attempts_under_way() {
    let Some(ground) = Ground::postgres() else { return };
    let stage = Stage::on(&ground).await;
    let claimed = stage.claimed_email(3, 1).await;
    let store::Database::Postgres(url) = ground.options().database else { unreachable!() };
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // Somebody holds the order's row of slots, so the attempt stands still after its facts and before its commit.
    client.batch_execute("BEGIN; LOCK TABLE order_slot IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    let (first, second) = (ground.open().await, ground.open().await);
    let attempt = tokio::spawn(async move { attempt(&first, &claimed, now()).await });
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    wait_until(|| ground.number(waits) == 1).await;
    let stop =
        tokio::spawn(async move { second.stop_sending(StopScope::Installation, Actor::Operator, None, now()).await });
    wait_until(|| ground.number(waits) == 2).await;
    assert!(!stop.is_finished(), "the stop waits for the attempt");
    client.batch_execute("COMMIT").await.unwrap();
    permitted(attempt.await.unwrap());
    stop.await.unwrap().unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

async fn wait_until(holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_mins(1) {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never came to that");
}
