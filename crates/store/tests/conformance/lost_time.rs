//! After a restore: what a live store may have sent between the backup and the restore is never planned to be
//! sent again (design: restoring a backup is time travel).

use model::{MessageState, Reason};

use crate::stage::{NOW, Stage, alias, now, order, permitted};
use crate::{Ground, on_both};

on_both! {
    async fn what_was_due_before_a_restore_is_unknown_where_it_may_have_left(ground: Ground) {
        let stage = Stage::on(&ground).await;
        ground.by_hand_alike(&format!(
            "INSERT INTO installation (name, value) VALUES ('time_lost', '2026-08-18T00:00:00Z/{NOW}')"
        ));
        stage.import(1, Some(alias(1))).await;
        stage.import(2, Some(alias(2))).await;
        stage.plan_emails().await;
        assert_eq!(stage.message(1).await, (MessageState::Unknown, Some(Reason::Restored)), "a live store's");
        assert_eq!(stage.message(2).await, (MessageState::Planned, None), "nothing ever left a store that captures");
        let slots = format!("SELECT COUNT(*) FROM order_slot WHERE order_id = '{}' AND class = 'live'", order(1));
        assert_eq!(ground.number(&slots), 1, "its order has had its one message, for all that is known");
    }

    async fn what_a_member_settled_as_not_sent_after_a_restore_is_in_doubt_no_more(ground: Ground) {
        let stage = Stage::on(&ground).await;
        ground.by_hand_alike(&format!(
            "INSERT INTO installation (name, value) VALUES ('time_lost', '2026-08-18T00:00:00Z/{NOW}')"
        ));
        stage.import(1, Some(alias(1))).await;
        stage.plan_emails().await;
        let (account, lost) = (stage.account.id, stage.messages(1).await[0].id);
        let how = model::message::Settlement::NotSent;
        stage.store.settle(account, lost, how, "not there".into(), model::member::Actor::Operator, now()).await.unwrap();
        // A report comes again with something new, so the order is planned once more.
        stage.import(1, Some(alias(7))).await;
        stage.plan_emails().await;
        permitted(stage.attempt(&stage.claim_one().await).await);
    }

    async fn what_is_due_after_a_restore_is_planned_as_ever(ground: Ground) {
        let stage = Stage::on(&ground).await;
        ground.by_hand_alike(
            "INSERT INTO installation (name, value) VALUES ('time_lost', '2026-08-18T00:00:00Z/2026-08-20T10:59:59Z')"
        );
        stage.import(1, Some(alias(1))).await;
        stage.plan_emails().await;
        assert_eq!(stage.message(1).await, (MessageState::Planned, None));
    }
}
