//! The ledger: any change to what was written shows, and so does a cut-off tail; an erased payload does not.

use model::ledger::Head;
use model::member::Actor;
use model::{Account, AccountSettings};
use store::{Store, StoreError};

use crate::{Ground, at, on_both};

const COLUMNS: [&str; 8] = ["number", "kind", "time", "as_of", "digest", "mac", "salt_sealed", "payload_sealed"];

/// An account whose ledger has six entries.
async fn with_six_entries(ground: &Ground) -> (Store, Account) {
    let (store, account) = ground.with_account().await;
    for day in 1..=5 {
        let settings = AccountSettings { delivery_days: Some(day), ..account.settings };
        let now = at(&format!("2026-08-0{day}T10:00:00Z"));
        store.change_settings(account.id, settings, Actor::Operator, now).await.unwrap();
    }
    ground.by_hand(
        "DROP TRIGGER ledger_entry_stays; DROP TRIGGER ledger_entry_not_deleted; DROP TRIGGER ledger_head_not_deleted",
        "DROP TRIGGER ledger_entry_stays ON ledger_entry; DROP TRIGGER ledger_entry_not_deleted ON ledger_entry;
         DROP TRIGGER ledger_head_not_deleted ON ledger_head",
    );
    (store, account)
}

fn fault(verified: Result<store::Verified, StoreError>) -> u64 {
    match verified {
        Err(StoreError::Ledger { number, .. }) => number,
        other => panic!("the change was not found: {other:?}"),
    }
}

on_both! {
    async fn a_ledger_that_nobody_touched_verifies(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let verified = store.verify_ledger(&account.handle, None).await.unwrap();
        assert_eq!((verified.head.number, verified.opened, verified.erased), (6, 6, 0));
        assert_eq!(store.ledger_heads(None, 10).await.unwrap(), std::slice::from_ref(&verified.head));
        store.verify_ledger(&account.handle, Some(verified.head)).await.unwrap();
    }

    async fn entries_are_never_changed_by_the_program_s_own_user(ground: Ground) {
        drop(ground.with_account().await);
        for change in [
            "UPDATE ledger_entry SET kind = 'notice' WHERE number = 1",
            "DELETE FROM ledger_entry WHERE number = 1",
            "DELETE FROM ledger_head",
        ] {
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ground.by_hand_alike(change)));
            assert!(refused.is_err(), "the database itself refuses: {change}");
        }
    }

    async fn a_head_that_is_not_the_last_entry_is_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike("UPDATE ledger_head SET time = time + 1");
        fault(store.verify_ledger(&account.handle, None).await);
        ground.by_hand_alike(
            "UPDATE ledger_head SET number = 4, mac = (SELECT mac FROM ledger_entry WHERE number = 4),
             time = (SELECT time FROM ledger_entry WHERE number = 4)",
        );
        assert_eq!(fault(store.verify_ledger(&account.handle, None).await), 4);
    }

    async fn an_account_or_a_head_that_was_taken_away_is_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike("CREATE TABLE kept AS SELECT * FROM ledger_head; DELETE FROM ledger_head");
        assert_eq!(store.ledger_heads(None, 10).await.unwrap()[0].number, 0, "the walk over all accounts meets it");
        assert_eq!(fault(store.verify_ledger(&account.handle, None).await), 0);
        ground.by_hand_alike("INSERT INTO ledger_head SELECT * FROM kept; DELETE FROM account");
        assert!(matches!(store.ledger_heads(None, 10).await, Err(StoreError::Ledger { .. })));
    }

    async fn an_entry_whose_kind_is_no_word_any_more_is_named(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike("UPDATE ledger_entry SET kind = 'zebra' WHERE number = 3");
        assert_eq!(fault(store.verify_ledger(&account.handle, None).await), 3);
    }

    async fn a_change_in_any_column_of_any_entry_is_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        for number in [1, 3, 6] {
            for column in COLUMNS {
                let changed = match column {
                    "number" => "number + 1000".to_owned(),
                    "time" => "time + 1".to_owned(),
                    "as_of" => "coalesce(as_of, 0) + 1".to_owned(),
                    "kind" => "'notice'".to_owned(),
                    _ if ground.is_postgres() => {
                        format!("set_byte({column}, length({column}) - 1, get_byte({column}, length({column}) - 1) # 1)")
                    }
                    // Another byte in any case, whatever stands there.
                    _ => format!(
                        "CAST(substr({column}, 1, length({column}) - 1)
                         || CASE WHEN substr({column}, -1) = x'5A' THEN x'A5' ELSE x'5A' END AS BLOB)"
                    ),
                };
                ground.by_hand_alike("CREATE TABLE kept AS SELECT * FROM ledger_entry");
                ground.by_hand_alike(&format!("UPDATE ledger_entry SET {column} = {changed} WHERE number = {number}"));
                let found = fault(store.verify_ledger(&account.handle, None).await);
                assert!(found >= number, "{column} of {number} is found at {found}");
                ground.by_hand_alike(
                    "DELETE FROM ledger_entry; INSERT INTO ledger_entry SELECT * FROM kept; DROP TABLE kept",
                );
                store.verify_ledger(&account.handle, None).await.unwrap();
            }
        }
    }

    async fn an_entry_left_out_is_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike("DELETE FROM ledger_entry WHERE number = 3");
        assert_eq!(fault(store.verify_ledger(&account.handle, None).await), 3);
    }

    async fn two_entries_that_changed_places_are_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike(
            "UPDATE ledger_entry SET number = 99 WHERE number = 3; UPDATE ledger_entry SET number = 3 WHERE number = 4;
             UPDATE ledger_entry SET number = 4 WHERE number = 99",
        );
        assert_eq!(fault(store.verify_ledger(&account.handle, None).await), 3);
    }

    async fn a_tail_cut_off_with_its_head_shows_against_a_head_kept_elsewhere(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let head = store.verify_ledger(&account.handle, None).await.unwrap().head;
        ground.by_hand_alike(
            "DELETE FROM ledger_entry WHERE number > 4;
             UPDATE ledger_head SET number = 4, mac = (SELECT mac FROM ledger_entry WHERE number = 4),
             time = (SELECT time FROM ledger_entry WHERE number = 4)",
        );
        // The chain that is left is sound in itself; only the head tells.
        let left = store.verify_ledger(&account.handle, None).await.unwrap().head;
        assert_eq!(left.number, 4);
        assert_eq!(fault(store.verify_ledger(&account.handle, Some(head)).await), 5);
        store.verify_ledger(&account.handle, Some(left)).await.unwrap();
    }

    async fn a_head_of_another_chain_is_found(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let head = Head { account: account.handle.clone(), number: 2, mac: [7; 32] };
        assert_eq!(fault(store.verify_ledger(&account.handle, Some(head)).await), 2);
    }

    async fn an_erased_payload_still_verifies(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        ground.by_hand_alike("UPDATE ledger_entry SET salt_sealed = NULL, payload_sealed = NULL WHERE number IN (2, 6)");
        let verified = store.verify_ledger(&account.handle, None).await.unwrap();
        assert_eq!((verified.head.number, verified.opened, verified.erased), (6, 4, 2));
        let page = store.ledger_page(account.id, None, 2).await.unwrap();
        assert_eq!(page.rows[0].payload, None);
        assert!(page.rows[1].payload.is_some());
    }

    async fn its_time_never_runs_backwards(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let before = at("2020-01-01T00:00:00Z");
        store.change_settings(account.id, account.settings, Actor::Operator, before).await.unwrap();
        let page = store.ledger_page(account.id, None, 2).await.unwrap();
        assert_eq!(page.rows[0].time, page.rows[1].time);
        store.verify_ledger(&account.handle, None).await.unwrap();
    }

    async fn pages_lead_through_the_whole_ledger_newest_first(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let (mut numbers, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.ledger_page(account.id, cursor, 4).await.unwrap();
            numbers.extend(page.rows.iter().map(|row| row.number));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(numbers, [6, 5, 4, 3, 2, 1]);
    }

    async fn accounts_have_ledgers_of_their_own(ground: Ground) {
        let (store, account) = with_six_entries(&ground).await;
        let now = at("2026-08-09T00:00:00Z");
        let other = store.add_account("Other".into(), "other".parse().unwrap(), vec![], now).await.unwrap();
        assert_eq!(store.verify_ledger(&other.handle, None).await.unwrap().head.number, 1);
        assert_eq!(store.verify_ledger(&account.handle, None).await.unwrap().head.number, 6);
        let heads: Vec<_> = store.ledger_heads(None, 1).await.unwrap();
        assert_eq!(heads[0].account, account.handle);
        assert_eq!(store.ledger_heads(Some(account.handle), 5).await.unwrap()[0].account, other.handle);
    }
}
