//! What conditions of campaigns ask about an order beside its dates: the parcel, the buyer's language and stars, the
//! state of its items, and whether the same buyer had ordered before.

use model::order::{ImportedOrder, ItemCondition, OrderItem};
use model::{NoticeKind, Span};

use crate::stage::{Letter, NOW, Stage, alias, order, shipped};
use crate::{Ground, on_both};

fn told() -> ImportedOrder {
    ImportedOrder {
        carrier: Some("AMZN_US".into()),
        tracking_number: Some("TBA000000000001".into()),
        buyer_language: Some("de".into()),
        feedback_stars: Some(4),
        review_stars: Some(2),
        items: vec![OrderItem { line: "1".into(), condition: Some(ItemCondition::Used), ..OrderItem::default() }],
        ..shipped(2)
    }
}

on_both! {
    async fn what_one_list_tells_stays_when_others_are_silent_about_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        assert_eq!(stage.import_order(told()).await.added, 1);
        assert_eq!(stage.import_order(told()).await.unchanged, 1);
        let bare = ImportedOrder { items: vec![OrderItem { line: "1".into(), ..OrderItem::default() }], ..shipped(2) };
        assert_eq!(stage.import_order(ImportedOrder { tracking_number: None, ..bare }).await.unchanged, 1);
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!((known.carrier.as_deref(), known.tracking_number.as_deref()), (Some("AMZN_US"), Some("TBA000000000001")));
        assert_eq!((known.buyer_language.as_deref(), known.feedback_stars, known.review_stars), (Some("de"), Some(4), Some(2)));
        assert_eq!(known.items[0].condition, Some(ItemCondition::Used));
    }

    async fn another_parcel_alone_is_a_change(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(told()).await;
        let counts = stage.import_order(ImportedOrder { tracking_number: Some("TBA2".into()), ..told() }).await;
        assert_eq!(counts.updated, 1);
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!(known.tracking_number.as_deref(), Some("TBA2"));
    }

    async fn a_parcels_number_is_not_kept_in_clear(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(told()).await;
        assert_eq!(ground.number("SELECT count(*) FROM orders WHERE tracking_sealed IS NOT NULL AND length(tracking_sealed) > 30"), 1);
    }

    async fn a_buyer_is_known_again_by_his_alias_from_his_second_order_on(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let bought = |number, days| ImportedOrder {
            purchased_at: Some(shipped(number).purchased_at.unwrap().plus(Span::days(days))),
            alias: Some(alias(1)),
            ..shipped(number)
        };
        let repeat = async |number| stage.store.order(stage.account.id, order(number)).await.unwrap().unwrap().repeat_buyer;
        stage.import_order(bought(4, 0)).await;
        assert_eq!(repeat(4).await, Some(false));
        stage.import_order(bought(2, -1)).await;
        assert_eq!((repeat(2).await, repeat(4).await), (Some(false), Some(true)), "an earlier order came in later");
        stage.import_order(ImportedOrder { alias: None, ..shipped(6) }).await;
        assert_eq!(repeat(6).await, None, "without an alias nobody can tell");
        stage.import_order(ImportedOrder { alias: Some(alias(2)), ..shipped(8) }).await;
        assert_eq!(repeat(8).await, Some(false), "another buyer");
        let shared = "no-reply@marketplace.amazon.com".parse().unwrap();
        stage.import_order(ImportedOrder { alias: Some(shared), ..shipped(10) }).await;
        assert_eq!(repeat(10).await, None, "an alias of many is no buyer");
    }

    async fn a_mark_says_whether_its_notice_is_confirmed(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import_order(told()).await;
        stage.receive(&Letter::of(NoticeKind::ReturnRequest, 2).by_structure()).await;
        let marks = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap().marks;
        assert!(marks.len() == 1 && marks[0].provisional && marks[0].since == NOW, "{marks:?}");
        stage.receive(&Letter { provenance: model::Provenance::Proven, ..Letter::of(NoticeKind::ReturnRequest, 2).numbered("another") }).await;
        let marks = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap().marks;
        assert!(marks.len() == 1 && !marks[0].provisional, "{marks:?}");
    }
}
