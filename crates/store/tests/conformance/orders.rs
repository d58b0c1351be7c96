//! Orders as reports bring them: whichever report comes when, what is known is kept, and each order belongs to
//! a store of the account.

use model::order::{DeliveryBasis, ImportedOrder, ImportedOrders, OrderItem, OrderStatus};
use model::{Money, NoticeKind, Span};
use store::StoreError;

use crate::stage::{Letter, NOW, Stage, alias, now, order, shipped};
use crate::{Ground, at, on_both};

fn item(line: &str, sku: Option<&str>, price: Option<&str>) -> OrderItem {
    OrderItem {
        line: line.into(),
        sku: sku.map(Into::into),
        price: price.and_then(|amount| Money::new(amount, "USD")),
        ..OrderItem::default()
    }
}

on_both! {
    async fn the_same_report_after_other_delivery_days_were_chosen_dates_the_order_anew(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let said = model::order::ImportedOrder {
            estimated_arrival: None,
            shipped_at: Some(at("2026-08-06T08:00:00Z")),
            ..shipped(2)
        };
        assert_eq!(stage.import_order(said.clone()).await.added, 1);
        assert_eq!(stage.import_order(said.clone()).await.unchanged, 1);
        let settings = model::AccountSettings { delivery_days: Some(4), ..stage.account.settings };
        stage.store.change_settings(stage.account.id, settings, model::member::Actor::Operator, NOW).await.unwrap();
        assert_eq!(stage.import_order(said.clone()).await.updated, 1);
        let order = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!(order.delivery.unwrap().latest, at("2026-08-10T08:00:00Z"));
        assert_eq!(stage.import_order(said).await.unchanged, 1);
    }

    async fn what_several_reports_say_comes_together(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(ImportedOrder { items: vec![item("1", Some("KETTLE"), None)], ..shipped(2) }).await;
        let bare = ImportedOrder {
            alias: Some(alias(1)), business: Some(true), ship_country: Some("US".into()),
            items: vec![item("1", None, Some("19.99")), item("2", Some("LID"), None)],
            ..ImportedOrder::bare(order(2))
        };
        let counts = stage.import_order(bare).await;
        assert_eq!((counts.added, counts.updated, counts.no_store), (0, 1, 0), "the store is known already");
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!((known.store.as_str(), known.alias, known.business), ("US", Some(alias(1)), Some(true)));
        assert_eq!((known.status, known.purchased_at), (Some(OrderStatus::Shipped), Some(at("2026-08-05T08:00:00Z"))));
        assert_eq!(known.items, [item("1", Some("KETTLE"), Some("19.99")), item("2", Some("LID"), None)]);
        assert_eq!(known.delivery.unwrap().basis, DeliveryBasis::EstimatedArrival);
    }

    async fn an_older_report_only_fills_gaps(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(ImportedOrder { updated_at: Some(NOW), alias: Some(alias(1)), ..shipped(2) }).await;
        stage.import_order(ImportedOrder {
            updated_at: Some(NOW.minus(Span::days(5))), status: Some(OrderStatus::Unshipped), business: Some(false), ..shipped(2)
        }).await;
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!((known.status, known.business, known.alias), (Some(OrderStatus::Shipped), Some(false), Some(alias(1))));
        stage.import_order(ImportedOrder { updated_at: Some(NOW.plus(Span::days(1))), status: Some(OrderStatus::Cancelled), ..shipped(2) }).await;
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!(known.status, Some(OrderStatus::Cancelled));
    }

    async fn orders_of_foreign_stores_and_of_none_are_counted_and_not_kept(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let report = vec![
            ImportedOrder { store: Some("FR".parse().unwrap()), ..shipped(2) },
            ImportedOrder { store: None, ..shipped(4) },
            shipped(6),
        ];
        let counts = stage.store.record_orders(stage.account.id, report, now()).await.unwrap();
        assert_eq!(counts, ImportedOrders { added: 1, foreign_store: 1, no_store: 1, ..ImportedOrders::default() });
        assert_eq!(stage.store.order(stage.account.id, order(2)).await.unwrap(), None);
        assert_eq!(stage.store.order(stage.account.id, order(4)).await.unwrap(), None);
    }

    async fn an_order_of_one_account_is_not_another_s(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec!["US".parse().unwrap()], NOW).await.unwrap();
        assert_eq!(stage.store.order(other.id, order(2)).await.unwrap(), None);
        let counts = stage.store.record_orders(other.id, vec![shipped(2)], now()).await.unwrap();
        assert_eq!(counts.added, 1);
        assert_eq!(stage.store.order(other.id, order(2)).await.unwrap().unwrap().alias, None);
        let nobody = stage.store.record_orders(model::AccountId::generate(), vec![shipped(2)], now()).await;
        assert!(matches!(nobody, Err(StoreError::UnknownAccount(_))));
    }

    async fn a_part_of_a_report_is_recorded_whole_or_not_at_all(ground: Ground) {
        let stage = Stage::on(&ground).await;
        ground.by_hand(
            "CREATE TRIGGER bad BEFORE INSERT ON orders WHEN NEW.order_id LIKE '%9' BEGIN SELECT RAISE(ABORT, 'made to fail'); END",
            "ALTER TABLE orders ADD CONSTRAINT bad CHECK (order_id NOT LIKE '%9')",
        );
        let report: Vec<_> = (0..12).map(shipped).collect();
        assert!(stage.store.record_orders(stage.account.id, report, now()).await.is_err());
        for table in ["orders", "plan_queue", "daily_count"] {
            assert_eq!(ground.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
    }

    async fn a_new_alias_of_an_order_replaces_the_old_one_and_a_missing_one_does_not(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(2, None).await;
        let known = || stage.store.order(stage.account.id, order(2));
        assert_eq!(known().await.unwrap().unwrap().alias, Some(alias(1)));
        stage.import(2, Some(alias(2))).await;
        assert_eq!(known().await.unwrap().unwrap().alias, Some(alias(2)));
    }

    async fn the_last_seen_times_of_an_address_follow_mail_and_notices(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let address = stage.store.addresses(stage.account.id).await.unwrap().remove(0);
        for (kind, hour, notices) in [(NoticeKind::NotAmazon, 1, None), (NoticeKind::OptOut, 2, Some(2)), (NoticeKind::NotAmazon, 3, Some(2))] {
            let received_at = NOW.plus(Span::hours(hour));
            let mut mail = Letter { received_at, ..Letter::of(kind, u32::try_from(hour).unwrap()) }.mail(&stage.account);
            mail.address = Some(address.id);
            stage.store.record_mail(mail).await.unwrap();
            let seen = stage.store.addresses(stage.account.id).await.unwrap().into_iter().find(|seen| seen.id == address.id).unwrap();
            assert_eq!((seen.last_mail_at, seen.last_notice_at), (Some(received_at), notices.map(|hour| NOW.plus(Span::hours(hour)))));
        }
    }
}
