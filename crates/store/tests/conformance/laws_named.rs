//! Law 5: nothing is silent. Each reading of each mail ends in a row with a named outcome, and each no of the
//! gate is a code with a sentence, in the outbox and in the ledger.

use model::inbound::Outcome;
use model::ledger::LedgerKind;
use model::member::Actor;
use model::message::MessageState;
use model::order::{ImportedOrder, OrderMark, OrderStatus};
use model::suppression::Target;
use model::{AlertKind, Channel, NoticeKind, Provenance, Reason, Span};
use store::{Attempt, InboundFilter, Planned, PlannedOutcome, Switch};

use crate::stage::{Letter, NOW, Stage, alias, approved, now, order, reason_of, shipped};
use crate::{Ground, on_both};

/// What each kind must end in, with an order and without.
const fn expected(kind: NoticeKind) -> (Outcome, Outcome) {
    use NoticeKind as K;
    use Outcome as O;
    match kind {
        K::OptOut => (O::Suppressed, O::Review),
        K::Refund | K::ReturnRequest | K::CancellationRequest | K::ClaimOpened => (O::Marked, O::Review),
        K::BuyerMessage => (O::Marked, O::Noted),
        K::ClaimDecided | K::OwnMessageCopy | K::OrderPlaced | K::DeliveryFailure => (O::Noted, O::Noted),
        K::Restriction | K::ContentBlocked => (O::Restricted, O::Restricted),
        K::ForwardingConfirmation | K::UnrecognisedAmazon => (O::Review, O::Review),
        K::NotAmazon => (O::Review, O::Ignored),
    }
}

on_both! {
    async fn each_kind_of_reading_ends_in_its_named_outcome(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (place, kind) in NoticeKind::ALL.iter().enumerate() {
            let number = u32::try_from(place * 2).unwrap();
            let (with_order, without) = expected(*kind);
            for (letter, outcome) in [
                (Letter::of(*kind, number), with_order),
                (Letter { orders: vec![], ..Letter::of(*kind, number).numbered(&format!("{kind}@x")) }, without),
            ] {
                let recorded = stage.receive_mail(&letter).await;
                assert_eq!(recorded.readings.len(), 1);
                assert_eq!(recorded.readings[0].outcome, outcome, "{kind} about {:?}", letter.orders);
                let row = stage.store.inbound_mail(stage.account.id, recorded.id).await.unwrap().unwrap();
                assert_eq!((row.readings[0].kind, row.readings[0].outcome), (*kind, outcome));
                assert_eq!(row.readings[0].order_ids, letter.orders);
            }
        }
    }

    async fn a_mail_with_several_readings_names_an_outcome_for_each(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let kinds = [NoticeKind::NotAmazon, NoticeKind::OptOut, NoticeKind::Refund, NoticeKind::OptOut];
        let readings = (0_u32..).zip(kinds).map(|(part, kind)| Letter::of(kind, 2).reading(part)).collect();
        let recorded = stage.store.record_mail(Letter::opt_out(2).mail_with(&stage.account, readings)).await.unwrap();
        let row = stage.store.inbound_mail(stage.account.id, recorded.id).await.unwrap().unwrap();
        let outcomes: Vec<_> = row.readings.iter().map(|reading| (reading.part, reading.outcome)).collect();
        assert_eq!(outcomes, [(0, Outcome::Ignored), (1, Outcome::Suppressed), (2, Outcome::Marked), (3, Outcome::Repeated)]);
    }

    async fn a_mail_that_could_not_be_read_is_kept_and_alerts(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mut mail = Letter::opt_out(2).mail(&stage.account);
        mail.read = None;
        let raw = mail.raw.clone();
        let recorded = stage.store.record_mail(mail).await.unwrap();
        assert_eq!(recorded.readings[0].outcome, Outcome::Unread);
        assert_eq!(stage.store.mail_raw(stage.account.id, recorded.id).await.unwrap(), Some(raw));
        assert_eq!(stage.alerts().await[0].kind, AlertKind::UnreadMail);
        assert_eq!(stage.last_entry(LedgerKind::Review).await["unread"], true);
    }

    async fn a_notice_about_several_orders_holds_all_of_them(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        let recorded = stage.receive(&Letter { orders: vec![order(2), order(4)], ..Letter::opt_out(2).by(3) }).await;
        assert_eq!(recorded.outcome, Outcome::Held);
        let list = stage.list().await;
        let orders: Vec<_> = list.iter().map(|row| row.order_id.unwrap()).collect();
        assert_eq!(orders, [order(2), order(4)]);
        assert_eq!(list[0].alias, Some(alias(1)), "the order's own buyer, not the alias that may be anybody's");
        assert!(!list[1].covers_buyer);
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::StructureHeld));
    }

    async fn a_mark_that_is_not_proven_can_only_withhold(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        stage.receive(&Letter { provenance: Provenance::Unproven, ..Letter::of(NoticeKind::Refund, 2) }.by_structure()).await;
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::Refunded);
        assert_eq!(ground.number("SELECT provisional FROM order_mark"), 1);
        stage.receive(&Letter::of(NoticeKind::Refund, 2).numbered("surer@x")).await;
        assert_eq!(ground.number("SELECT provisional FROM order_mark"), 0, "a surer one settles it");
        stage.receive(&Letter::of(NoticeKind::Refund, 2).numbered("less@x").by_structure()).await;
        assert_eq!(ground.number("SELECT provisional FROM order_mark"), 0, "and it stays settled");
    }

    async fn each_no_of_the_gate_is_a_code_in_the_outbox_and_in_the_ledger(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        let cases: [(u32, Reason); 8] = [
            (2, Reason::OptedOut), (4, Reason::Blocked), (6, Reason::OrderStopped), (8, Reason::OrderCancelled),
            (10, Reason::Refunded), (12, Reason::OutsideWindow), (14, Reason::CampaignOff), (16, Reason::SharedAlias),
        ];
        for (number, reason) in cases {
            let status = if reason == Reason::OrderCancelled { OrderStatus::Cancelled } else { OrderStatus::Shipped };
            let buyer = if reason == Reason::SharedAlias { "no-reply-iba@marketplace.amazon.de".parse().unwrap() } else { alias(number) };
            stage.import_order(ImportedOrder { status: Some(status), alias: Some(buyer), ..shipped(number) }).await;
            let closes = if reason == Reason::OutsideWindow { NOW } else { NOW.plus(Span::days(1)) };
            let outcome = PlannedOutcome::Message { due: NOW.minus(Span::days(1)), closes };
            let queued = stage.store.orders_to_plan(200).await.unwrap();
            let queued = queued.into_iter().find(|queued| queued.order_id == order(number)).unwrap();
            let planned = Planned { campaign: stage.email, version: 1, channel: Channel::Email, outcome, arm: None };
            stage.store.record_plan(queued, vec![planned], now()).await.unwrap();
            let claimed = stage.claim_one().await;
            match reason {
                // Only after the claim, and by a row that the withdrawal does not meet: the gate itself must see it.
                Reason::OptedOut => drop(stage.receive(&Letter::opt_out(102).by(number)).await),
                Reason::Blocked => {
                    let target = Target::Buyer(alias(number));
                    stage.store.add_suppression(account, target, "x".into(), Actor::Operator, now()).await.unwrap();
                }
                Reason::OrderStopped => {
                    let target = Target::Order(order(number));
                    stage.store.add_suppression(account, target, "x".into(), Actor::Operator, now()).await.unwrap();
                }
                Reason::Refunded => drop(stage.receive(&Letter::of(NoticeKind::Refund, number)).await),
                Reason::CampaignOff => {
                    stage.store.switch_campaign(account, "letter".into(), Switch::Off, Actor::Operator, now()).await.unwrap();
                }
                _ => {}
            }
            match reason {
                Reason::OptedOut | Reason::Blocked | Reason::OrderStopped => {
                    assert!(matches!(stage.attempt(&claimed).await, Attempt::Gone));
                    assert_eq!(stage.message(number).await, (MessageState::Withdrawn, Some(reason)));
                }
                _ => {
                    assert_eq!(reason_of(&stage.attempt(&claimed).await), reason);
                    assert_eq!(stage.message(number).await, (MessageState::Refused, Some(reason)));
                    let said = stage.last_entry(LedgerKind::Refusal).await;
                    assert_eq!((said["reason"].as_str(), said["order"].as_str()), (Some(reason.as_str()), Some(order(number).as_str())));
                }
            }
            let on = Switch::On(approved("name = \"letter\""));
            stage.store.switch_campaign(account, "letter".into(), on, Actor::Operator, now()).await.unwrap();
        }
    }

    async fn waiting_on_for_the_same_reason_is_said_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        stage.plan_emails().await;
        for hour in 0..3 {
            let clock = model::Clock::real(NOW.plus(Span::hours(hour)));
            let claimed = stage.store.claim_due(clock, 5).await.unwrap().remove(0);
            let answer = crate::stage::attempt(&stage.store, &claimed, clock).await;
            assert_eq!(reason_of(&answer), Reason::NoAlias);
        }
        let refusals = stage.ledger().await.iter().filter(|entry| entry.kind == LedgerKind::Refusal).count();
        assert_eq!(refusals, 1, "only changes of state are entries");
    }

    async fn every_row_of_the_log_comes_up_page_by_page_newest_first(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mut sent = Vec::new();
        for number in 0..7 {
            sent.push(stage.receive_mail(&Letter::of(NoticeKind::Refund, number)).await.id);
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = stage.store.inbound_log(stage.account.id, InboundFilter::All, cursor, 3).await.unwrap();
            seen.extend(page.rows.iter().map(|row| row.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        sent.reverse();
        assert_eq!(seen, sent);
        let of_one = stage.store.inbound_log(stage.account.id, InboundFilter::Order(order(3)), None, 9).await.unwrap();
        assert_eq!(of_one.rows.len(), 1);
        assert!(of_one.rows[0].readings[0].order_ids == [order(3)]);
    }

    async fn marks_show_on_the_order_with_the_time_they_came(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::of(NoticeKind::ReturnRequest, 2)).await;
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter { received_at: NOW.plus(Span::hours(1)), ..Letter::of(NoticeKind::ClaimOpened, 2) }).await;
        let known = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        let marks: Vec<_> = known.marks.iter().map(|marked| (marked.mark, marked.since)).collect();
        assert_eq!(marks, [(OrderMark::Returned, NOW), (OrderMark::Claim, NOW.plus(Span::hours(1)))]);
    }
}

#[test]
fn each_reason_has_a_stable_code_and_a_sentence_of_its_own() {
    let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let mut sentences: Vec<_> = Reason::ALL.iter().map(|reason| reason.sentence()).collect();
    for (code, sentence) in codes.iter().zip(&sentences) {
        assert!(code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{code}");
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
    }
    codes.sort_unstable();
    codes.dedup();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!((codes.len(), sentences.len()), (Reason::ALL.len(), Reason::ALL.len()));
}
