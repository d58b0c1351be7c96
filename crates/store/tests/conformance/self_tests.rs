//! Self-tests of ways in: only the way that is tested, its own account and a day's time count, a marked mail counts once
//! and does nothing else, and a way that passed before and fails is a known break (law 4) until one passes or it ends.

use model::account::AddressKind;
use model::inbound::{Door, IncomingMail, Outcome};
use model::member::{Actor, Role};
use model::{
    Account, AddressId, BreakCause, Clock, Forwarded, MemberId, NoticeKind, SelfTest, SelfTestMarker, SelfTestState,
    Source, Span, Timestamp, Way,
};
use store::{MemberMailEnd, Store, StoreError};

use crate::member_mail::member;
use crate::stage::{Letter, NOW, Stage};
use crate::{Ground, on_both};

async fn address_of(stage: &Stage) -> AddressId {
    stage.store.issue_address(stage.account.id, None, AddressKind::Any, Actor::Operator, NOW).await.unwrap().id
}

async fn start(stage: &Stage, way: Way, to: MemberId, now: Timestamp) -> Result<model::ids::SelfTestId, StoreError> {
    let text = "Please let me through.".to_owned();
    stage.store.start_self_test(stage.account.id, way, to, Actor::Operator, now, text).await
}

/// The marked mail leaves; its marker.
async fn sent(stage: &Stage, now: Timestamp) -> SelfTestMarker {
    let mail = stage.store.claim_member_mail().await.unwrap().unwrap();
    stage.store.finish_member_mail(&mail, MemberMailEnd::Sent, now).await.unwrap();
    assert_eq!(mail.text.text, "Please let me through.");
    SelfTestMarker::in_subject(&mail.text.subject).unwrap()
}

fn marked(account: &Account, marker: &SelfTestMarker, at: Timestamp, way: Way) -> IncomingMail {
    let letter =
        Letter { orders: Vec::new(), door: Door::Lmtp, received_at: at, ..Letter::of(NoticeKind::NotAmazon, 1) };
    let mut mail = letter.mail(account);
    if let Some(read) = &mut mail.read {
        read.self_test = Some(marker.clone());
        read.readings[0].forwarded = Forwarded::Auto;
    }
    match way {
        Way::Address(address) => mail.address = Some(address),
        Way::Folder(store) => mail.source = Some(Source::Folder(store)),
        Way::HttpDoor(door) => mail.source = Some(Source::HttpDoor(door)),
    }
    mail
}

async fn test_of(store: &Store, account: &Account, way: Way) -> Option<SelfTest> {
    store.feed_health(account.id).await.unwrap().into_iter().find(|health| health.way == way).unwrap().test
}

async fn state_of(stage: &Stage, way: Way) -> SelfTestState {
    test_of(&stage.store, &stage.account, way).await.unwrap().state
}

async fn is_broken(stage: &Stage) -> bool {
    let breaks = stage.store.feed_breaks(stage.account.id).await.unwrap();
    breaks.iter().any(|one| one.cause == BreakCause::SelfTestFailed)
}

fn after(hours: i64) -> Timestamp {
    NOW.plus(Span::hours(hours))
}

on_both! {
    async fn a_marked_mail_that_comes_back_by_the_way_that_is_tested_passes_once_and_does_nothing_else(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let owner = member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        let way = Way::Address(address_of(&stage).await);
        start(&stage, way, owner, NOW).await.unwrap();
        let before = stage.list().await.len();
        let marker = sent(&stage, NOW).await;
        let recorded = stage.store.record_mail(marked(&stage.account, &marker, after(1), way)).await.unwrap();
        assert_eq!(recorded.readings[0].outcome, Outcome::Ignored);
        let test = test_of(&stage.store, &stage.account, way).await.unwrap();
        let came = test.came.unwrap();
        assert_eq!((test.state, came.at, came.door, came.forwarded), (SelfTestState::Passed, after(1), Door::Lmtp, Forwarded::Auto));
        assert!(test.sentence().contains("in 60 minutes, passed on by a rule"), "{}", test.sentence());
        // A replay: it stays as it was, however and whenever it comes.
        stage.store.record_mail(marked(&stage.account, &marker, after(2), way)).await.unwrap();
        assert_eq!(test_of(&stage.store, &stage.account, way).await, Some(test));
        assert_eq!(stage.list().await.len(), before);
        assert_eq!(ground.number("SELECT COUNT(*) FROM notice WHERE review IS NOT NULL"), 0);
    }

    async fn another_way_another_account_a_late_or_a_made_up_marker_proves_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let owner = member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        let (way, other_way) = (Way::Address(address_of(&stage).await), Way::Address(address_of(&stage).await));
        start(&stage, way, owner, NOW).await.unwrap();
        let marker = sent(&stage, NOW).await;
        let seller = stage.account.clone();
        stage.store.record_mail(marked(&seller, &marker, after(1), other_way)).await.unwrap();
        stage.store.record_mail(marked(&seller, &SelfTestMarker::of([7; 15]), after(1), way)).await.unwrap();
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec!["US".parse().unwrap()], NOW).await.unwrap();
        stage.store.record_mail(marked(&other, &marker, after(1), way)).await.unwrap();
        assert_eq!(state_of(&stage, way).await, SelfTestState::Waiting);
        assert_eq!(test_of(&stage.store, &stage.account, other_way).await, None);
        // After its day it is late, whether or not somebody looked meanwhile, and no pass.
        stage.store.record_mail(marked(&seller, &marker, after(24), way)).await.unwrap();
        assert_eq!(state_of(&stage, way).await, SelfTestState::Late);
        start(&stage, way, owner, after(25)).await.unwrap();
        sent(&stage, after(25)).await;
        stage.store.end_self_tests(Clock::real(after(49)), 10).await.unwrap();
        assert!(state_of(&stage, way).await == SelfTestState::Failed && !is_broken(&stage).await);
    }

    async fn a_test_that_fails_where_one_passed_before_breaks_the_feed_until_one_passes(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let owner = member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        let way = Way::Address(address_of(&stage).await);
        // The first that fails tells only that the way was never set up.
        start(&stage, way, owner, NOW).await.unwrap();
        sent(&stage, NOW).await;
        assert_eq!(stage.store.end_self_tests(Clock::real(after(23)), 10).await.unwrap(), 0);
        assert_eq!(stage.store.end_self_tests(Clock::real(after(24)), 10).await.unwrap(), 1);
        assert!(state_of(&stage, way).await == SelfTestState::Failed && !is_broken(&stage).await);
        start(&stage, way, owner, after(30)).await.unwrap();
        let marker = sent(&stage, after(30)).await;
        stage.store.record_mail(marked(&stage.account, &marker, after(31), way)).await.unwrap();
        // One that never left tests nothing.
        start(&stage, way, owner, after(40)).await.unwrap();
        stage.store.end_self_tests(Clock::real(after(64)), 10).await.unwrap();
        assert!(state_of(&stage, way).await == SelfTestState::Unsent && !is_broken(&stage).await);
        let unsent = stage.store.claim_member_mail().await.unwrap().unwrap();
        stage.store.finish_member_mail(&unsent, MemberMailEnd::Rejected, after(64)).await.unwrap();
        start(&stage, way, owner, after(70)).await.unwrap();
        sent(&stage, after(70)).await;
        stage.store.end_self_tests(Clock::real(after(94)), 10).await.unwrap();
        assert!(is_broken(&stage).await);
        let claimed = stage.claimed_email(2, 2).await;
        let held = crate::stage::attempt(&stage.store, &claimed, Clock::real(after(94))).await;
        assert!(matches!(&held, store::Attempt::Waits(..)), "law 4: {held:?}");
        assert_eq!(stage.message(2).await.1, Some(model::Reason::FeedBroken));
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == model::AlertKind::FeedBroken));
        start(&stage, way, owner, after(100)).await.unwrap();
        let marker = sent(&stage, after(100)).await;
        stage.store.record_mail(marked(&stage.account, &marker, after(101), way)).await.unwrap();
        assert!(!is_broken(&stage).await);
        // No new test puts a failure off; and a mail that comes late, as after a night without power, mends it.
        start(&stage, way, owner, after(110)).await.unwrap();
        let marker = sent(&stage, after(110)).await;
        start(&stage, way, owner, after(133)).await.unwrap();
        stage.store.end_self_tests(Clock::real(after(134)), 10).await.unwrap();
        assert!(is_broken(&stage).await);
        stage.store.record_mail(marked(&stage.account, &marker, after(135), way)).await.unwrap();
        assert!(!is_broken(&stage).await);
    }

    async fn a_way_that_ends_takes_its_tests_and_their_break_with_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let owner = member(store, account, "o@x.example", Role::Owner).await;
        let address = address_of(&stage).await;
        let way = Way::Address(address);
        start(&stage, way, owner, NOW).await.unwrap();
        let marker = sent(&stage, NOW).await;
        store.record_mail(marked(&stage.account, &marker, after(1), way)).await.unwrap();
        start(&stage, way, owner, after(2)).await.unwrap();
        sent(&stage, after(2)).await;
        store.end_self_tests(Clock::real(after(26)), 10).await.unwrap();
        assert!(is_broken(&stage).await);
        // The mailbox still forwards to the old one, so a new one in its place mends nothing.
        let new = store.reissue_address(account, address, Actor::Operator, after(27)).await.unwrap();
        assert!(is_broken(&stage).await);
        store.revoke_address(account, new.id, Actor::Operator, after(27)).await.unwrap();
        assert!(!is_broken(&stage).await);
        let refused = start(&stage, way, owner, after(28)).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "a replaced address is tested no more");
    }

    async fn a_test_goes_to_a_confirmed_member_alone_and_only_managers_start_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let (store, account) = (&stage.store, stage.account.id);
        let way = Way::Address(address_of(&stage).await);
        let unconfirmed = store.add_member(account, "new@x.example", Role::Owner, Actor::Operator, NOW).await.unwrap().member.id;
        let relay = member(store, account, "abc@marketplace.amazon.com.", Role::Owner).await;
        for (to, why) in [(unconfirmed, "has set no password yet"), (relay, "relay address")] {
            let refused = start(&stage, way, to, NOW).await.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let owner = member(store, account, "o@x.example", Role::Owner).await;
        let agent = crate::stage::member(Role::Agent);
        let by_agent = store.start_self_test(account, way, owner, agent, NOW, String::new()).await;
        assert!(matches!(by_agent, Err(StoreError::NotAllowed(_))));
        let nowhere = start(&stage, Way::Folder(None), owner, NOW).await;
        assert!(matches!(nowhere, Err(StoreError::NotFound(_))));
        assert_eq!(ground.number("SELECT COUNT(*) FROM member_mail"), 0);
    }

    async fn old_tests_are_forgotten(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let owner = member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        let way = Way::Address(address_of(&stage).await);
        start(&stage, way, owner, NOW).await.unwrap();
        assert_eq!(stage.store.purge(Clock::real(NOW.plus(Span::days(399))), 10).await.unwrap().self_tests, 0);
        assert_eq!(stage.store.purge(Clock::real(NOW.plus(Span::days(401))), 10).await.unwrap().self_tests, 1);
    }
}
