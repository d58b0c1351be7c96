//! Law 7: nothing is edited in place. A removal is a new fact with who, when and why; only owner and manager
//! (and the operator) may remove what Amazon reported.

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::suppression::{ImportedSuppression, SuppressionReason, SuppressionState, Target};
use store::StoreError;

use crate::stage::{Letter, Stage, alias, member, now, order};
use crate::{Ground, on_both};

/// An opt-out of the buyer by a notice, and beside it a block and a stop by a member.
async fn with_a_mixed_list(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let account = stage.account.id;
    let add = |target| stage.store.add_suppression(account, target, "rude on the phone".into(), Actor::Operator, now());
    add(Target::Buyer(alias(1))).await.unwrap();
    add(Target::Order(order(2))).await.unwrap();
    stage.receive(&Letter::opt_out(2).by(1)).await;
    stage
}

fn targets() -> [Target; 2] {
    [Target::Order(order(2)), Target::Buyer(alias(1))]
}

on_both! {
    async fn agent_and_viewer_remove_nothing_where_an_opt_out_is_among_it(ground: Ground) {
        let stage = with_a_mixed_list(&ground).await;
        let (list, ledger) = (stage.list().await, stage.ledger().await);
        for who in [member(Role::Agent), member(Role::Viewer), Actor::Abide] {
            for target in targets() {
                let refused = stage.store.remove_suppression(stage.account.id, target, "x".into(), who.clone(), now()).await;
                assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{who}: {refused:?}");
            }
            let opt_out = list.iter().find(|row| row.reason == SuppressionReason::OptOut).unwrap();
            let refused = stage.store.remove_entry(stage.account.id, opt_out.id, "x".into(), who.clone(), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{who}");
        }
        assert_eq!((stage.list().await, stage.ledger().await), (list, ledger), "nothing changed, not even the block");
    }

    async fn an_agent_removes_what_members_made_and_a_viewer_nothing(ground: Ground) {
        let stage = with_a_mixed_list(&ground).await;
        let account = stage.account.id;
        for row in stage.list().await.iter().filter(|row| row.reason != SuppressionReason::OptOut) {
            let refused = stage.store.remove_entry(account, row.id, "x".into(), member(Role::Viewer), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
            stage.store.remove_entry(account, row.id, "he apologised".into(), member(Role::Agent), now()).await.unwrap();
        }
        let standing: Vec<_> = stage.list().await.into_iter().filter(|row| row.state == SuppressionState::Active).collect();
        assert_eq!(standing.len(), 1);
        assert_eq!(standing[0].reason, SuppressionReason::OptOut);
        for change in [Target::Buyer(alias(2)), Target::Order(order(4))] {
            let refused = stage.store.add_suppression(account, change, "x".into(), member(Role::Viewer), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
    }

    async fn owner_manager_and_operator_may_remove_an_opt_out(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, who) in [(2, member(Role::Owner)), (4, member(Role::Manager)), (6, Actor::Operator)] {
            stage.receive(&Letter::opt_out(number)).await;
            let target = Target::Order(order(number));
            let change = stage.store.remove_suppression(stage.account.id, target, "he asked".into(), who, now()).await.unwrap();
            assert_eq!(change.changed, 1);
        }
        assert!(stage.list().await.iter().all(|row| row.state == SuppressionState::Removed));
    }

    async fn an_opt_out_that_a_list_brought_is_guarded_like_a_notice_s(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let line = ImportedSuppression { target: Target::Buyer(alias(1)), reason: SuppressionReason::OptOut, since: None };
        stage.store.import_suppressions(stage.account.id, vec![line], member(Role::Agent), now()).await.unwrap();
        let target = Target::Buyer(alias(1));
        let refused = stage.store.remove_suppression(stage.account.id, target, "x".into(), member(Role::Agent), now()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
    }

    async fn a_removal_is_a_new_fact_with_who_when_and_why(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        let before = stage.list().await.remove(0);
        let who = member(Role::Manager);
        let target = Target::Order(order(2));
        stage.store.remove_suppression(stage.account.id, target, "he called".into(), who.clone(), now()).await.unwrap();
        let after = stage.list().await.remove(0);
        assert_eq!((after.id, after.since, after.reason), (before.id, before.since, before.reason), "the entry stays");
        assert_eq!(after.state, SuppressionState::Removed);
        let said = stage.last_entry(LedgerKind::SuppressionRemoved).await;
        assert_eq!(said["by"], who.to_string());
        assert_eq!(said["entry"], before.id.to_string());
        assert_eq!(stage.ledger().await.last().unwrap().time, crate::stage::NOW);
        assert_eq!(ground.texts("SELECT actor FROM suppression_change"), [who.to_string()]);
        assert_eq!(ground.number("SELECT count(*) FROM suppression_change WHERE note_sealed IS NOT NULL"), 1);
        let again = stage.store
            .remove_suppression(stage.account.id, Target::Order(order(2)), "x".into(), Actor::Operator, now()).await;
        assert!(matches!(again, Err(StoreError::NotFound(_))));
    }

    async fn the_database_itself_refuses_to_change_or_delete_what_was_entered(ground: Ground) {
        let stage = with_a_mixed_list(&ground).await;
        let held = stage.receive(&Letter::opt_out(6).by(3).by_structure()).await;
        assert_eq!(held.outcome, model::inbound::Outcome::Held);
        let entry = stage.store.held_entries(stage.account.id, 5).await.unwrap()[0].id;
        stage.store.confirm_entry(stage.account.id, entry, "x".into(), Actor::Operator, now()).await.unwrap();
        for statement in [
            "UPDATE suppression SET held = 1 - held",
            "UPDATE suppression SET order_id = NULL",
            "UPDATE suppression SET reason = 'block'",
            "UPDATE suppression SET since = since + 1",
            "UPDATE suppression SET origin = 'member'",
            "UPDATE suppression SET account_id = id",
            "DELETE FROM suppression",
            "UPDATE suppression_buyer SET buyer_hash = suppression_id",
            "UPDATE suppression_buyer SET suppression_id = buyer_hash",
            "UPDATE suppression_buyer SET account_id = buyer_hash",
            "DELETE FROM suppression_buyer",
            "UPDATE suppression_change SET change = 'removed'",
            "UPDATE suppression_change SET actor = 'operator'",
            "DELETE FROM suppression_change",
            "UPDATE ledger_entry SET kind = 'notice'",
        ] {
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ground.by_hand_alike(statement)));
            assert!(refused.is_err(), "{statement}");
        }
        // What law 8 takes away may go.
        ground.by_hand_alike("UPDATE suppression_buyer SET alias_sealed = NULL, purge_at = NULL");
        ground.by_hand_alike("UPDATE suppression SET note_sealed = NULL");
        ground.by_hand_alike("UPDATE suppression_change SET note_sealed = NULL");
    }
}
