//! The suppression list at its doors: adding, importing, deciding, removing, and the pages that show it.

use model::member::{Actor, Role};
use model::message::MessageState;
use model::suppression::{ImportedSuppression, Origin, SuppressionReason, SuppressionState, Target};
use model::{Cursor, Reason, Span, SuppressionId};
use store::{Handover, StoreError, SuppressionFilter};

use crate::stage::{Letter, NOW, Stage, alias, member, now, order, permitted};
use crate::{Ground, on_both};

fn line(target: Target, reason: SuppressionReason) -> ImportedSuppression {
    ImportedSuppression { target, reason, since: None }
}

on_both! {
    async fn a_stop_and_a_block_withdraw_what_waits_and_count_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 4, 6] {
            stage.import(number, Some(alias(number / 4))).await;
        }
        stage.plan_emails().await;
        let add = |target| stage.store.add_suppression(stage.account.id, target, "x".into(), member(Role::Agent), now());
        // Orders 4 and 6 are buyer 1's.
        let stopped = add(Target::Order(order(4))).await.unwrap();
        assert_eq!((stopped.changed, stopped.unchanged, stopped.withdrawn), (1, 0, 1));
        let blocked = add(Target::Buyer(alias(1))).await.unwrap();
        assert_eq!((blocked.changed, blocked.withdrawn), (1, 1));
        assert_eq!(stage.message(4).await, (MessageState::Withdrawn, Some(Reason::OrderStopped)));
        assert_eq!(stage.message(6).await, (MessageState::Withdrawn, Some(Reason::Blocked)));
        assert_eq!(stage.message(2).await.0, MessageState::Planned);
        let again = add(Target::Buyer(alias(1))).await.unwrap();
        assert_eq!((again.changed, again.unchanged), (0, 1), "again is the same");
        let list = stage.list().await;
        assert_eq!(list.len(), 2);
        assert_eq!((list[1].reason, list[1].origin, list[1].since), (SuppressionReason::Block, Origin::Member, NOW));
    }

    async fn a_block_counts_what_is_already_leaving(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        let target = Target::Buyer(alias(1));
        let change = stage.store.add_suppression(stage.account.id, target, "x".into(), Actor::Operator, now()).await.unwrap();
        assert_eq!((change.withdrawn, change.already_leaving), (0, 1));
        stage.finish(&claimed, Handover::SENT).await;
    }

    async fn an_imported_list_enters_what_is_new_and_keeps_what_stands(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by(1)).await;
        let old = NOW.minus(Span::days(300));
        let lines = vec![
            line(Target::Order(order(2)), SuppressionReason::OptOut),
            ImportedSuppression { since: Some(old), ..line(Target::Buyer(alias(5)), SuppressionReason::OptOut) },
            ImportedSuppression { since: Some(NOW.plus(Span::days(9))), ..line(Target::Order(order(8)), SuppressionReason::OptOut) },
        ];
        let import = || stage.store.import_suppressions(stage.account.id, lines.clone(), member(Role::Manager), now());
        let change = import().await.unwrap();
        assert_eq!((change.changed, change.unchanged), (2, 1));
        let ledger = stage.ledger().await.len();
        let again = import().await.unwrap();
        assert_eq!((again.changed, again.unchanged), (0, 3));
        assert_eq!(stage.ledger().await.len(), ledger);
        let list = stage.list().await;
        let told: Vec<_> = list.iter().map(|row| (row.order_id, row.origin, row.since, row.alias.is_some())).collect();
        assert_eq!(told, [
            (Some(order(2)), Origin::Notice, NOW, true),
            (None, Origin::Import, old, false),
            (Some(order(8)), Origin::Import, NOW, false),
        ], "an alias that is too old is kept as a hash, and no entry begins in the future");
        let refused = stage.store.import_suppressions(stage.account.id, lines.clone(), member(Role::Viewer), now()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        stage.import(10, Some(alias(5))).await;
        stage.plan_emails().await;
        assert_eq!(crate::stage::reason_of(&stage.attempt(&stage.claim_one().await).await), Reason::OptedOut);
    }

    async fn a_held_entry_that_is_confirmed_acts_and_withdraws_for_order_and_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 4, 6] {
            stage.import(number, Some(alias(number / 4))).await;
        }
        stage.plan_emails().await;
        stage.receive(&Letter::opt_out(4).by_structure()).await;
        let held = stage.store.held_entries(stage.account.id, 10).await.unwrap();
        assert_eq!((held.len(), held[0].state, held[0].covers_buyer), (1, SuppressionState::Held, true));
        let confirm = |by| stage.store.confirm_entry(stage.account.id, held[0].id, "it is one".into(), by, now());
        assert!(matches!(confirm(member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        let change = confirm(member(Role::Agent)).await.unwrap();
        assert_eq!((change.changed, change.withdrawn), (1, 2));
        assert_eq!(stage.message(6).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        assert_eq!(stage.message(2).await.0, MessageState::Planned);
        assert_eq!(stage.list().await[0].state, SuppressionState::Active);
        assert!(stage.store.held_entries(stage.account.id, 10).await.unwrap().is_empty());
        assert!(matches!(confirm(Actor::Operator).await, Err(StoreError::Conflict(_))));
    }

    async fn a_sure_notice_beside_a_held_one_acts_and_a_removal_takes_both(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by(1).by_structure()).await;
        stage.receive(&Letter::opt_out(2).by(1).numbered("sure@x")).await;
        stage.receive(&Letter::opt_out(2).by(1).numbered("unsure@x").by_structure()).await;
        let states: Vec<_> = stage.list().await.iter().map(|row| row.state).collect();
        assert_eq!(states, [SuppressionState::Held, SuppressionState::Active], "the third says nothing that does not stand");
        let target = Target::Order(order(2));
        let change = stage.store.remove_suppression(stage.account.id, target, "x".into(), Actor::Operator, now()).await.unwrap();
        assert_eq!(change.changed, 2);
        let claimed = stage.claimed_email(2, 1).await;
        permitted(stage.attempt(&claimed).await);
    }

    async fn one_entry_is_removed_and_not_twice_and_not_by_another_account(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        stage.receive(&Letter::opt_out(4)).await;
        let list = stage.list().await;
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        let remove = |account, entry| stage.store.remove_entry(account, entry, "x".into(), Actor::Operator, now());
        assert!(matches!(remove(other.id, list[0].id).await, Err(StoreError::NotFound(_))));
        assert!(matches!(remove(stage.account.id, SuppressionId::generate()).await, Err(StoreError::NotFound(_))));
        remove(stage.account.id, list[0].id).await.unwrap();
        assert!(matches!(remove(stage.account.id, list[0].id).await, Err(StoreError::Conflict(_))));
        let states: Vec<_> = stage.list().await.iter().map(|row| row.state).collect();
        assert_eq!(states, [SuppressionState::Removed, SuppressionState::Active]);
    }

    async fn pages_and_filters_show_each_entry_with_each_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(2).by(3)).await;
        for number in [4, 6, 8, 10] {
            stage.receive(&Letter::opt_out(number).by(3)).await;
        }
        let show = |filter, before, limit| stage.store.suppressions(stage.account.id, filter, before, limit);
        let of_order = show(SuppressionFilter::Order(order(2)), None, 10).await.unwrap().rows;
        assert_eq!(of_order.len(), 2, "a row for each buyer");
        let hash = stage.store.keys().buyer(stage.account.id, &alias(3)).unwrap();
        let of_buyer = show(SuppressionFilter::Buyer(hash), None, 10).await.unwrap().rows;
        assert_eq!(of_buyer.len(), 6);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = show(SuppressionFilter::All, cursor, 2).await.unwrap();
            seen.extend(page.rows.into_iter().map(|row| row.order_id.unwrap()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [10, 8, 6, 4, 2, 2].map(order), "newest first, none twice, none left out");
        assert!(show(SuppressionFilter::All, Some(Cursor("nonsense".into())), 2).await.is_err());
    }
}
