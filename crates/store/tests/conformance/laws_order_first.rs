//! Law 6: a notice suppresses its order at once and the buyer as soon as an alias is known, whichever comes
//! first; an alias that many share is never suppressed as a buyer.

use model::inbound::Outcome;
use model::member::Actor;
use model::message::MessageState;
use model::order::ImportedOrder;
use model::suppression::{SuppressionState, Target};
use model::{AccountSettings, AlertKind, Alias, Channel, Reason, Span};

use crate::stage::{Letter, NOW, Stage, alias, now, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

fn shared_by_form() -> Alias {
    "no-reply-amazon-iba-buyer@marketplace.amazon.it".parse().unwrap()
}

async fn refused_for_buyer(stage: &Stage, number: u32, buyer: Alias) {
    stage.import(number, Some(buyer)).await;
    stage.plan().await;
    for message in stage.claim().await {
        assert_eq!(reason_of(&stage.attempt(&message).await), Reason::OptedOut, "{}", message.channel);
    }
}

on_both! {
    async fn notice_first_the_order_that_names_its_alias_later_brings_its_buyer_along(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let recorded = stage.receive(&Letter::opt_out(2)).await;
        assert!(!recorded.covers_buyer);
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        let counts = stage.import(2, Some(alias(1))).await;
        assert_eq!((counts.buyers_learnt, counts.withdrawn), (1, 1), "order 4 is the same buyer's");
        assert_eq!(stage.message(4).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        assert!(stage.list().await.iter().all(|row| row.alias == Some(alias(1))));
        refused_for_buyer(&stage, 6, alias(1)).await;
    }

    async fn notice_first_then_the_order_without_alias_then_its_alias(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        assert_eq!(stage.import(2, None).await.buyers_learnt, 0);
        assert_eq!(stage.import(2, Some(alias(1))).await.buyers_learnt, 1);
        refused_for_buyer(&stage, 4, alias(1)).await;
    }

    async fn order_first_the_notice_without_alias_covers_its_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        let recorded = stage.receive(&Letter::opt_out(2)).await;
        assert!(recorded.covers_buyer);
        refused_for_buyer(&stage, 4, alias(1)).await;
    }

    async fn a_notice_s_own_alias_covers_the_buyer_of_an_order_never_seen(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by(1)).await;
        refused_for_buyer(&stage, 4, alias(1)).await;
    }

    async fn a_notice_with_an_alias_alone_covers_that_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let recorded = stage.receive(&Letter { orders: vec![], ..Letter::opt_out(2).by(1) }).await;
        assert_eq!((recorded.outcome, recorded.covers_buyer), (Outcome::Suppressed, true));
        refused_for_buyer(&stage, 4, alias(1)).await;
    }

    async fn an_order_whose_buyer_opted_out_elsewhere_is_refused_once_its_alias_is_known(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(4, None).await;
        stage.plan_for(&[(stage.review, Channel::Solicitation)]).await;
        let waiting = stage.claim_one().await;
        stage.receive(&Letter::opt_out(2).by(1)).await;
        stage.import(4, Some(alias(1))).await;
        assert_eq!(reason_of(&stage.attempt(&waiting).await), Reason::OptedOut);
    }

    async fn an_alias_shared_by_its_form_is_never_suppressed_as_a_buyer(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [2, 4] {
            stage.import(number, Some(shared_by_form())).await;
        }
        let recorded = stage.receive(&Letter { alias: Some(shared_by_form()), ..Letter::opt_out(2) }).await;
        assert_eq!((recorded.outcome, recorded.covers_buyer), (Outcome::Suppressed, false));
        assert_eq!(stage.alerts().await[0].kind, AlertKind::SharedAlias);
        stage.plan_for(&[(stage.review, Channel::Solicitation)]).await;
        for message in stage.claim().await {
            let answer = stage.attempt(&message).await;
            if message.order_id == order(2) {
                assert_eq!(reason_of(&answer), Reason::OptedOut);
            } else {
                permitted(answer);
            }
        }
        let alone = stage.receive(&Letter { orders: vec![], alias: Some(shared_by_form()), ..Letter::opt_out(6) }).await;
        assert_eq!(alone.outcome, Outcome::Review, "nobody can be suppressed by it");
        let blocked = Target::Buyer(shared_by_form());
        assert!(stage.store.add_suppression(stage.account.id, blocked, "x".into(), Actor::Operator, now()).await.is_err());
    }

    async fn a_shared_alias_of_an_order_too_old_to_keep_is_still_shared(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let old = NOW.minus(Span::days(200));
        stage.import_order(ImportedOrder {
            alias: Some(shared_by_form()), purchased_at: Some(old), estimated_arrival: Some(old), ..shipped(2)
        }).await;
        stage.import(4, Some(shared_by_form())).await;
        stage.plan_for(&[(stage.review, Channel::Solicitation)]).await;
        stage.store.claim_due(now(), 200).await.unwrap();
        let recorded = stage.receive(&Letter::opt_out(2)).await;
        assert!(!recorded.covers_buyer);
        assert_eq!(stage.message(4).await.0, MessageState::Planned, "another buyer's message stands");
    }

    async fn an_alias_on_more_than_twenty_names_is_shared_and_alerts(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let named = |number: u32, name: String| {
            ImportedOrder { alias: Some(alias(1)), buyer_name: Some(name), ..shipped(number) }
        };
        for number in 0..20 {
            // The same name in other letters and spaces is no other name.
            stage.import_order(named(2 * number, format!("Ann  Example {number}"))).await;
            stage.import_order(named(2 * number + 100, format!(" ann example {number} "))).await;
        }
        assert!(!stage.store.order(stage.account.id, order(0)).await.unwrap().unwrap().alias_shared, "twenty are one buyer's");
        assert_eq!(stage.alerts().await, []);
        stage.import_order(named(200, "Bob Sample".into())).await;
        assert!(stage.store.order(stage.account.id, order(0)).await.unwrap().unwrap().alias_shared);
        assert_eq!(stage.alerts().await[0].kind, AlertKind::SharedAlias);
        let recorded = stage.receive(&Letter::opt_out(200).by(1)).await;
        assert!(!recorded.covers_buyer);
        stage.plan_for(&[(stage.email, Channel::Email)]).await;
        let answers: Vec<_> = stage.claim().await;
        for message in answers {
            let expected = if message.order_id == order(200) { Reason::OptedOut } else { Reason::SharedAlias };
            assert_eq!(reason_of(&stage.attempt(&message).await), expected);
        }
    }

    async fn a_notice_and_its_order_with_different_aliases_cover_both_and_alert(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(2).by(3)).await;
        assert_eq!(stage.alerts().await[0].kind, AlertKind::AliasConflict);
        refused_for_buyer(&stage, 4, alias(1)).await;
        refused_for_buyer(&stage, 6, alias(3)).await;
        assert_eq!(stage.list().await.len(), 2, "one entry, a row for each buyer");
    }

    async fn an_order_that_names_another_alias_than_its_notice_later_covers_both_and_alerts(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by(3)).await;
        stage.import(2, Some(alias(1))).await;
        assert_eq!(stage.alerts().await[0].kind, AlertKind::AliasConflict);
        refused_for_buyer(&stage, 4, alias(1)).await;
        refused_for_buyer(&stage, 6, alias(3)).await;
    }

    async fn a_held_notice_holds_its_buyer_too_once_he_is_known(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by_structure()).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        for message in stage.claim().await {
            assert_eq!(reason_of(&stage.attempt(&message).await), Reason::Held);
        }
        assert!(stage.list().await.iter().all(|row| row.state == SuppressionState::Held && row.covers_buyer));
    }

    async fn a_removed_entry_learns_no_buyer_and_an_order_stop_covers_the_order_alone(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        stage.receive(&Letter::opt_out(2)).await;
        stage.store.remove_suppression(account, Target::Order(order(2)), "x".into(), Actor::Operator, now()).await.unwrap();
        stage.store.add_suppression(account, Target::Order(order(2)), "x".into(), Actor::Operator, now()).await.unwrap();
        assert_eq!(stage.import(2, Some(alias(1))).await.buyers_learnt, 0);
        stage.import(4, Some(alias(1))).await;
        stage.plan_emails().await;
        for message in stage.claim().await {
            let answer = stage.attempt(&message).await;
            if message.order_id == order(2) {
                assert_eq!(reason_of(&answer), Reason::OrderStopped);
            } else {
                permitted(answer);
            }
        }
    }

    async fn an_order_without_alias_gets_no_email_and_amazons_own_request_where_the_account_allows_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        stage.plan().await;
        let mut claimed = stage.claim().await;
        claimed.sort_by_key(|message| message.channel);
        let settings = AccountSettings { solicit_without_alias: false, ..stage.account.settings };
        stage.store.change_settings(stage.account.id, settings, Actor::Operator, NOW).await.unwrap();
        for message in &claimed {
            assert_eq!(reason_of(&stage.attempt(message).await), Reason::NoAlias, "{}", message.channel);
        }
        stage.store.change_settings(stage.account.id, stage.account.settings, Actor::Operator, NOW).await.unwrap();
        let later = model::Clock::real(NOW.plus(Span::hours(2)));
        let mut claimed = stage.store.claim_due(later, 10).await.unwrap();
        claimed.sort_by_key(|message| message.channel);
        for message in claimed {
            let answer = crate::stage::attempt(&stage.store, &message, later).await;
            match message.channel {
                Channel::Email => assert_eq!(reason_of(&answer), Reason::NoAlias),
                _ => assert_eq!(permitted(answer).channel(), Channel::Solicitation),
            }
        }
    }
}
