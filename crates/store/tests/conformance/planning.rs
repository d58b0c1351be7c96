//! Planning: what changed stands in the queue until it was planned; ended messages stay as they are; past orders
//! come before a new campaign in slices.

use model::member::{Actor, Role};
use model::message::MessageState;
use model::{Channel, Clock, Reason, Span};
use store::{NewCampaign, Planned, PlannedOutcome, StoreError, Switch};

use crate::stage::{Letter, NOW, Stage, alias, approved, member, now, order, permitted, shipped};
use crate::{Ground, on_both};

fn plan(stage: &Stage, outcome: PlannedOutcome) -> Vec<Planned> {
    vec![Planned { campaign: stage.email, version: 1, channel: Channel::Email, outcome, arm: None }]
}

fn due(hours: i64) -> PlannedOutcome {
    PlannedOutcome::Message { due: NOW.plus(Span::hours(hours)), closes: NOW.plus(Span::days(20)) }
}

async fn settle(stage: &Stage, outcome: PlannedOutcome) {
    let queued = stage.store.orders_to_plan(1).await.unwrap().remove(0);
    stage.store.record_plan(queued, plan(stage, outcome), now()).await.unwrap();
}

fn new(name: &str, text: &str) -> NewCampaign {
    NewCampaign {
        name: name.into(),
        text: approved(text),
        withholding: vec![],
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    }
}

on_both! {
    async fn an_order_stands_in_the_queue_until_it_was_planned_and_again_when_it_changes(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        let queued = stage.store.orders_to_plan(10).await.unwrap();
        assert_eq!(queued.len(), 1);
        assert_eq!(queued[0].order.as_ref().unwrap().alias, Some(alias(1)));
        stage.plan_emails().await;
        assert!(stage.store.orders_to_plan(10).await.unwrap().is_empty());
        stage.import(2, Some(alias(1))).await;
        assert!(stage.store.orders_to_plan(10).await.unwrap().is_empty(), "the same again is no change");
        stage.receive(&Letter::of(model::NoticeKind::Refund, 2)).await;
        assert_eq!(stage.store.orders_to_plan(10).await.unwrap().len(), 1, "a mark is");
    }

    async fn an_order_that_changed_while_it_was_planned_is_planned_again(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        let stale = stage.store.orders_to_plan(10).await.unwrap().remove(0);
        stage.import(2, Some(alias(1))).await;
        stage.store.record_plan(stale, plan(&stage, due(0)), now()).await.unwrap();
        assert!(stage.messages(2).await.is_empty(), "what was planned on old knowledge is dropped");
        assert_eq!(stage.store.orders_to_plan(10).await.unwrap().len(), 1);
    }

    async fn two_planners_make_one_message(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other_node = ground.open().await;
        stage.import(2, Some(alias(1))).await;
        let (mine, theirs) = (stage.store.orders_to_plan(1).await.unwrap().remove(0), other_node.orders_to_plan(1).await.unwrap().remove(0));
        let both = tokio::join!(
            stage.store.record_plan(mine, plan(&stage, due(0)), now()),
            other_node.record_plan(theirs, plan(&stage, due(0)), now()),
        );
        both.0.unwrap();
        both.1.unwrap();
        assert_eq!(stage.messages(2).await.len(), 1);
    }

    async fn what_waits_follows_the_newest_plan_and_what_ended_stays(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        let wait = PlannedOutcome::Waits { reason: Reason::DeliveryUnknown, next_try: None, due: None, closes: None };
        settle(&stage, wait).await;
        assert_eq!(stage.message(2).await, (MessageState::Waiting, Some(Reason::DeliveryUnknown)));
        assert_eq!(stage.store.next_due().await.unwrap(), None);
        stage.import_order(model::order::ImportedOrder { business: Some(true), ..shipped(2) }).await;
        settle(&stage, due(-1)).await;
        assert_eq!(stage.message(2).await, (MessageState::Planned, None));
        assert_eq!(stage.store.next_due().await.unwrap(), Some(NOW.minus(Span::hours(1))));
        let claimed = stage.claim_one().await;
        permitted(stage.attempt(&claimed).await);
        stage.import_order(model::order::ImportedOrder { business: Some(false), ..shipped(2) }).await;
        settle(&stage, PlannedOutcome::No { reason: Reason::ConditionNotMet }).await;
        assert_eq!(stage.message(2).await.0, MessageState::Sending, "it was begun already");
        stage.finish(&claimed, store::Handover::Captured).await;
        stage.import_order(model::order::ImportedOrder { business: Some(true), ..shipped(2) }).await;
        settle(&stage, due(-1)).await;
        assert_eq!(stage.message(2).await.0, MessageState::Captured);
    }

    async fn a_plan_takes_the_message_out_of_a_worker_s_hands(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        stage.receive(&Letter::of(model::NoticeKind::ReturnRequest, 2)).await;
        settle(&stage, PlannedOutcome::No { reason: Reason::Returned }).await;
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::Returned)));
        assert!(matches!(stage.attempt(&claimed).await, store::Attempt::Gone));
    }

    async fn nothing_is_due_before_its_time(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        settle(&stage, due(1)).await;
        assert!(stage.claim().await.is_empty());
        let on_time = Clock::real(NOW.plus(Span::hours(1)));
        assert_eq!(stage.store.claim_due(on_time, 5).await.unwrap().len(), 1);
    }

    async fn the_same_campaign_text_again_changes_nothing_and_another_is_a_new_version(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        let first = stage.store.add_campaign(account, new("spring", "a"), Actor::Operator, now()).await.unwrap();
        let ledger = stage.ledger().await.len();
        let again = stage.store.add_campaign(account, new("spring", "a"), Actor::Operator, now()).await.unwrap();
        assert_eq!((again.clone(), stage.ledger().await.len()), (first.clone(), ledger));
        let later = Clock::real(NOW.plus(Span::hours(1)));
        let second = stage.store.add_campaign(account, new("spring", "b"), Actor::Operator, later).await.unwrap();
        assert_eq!((second.id, second.version, second.activated_at), (first.id, 2, first.activated_at));
        let old = stage.store.campaign_version(account, first.id, 1).await.unwrap().unwrap();
        assert_eq!((old.text.as_str(), old.version), ("a", 1), "an old version's text stays");
        assert_eq!(stage.store.campaign_version(account, first.id, 3).await.unwrap(), None);
        let names: Vec<_> = stage.store.campaigns(account).await.unwrap().into_iter().map(|campaign| campaign.name).collect();
        assert_eq!(names, ["letter", "review", "spring"]);
    }

    async fn a_campaign_s_versions_are_listed_newest_first_with_the_one_in_use(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        stage.store.add_campaign(account, new("spring", "a"), Actor::Operator, now()).await.unwrap();
        let later = Clock::real(NOW.plus(Span::hours(1)));
        stage.store.add_campaign(account, new("spring", "b"), Actor::Operator, later).await.unwrap();
        let (known, versions) = stage.store.campaign_versions(account, "spring".into()).await.unwrap().unwrap();
        assert_eq!((known.version, known.text.as_str()), (2, "b"));
        let told: Vec<_> = versions.iter().map(|one| (one.version, one.created_at, one.current)).collect();
        assert_eq!(told, [(2, later.now(), true), (1, NOW, false)]);
        assert_eq!(stage.store.campaign_versions(account, "autumn".into()).await.unwrap(), None);
    }

    async fn a_campaign_is_kept_switched_off_under_a_name_that_is_free(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        let before = stage.ledger().await.len();
        let kept = stage.store.keep_campaign(account, new("autumn", "a"), Actor::Operator, now()).await.unwrap();
        assert!(!kept.is_active() && kept.version == 1);
        assert_eq!(stage.ledger().await.len(), before + 1, "each change is in the ledger");
        let again = stage.store.keep_campaign(account, new("autumn", "b"), Actor::Operator, now()).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
        let stored = stage.store.campaigns(account).await.unwrap().into_iter().find(|one| one.name == "autumn").unwrap();
        assert_eq!((stored.is_active(), stored.text.as_str()), (false, "a"));
        let on = Switch::On(approved("a"));
        assert!(stage.store.switch_campaign(account, "autumn".into(), on, Actor::Operator, now()).await.unwrap().is_active());
    }

    async fn a_campaign_is_switched_on_with_the_text_that_was_approved_and_no_other(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        stage.store.add_campaign(account, new("spring", "a"), Actor::Operator, now()).await.unwrap();
        stage.store.switch_campaign(account, "spring".into(), Switch::Off, Actor::Operator, now()).await.unwrap();
        let on = |text| stage.store.switch_campaign(account, "spring".into(), Switch::On(approved(text)), Actor::Operator, now());
        assert!(matches!(on("an earlier text").await, Err(StoreError::Conflict(_))));
        let active = || async { stage.store.campaigns(account).await.unwrap().into_iter().find(|one| one.name == "spring").unwrap().is_active() };
        assert!(!active().await);
        on("a").await.unwrap();
        assert!(active().await);
    }

    async fn campaigns_are_for_owner_and_manager(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        for role in [Role::Agent, Role::Viewer] {
            let refused = stage.store.add_campaign(account, new("x", "x"), member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
            let refused = stage.store.switch_campaign(account, "letter".into(), Switch::Off, member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
        let unknown = stage.store.switch_campaign(account, "nobody".into(), Switch::Off, Actor::Operator, now()).await;
        assert!(matches!(unknown, Err(StoreError::NotFound(_))));
    }

    async fn a_new_campaign_looks_back_slice_by_slice_as_far_as_it_says(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..6 {
            let purchased_at = Some(NOW.minus(Span::days(i64::from(number))));
            stage.import_order(model::order::ImportedOrder { purchased_at, ..shipped(number) }).await;
        }
        while stage.store.continue_backfill(now()).await.unwrap() {}
        stage.plan().await;
        let reaching = NewCampaign { orders_after: Some(NOW.minus(Span::days(3))), ..new("back", "x") };
        stage.store.add_campaign(stage.account.id, reaching, Actor::Operator, now()).await.unwrap();
        while stage.store.continue_backfill(now()).await.unwrap() {}
        let mut queued: Vec<_> = stage.store.orders_to_plan(10).await.unwrap().into_iter().map(|queued| queued.order_id).collect();
        queued.sort();
        assert_eq!(queued, [order(0), order(1), order(2), order(3)]);
    }

    async fn planners_and_imports_of_the_same_orders_do_not_stop_each_other(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other_node = ground.open().await;
        let orders = |up: bool, business| {
            let numbers: Vec<u32> = if up { (0..150).collect() } else { (0..150).rev().collect() };
            let purchased_at = |number: u32| Some(NOW.minus(Span::days(1)).plus(Span::seconds(i64::from(number))));
            numbers.into_iter().map(move |number| model::order::ImportedOrder {
                purchased_at: purchased_at(number), business: Some(business), ..shipped(number)
            }).collect::<Vec<_>>()
        };
        stage.store.record_orders(stage.account.id, orders(true, false), now()).await.unwrap();
        for round in 0..6 {
            let text = format!("round {round}");
            stage.store.add_campaign(stage.account.id, new("back", &text), Actor::Operator, Clock::real(NOW.minus(Span::days(2)))).await.unwrap();
            let import = stage.store.record_orders(stage.account.id, orders(false, round % 2 == 0), now());
            let (imported, one, two) = tokio::join!(import, other_node.continue_backfill(now()), stage.store.continue_backfill(now()));
            imported.unwrap();
            one.unwrap();
            two.unwrap();
        }
    }

    async fn a_change_keeps_the_campaign_on_or_off_and_writes_over_nothing_unseen(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let kept = store.keep_campaign(account, new("one", "a"), Actor::Operator, now()).await.unwrap();
        while store.continue_backfill(now()).await.unwrap() {}
        let change = |seen: u32, name: &str, text: &str, by: Actor| {
            store.change_campaign(account, (kept.id, seen), new(name, text), by, now())
        };
        let off = change(1, "one", "b", member(Role::Manager)).await.unwrap();
        assert_eq!((off.version, off.is_active()), (2, false));
        assert!(!store.continue_backfill(now()).await.unwrap(), "one that is off looks at nothing");
        assert_eq!(change(2, "one", "b", Actor::Operator).await.unwrap().version, 2, "the same again");
        for refused in [change(1, "one", "c", Actor::Operator).await, change(2, "two", "c", Actor::Operator).await] {
            assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
        }
        assert!(matches!(change(2, "one", "c", member(Role::Agent)).await, Err(StoreError::NotAllowed(_))));
        let on = Switch::On(approved("b"));
        store.switch_campaign(account, "one".into(), on, Actor::Operator, now()).await.unwrap();
        while store.continue_backfill(now()).await.unwrap() {}
        let changed = change(2, "one", "c", Actor::Operator).await.unwrap();
        assert_eq!((changed.version, changed.is_active()), (3, true));
        assert!(store.continue_backfill(now()).await.unwrap(), "what was planned is looked at again");
        assert_eq!(store.campaign(account, kept.id).await.unwrap().unwrap(), changed);
        let said = stage.last_entry(model::ledger::LedgerKind::CampaignChanged).await;
        assert_eq!((said["version"].as_u64(), said["active"].as_bool()), (Some(3), Some(true)));
        let other = store.add_account("Other".into(), "other".parse().unwrap(), vec![model::Marketplace::Us], now().real).await.unwrap();
        assert!(store.campaign(other.id, kept.id).await.unwrap().is_none());
    }
}
