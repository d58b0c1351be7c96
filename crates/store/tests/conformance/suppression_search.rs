//! The list by day, reason and store: each of them alone and together, over pages, and never another account's.

use model::member::Actor;
use model::suppression::{SuppressionReason, SuppressionRow, Target};
use model::{Clock, Marketplace, OrderId, Span};
use store::{StoreError, SuppressionSearch};

use crate::stage::{Letter, NOW, Stage, alias, now, order};
use crate::{Ground, on_both};

/// All that is found, a page of two at a time; no row may come twice.
async fn found(stage: &Stage, search: SuppressionSearch) -> Vec<SuppressionRow> {
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let page = stage.store.suppressions_found(stage.account.id, search, before, 2).await.unwrap();
        assert!(page.rows.len() <= 2);
        rows.extend(page.rows);
        before = page.next;
        if before.is_none() {
            return rows;
        }
    }
}

async fn orders_found(stage: &Stage, search: SuppressionSearch) -> Vec<OrderId> {
    found(stage, search).await.into_iter().map(|row| row.order_id.unwrap()).collect()
}

/// Opt-outs of ten orders, an hour apart, the even ones of the US store's; three stops of others.
async fn filled(stage: &Stage) {
    for number in 0..10 {
        stage.import(number, None).await;
        let hours = Span::hours(i64::from(number));
        stage.receive(&Letter { received_at: NOW.plus(hours), ..Letter::opt_out(number) }).await;
    }
    for number in 10..13 {
        stage.import(number, None).await;
        let clock = Clock::real(NOW.plus(Span::hours(i64::from(number))));
        let target = Target::Order(order(number));
        stage.store.add_suppression(stage.account.id, target, "asked".into(), Actor::Operator, clock).await.unwrap();
    }
}

on_both! {
    async fn entries_are_found_by_day_reason_and_store_newest_first_over_pages(ground: Ground) {
        let stage = Stage::on(&ground).await;
        filled(&stage).await;
        let all = SuppressionSearch::default();
        let newest_first: Vec<_> = (0..13).rev().map(order).collect();
        assert_eq!(orders_found(&stage, all).await, newest_first);
        let stops = SuppressionSearch { reason: Some(SuppressionReason::OrderStop), ..all };
        assert_eq!(orders_found(&stage, stops).await, [12, 11, 10].map(order));
        let american = SuppressionSearch { store: Some(Marketplace::Us), ..all };
        assert_eq!(orders_found(&stage, american).await, [12, 10, 8, 6, 4, 2, 0].map(order));
        let german_stop = SuppressionSearch { store: Some(Marketplace::De), ..stops };
        assert_eq!(orders_found(&stage, german_stop).await, [11].map(order));
        // From an instant on, that one with it; until another, that one left out.
        let days = SuppressionSearch { from: Some(NOW.plus(Span::hours(3))), until: Some(NOW.plus(Span::hours(6))), ..all };
        assert_eq!(orders_found(&stage, days).await, [5, 4, 3].map(order));
        let german_days = SuppressionSearch { store: Some(Marketplace::De), ..days };
        assert_eq!(orders_found(&stage, german_days).await, [5, 3].map(order));
        assert_eq!(found(&stage, SuppressionSearch { reason: Some(SuppressionReason::Block), ..all }).await, []);
        let odd = stage.store.suppressions_found(stage.account.id, all, Some(model::Cursor("9.x".into())), 2).await;
        assert!(matches!(odd, Err(StoreError::NotFound(_))));
    }

    async fn entries_of_one_instant_come_once_each_over_pages(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..7 {
            stage.receive(&Letter::opt_out(number)).await;
        }
        let mut orders = orders_found(&stage, SuppressionSearch::default()).await;
        orders.sort();
        assert_eq!(orders, (0..7).map(order).collect::<Vec<_>>());
    }

    async fn an_entry_is_of_its_orders_store_as_soon_as_that_is_known_else_of_the_notices(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let of = |store| SuppressionSearch { store: Some(store), ..SuppressionSearch::default() };
        // The notice names the US store; the order, which comes later, is the German one's.
        stage.receive(&Letter::opt_out(3)).await;
        assert_eq!(orders_found(&stage, of(Marketplace::Us)).await, [order(3)]);
        stage.import(3, None).await;
        assert_eq!(orders_found(&stage, of(Marketplace::De)).await, [order(3)]);
        assert_eq!(orders_found(&stage, of(Marketplace::Us)).await, []);
        // An order of which nothing is known is of no store, and found without one.
        let (account, by) = (stage.account.id, Actor::Operator);
        stage.store.add_suppression(account, Target::Order(order(5)), "asked".into(), by.clone(), now()).await.unwrap();
        stage.store.add_suppression(account, Target::Buyer(alias(9)), "asked".into(), by, now()).await.unwrap();
        assert_eq!(found(&stage, SuppressionSearch::default()).await.len(), 3);
        assert_eq!(found(&stage, of(Marketplace::De)).await[0].store, Some(Marketplace::De));
        stage.import(5, None).await;
        assert_eq!(orders_found(&stage, of(Marketplace::De)).await.len(), 2);
    }

    async fn entries_of_an_older_schema_get_their_store_when_it_is_brought_up(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(3, None).await;
        stage.receive(&Letter::opt_out(3)).await;
        stage.receive(&Letter::opt_out(4)).await;
        let (account, by) = (stage.account.id, Actor::Operator);
        stage.store.add_suppression(account, Target::Order(order(6)), "asked".into(), by, now()).await.unwrap();
        let Stage { store, account, email, review } = stage;
        drop(store);
        ground.by_hand_alike(
            "DROP INDEX suppression_by_reason; DROP INDEX suppression_by_store; DROP INDEX message_by_state;
             DROP INDEX message_by_campaign; DROP INDEX message_by_day; ALTER TABLE suppression DROP COLUMN store;
             DELETE FROM schema_step WHERE number = 28",
        );
        let stage = Stage { store: ground.open().await, account, email, review };
        let of = |store| SuppressionSearch { store: Some(store), ..SuppressionSearch::default() };
        assert_eq!(orders_found(&stage, of(Marketplace::De)).await, [order(3)], "its order's");
        assert_eq!(orders_found(&stage, of(Marketplace::Us)).await, [order(4)], "the one that its notice names");
        assert_eq!(found(&stage, SuppressionSearch::default()).await.len(), 3);
    }

    async fn another_accounts_entries_are_never_found(ground: Ground) {
        let stage = Stage::on(&ground).await;
        filled(&stage).await;
        let stores = vec![Marketplace::Us, Marketplace::De];
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), stores, now().real).await.unwrap();
        for store in [None, Some(Marketplace::Us), Some(Marketplace::De)] {
            for reason in [None, Some(SuppressionReason::OptOut), Some(SuppressionReason::OrderStop)] {
                let search = SuppressionSearch { store, reason, ..SuppressionSearch::default() };
                let page = stage.store.suppressions_found(other.id, search, None, 50).await.unwrap();
                assert_eq!((page.rows, page.next), (Vec::new(), None));
            }
        }
    }
}
