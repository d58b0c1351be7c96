//! Campaigns in test: nothing of them leaves to a buyer, no slot is taken, and what members get instead goes once for an
//! order, a few a day, and for no buyer who said no.

use model::campaign::StoredCampaign;
use model::member::{Actor, Role};
use model::suppression::Target;
use model::{CampaignState, MemberMailText, Reason, Span, Timestamp};
use store::{Attempt, NewCampaign, Switch, TestLetter};

use crate::member_mail::{HASH, member};
use crate::stage::{Letter, NOW, Stage, alias, approved, now, order, permitted, reason_of};
use crate::{Ground, on_both};

fn new(text: &str) -> NewCampaign {
    NewCampaign {
        name: "tried".into(),
        text: approved(text),
        withholding: vec![],
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    }
}

async fn in_test(stage: &Stage) -> StoredCampaign {
    stage.store.keep_campaign(stage.account.id, new("a"), Actor::Operator, now()).await.unwrap();
    switch(stage, "tried", Switch::Test(approved("a"))).await
}

async fn switch(stage: &Stage, name: &str, to: Switch) -> StoredCampaign {
    stage.store.switch_campaign(stage.account.id, name.into(), to, Actor::Operator, now()).await.unwrap()
}

async fn send(stage: &Stage, campaign: &StoredCampaign, number: u32, at: Timestamp) -> TestLetter {
    let text = MemberMailText { subject: "[Test]".into(), text: "How was it?".into() };
    let of = (campaign.id, campaign.version);
    stage.store.send_test_letter(stage.account.id, of, order(number), text, at).await.unwrap()
}

async fn claimed(stage: &Stage) -> usize {
    let mut count = 0;
    while let Some(mail) = stage.store.claim_member_mail().await.unwrap() {
        assert_eq!(mail.text.subject, "[Test]");
        count += 1;
    }
    count
}

on_both! {
    async fn one_in_test_is_not_on_and_what_it_had_planned_does_not_leave(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let text = format!("name = \"{}\"", "letter");
        let tested = switch(&stage, "letter", Switch::Test(approved(&text))).await;
        assert_eq!((tested.state, tested.is_active()), (CampaignState::Test, false));
        assert_eq!(stage.store.campaign(stage.account.id, tested.id).await.unwrap().unwrap(), tested);
        let attempt = stage.attempt(&claimed).await;
        assert!(!matches!(attempt, Attempt::Permitted(_)), "{attempt:?}");
        assert_eq!(reason_of(&attempt), Reason::CampaignOff);
        let said = stage.last_entry(model::ledger::LedgerKind::Refusal).await;
        assert!(said.to_string().contains("campaign_off"), "{said}");
    }

    async fn a_new_version_stays_in_test_until_it_is_switched_on(ground: Ground) {
        let stage = Stage::on(&ground).await;
        in_test(&stage).await;
        let changed = stage.store.add_campaign(stage.account.id, new("b"), Actor::Operator, now()).await.unwrap();
        assert_eq!((changed.version, changed.state), (2, CampaignState::Test), "what is tried out goes to nobody by itself");
        let due = stage.store.due_campaign_test(NOW).await.unwrap().unwrap();
        assert_eq!((due.account, due.campaign, due.room), (stage.account.id, changed, 3));
        let on = switch(&stage, "tried", Switch::On(approved("b"))).await;
        assert_eq!(on.state, CampaignState::Active);
        assert!(stage.store.due_campaign_test(NOW.plus(Span::days(9))).await.unwrap().is_none());
        assert!(stage.store.continue_backfill(now()).await.unwrap(), "switched on, it looks at past orders");
        let said = stage.last_entry(model::ledger::LedgerKind::CampaignChanged).await;
        assert_eq!(said["state"], "active");
    }

    async fn what_is_to_be_tried_out_is_never_on_not_even_in_the_place_of_one_that_is(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        let try_out = |text: &str| stage.store.try_campaign(account, new(text), Actor::Operator, now());
        let entries = || async {
            let ledger = stage.ledger().await;
            ledger.into_iter().filter(|row| row.kind == model::ledger::LedgerKind::CampaignChanged).count()
        };
        let on = stage.store.add_campaign(account, new("a"), Actor::Operator, now()).await.unwrap();
        assert!(on.is_active());
        let before = entries().await;
        let tried = try_out("b").await.unwrap();
        assert_eq!((tried.id, tried.version, tried.state), (on.id, 2, CampaignState::Test));
        assert_eq!(entries().await, before + 1, "one step, so that the new text was never on");
        assert!(stage.store.due_campaign_test(NOW).await.unwrap().is_some());
        while stage.store.continue_backfill(now()).await.unwrap() {}
        assert_eq!(try_out("b").await.unwrap(), tried, "again is the same");
        assert_eq!(entries().await, before + 1);
        switch(&stage, "tried", Switch::On(approved("b"))).await;
        let again = try_out("b").await.unwrap();
        assert_eq!((again.version, again.state), (2, CampaignState::Test), "the same text is no new version");
        assert_eq!(stage.store.campaign(account, on.id).await.unwrap().unwrap(), again);
        let by = Actor::Member { id: model::MemberId::generate(), role: Role::Agent };
        assert!(stage.store.try_campaign(account, new("c"), by, now()).await.is_err());
    }

    async fn a_letter_goes_to_owners_and_managers_once_for_an_order_and_makes_no_message(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (email, role) in [("o@x.example", Role::Owner), ("m@x.example", Role::Manager), ("v@x.example", Role::Viewer)] {
            member(&stage.store, stage.account.id, email, role).await;
        }
        stage.import(2, Some(alias(1))).await;
        let campaign = in_test(&stage).await;
        assert_eq!(send(&stage, &campaign, 2, NOW).await, TestLetter::Queued(2));
        assert_eq!(send(&stage, &campaign, 2, NOW).await, TestLetter::Again);
        assert_eq!(claimed(&stage).await, 2);
        assert!(stage.messages(2).await.is_empty(), "no message was made");
        assert_eq!(stage.store.test_letters(stage.account.id, campaign.id, NOW).await.unwrap(), (1, 1));
        // The order's slot is free: another campaign may write.
        stage.plan_emails().await;
        let message = stage.claim_one().await;
        drop(permitted(stage.attempt(&message).await));
    }

    async fn no_letter_stands_for_a_buyer_who_said_no_or_has_his_message(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        let campaign = in_test(&stage).await;
        let claimed = stage.claimed_email(7, 7).await;
        let permit = permitted(stage.attempt(&claimed).await);
        assert_eq!(permit.delivery(), model::Delivery::Live);
        assert_eq!(send(&stage, &campaign, 7, NOW).await, TestLetter::NotThisOrder, "he has his message");
        assert_eq!(send(&stage, &campaign, 9, NOW).await, TestLetter::NotThisOrder, "an order that nobody knows");
        stage.import(2, Some(alias(1))).await;
        stage.receive(&Letter::opt_out(2)).await;
        assert_eq!(send(&stage, &campaign, 2, NOW).await, TestLetter::NotThisOrder);
        // The same buyer's next order.
        stage.import(3, Some(alias(1))).await;
        assert_eq!(send(&stage, &campaign, 3, NOW).await, TestLetter::NotThisOrder);
        stage.import(4, Some(alias(4))).await;
        let target = Target::Buyer(alias(4));
        stage.store.add_suppression(stage.account.id, target, String::new(), Actor::Operator, now()).await.unwrap();
        assert_eq!(send(&stage, &campaign, 4, NOW).await, TestLetter::NotThisOrder);
        stage.import(5, Some(alias(5))).await;
        stage.list_messaged(&[5]).await;
        assert_eq!(send(&stage, &campaign, 5, NOW).await, TestLetter::NotThisOrder);
    }

    async fn three_letters_go_a_day_and_none_once_it_is_in_test_no_more(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        for number in 2..8 {
            stage.import(number, Some(alias(number))).await;
        }
        let campaign = in_test(&stage).await;
        for number in 2..5 {
            assert_eq!(send(&stage, &campaign, number, NOW).await, TestLetter::Queued(1));
        }
        assert_eq!(send(&stage, &campaign, 5, NOW).await, TestLetter::NoMore);
        assert_eq!(stage.store.due_campaign_test(NOW).await.unwrap().unwrap().room, 0);
        let tomorrow = NOW.plus(Span::days(1));
        assert_eq!(send(&stage, &campaign, 5, tomorrow).await, TestLetter::Queued(1));
        let earlier = StoredCampaign { version: 2, ..campaign.clone() };
        assert_eq!(send(&stage, &earlier, 6, tomorrow).await, TestLetter::NoMore, "another version is another text");
        stage.store.look_at_test_again((campaign.id, 1), tomorrow).await.unwrap();
        assert!(stage.store.due_campaign_test(NOW).await.unwrap().is_none());
        assert!(stage.store.due_campaign_test(tomorrow).await.unwrap().is_some());
        switch(&stage, "tried", Switch::Off).await;
        assert_eq!(send(&stage, &campaign, 6, tomorrow).await, TestLetter::NoMore);
        assert!(stage.store.due_campaign_test(tomorrow).await.unwrap().is_none());
    }

    async fn where_nobody_has_confirmed_his_address_nothing_is_used_up(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.store.add_member(stage.account.id, "new@x.example", Role::Owner, Actor::Operator, NOW).await.unwrap();
        stage.import(2, Some(alias(1))).await;
        stage.store.add_operator("olga@x.example", HASH.into(), NOW).await.unwrap();
        let campaign = in_test(&stage).await;
        assert!(!stage.store.has_confirmed_members(stage.account.id).await.unwrap());
        assert_eq!(send(&stage, &campaign, 2, NOW).await, TestLetter::NoMember, "an operator is no member of the account");
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        assert_eq!(send(&stage, &campaign, 2, NOW).await, TestLetter::Queued(1));
    }
}
