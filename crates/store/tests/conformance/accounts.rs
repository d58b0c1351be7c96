//! Accounts, their settings and inbound addresses.

use model::account::{AddressKind, AddressState};
use model::member::{Actor, Role};
use model::{AccountSettings, Marketplace, MemberId, Span};
use store::StoreError;

use crate::{Ground, at, on_both};

on_both! {
    async fn an_account_has_an_address_for_each_store_and_kind_and_one_for_all(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let addresses = store.addresses(account.id).await.unwrap();
        let mut meant: Vec<_> =
            addresses.iter().map(|address| (address.store.map(Marketplace::as_str), address.kind)).collect();
        meant.sort();
        assert_eq!(meant, [
            (None, AddressKind::Any),
            (Some("DE"), AddressKind::OptOut),
            (Some("DE"), AddressKind::Refund),
            (Some("US"), AddressKind::OptOut),
            (Some("US"), AddressKind::Refund),
        ]);
        for address in &addresses {
            assert!(address.local_part.len() <= 64 && address.local_part.is_ascii());
            let found = store.find_address(&address.local_part.to_uppercase(), at("2026-08-02T00:00:00Z")).await.unwrap();
            assert_eq!(found.as_ref(), Some(address), "letters' case does not matter");
        }
        assert_eq!(store.find_address("blue-widgets-all-aaaa", at("2026-08-02T00:00:00Z")).await.unwrap(), None);
    }

    async fn a_replaced_address_is_taken_for_ninety_days_more(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let old = store.addresses(account.id).await.unwrap().remove(0);
        let replaced_at = at("2026-08-10T12:00:00Z");
        let new = store.reissue_address(account.id, old.id, Actor::Operator, replaced_at).await.unwrap();
        assert_eq!((new.store, new.kind, new.state), (old.store, old.kind, AddressState::Active));
        assert_ne!(new.local_part, old.local_part);
        for (days, taken) in [(0, true), (89, true), (90, false), (1000, false)] {
            let found = store.find_address(&old.local_part, replaced_at.plus(Span::days(days))).await.unwrap();
            assert_eq!(found.is_some(), taken, "after {days} days");
            assert!(found.is_none_or(|address| address.state == AddressState::Replaced));
            assert!(store.find_address(&new.local_part, replaced_at.plus(Span::days(days))).await.unwrap().is_some());
        }
        let again = store.reissue_address(account.id, old.id, Actor::Operator, replaced_at).await;
        assert!(matches!(again, Err(StoreError::NotFound(_))), "only an active address is replaced");
    }

    async fn an_address_of_another_account_is_out_of_reach(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let now = at("2026-08-02T00:00:00Z");
        let other = store.add_account("Other".into(), "other".parse().unwrap(), vec![], now).await.unwrap();
        let address = store.addresses(account.id).await.unwrap().remove(0);
        assert!(store.reissue_address(other.id, address.id, Actor::Operator, now).await.is_err());
        assert_eq!(store.addresses(other.id).await.unwrap().len(), 1);
    }

    async fn a_handle_belongs_to_one_account(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let again = store.add_account("Again".into(), account.handle.clone(), vec![], at("2026-08-02T00:00:00Z")).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
        assert_eq!(store.accounts(None, 10).await.unwrap(), [account]);
    }

    async fn settings_are_changed_by_owner_and_manager_alone_and_recorded(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let now = at("2026-08-02T00:00:00Z");
        let settings = AccountSettings { delivery_days: Some(4), trust_addresses: false, ..account.settings };
        let id = MemberId::generate();
        for role in [Role::Agent, Role::Viewer] {
            let refused = store.change_settings(account.id, settings, Actor::Member { id, role }, now).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{role}");
        }
        assert_eq!(store.account_by_id(account.id).await.unwrap().settings, account.settings);
        store.change_settings(account.id, settings, Actor::Member { id, role: Role::Manager }, now).await.unwrap();
        assert_eq!(store.account_by_id(account.id).await.unwrap().settings, settings);
        let page = store.ledger_page(account.id, None, 1).await.unwrap();
        assert!(page.rows[0].payload.as_ref().unwrap().contains(&format!("manager {id}")));
    }
}
