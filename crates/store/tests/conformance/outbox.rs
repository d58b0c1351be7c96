//! The outbox at its doors: claiming, turning away, withdrawing, and the pages that show it.

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::message::MessageState;
use model::{Clock, MessageId, Reason, Span};
use store::{Attempt, Handover, OutboxFilter, StoreError};

use crate::stage::{NOW, Stage, alias, attempt, member, now, order, permitted, text};
use crate::{Ground, on_both};

on_both! {
    async fn a_claim_takes_the_longest_due_first_and_no_more_than_asked(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..5 {
            stage.import(number, Some(alias(number))).await;
            stage.plan_emails().await;
            ground.by_hand_alike(&format!(
                "UPDATE message SET next_try = next_try - {number} WHERE order_id = '{}'", order(number)
            ));
        }
        let mut first: Vec<_> = stage.store.claim_due(now(), 2).await.unwrap().iter().map(|message| message.order_id).collect();
        first.sort();
        assert_eq!(first, [order(3), order(4)]);
        assert_eq!(stage.store.claim_due(now(), 9).await.unwrap().len(), 3);
        assert!(stage.store.claim_due(now(), 9).await.unwrap().is_empty());
    }

    async fn a_message_that_is_turned_away_waits_or_is_refused_and_says_why(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let until = NOW.plus(Span::hours(5));
        stage.store.turn_away(claimed.clone(), Reason::NotShipped, Some(until), now()).await.unwrap();
        assert_eq!(stage.message(2).await, (MessageState::Waiting, Some(Reason::NotShipped)));
        assert_eq!(stage.messages(2).await[0].next_try, Some(until));
        // The claim ended with it.
        stage.store.turn_away(claimed, Reason::TemplateFault, None, now()).await.unwrap();
        assert_eq!(stage.message(2).await.0, MessageState::Waiting);
        let later = Clock::real(until);
        let claimed = stage.store.claim_due(later, 1).await.unwrap().remove(0);
        stage.store.turn_away(claimed, Reason::TemplateFault, None, later).await.unwrap();
        assert_eq!(stage.message(2).await, (MessageState::Refused, Some(Reason::TemplateFault)));
        assert_eq!(stage.last_entry(LedgerKind::Refusal).await["reason"], "template_fault");
        assert_eq!(ground.number("SELECT count(*) FROM order_slot"), 0);
    }

    async fn a_member_withdraws_what_waits_and_nothing_that_was_begun(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let withdraw = |by| stage.store.withdraw_message(stage.account.id, claimed.id, by, now());
        assert!(matches!(withdraw(member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        withdraw(member(Role::Agent)).await.unwrap();
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::WithdrawnByMember)));
        assert!(matches!(stage.attempt(&claimed).await, Attempt::Gone));
        assert!(matches!(withdraw(Actor::Operator).await, Err(StoreError::Conflict(_))));
        let begun = stage.claimed_email(4, 1).await;
        permitted(stage.attempt(&begun).await);
        let late = stage.store.withdraw_message(stage.account.id, begun.id, Actor::Operator, now()).await;
        assert!(matches!(late, Err(StoreError::Conflict(_))));
        let nobody = stage.store.withdraw_message(stage.account.id, MessageId::generate(), Actor::Operator, now()).await;
        assert!(nobody.is_err());
    }

    async fn each_end_of_an_attempt_shows_in_its_row(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let retry_at = NOW.plus(Span::minutes(9));
        let ends = [
            (Handover::Captured, MessageState::Captured, None, None, true),
            (Handover::SENT, MessageState::Sent, None, None, true),
            (Handover::NotSent { reason: Reason::ChannelUnavailable, retry_at, reply: None }, MessageState::Waiting, Some(Reason::ChannelUnavailable), Some(retry_at), false),
            (Handover::Rejected { reason: Reason::RejectedByServer, reply: None }, MessageState::Failed, Some(Reason::RejectedByServer), None, false),
            (Handover::Lost, MessageState::Unknown, Some(Reason::LostInFlight), None, false),
        ];
        for (number, (handover, state, reason, next_try, left)) in (1_u32..).zip(ends) {
            let claimed = stage.claimed_email(number, number).await;
            permitted(stage.attempt(&claimed).await);
            assert_eq!(stage.message(number).await.0, MessageState::Sending);
            stage.finish(&claimed, handover).await;
            let row = stage.messages(number).await.remove(0);
            assert_eq!((row.state, row.reason, row.next_try, row.sent_at), (state, reason, next_try, left.then_some(NOW)));
            assert_eq!(stage.last_entry(LedgerKind::Outcome).await["state"], state.as_str());
        }
    }

    async fn what_was_said_can_be_read_while_it_is_kept_and_by_its_account_alone(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let content = |account| stage.store.message_content(account, claimed.id);
        assert_eq!(content(stage.account.id).await.unwrap(), None);
        permitted(stage.attempt(&claimed).await);
        assert_eq!(content(stage.account.id).await.unwrap(), Some(text()));
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        assert_eq!(content(other.id).await.unwrap(), None);
        assert!(stage.store.outbox(other.id, OutboxFilter::All, None, 10).await.unwrap().rows.is_empty());
    }

    async fn an_email_without_text_does_not_leave(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let answer = stage.store.begin_attempt(claimed, None, now()).await.unwrap();
        assert_eq!(crate::stage::reason_of(&answer), Reason::TemplateFault);
    }

    async fn the_given_clock_decides_what_is_due_and_the_ledger_names_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        let early = Clock { real: NOW, given: Some(NOW.minus(Span::days(1))) };
        assert!(stage.store.claim_due(early, 5).await.unwrap().is_empty());
        let given = Clock { real: NOW, given: Some(NOW.plus(Span::days(3))) };
        let claimed = stage.store.claim_due(given, 5).await.unwrap().remove(0);
        let permit = permitted(attempt(&stage.store, &claimed, given).await);
        assert_eq!(permit.expires_at(), NOW.plus(Span::seconds(10)), "a permit goes by the machine's own clock");
        let entry = stage.ledger().await.pop().unwrap();
        assert_eq!((entry.kind, entry.time, entry.as_of), (LedgerKind::Attempt, NOW, given.given));
    }

    async fn pages_lead_through_the_whole_outbox_newest_first(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..5 {
            stage.import(number, Some(alias(number))).await;
            stage.plan_emails().await;
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = stage.store.outbox(stage.account.id, OutboxFilter::All, cursor, 2).await.unwrap();
            seen.extend(page.rows.iter().map(|row| (row.order_id, row.campaign.clone())));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [4, 3, 2, 1, 0].map(|number| (order(number), Some("letter".to_owned()))));
    }
}
