//! The daily digest: what it counts is what the ledger says since the last one, it goes to owners and managers once a
//! day, and days on which nothing happened and nothing waits bring none.

use model::digest::Digest;
use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::suppression::Target;
use model::{Account, MemberMailText, NoticeKind, Provenance, Reason, Span, Timestamp};
use store::{DigestTold, Handover};

use crate::member_mail::member;
use crate::stage::{Letter, NOW, Stage, alias, now};
use crate::{Ground, on_both};

/// Noon of the stage's day, and those after.
fn day(days: i64) -> Timestamp {
    NOW.plus(Span::days(days))
}

/// As debug text, so that a test sees what it was told.
fn told(_: &Account, told: &DigestTold) -> MemberMailText {
    MemberMailText { subject: told.head.to_string(), text: format!("{:?} waiting={}", told.digest, told.waiting) }
}

async fn digest(stage: &Stage, days: i64) -> Option<u32> {
    stage.store.mail_digest(day(days), told).await.unwrap()
}

on_both! {
    async fn a_day_is_told_once_to_owners_and_managers_by_what_the_ledger_says(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (email, role) in [("o@x.example", Role::Owner), ("m@x.example", Role::Manager), ("v@x.example", Role::Viewer)] {
            member(&stage.store, stage.account.id, email, role).await;
        }
        // What was before is no news.
        stage.receive(&Letter { provenance: Provenance::Proven, ..Letter::opt_out(1) }).await;
        assert_eq!(digest(&stage, 0).await, Some(0));
        assert_eq!(digest(&stage, 0).await, None, "not before tomorrow");
        let sent = stage.claimed_email(2, 2).await;
        crate::stage::permitted(stage.attempt(&sent).await);
        stage.finish(&sent, Handover::Sent { reply: None }).await;
        stage.receive(&Letter { provenance: Provenance::Proven, ..Letter::opt_out(3) }).await;
        stage.receive(&Letter::opt_out(4).by_structure()).await;
        assert_eq!(digest(&stage, 1).await, Some(2));
        let mail = stage.store.claim_member_mail().await.unwrap().unwrap();
        let counted = Digest { sent: 1, suppressed: 1, held: 1, ..Digest::default() };
        assert_eq!(mail.text.text, format!("{counted:?} waiting=1"));
        assert_eq!(mail.text.subject, stage.store.head_of(&stage.account.handle).await.unwrap().to_string());
        assert_eq!(digest(&stage, 1).await, None);
        // Nothing happened, and one thing still waits: that alone is worth a mail; when it is decided, silence.
        assert_eq!(digest(&stage, 2).await, Some(2));
    }

    async fn what_a_member_took_back_is_named_in_the_ledger_and_counted_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        for number in [2, 4, 6] {
            stage.import(number, Some(alias(number / 4))).await;
        }
        stage.plan_emails().await;
        digest(&stage, 0).await;
        // One by hand, two by a block of their buyer.
        let first = stage.messages(2).await.remove(0).id;
        stage.store.withdraw_message(stage.account.id, first, Actor::Operator, now()).await.unwrap();
        let block = Target::Buyer(alias(1));
        stage.store.add_suppression(stage.account.id, block, "x".into(), Actor::Operator, now()).await.unwrap();
        let said = stage.last_entry(LedgerKind::Withdrawal).await;
        assert_eq!(said["withdrawn"].as_array().unwrap().len(), 2, "{said}");
        assert_eq!(digest(&stage, 1).await, Some(1));
        let mail = stage.store.claim_member_mail().await.unwrap().unwrap();
        let counted = Digest { withdrawn: 3, suppressed: 1, ..Digest::default() };
        assert_eq!(mail.text.text, format!("{counted:?} waiting=0"));
    }

    async fn refusals_are_counted_by_their_reason(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        digest(&stage, 0).await;
        let claimed = stage.claimed_email(2, 2).await;
        stage.receive(&Letter { provenance: Provenance::Proven, ..Letter::of(NoticeKind::Refund, 2) }).await;
        assert_eq!(crate::stage::reason_of(&stage.attempt(&claimed).await), Reason::Refunded);
        assert_eq!(digest(&stage, 1).await, Some(1));
        let mail = stage.store.claim_member_mail().await.unwrap().unwrap();
        assert!(mail.text.text.contains("Refunded: 1"), "{}", mail.text.text);
    }

    async fn a_quiet_day_brings_no_mail_and_a_member_of_many_accounts_no_flood(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        assert_eq!(digest(&stage, 0).await, Some(0));
        assert_eq!(digest(&stage, 1).await, Some(0), "nothing happened but that he joined");
        for number in 0..15 {
            stage.store.add_account("More".into(), format!("more-{number}").parse().unwrap(), vec!["US".parse().unwrap()], NOW).await.unwrap();
        }
        while digest(&stage, 2).await.is_some() {}
        for account in stage.store.accounts(None, 100).await.unwrap() {
            if account.id != stage.account.id {
                member(&stage.store, account.id, "o@x.example", Role::Owner).await;
                let mail = Letter { provenance: Provenance::Proven, ..Letter::opt_out(1) }.mail(&account);
                stage.store.record_mail(mail).await.unwrap();
            }
        }
        let mut mails = 0;
        while let Some(queued) = digest(&stage, 3).await {
            mails += queued;
        }
        assert_eq!(mails, 10);
    }
}
