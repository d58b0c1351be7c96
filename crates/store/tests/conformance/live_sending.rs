//! Senders, the deliberate step to live, the pace, trouble with a server, and what a server said.

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::sender::{SenderLimits, ServerReply};
use model::sending::StopScope;
use model::{AlertKind, Delivery, Marketplace, MessageState, Reason, Span};
use store::{Attempt, Handover, StoreError};

use crate::stage::{NOW, Stage, alias, attempt, member, now, permitted, reason_of, sender};
use crate::{Ground, on_both};

const GERMANY: Marketplace = Marketplace::De;

on_both! {
    async fn a_sender_comes_back_as_it_was_set_and_stands_nowhere_in_clear(ground: Ground) {
        let (store, account) = ground.with_account().await;
        assert_eq!(store.sender(account.id, GERMANY).await.unwrap(), None);
        store.set_sender(account.id, GERMANY, sender(), member(Role::Manager), now()).await.unwrap();
        assert!(store.sender(account.id, GERMANY).await.unwrap() == Some(sender()));
        assert_eq!(store.sender(account.id, Marketplace::Us).await.unwrap(), None);
        for column in ["from_sealed", "name_sealed", "user_sealed", "password_sealed"] {
            for secret in ["orders@shop.example", "Kettle", "kettle-user", "tin-whistle"] {
                let (lite, hex) = (format!("instr({column}, CAST('{secret}' AS BLOB)) > 0"), format!("position('{secret}'::bytea in {column}) > 0"));
                let found = format!("SELECT COUNT(*) FROM sender WHERE {}", if ground.is_postgres() { hex } else { lite });
                assert_eq!(ground.number(&found), 0, "{column}");
            }
        }
        let ledger = store.ledger_page(account.id, None, 10).await.unwrap().rows;
        let said = ledger[0].payload.clone().unwrap();
        assert!(!said.contains("shop.example") && !said.contains("tin-whistle") && !said.contains("kettle-user"), "{said}");
        assert!(store.remove_sender(account.id, GERMANY, Actor::Operator, now()).await.unwrap());
        assert!(!store.remove_sender(account.id, GERMANY, Actor::Operator, now()).await.unwrap());
        assert_eq!(store.sender(account.id, GERMANY).await.unwrap(), None);
        for role in [Role::Agent, Role::Viewer] {
            let refused = store.set_sender(account.id, GERMANY, sender(), member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
        let nowhere = store.set_sender(account.id, Marketplace::Jp, sender(), Actor::Operator, now()).await;
        assert!(matches!(nowhere, Err(StoreError::UnknownStore(..))));
    }

    async fn a_live_store_without_a_sender_waits_and_goes_on_with_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.store.remove_sender(stage.account.id, GERMANY, Actor::Operator, now()).await.unwrap();
        let claimed = stage.claimed_email(3, 1).await;
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::ChannelUnavailable);
        stage.store.set_sender(stage.account.id, GERMANY, sender(), Actor::Operator, now()).await.unwrap();
        let later = model::Clock::real(NOW.plus(Span::hours(1)));
        let again = stage.store.claim_due(later, 5).await.unwrap().remove(0);
        permitted(attempt(&stage.store, &again, later).await);
    }

    async fn a_store_goes_live_by_its_owner_with_a_sender_and_what_the_summary_showed(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let switch = |to, expected, by| store.switch_delivery(account.id, GERMANY, to, expected, by, now());
        let refused = switch(Delivery::Live, None, Actor::Operator).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Conflict(words) if words.contains("sender")), "{refused}");
        store.set_sender(account.id, GERMANY, sender(), Actor::Operator, now()).await.unwrap();
        for role in [Role::Manager, Role::Agent, Role::Viewer] {
            assert!(matches!(switch(Delivery::Live, None, member(role)).await, Err(StoreError::NotAllowed(_))));
        }
        assert!(matches!(switch(Delivery::Live, None, Actor::Abide).await, Err(StoreError::NotAllowed(_))));
        let shown = store.live_summary(account.id, GERMANY, now()).await.unwrap().token;
        store.set_sender(account.id, GERMANY, sender(), Actor::Operator, now()).await.unwrap();
        let stale = switch(Delivery::Live, Some(shown), member(Role::Owner)).await;
        assert!(matches!(stale, Err(StoreError::Conflict(_))), "the sender was set anew since");
        let shown = store.live_summary(account.id, GERMANY, now()).await.unwrap().token;
        assert!(switch(Delivery::Live, Some(shown), member(Role::Owner)).await.unwrap());
        assert!(!switch(Delivery::Live, None, member(Role::Owner)).await.unwrap(), "again is the same");
        assert!(store.any_live_store().await.unwrap());
        assert!(matches!(switch(Delivery::Capture, None, member(Role::Agent)).await, Err(StoreError::NotAllowed(_))));
        assert!(switch(Delivery::Capture, None, member(Role::Manager)).await.unwrap());
        ground.by_hand_alike("INSERT INTO installation (name, value) VALUES ('restored_at', '2026-08-20T00:00:00Z')");
        assert!(matches!(switch(Delivery::Live, None, Actor::Operator).await, Err(StoreError::Conflict(_))));
        let entries = store.ledger_page(account.id, None, 100).await.unwrap().rows;
        assert_eq!(entries.iter().filter(|entry| entry.kind == LedgerKind::SendingChanged).count(), 4);
    }

    async fn the_summary_counts_what_would_leave(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in [1, 3, 5, 2] {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let germany: Vec<_> = stage.claim().await.into_iter().filter(|m| m.order_id != crate::stage::order(2)).collect();
        stage.store.release_claims(germany[..1].to_vec(), Reason::ServerDeferred, NOW.plus(Span::hours(3))).await.unwrap();
        stage.store.release_claims(germany[1..2].to_vec(), Reason::ServerDeferred, NOW.plus(Span::days(3))).await.unwrap();
        stage.receive(&crate::stage::Letter::opt_out(8)).await;
        let summary = stage.store.live_summary(stage.account.id, GERMANY, now()).await.unwrap();
        assert_eq!(summary.upcoming.len(), 1, "the US store's message is not among them");
        let letters = &summary.upcoming[0];
        assert_eq!((letters.now, letters.in_a_day, letters.in_a_week, letters.later), (1, 1, 1, 0));
        assert_eq!(letters.name.as_deref(), Some("letter"));
        assert_eq!(summary.waiting, [(Reason::ServerDeferred, 2)]);
        assert_eq!((summary.suppressions.n, summary.held.n, summary.unknown.n), (1, 0, 0));
        assert_eq!((summary.delivery, summary.queue_goes_on, summary.stops.len()), (Delivery::Live, false, 0));
        assert_eq!(summary.sender.unwrap().0.as_str(), "orders@shop.example");
        assert!((450..500).contains(&summary.cap));
        stage.store.stop_sending(StopScope::Account(stage.account.id), Actor::Operator, None, now()).await.unwrap();
        let stopped = stage.store.live_summary(stage.account.id, GERMANY, now()).await.unwrap();
        assert_eq!(stopped.stops.len(), 1);
        assert_ne!(stopped.token, summary.token);
    }

    async fn a_store_sends_no_more_a_minute_than_its_limit(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let slow = model::sender::Sender { limits: SenderLimits { connections: 1, per_minute: 1 }, ..sender() };
        stage.store.set_sender(stage.account.id, GERMANY, slow, Actor::Operator, now()).await.unwrap();
        stage.import(1, Some(alias(1))).await;
        stage.import(3, Some(alias(3))).await;
        stage.plan_emails().await;
        let claimed = stage.claim().await;
        permitted(stage.attempt(&claimed[0]).await);
        let entries = stage.ledger().await.len();
        let other_node = ground.open().await;
        let Attempt::Waits(refusal, until) = attempt(&other_node, &claimed[1], now()).await else { panic!("not paced") };
        assert_eq!(refusal.reason, Reason::Paced);
        assert!(until > NOW && until <= NOW.plus(Span::seconds(61)), "{until}");
        assert_eq!(stage.ledger().await.len(), entries, "a turn in the lane is no change of state");
        // The clock was set back by a year: nobody waits longer than a minute, nor does it stay so.
        ground.by_hand_alike("UPDATE sending_pace SET full_at = full_at + 31536000000000");
        let again = stage.store.claim_due(model::Clock::real(NOW.plus(Span::minutes(2))), 5).await.unwrap().remove(0);
        let Attempt::Waits(_, until) = stage.attempt(&again).await else { panic!("not paced") };
        assert!(until <= NOW.plus(Span::seconds(61)), "{until}");
        // A minute passes.
        ground.by_hand_alike("UPDATE sending_pace SET full_at = full_at - 61000000");
        let again = stage.store.claim_due(model::Clock::real(NOW.plus(Span::minutes(2))), 5).await.unwrap().remove(0);
        permitted(stage.attempt(&again).await);
    }

    async fn trouble_pauses_a_lane_and_a_refused_sign_in_alerts_once_a_day(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        assert_eq!(store.sender_status(account, GERMANY).await.unwrap(), None);
        let reply = ServerReply::new(535, "5.7.8 bad credentials for orders@shop.example");
        for minutes in [1, 2] {
            let (until, clock) = (NOW.plus(Span::minutes(minutes * 2)), model::Clock::real(NOW.plus(Span::minutes(minutes))));
            store.sender_trouble(account, GERMANY, Reason::SignInFailed, Some(reply.clone()), until, clock).await.unwrap();
        }
        let trouble = store.sender_status(account, GERMANY).await.unwrap().unwrap();
        assert_eq!((trouble.reason, trouble.reply), (Reason::SignInFailed, Some(reply)));
        assert_eq!((trouble.since, trouble.paused_until), (NOW.plus(Span::minutes(1)), NOW.plus(Span::minutes(4))));
        let alerts = stage.alerts().await;
        assert_eq!(alerts.iter().filter(|alert| alert.kind == AlertKind::SignInFailed).count(), 1);
        assert!(store.sender_well(account, GERMANY).await.unwrap());
        assert!(!store.sender_well(account, GERMANY).await.unwrap());
        assert_eq!(store.sender_status(account, GERMANY).await.unwrap(), None);
    }

    async fn the_server_s_words_stand_at_the_message_until_its_content_is_erased(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        let reply = ServerReply::new(550, "5.1.1 no such buyer");
        stage.finish(&claimed, Handover::Rejected { reason: Reason::RejectedByServer, reply: Some(reply.clone()) }).await;
        let detail = stage.store.message_detail(stage.account.id, claimed.id).await.unwrap().unwrap();
        assert_eq!((detail.row.state, detail.attempts), (MessageState::Failed, 1));
        assert_eq!(detail.reply, Some(reply));
        assert_eq!(detail.content.unwrap().0, crate::stage::text().subject);
        let (first, last) = (detail.attempt_entry.unwrap(), detail.last_entry.unwrap());
        let ledger = stage.ledger().await;
        let kind = |number| ledger.iter().find(|entry| entry.number == number).unwrap().kind;
        assert_eq!((kind(first), kind(last)), (LedgerKind::Attempt, LedgerKind::Outcome));
        let message_id = detail.message_id.unwrap();
        let found = stage.store.message_by_message_id(&message_id).await.unwrap();
        assert_eq!(found, Some((stage.account.id, claimed.id)));
        let much_later = model::Clock::real(NOW.plus(Span::days(90)));
        stage.store.purge(much_later, 100).await.unwrap();
        let erased = stage.store.message_detail(stage.account.id, claimed.id).await.unwrap().unwrap();
        assert_eq!((erased.reply, erased.content), (None, None));
        let other = stage.store
            .add_account("Other".into(), "other".parse().unwrap(), vec![GERMANY], NOW).await.unwrap();
        assert_eq!(stage.store.message_detail(other.id, claimed.id).await.unwrap(), None);
    }
}
