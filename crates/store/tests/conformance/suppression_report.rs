//! What can be shown about one entry: its evidence and decisions, every message to the orders it covers, and whether any left
//! since; with the ledger's head of the same moment.

use model::member::Actor;
use model::suppression::{SuppressionState, Target};
use model::{Clock, Span};
use store::Handover;

use crate::stage::{Letter, NOW, Stage, alias, now, order, permitted};
use crate::{Ground, on_both};

on_both! {
    async fn an_entry_tells_its_mail_its_decisions_and_that_nothing_left_to_the_buyer_since(ground: Ground) {
        let stage = Stage::on(&ground).await;
        // One message left before the buyer said no; another order of his waits, a third buyer's is his own.
        let early = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&early).await);
        stage.finish(&early, Handover::SENT).await;
        stage.import(5, Some(alias(1))).await;
        stage.import(7, Some(alias(7))).await;
        stage.plan_emails().await;
        let letter = Letter { received_at: NOW.plus(Span::hours(1)), ..Letter::opt_out(3) };
        stage.receive(&letter).await;
        let entry = stage.list().await.remove(0);
        let report = stage.store.suppression_report(stage.account.id, entry.id).await.unwrap().unwrap();
        assert_eq!((report.order_id, report.buyers, report.state), (Some(order(3)), 1, SuppressionState::Active));
        assert!(report.mail.is_some(), "the mail it came by");
        let told: Vec<_> = report.messages.iter().map(|row| row.order_id).collect();
        assert!(told.contains(&order(3)) && told.contains(&order(5)) && !told.contains(&order(7)), "{told:?}");
        assert!(report.left_after().is_empty(), "what left before is no breach: {:?}", report.left_after());
        assert_eq!((report.kept_back(), report.in_doubt().len()), (1, 0));
        let verified = stage.store.verify_ledger(&stage.account.handle, Some(report.head.clone())).await;
        assert!(verified.is_ok(), "its head is the ledger's own");

        let (account, late) = (stage.account.id, Clock::real(NOW.plus(Span::hours(2))));
        stage.store.remove_suppression(account, Target::Order(order(3)), "he asked".into(), Actor::Operator, late).await.unwrap();
        let report = stage.store.suppression_report(account, entry.id).await.unwrap().unwrap();
        assert_eq!((report.state, report.decisions.len()), (SuppressionState::Removed, 1));
        assert_eq!((report.decisions[0].to.as_str(), report.decisions[0].by.as_str()), ("removed", "operator"));
    }

    async fn what_left_after_it_was_entered_is_told_and_another_account_is_told_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 1).await;
        permitted(stage.attempt(&claimed).await);
        stage.receive(&Letter::opt_out(3)).await;
        let entry = stage.list().await.remove(0);
        let report = || async { stage.store.suppression_report(stage.account.id, entry.id).await.unwrap().unwrap() };
        assert_eq!(report().await.in_doubt().len(), 1, "it was leaving already");
        let later = Clock::real(NOW.plus(Span::days(60)));
        stage.store.finish_attempt(&claimed, Handover::SENT, later).await.unwrap();
        assert_eq!(report().await.left_after().len(), 1);
        let other = stage.store
            .add_account("Other".into(), "other".parse().unwrap(), vec!["DE".parse().unwrap()], now().real).await.unwrap();
        assert!(stage.store.suppression_report(other.id, entry.id).await.unwrap().is_none());
    }
}
