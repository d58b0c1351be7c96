//! Law 9: the same notice, by whatever route, changes nothing, not even after a removal; a new one suppresses
//! again. The same report twice changes nothing.

use model::inbound::{Door, Outcome};
use model::member::Actor;
use model::order::OrderItem;
use model::suppression::{SuppressionState, Target};
use model::{Forwarded, NoticeKind, Span};

use crate::stage::{Letter, NOW, Stage, alias, now, order, shipped};
use crate::{Ground, on_both};

/// One notice of Amazon's by every route it may take.
fn routes() -> Vec<(&'static str, Letter)> {
    let original = Letter::opt_out(2).by(1);
    let inline = |day| Letter {
        message_id: None,
        forwarded: Forwarded::Inline,
        date: Some(jiff::civil::date(2026, 8, day)),
        ..original.clone()
    };
    vec![
        ("by SMTP", original.clone()),
        ("as a file", Letter { door: Door::File, ..original.clone() }),
        ("uploaded", Letter { door: Door::Upload, ..original.clone() }),
        ("by a mailbox rule", Letter { forwarded: Forwarded::Auto, ..original.clone() }),
        ("attached", Letter { forwarded: Forwarded::Attached, ..original.clone() }),
        ("inline", inline(20)),
        ("inline, from a zone that was a day behind", inline(19)),
        ("inline, from a zone that was a day ahead", inline(21)),
    ]
}

async fn remove(stage: &Stage) {
    let target = Target::Order(order(2));
    stage.store.remove_suppression(stage.account.id, target, "he asked".into(), Actor::Operator, now()).await.unwrap();
}

on_both! {
    async fn the_same_notice_by_any_route_changes_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (first_route, first) in routes() {
            // Another order each time, so that each route comes first once.
            let number = u32::try_from(stage.list().await.len() + 2).unwrap();
            let about = |letter: &Letter| Letter { orders: vec![order(number)], ..letter.clone() };
            assert_eq!(stage.receive(&about(&first)).await.outcome, Outcome::Suppressed, "{first_route}");
            let (list, ledger) = (stage.list().await, stage.ledger().await.len());
            for (again_route, again) in routes() {
                // Two forwards by hand a day to either side of each other can't be told to be the same.
                if first.date.zip(again.date).is_some_and(|(one, other)| (one - other).get_days().abs() > 1) {
                    continue;
                }
                let recorded = stage.receive(&about(&again)).await;
                assert_eq!(recorded.outcome, Outcome::Repeated, "{first_route}, then {again_route}");
            }
            assert_eq!(stage.list().await, list);
            assert_eq!(stage.ledger().await.len(), ledger);
        }
    }

    async fn the_same_notice_after_a_removal_changes_nothing_and_a_new_one_suppresses_again(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&routes()[0].1).await;
        remove(&stage).await;
        for (route, again) in routes() {
            assert_eq!(stage.receive(&again).await.outcome, Outcome::Repeated, "{route}");
        }
        assert!(stage.list().await.iter().all(|row| row.state == SuppressionState::Removed));
        let new = stage.receive(&Letter::opt_out(2).by(1).numbered("another@amazonses.com")).await;
        assert_eq!(new.outcome, Outcome::Suppressed);
        assert_eq!(stage.list().await.last().unwrap().state, SuppressionState::Active);
    }

    async fn a_notice_first_met_inline_is_told_from_a_new_one_by_the_message_id_met_since(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let inline = Letter { message_id: None, forwarded: Forwarded::Inline, ..Letter::opt_out(2).by(1) };
        assert_eq!(stage.receive(&inline).await.outcome, Outcome::Suppressed);
        assert_eq!(stage.receive(&Letter::opt_out(2).by(1)).await.outcome, Outcome::Repeated);
        remove(&stage).await;
        // Amazon blocked another message on the same day.
        let new = stage.receive(&Letter::opt_out(2).by(1).numbered("another@amazonses.com")).await;
        assert_eq!(new.outcome, Outcome::Suppressed);
    }

    async fn a_forward_without_message_id_two_days_off_or_without_its_date_is_new(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        remove(&stage).await;
        let other_day = Letter { message_id: None, date: Some(jiff::civil::date(2026, 8, 22)), ..Letter::opt_out(2) };
        assert_eq!(stage.receive(&other_day).await.outcome, Outcome::Suppressed);
        remove(&stage).await;
        let no_day = Letter { message_id: None, date: None, ..Letter::opt_out(2) };
        assert_eq!(stage.receive(&no_day).await.outcome, Outcome::Suppressed);
    }

    async fn notices_of_another_kind_order_or_account_are_others(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        assert_eq!(stage.receive(&Letter { kind: NoticeKind::Refund, ..Letter::opt_out(2) }).await.outcome, Outcome::Marked);
        assert_eq!(stage.receive(&Letter { orders: vec![order(4)], ..Letter::opt_out(2) }).await.outcome, Outcome::Suppressed);
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        let recorded = stage.store.record_mail(Letter::opt_out(2).mail(&other)).await.unwrap();
        assert_eq!(recorded.readings[0].outcome, Outcome::Suppressed);
    }

    async fn a_notice_attached_to_itself_counts_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let letter = Letter::opt_out(2);
        let mail = letter.mail_with(&stage.account, vec![letter.reading(0), letter.reading(1)]);
        let recorded = stage.store.record_mail(mail).await.unwrap();
        let outcomes: Vec<_> = recorded.readings.iter().map(|reading| reading.outcome).collect();
        assert_eq!(outcomes, [Outcome::Suppressed, Outcome::Repeated]);
        assert_eq!(stage.list().await.len(), 1);
    }

    async fn the_same_restriction_again_does_not_stop_an_account_that_was_released(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let restriction = Letter { orders: vec![], ..Letter::of(NoticeKind::Restriction, 2) };
        stage.receive(&restriction).await;
        let restricted = stage.store.account_by_id(stage.account.id).await.unwrap().settings;
        assert_eq!(restricted.restricted_since, Some(NOW));
        assert!(stage.store.lift_restriction(stage.account.id, Actor::Operator, NOW).await.unwrap());
        assert_eq!(stage.receive(&restriction).await.outcome, Outcome::Repeated);
        assert_eq!(stage.store.account_by_id(stage.account.id).await.unwrap().settings, stage.account.settings);
        assert_eq!(stage.receive(&restriction.numbered("new@amazonses.com")).await.outcome, Outcome::Restricted);
    }

    async fn the_same_notice_with_an_alias_that_its_first_way_lost_brings_the_buyer_under_what_stands(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        stage.receive(&Letter::opt_out(2)).await;
        assert_eq!(stage.message(4).await.0, model::MessageState::Planned, "the buyer is not known yet");
        assert_eq!(stage.receive(&Letter::opt_out(2).by(1)).await.outcome, Outcome::Repeated);
        assert_eq!(stage.message(4).await, (model::MessageState::Withdrawn, Some(model::Reason::OptedOut)));
        assert_eq!(stage.list().await.len(), 1, "and no entry is new");
    }

    async fn after_a_removal_the_same_notice_brings_nobody_under_anything(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        stage.receive(&Letter::opt_out(2)).await;
        let target = model::suppression::Target::Order(crate::stage::order(2));
        let note = "Amazon corrected it".to_owned();
        stage.store.remove_suppression(stage.account.id, target, note, Actor::Operator, crate::stage::now()).await.unwrap();
        assert_eq!(stage.receive(&Letter::opt_out(2).by(1)).await.outcome, Outcome::Repeated);
        assert_eq!(stage.message(4).await.0, model::MessageState::Planned);
    }

    async fn the_same_report_again_changes_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let line = OrderItem { line: "1".into(), sku: Some("KETTLE".into()), quantity: Some(1), ..OrderItem::default() };
        let whole = model::order::ImportedOrder {
            alias: Some(alias(1)),
            buyer_name: Some("Ann Example".into()),
            ship_country: Some("US".into()),
            business: Some(false),
            items: vec![line],
            ..shipped(2)
        };
        let old = model::order::ImportedOrder {
            order_id: order(4),
            purchased_at: Some(NOW.minus(Span::days(400))),
            estimated_arrival: Some(NOW.minus(Span::days(390))),
            ..whole.clone()
        };
        let bare = model::order::ImportedOrder { order_id: order(6), alias: None, ..shipped(2) };
        let report = vec![whole, old, bare];
        let first = stage.store.record_orders(stage.account.id, report.clone(), now()).await.unwrap();
        assert_eq!((first.added, first.updated, first.unchanged, first.too_old), (3, 0, 0, 1));
        let ledger = stage.ledger().await.len();
        let again = stage.store.record_orders(stage.account.id, report, now()).await.unwrap();
        assert_eq!((again.added, again.updated, again.unchanged), (0, 0, 3));
        assert_eq!(stage.ledger().await.len(), ledger, "and the ledger says nothing new");
    }

    async fn reports_in_either_order_of_their_making_end_alike(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let early = model::order::ImportedOrder {
            updated_at: Some(NOW.minus(Span::days(9))),
            status: Some(model::order::OrderStatus::Unshipped),
            ..shipped(2)
        };
        let late = model::order::ImportedOrder { updated_at: Some(NOW.minus(Span::days(3))), ..shipped(2) };
        for (number, reports) in [(2, [&early, &late]), (4, [&late, &early])] {
            for report in reports {
                stage.import_order(model::order::ImportedOrder { order_id: order(number), ..report.clone() }).await;
            }
            let known = stage.store.order(stage.account.id, order(number)).await.unwrap().unwrap();
            assert_eq!(known.status, Some(model::order::OrderStatus::Shipped), "order {number}");
        }
    }
}
