//! A bounce is evidence about a message: the one it names is failed, by its Message-ID or by order and date; where it may
//! be about several, or says nothing, a member looks. It frees no slot, sends nothing and touches no list.

use model::delivery_report::{DeliveryAction, DeliveryReport};
use model::inbound::Outcome;
use model::ledger::LedgerKind;
use model::review::ReviewReason;
use model::{Channel, MessageId, MessageState, NoticeKind, Reason, Span};
use store::Handover;

use crate::stage::{Letter, NOW, Stage, alias, order, permitted};
use crate::{Ground, on_both};

fn report(messages: Vec<MessageId>) -> DeliveryReport {
    DeliveryReport {
        action: DeliveryAction::Failed,
        status: Some("5.1.1".into()),
        said: Some("550 5.1.1 no such user".into()),
        messages,
        names_another: false,
        written_at: None,
    }
}

fn bounce(number: u32, report: DeliveryReport) -> Letter {
    Letter { report: Some(report), written_at: Some(NOW), ..Letter::of(NoticeKind::DeliveryFailure, number) }
}

/// A message about the order that has left, or was lost on its way.
async fn left(stage: &Stage, number: u32, handover: Handover) -> MessageId {
    let claimed = stage.claimed_email(number, number).await;
    permitted(stage.attempt(&claimed).await);
    stage.finish(&claimed, handover).await;
    claimed.id
}

on_both! {
    async fn the_message_that_came_back_is_failed_and_its_slot_stays_taken(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let message = left(&stage, 3, Handover::SENT).await;
        // The order of the mail does not matter where the message is named.
        let recorded = stage.receive(&bounce(9, report(vec![message]))).await;
        assert_eq!((recorded.outcome, recorded.review), (Outcome::Noted, None));
        assert_eq!(stage.message(3).await, (MessageState::Failed, Some(Reason::Bounced)));
        let detail = stage.store.message_detail(stage.account.id, message).await.unwrap().unwrap();
        assert_eq!(detail.reply.unwrap().code(), 550);
        let said = stage.last_entry(LedgerKind::Outcome).await;
        assert_eq!((said["reason"].as_str(), said["status"].as_str()), (Some("bounced"), Some("5.1.1")));
        assert_eq!(ground.number("SELECT count(*) FROM order_slot"), 1);
        stage.plan_for(&[(stage.review, Channel::Solicitation)]).await;
        assert!(stage.list().await.is_empty(), "it is nobody's opt-out");
        assert!(stage.store.verify_ledger(&stage.account.handle, None).await.is_ok());
    }

    async fn a_lost_message_that_came_back_is_settled_by_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let message = left(&stage, 3, Handover::Lost).await;
        assert_eq!(stage.message(3).await.0, MessageState::Unknown);
        stage.receive(&bounce(3, report(vec![message]))).await;
        assert_eq!(stage.message(3).await, (MessageState::Failed, Some(Reason::Bounced)));
        assert_eq!(ground.number("SELECT count(*) FROM order_slot"), 1);
    }

    async fn order_and_date_find_the_message_where_no_name_does(ground: Ground) {
        let stage = Stage::on(&ground).await;
        left(&stage, 3, Handover::SENT).await;
        left(&stage, 5, Handover::SENT).await;
        stage.receive(&bounce(3, DeliveryReport { written_at: Some(NOW), names_another: true, ..report(vec![]) })).await;
        assert_eq!(stage.message(3).await.0, MessageState::Failed, "its own date, though the name was changed on the way");
        stage.receive(&Letter { written_at: Some(NOW.plus(Span::hours(2))), received_at: NOW.plus(Span::hours(2)),
            ..bounce(5, report(vec![])) }).await;
        assert_eq!(stage.message(5).await.0, MessageState::Failed, "a report without the returned mail, soon after");
    }

    async fn a_report_about_another_time_or_anothers_mail_changes_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        left(&stage, 3, Handover::SENT).await;
        let later = NOW.plus(Span::days(8));
        for (number, letter) in [
            bounce(3, DeliveryReport { written_at: Some(NOW.minus(Span::hours(1))), ..report(vec![]) }),
            bounce(3, DeliveryReport { names_another: true, ..report(vec![]) }),
            Letter { written_at: Some(later), received_at: later, ..bounce(3, report(vec![])) },
            bounce(5, report(vec![])),
            bounce(3, report(vec![MessageId::generate()])).numbered("x@y"),
        ].into_iter().enumerate() {
            let letter = if number == 4 { Letter { orders: vec![order(5)], ..letter } } else { letter };
            let letter = letter.numbered(&format!("{number}@mail.example"));
            assert_eq!(stage.receive(&letter).await.outcome, Outcome::Noted, "{number}");
        }
        assert_eq!(stage.message(3).await.0, MessageState::Sent);
    }

    async fn what_may_mean_several_goes_to_review_and_fails_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (first, second) = (left(&stage, 3, Handover::SENT).await, left(&stage, 5, Handover::SENT).await);
        for (number, letter) in [
            bounce(3, report(vec![first, second])),
            Letter { orders: vec![order(3), order(5)], ..bounce(3, report(vec![])) },
            bounce(3, DeliveryReport { action: DeliveryAction::NotSaid, ..report(vec![first]) }),
        ].into_iter().enumerate() {
            let recorded = stage.receive(&letter.numbered(&format!("{number}@mail.example"))).await;
            assert_eq!((recorded.outcome, recorded.review), (Outcome::Review, Some(ReviewReason::AmbiguousReport)), "{number}");
        }
        assert_eq!((stage.message(3).await.0, stage.message(5).await.0), (MessageState::Sent, MessageState::Sent));
    }

    async fn a_delay_or_a_delivery_changes_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let message = left(&stage, 3, Handover::SENT).await;
        for action in [DeliveryAction::Delayed, DeliveryAction::Delivered] {
            let letter = bounce(3, DeliveryReport { action, ..report(vec![message]) }).numbered(&format!("{action}@x"));
            assert_eq!(stage.receive(&letter).await.outcome, Outcome::Noted);
        }
        assert_eq!(stage.message(3).await.0, MessageState::Sent);
    }

    async fn what_never_left_can_t_come_back(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 2).await;
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::Captured).await;
        stage.receive(&bounce(2, report(vec![claimed.id]))).await;
        assert_eq!(stage.message(2).await.0, MessageState::Captured);
        stage.import(3, Some(alias(3))).await;
        stage.plan_emails().await;
        let planned = stage.messages(3).await[0].id;
        stage.receive(&bounce(3, report(vec![planned])).numbered("c@x")).await;
        assert_eq!(stage.message(3).await.0, MessageState::Planned);
    }

    async fn another_accounts_message_is_never_touched(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let message = left(&stage, 3, Handover::SENT).await;
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        stage.store.record_mail(bounce(3, report(vec![message])).mail(&other)).await.unwrap();
        assert_eq!(stage.message(3).await.0, MessageState::Sent);
    }

    async fn amazons_answer_in_unknown_words_is_shown_with_the_order_of_the_message(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let message = left(&stage, 3, Handover::SENT).await;
        let answer = Letter { orders: vec![], report: Some(report(vec![message])), ..Letter::of(NoticeKind::UnrecognisedAmazon, 3) };
        let recorded = stage.receive(&answer).await;
        assert_eq!((recorded.review, recorded.order_ids), (Some(ReviewReason::AmbiguousReport), vec![order(3)]));
        assert_eq!(stage.message(3).await.0, MessageState::Sent);
    }
}
