//! Grading after a mail is safe: what was held for want of a proof acts when the proof is found, by whichever node looks,
//! once; what is unclear for another reason stays held; and a flood of unproven mail is asked to come back.

use model::inbound::{Door, Outcome};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::suppression::SuppressionState;
use model::{
    AccountSettings, AlertKind, Grade, GradeReason, MessageState, NoticeKind, Provenance, Reason, Span, Timestamp,
};

use crate::stage::{Letter, NOW, Stage, alias, now, order};
use crate::{Ground, on_both};

fn proven() -> Grade {
    Grade { by: Some("amazon.com".into()), ..Grade::of(Provenance::Proven, GradeReason::AmazonSigned) }
}

/// A stage whose account does not trust its addresses.
async fn wary(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let settings = AccountSettings { trust_addresses: false, ..stage.account.settings };
    stage.store.change_settings(stage.account.id, settings, Actor::Operator, NOW).await.unwrap();
    stage
}

fn signed(number: u32) -> Letter {
    Letter { signed: true, ..Letter::opt_out(number) }
}

async fn grade_all(stage: &Stage, grade: &Grade) -> u64 {
    let mut activated = 0;
    for mail in stage.store.claim_grading(10).await.unwrap() {
        let grades = mail.readings.iter().map(|reading| (reading.part, grade.clone())).collect();
        let graded = stage.store.record_grades(&mail, grades, now()).await.unwrap();
        activated += graded.map_or(0, |graded| graded.activated);
    }
    activated
}

async fn states(stage: &Stage) -> Vec<SuppressionState> {
    stage.list().await.into_iter().map(|row| row.state).collect()
}

on_both! {
    async fn a_held_opt_out_acts_when_it_is_proven_and_says_so(ground: Ground) {
        let stage = wary(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        let mail = stage.receive_mail(&signed(2).by(1)).await;
        assert_eq!(mail.readings[0].outcome, Outcome::Held);
        assert_eq!(stage.message(2).await.0, MessageState::Planned, "what waits goes on waiting, and the gate holds it");
        assert!(stage.alerts().await.is_empty(), "nobody is troubled before it was looked at");
        let row = stage.store.inbound_mail(stage.account.id, mail.id).await.unwrap().unwrap();
        assert_eq!(row.readings[0].grade, None);

        assert_eq!(grade_all(&stage, &proven()).await, 1);
        assert_eq!(states(&stage).await, [SuppressionState::Active]);
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        let row = stage.store.inbound_mail(stage.account.id, mail.id).await.unwrap().unwrap();
        assert_eq!((row.provenance, row.readings[0].outcome), (Provenance::Proven, Outcome::Suppressed));
        assert_eq!(row.readings[0].grade, Some(proven()));
        let entry = stage.last_entry(LedgerKind::Graded).await;
        assert_eq!((entry["provenance"].as_str(), entry["by"].as_str()), (Some("proven"), Some("amazon.com")));
        assert_eq!(entry["withdrawn"].as_array().unwrap().len(), 1);
        assert!(stage.store.verify_ledger(&stage.account.handle, None).await.is_ok());
        assert_eq!(grade_all(&stage, &proven()).await, 0, "it is graded once");
    }

    async fn an_unproven_opt_out_stays_held_and_a_member_is_told(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&signed(2).by(1)).await;
        assert_eq!(grade_all(&stage, &Grade::unproven(GradeReason::BodyAltered)).await, 0);
        assert_eq!(states(&stage).await, [SuppressionState::Held]);
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::UnprovenHeld));
        assert!(!stage.ledger().await.iter().any(|row| row.kind == LedgerKind::Graded), "nothing has changed");
        // Without any signature there is nothing to look at, and it is told at once.
        stage.receive(&Letter::opt_out(4).by(2)).await;
        assert!(stage.store.claim_grading(10).await.unwrap().is_empty());
        assert_eq!(stage.alerts().await.len(), 2);
    }

    async fn what_is_unclear_for_another_reason_stays_held_however_proven(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&signed(2).by_structure()).await;
        stage.receive(&Letter { orders: vec![order(4), order(6)], ..signed(4) }).await;
        assert_eq!(grade_all(&stage, &proven()).await, 0);
        assert_eq!(states(&stage).await, [SuppressionState::Held; 3]);
    }

    async fn the_same_notice_better_proven_acts_and_a_removed_one_stays_removed(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        let by_file = Letter { door: Door::File, provenance: Provenance::Vouched, ..Letter::opt_out(2) };
        assert_eq!(stage.receive(&by_file).await.outcome, Outcome::Repeated);
        assert!(states(&stage).await.contains(&SuppressionState::Active));

        stage.receive(&Letter::opt_out(4)).await;
        stage.receive(&Letter { raw: b"X: again\r\n\r\n".to_vec(), ..signed(4) }).await;
        assert_eq!(grade_all(&stage, &proven()).await, 1, "a forgery that came first does not hold the true one up");

        stage.receive(&Letter::opt_out(6)).await;
        let target = model::suppression::Target::Order(order(6));
        stage.store.remove_suppression(stage.account.id, target, "a mistake".into(), Actor::Operator, now()).await.unwrap();
        stage.receive(&Letter { raw: b"X: once more\r\n\r\n".to_vec(), ..signed(6) }).await;
        assert_eq!(grade_all(&stage, &proven()).await, 0);
        let last = stage.list().await.into_iter().filter(|row| row.order_id == Some(order(6))).map(|row| row.state);
        assert_eq!(last.collect::<Vec<_>>(), [SuppressionState::Removed]);
    }

    async fn a_claim_holds_for_a_while_and_a_late_grader_changes_nothing(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&signed(2)).await;
        let first = stage.store.claim_grading(10).await.unwrap().remove(0);
        assert!(!stage.store.has_grading_due().await.unwrap());
        assert!(stage.store.claim_grading(10).await.unwrap().is_empty(), "another node finds nothing to do");
        ground.by_hand_alike("UPDATE grading SET lease_until = 0");
        let second = stage.store.claim_grading(10).await.unwrap().remove(0);
        assert_eq!((first.tries, second.tries), (1, 2));
        assert_eq!(stage.store.record_grades(&first, vec![(0, proven())], now()).await.unwrap(), None);
        assert_eq!(states(&stage).await, [SuppressionState::Held]);
        stage.store.grade_later(&second, Span::minutes(5)).await.unwrap();
        assert!(!stage.store.has_grading_due().await.unwrap(), "it rests");
        ground.by_hand_alike("UPDATE grading SET due = 0");
        assert_eq!(grade_all(&stage, &proven()).await, 1);
    }

    async fn a_mail_that_can_not_be_opened_keeps_no_other_from_its_grade(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&signed(2)).await;
        ground.by_hand_alike("UPDATE inbound_mail SET size = size + 1");
        stage.receive(&signed(4)).await;
        let claimed = stage.store.claim_grading(10).await.unwrap();
        let seen: Vec<_> = claimed.iter().map(|mail| (mail.raw.is_some(), mail.unopened)).collect();
        assert_eq!(seen, [(false, true), (true, false)]);
        stage.store.grade_later(&claimed[0], Span::minutes(5)).await.unwrap();
        let graded = stage.store.record_grades(&claimed[1], vec![(0, proven())], now()).await.unwrap();
        assert_eq!(graded.unwrap().activated, 1);
    }

    async fn a_provisional_mark_counts_fully_when_it_is_proven(ground: Ground) {
        let stage = wary(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter { signed: true, ..Letter::of(NoticeKind::Refund, 2) }).await;
        grade_all(&stage, &proven()).await;
        assert_eq!(stage.last_entry(LedgerKind::Graded).await["marks_settled"], true);
    }

    async fn a_confirmed_forwarder_is_known_to_the_grader_until_he_is_taken_back(ground: Ground) {
        let stage = wary(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let owner = || "Owner@Shop.example".to_owned();
        assert!(store.confirm_forwarder(account, owner(), Actor::Operator, now()).await.unwrap());
        assert!(!store.confirm_forwarder(account, owner(), Actor::Operator, now()).await.unwrap());
        stage.receive(&signed(2)).await;
        assert_eq!(store.claim_grading(1).await.unwrap()[0].forwarders, ["owner@shop.example"]);
        assert!(store.remove_forwarder(account, owner(), Actor::Operator, now()).await.unwrap());
        assert!(store.forwarders(account).await.unwrap().is_empty());
    }

    async fn a_flood_of_unproven_mail_is_asked_to_come_back_and_proven_mail_does_not_count(ground: Ground) {
        let stage = wary(&ground).await;
        let (store, account) = (&stage.store, &stage.account);
        let address = store.addresses(account.id).await.unwrap()[0].id;
        let flooded = async |at: Timestamp| store.is_flooded(account.id, address, at).await.unwrap();
        for number in 0..store::UNPROVEN_AN_HOUR {
            assert!(!flooded(NOW).await, "after {number}");
            let mut mail = signed(number).mail(account);
            mail.address = Some(address);
            store.record_mail(mail).await.unwrap();
        }
        assert!(flooded(NOW).await);
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::UnprovenFlood));
        assert!(!flooded(NOW.plus(Span::hours(1))).await, "an hour later it is over");
        while grade_all(&stage, &proven()).await > 0 {}
        assert!(!flooded(NOW).await, "what is proven was no flood");
    }
}
