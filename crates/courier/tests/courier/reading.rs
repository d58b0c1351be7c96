//! Calls that read.

use std::io::Read as _;
use std::time::Duration;

use amazon::messaging::{GetAttributes, GetMessagingActions};
use amazon::orders::v0::{GetOrderItems, GetOrders, LinesPage};
use amazon::orders::{OrderWindow, SearchOrders};
use amazon::reports::{
    CreateReport, Download, GetReport, GetReportDocument, Packing, ReportKind, ReportState, Unpacked,
};
use amazon::restricted::CreateRestrictedDataToken;
use amazon::sign_in::{Renewal, SignInFault};
use amazon::solicitation::{GetSolicitationActions, Solicited};
use amazon::{FailureKind, GetMarketplaceParticipations, Operation, Rate, Region, Stores};
use amazon_stand_in::{Fault, Order};
use courier::CarryFault;
use model::{Marketplace, Span};

use crate::stage::{REFRESH, Stage, courier_within, credentials, now, order};

fn question() -> GetSolicitationActions {
    GetSolicitationActions { order_id: order(), store: Marketplace::De }
}

fn window() -> OrderWindow {
    OrderWindow::changed(now().minus(Span::days(1)), None, now()).unwrap()
}

#[tokio::test]
async fn every_call_that_reads_goes_and_comes_back() {
    let stage = Stage::new().await;
    let (courier, endpoint, token) = (&stage.courier, &stage.endpoint, &stage.token);
    for number in 1..=4 {
        let id = format!("302-0000000-000000{number}").parse().unwrap();
        let other = Order::shipped(id, Marketplace::De, now().minus(Span::hours(number)));
        stage.stand_in.shop().put_order("shop", other);
    }
    let sells = courier.ask(&GetMarketplaceParticipations { region: Region::Europe }, endpoint, token).await.unwrap();
    assert_eq!(sells.answer.unwrap().stores.len(), 2);
    assert_eq!(sells.rate, Some(Rate::micro(16_000)));
    assert!(sells.request_id.unwrap().as_str().starts_with("stand-in-"));

    let search = SearchOrders::new(Stores::one(Marketplace::De), window()).per_page(3);
    let first = courier.ask(&search, endpoint, token).await.unwrap().answer.unwrap();
    let next = search.page(first.next.unwrap());
    let last = courier.ask(&next, endpoint, token).await.unwrap().answer.unwrap();
    assert_eq!((first.orders.len(), last.orders.len(), last.next.is_none()), (3, 2, true));
    assert!(first.orders.iter().chain(&last.orders).any(|order| order.alias.is_some()));

    let older = GetOrders::new(Stores::one(Marketplace::De), window()).with_buyer();
    let ask = CreateRestrictedDataToken::new([&older.request()]).unwrap();
    let restricted = courier.ask(&ask, endpoint, token).await.unwrap().answer.unwrap();
    assert_eq!(courier.ask(&older, endpoint, &restricted.secret).await.unwrap().answer.unwrap().orders.len(), 5);
    let lines = courier.ask(&GetOrderItems::new(order(), Marketplace::De), endpoint, token).await.unwrap();
    assert!(matches!(lines.answer.unwrap(), LinesPage::All(_)));

    let offers = GetMessagingActions { order_id: order(), store: Marketplace::De };
    assert_eq!(courier.ask(&offers, endpoint, token).await.unwrap().answer.unwrap().allowed().count(), 1);
    let attributes = GetAttributes { order_id: order(), store: Marketplace::De };
    let locale = courier.ask(&attributes, endpoint, token).await.unwrap().answer.unwrap();
    assert_eq!(locale.unwrap().language, "en");
    assert!(courier.ask(&question(), endpoint, token).await.unwrap().answer.unwrap().offers_review);
    let tally = stage.stand_in.shop().tally();
    assert!(tally.invalid.is_empty() && tally.exceeded.is_empty(), "{tally:?}");
}

#[tokio::test]
async fn a_report_is_asked_for_made_and_found_or_cancelled() {
    let stage = Stage::new().await;
    let (courier, endpoint, token) = (&stage.courier, &stage.endpoint, &stage.token);
    let kind = ReportKind::AllOrdersByLastUpdate;
    stage.stand_in.shop().set_report("shop", kind.as_str(), "amazon-order-id\tGröße\n", "windows-1252", true);
    stage.stand_in.shop().reports_take(Span::minutes(2));
    let create = |from| CreateReport::new(kind, Stores::one(Marketplace::De), now().minus(from), now(), now()).unwrap();
    let id = courier.ask(&create(Span::days(1)), endpoint, token).await.unwrap().answer.unwrap();
    let get = GetReport { id, region: Region::Europe };
    assert_eq!(courier.ask(&get, endpoint, token).await.unwrap().answer.unwrap(), ReportState::InQueue);
    stage.clock.advance(Span::minutes(1));
    assert_eq!(courier.ask(&get, endpoint, token).await.unwrap().answer.unwrap(), ReportState::InProgress);
    stage.clock.advance(Span::minutes(1));
    let ReportState::Done(id) = courier.ask(&get, endpoint, token).await.unwrap().answer.unwrap() else {
        panic!("done")
    };
    let document = GetReportDocument { id, kind, region: Region::Europe };
    let document = courier.ask(&document, endpoint, token).await.unwrap().answer.unwrap();
    assert_eq!(document.packing, Packing::Gzip);
    let whole = courier.download(&document.url, 1_000_000).await.unwrap();
    assert_eq!(whole.status, Download::Ready);
    let (mut text, packed) = (String::new(), whole.content.0.as_slice());
    Unpacked::new(packed, document.packing, whole.content_type.as_deref(), 1_000_000)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "amazon-order-id\tGröße\n");
    assert_eq!(courier.download(&document.url, 10).await.err(), Some(CarryFault::TooLarge));
    stage.stand_in.shop().fail("document", &Fault::CutWithin, 1);
    assert_eq!(courier.download(&document.url, 1_000_000).await.err(), Some(CarryFault::Lost));
    stage.clock.advance(Span::minutes(5));
    assert_eq!(courier.download(&document.url, 1_000_000).await.unwrap().status, Download::AskAnew);
    assert!(stage.stand_in.shop().tally().invalid.is_empty(), "no token goes where documents lie");
    for (fault, expected) in
        [(Fault::ReportCancelled, ReportState::Cancelled), (Fault::ReportFatal, ReportState::Fatal(None))]
    {
        stage.stand_in.shop().fail("createReport", &fault, 1);
        let id = courier.ask(&create(Span::days(2)), endpoint, token).await.unwrap().answer.unwrap();
        stage.clock.advance(Span::minutes(2));
        let state = courier.ask(&GetReport { id, region: Region::Europe }, endpoint, token).await.unwrap();
        assert_eq!(state.answer.unwrap(), expected);
    }
}

#[tokio::test]
async fn each_failure_of_a_question_is_what_the_pure_crate_says() {
    let stage = Stage::new().await;
    for (fault, expected) in [
        (Fault::Throttle, FailureKind::Throttled),
        (Fault::TokenExpired, FailureKind::TokenNotTaken),
        (Fault::TokenInvalid, FailureKind::TokenNotTaken),
        (Fault::RoleMissing, FailureKind::RoleMissing),
        (Fault::Denied("For reasons of its own.".to_owned()), FailureKind::Denied),
        (Fault::Status(500), FailureKind::AmazonsFault),
        (Fault::Status(503), FailureKind::AmazonsFault),
        (Fault::Status(404), FailureKind::NotFound),
        (Fault::Page(200), FailureKind::NotAmazon),
        (Fault::Page(403), FailureKind::NotAmazon),
        (Fault::Page(502), FailureKind::NotAmazon),
    ] {
        stage.stand_in.shop().fail("getSolicitationActionsForOrder", &fault, 1);
        let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
        assert_eq!(brought.answer.unwrap_err().kind(), expected, "{fault:?}");
        stage.clock.advance(Span::seconds(1));
    }
    stage.stand_in.shop().fail("getSolicitationActionsForOrder", &Fault::NoActions, 1);
    let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
    assert_eq!(Solicited::by_question(&brought.answer), Some(Solicited::NotEligibleNow));
    for fault in [Fault::CutBefore, Fault::CutWithin] {
        stage.stand_in.shop().fail("getSolicitationActionsForOrder", &fault, 1);
        let lost = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await;
        assert_eq!(lost.err(), Some(CarryFault::Lost), "{fault:?}");
    }
}

#[tokio::test]
async fn a_limit_that_is_exceeded_is_told_and_counted() {
    let stage = Stage::new().await;
    for call in 0..7 {
        let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
        let kind = brought.answer.err().map(|failure| failure.kind());
        assert_eq!(kind, (call >= 5).then_some(FailureKind::Throttled), "call {call}");
    }
    assert_eq!(stage.stand_in.shop().tally().exceeded["getSolicitationActionsForOrder"], 2);
}

#[tokio::test]
async fn no_redirection_is_followed() {
    let stage = Stage::new().await;
    let elsewhere = format!("{}/auth/o2/token", stage.stand_in.base());
    stage.stand_in.shop().fail("getSolicitationActionsForOrder", &Fault::Redirect(elsewhere), 1);
    let before = stage.stand_in.shop().tally().calls["token"];
    let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
    assert_eq!(brought.answer.unwrap_err().kind(), FailureKind::NotAmazon);
    assert_eq!(stage.stand_in.shop().tally().calls["token"], before, "nothing went where it led");
}

#[tokio::test]
async fn an_answer_without_end_is_left_and_a_slow_one_given_up() {
    let stage = Stage::new().await;
    stage.stand_in.shop().fail("getSolicitationActionsForOrder", &Fault::Endless, 1);
    let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await;
    assert_eq!(brought.err(), Some(CarryFault::TooLarge));
    stage.stand_in.shop().fail("getSolicitationActionsForOrder", &Fault::Slow(Duration::from_mins(1)), 1);
    let hasty = courier_within(Duration::from_millis(300));
    assert_eq!(hasty.ask(&question(), &stage.endpoint, &stage.token).await.err(), Some(CarryFault::TooSlow));
}

#[tokio::test]
async fn a_sign_in_that_fails_says_who_has_to_do_something() {
    let stage = Stage::new().await;
    let (application, refresh) = credentials();
    let renewal = Renewal { application: &application, refresh_token: &refresh };
    for (error, expected) in [
        ("invalid_grant", SignInFault::AuthorisationRevoked),
        ("invalid_client", SignInFault::ApplicationRefused),
        ("unauthorized_client", SignInFault::ApplicationRefused),
    ] {
        stage.stand_in.shop().fail("token", &Fault::SignIn(error.to_owned()), 1);
        let failure = stage.courier.sign_in(&renewal, &stage.endpoint).await.unwrap().unwrap_err();
        assert_eq!(failure.fault, expected);
        assert!(!format!("{failure:?} {failure}").contains(REFRESH));
    }
    stage.stand_in.shop().revoke("shop");
    let failure = stage.courier.sign_in(&renewal, &stage.endpoint).await.unwrap().unwrap_err();
    assert_eq!(failure.fault, SignInFault::AuthorisationRevoked);
    let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
    assert_eq!(brought.answer.unwrap_err().kind(), FailureKind::TokenNotTaken);
}

#[tokio::test]
async fn a_token_runs_out_after_an_hour() {
    let stage = Stage::new().await;
    stage.clock.advance(Span::hours(1));
    let brought = stage.courier.ask(&question(), &stage.endpoint, &stage.token).await.unwrap();
    assert_eq!(brought.answer.unwrap_err().kind(), FailureKind::TokenNotTaken);
    let token = stage.sign_in().await;
    assert!(stage.courier.ask(&question(), &stage.endpoint, &token).await.unwrap().answer.is_ok());
}
