//! An account that is deleted ends at once, leaves nothing but its tombstone, and touches no other account.

use std::collections::BTreeMap;

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::sending::StopScope;
use model::suppression::Target;
use model::{Handle, Reason};
use store::{Erased, Store, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, member, now, order, permitted, reason_of};
use crate::{Ground, on_both};

/// An account in which much has happened: orders, opt-outs, held ones, messages in each state, members.
async fn full(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    fill(&stage).await;
    stage
}

async fn fill(stage: &Stage) {
    for number in 10..=13 {
        let claimed = stage.claimed_email(number, number).await;
        permitted(stage.attempt(&claimed).await);
        stage
            .finish(&claimed, if number.is_multiple_of(2) { store::Handover::Captured } else { store::Handover::SENT })
            .await;
    }
    for number in [14, 15, 16] {
        stage.import(number, Some(alias(number))).await;
    }
    stage.plan().await;
    stage.receive(&Letter::opt_out(16).by(16)).await;
    stage.receive(&Letter::opt_out(18).by_structure()).await;
    stage.list_messaged(&[21, 22]).await;
    let store = &stage.store;
    let target = || Target::Order(order(30));
    store.add_suppression(stage.account.id, target(), "x".into(), Actor::Operator, now()).await.unwrap();
    store.remove_suppression(stage.account.id, target(), "y".into(), Actor::Operator, now()).await.unwrap();
}

async fn neighbour(ground: &Ground) -> Stage {
    let store = ground.open().await;
    let stores = vec!["US".parse().unwrap(), "DE".parse().unwrap()];
    let account = store.add_account("Green Pots".into(), "green-pots".parse().unwrap(), stores, NOW).await.unwrap();
    let stage = Stage::with(store, account).await;
    stage.import(41, Some(alias(41))).await;
    stage.receive(&Letter::opt_out(41).by(41)).await;
    stage.list_messaged(&[42]).await;
    stage
}

/// How many rows each table holds that name an account, by account.
fn rows(ground: &Ground) -> BTreeMap<String, i64> {
    let tables = if ground.is_postgres() {
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'account_id' AND table_schema = current_schema()"
    } else {
        "SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'account_id'"
    };
    let named = ground.texts(tables);
    assert!(named.len() > 40, "the tables were found: {named:?}");
    let others = ["suppression_change", "campaign_version", "mailgun_post", "member", "session"].map(str::to_owned);
    let count = |table: String| (table.clone(), ground.number(&format!("SELECT count(*) FROM {table}")));
    named.into_iter().chain(others).map(count).filter(|(table, _)| table != "account_deletion").collect()
}

async fn erase_all(store: &Store, limit: u32) -> u64 {
    for turn in 1..10_000 {
        match store.erase_deleted(limit, NOW).await.unwrap() {
            Erased::Finished => return turn,
            Erased::Some(_) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("it never ended")
}

on_both! {
    async fn nothing_of_a_deleted_account_is_left_and_all_of_its_neighbour(ground: Ground) {
        let other = neighbour(&ground).await;
        let (before, heads) = (rows(&ground), other.store.head_of(&other.account.handle).await.unwrap());
        let stage = full(&ground).await;
        let only_here = stage.store.add_member(stage.account.id, "ann@example.com", Role::Owner, Actor::Operator, NOW).await.unwrap();
        let of_both = stage.store.add_member(stage.account.id, "ben@example.com", Role::Agent, Actor::Operator, NOW).await.unwrap();
        stage.store.add_member(other.account.id, "ben@example.com", Role::Viewer, Actor::Operator, NOW).await.unwrap();
        let id = stage.account.id;
        assert!(rows(&ground)["message"] > before["message"]);
        stage.store.delete_account(id, Actor::Operator, NOW).await.unwrap();
        erase_all(&stage.store, 7).await;
        let mut after = rows(&ground);
        // Ben stays, with what his joining added to the neighbour.
        assert_eq!(after.insert("member".into(), before["member"]), Some(before["member"] + 1));
        assert_eq!(after.insert("membership".into(), before["membership"]), Some(before["membership"] + 1));
        let written = |of: &BTreeMap<String, i64>| of["ledger_entry"];
        assert_eq!(written(&after), written(&before) + 1);
        after.insert("ledger_entry".into(), before["ledger_entry"]);
        assert_eq!(after, before);
        assert_eq!(ground.number("SELECT count(*) FROM account"), 1);
        let store = &stage.store;
        assert!(store.member_by_email("ann@example.com").await.unwrap().is_none(), "{:?}", only_here.member);
        assert_eq!(store.member_by_email("ben@example.com").await.unwrap().unwrap().id, of_both.member.id);
        store.verify_ledger(&other.account.handle, Some(heads)).await.unwrap();
        assert_eq!(store.ledger_heads(None, 10).await.unwrap().len(), 1);
        let said = store.tombstones(10).await.unwrap();
        assert_eq!((said.len(), said[0].account, said[0].began_at, said[0].finished_at), (1, id, NOW, Some(NOW)));
        assert_eq!(store.erase_deleted(7, NOW).await.unwrap(), Erased::Nothing);
        // The neighbour's buyer is blocked as before.
        let again = { other.import(43, Some(alias(41))).await; other.plan_emails().await; other.claim().await };
        let claimed = again.into_iter().find(|claimed| claimed.order_id == order(43)).unwrap();
        assert_eq!(reason_of(&other.attempt(&claimed).await), Reason::OptedOut);
    }

    async fn from_the_first_step_on_nothing_leaves_and_nobody_finds_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(51, 51).await;
        let head = stage.store.head_of(&stage.account.handle).await.unwrap();
        stage.store.delete_account(stage.account.id, member(Role::Owner), NOW).await.unwrap();
        let (store, handle) = (&stage.store, &stage.account.handle);
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::LiveOff);
        assert!(matches!(store.account(handle).await, Err(StoreError::UnknownAccount(_))));
        assert!(matches!(store.head_of(handle).await, Err(StoreError::UnknownAccount(_))));
        assert_eq!(store.accounts(None, 10).await.unwrap().len(), 0);
        assert_eq!(store.ledger_heads(None, 10).await.unwrap().len(), 0);
        assert_eq!(store.addresses(stage.account.id).await.unwrap().len(), 0);
        // A request to resume that had begun before the deletion.
        let resumed = store.resume_sending(StopScope::Account(stage.account.id), Actor::Operator, None, now()).await;
        assert!(matches!(resumed, Err(StoreError::UnknownAccount(_))), "{resumed:?}");
        let said = store.tombstones(10).await.unwrap();
        assert_eq!(said[0].by, "owner");
        assert_eq!((said[0].ledger_number, said[0].finished_at), (head.number + 1, None));
        let last = stage.last_entry(LedgerKind::AccountDeleted).await;
        assert!(last["by"].as_str().unwrap().starts_with("owner "), "{last}");
    }

    async fn a_message_on_its_way_is_waited_for(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(11, 11).await;
        permitted(stage.attempt(&claimed).await);
        stage.store.delete_account(stage.account.id, Actor::Operator, NOW).await.unwrap();
        for _ in 0..50 {
            if stage.store.erase_deleted(3, NOW).await.unwrap() == Erased::Waiting {
                break;
            }
        }
        assert_eq!(stage.store.erase_deleted(3, NOW).await.unwrap(), Erased::Waiting);
        assert_eq!(ground.number("SELECT count(*) FROM message"), 1);
        assert!(ground.number("SELECT count(*) FROM orders") > 0, "what its end is written to is still there");
        stage.finish(&claimed, store::Handover::SENT).await;
        erase_all(&stage.store, 100).await;
        assert_eq!(ground.number("SELECT count(*) FROM message"), 0);
    }

    async fn a_message_whose_node_died_is_not_waited_for_for_ever(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(11, 11).await;
        permitted(stage.attempt(&claimed).await);
        stage.store.delete_account(stage.account.id, Actor::Operator, NOW).await.unwrap();
        ground.by_hand_alike("UPDATE message SET lease_until = 1 WHERE state = 'sending'");
        erase_all(&stage.store, 100).await;
        assert_eq!(ground.number("SELECT count(*) FROM account"), 0);
    }

    async fn only_an_owner_or_the_operator_may(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for role in [Role::Manager, Role::Agent, Role::Viewer] {
            let refused = stage.store.delete_account(stage.account.id, member(role), NOW).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{role}: {refused:?}");
        }
        let refused = stage.store.delete_account(stage.account.id, Actor::Abide, NOW).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        assert_eq!(stage.store.erase_deleted(100, NOW).await.unwrap(), Erased::Nothing);
        stage.store.account(&stage.account.handle).await.unwrap();
    }

    async fn a_deleted_accounts_handle_is_never_given_again(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let handle: Handle = stage.account.handle.clone();
        let again = async || {
            stage.store.add_account("Blue".into(), handle.clone(), vec!["US".parse().unwrap()], NOW).await
        };
        stage.store.delete_account(stage.account.id, Actor::Operator, NOW).await.unwrap();
        assert!(matches!(again().await, Err(StoreError::Conflict(_))));
        erase_all(&stage.store, 1000).await;
        assert!(matches!(again().await, Err(StoreError::Conflict(_))));
    }

    async fn without_a_tombstone_the_database_itself_refuses(ground: Ground) {
        let stage = full(&ground).await;
        let tables = ["suppression_change", "suppression_buyer", "suppression", "ledger_entry", "ledger_head"];
        let store = &stage.store;
        for table in tables {
            assert!(ground.number(&format!("SELECT count(*) FROM {table}")) > 0, "{table}");
            assert!(ground.refuses(&format!("DELETE FROM {table}")), "{table}");
        }
        store.delete_account(stage.account.id, Actor::Operator, NOW).await.unwrap();
        erase_all(store, 100).await;
        for forbidden in ["DELETE FROM account_deletion", "UPDATE account_deletion SET actor = 'nobody'"] {
            assert!(ground.refuses(forbidden), "{forbidden}");
        }
    }

    async fn a_backup_keeps_the_tombstone_and_erasing_goes_on_after_a_restore(ground: Ground) {
        let stage = full(&ground).await;
        let other = neighbour(&ground).await;
        stage.store.delete_account(stage.account.id, Actor::Operator, NOW).await.unwrap();
        stage.store.erase_deleted(5, NOW).await.unwrap();
        let path = ground.path("abide.backup");
        stage.store.backup(&path, NOW).await.unwrap();
        let sibling = ground.sibling();
        let there = sibling.open().await;
        there.restore(&path, now()).await.unwrap();
        assert!(matches!(there.account(&stage.account.handle).await, Err(StoreError::UnknownAccount(_))));
        erase_all(&there, 50).await;
        assert_eq!(sibling.number("SELECT count(*) FROM account"), 1);
        there.verify_ledger(&other.account.handle, None).await.unwrap();
        assert_eq!(there.tombstones(5).await.unwrap()[0].began_at, NOW);
    }
}
