//! The stand-in itself, asked by hand over a socket: limits, validation, and what it does in each way of failing.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use amazon_stand_in::{Account, Clock, Fault, Order, StandIn};
use model::{Marketplace, Span, Timestamp};
use serde_json::Value;

const ID: &str = "302-1111111-2222222";
const ACTIONS: &str = "/solicitations/v1/orders/302-1111111-2222222?marketplaceIds=A1PA6795UKMFR9";
const SOLICIT: &str = "/solicitations/v1/orders/302-1111111-2222222/solicitations/productReviewAndSellerFeedback?marketplaceIds=A1PA6795UKMFR9";

fn now() -> Timestamp {
    "2026-08-20T12:00:00Z".parse().unwrap()
}

fn shop() -> (StandIn, Clock) {
    let clock = Clock::by_hand(now());
    let stand_in = StandIn::start(clock.clone()).unwrap();
    let account = Account {
        name: "shop".to_owned(),
        application: ("app".to_owned(), "secret".to_owned()),
        refresh_token: "refresh".to_owned(),
        stores: vec![Marketplace::De],
    };
    stand_in.shop().add_account(account);
    let order = Order::shipped(ID.parse().unwrap(), Marketplace::De, now().minus(Span::hours(1)));
    assert!(stand_in.shop().put_order("shop", order));
    (stand_in, clock)
}

/// The status (0 where the connection ended without one) and all that came after the head.
fn ask(stand_in: &StandIn, method: &str, target: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(stand_in.base().trim_start_matches("http://")).unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: t\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn token(stand_in: &StandIn) -> String {
    let form = "grant_type=refresh_token&refresh_token=refresh&client_id=app&client_secret=secret";
    let (status, body) = ask(stand_in, "POST", "/auth/o2/token", "", form);
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    format!("x-amz-access-token: {}\r\n", body["access_token"].as_str().unwrap())
}

#[test]
fn a_limit_is_kept_and_counted_for_each_operation() {
    let (stand_in, clock) = shop();
    let token = token(&stand_in);
    let get = || ask(&stand_in, "GET", ACTIONS, &token, "").0;
    assert_eq!([get(), get(), get(), get(), get(), get(), get()], [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(stand_in.shop().tally().exceeded["getSolicitationActionsForOrder"], 2);
    clock.advance(Span::seconds(1));
    assert_eq!([get(), get()], [200, 429]);
    assert_eq!(ask(&stand_in, "POST", SOLICIT, &token, "").0, 201, "another operation has a bucket of its own");
}

#[test]
fn an_order_is_solicited_once_and_in_its_window() {
    let (stand_in, clock) = shop();
    let token = token(&stand_in);
    let post = || ask(&stand_in, "POST", SOLICIT, &token, "");
    assert_eq!(post().0, 201);
    let (status, words) = post();
    assert!(status == 403 && words.contains("requested solicitation is not available"), "{words}");
    assert_eq!(stand_in.shop().tally().solicited[&ID.parse().unwrap()], 1);
    let late = "302-1111111-3333333";
    let mut order = Order::shipped(late.parse().unwrap(), Marketplace::De, now());
    order.delivery = (now().minus(Span::days(60)), now().minus(Span::days(59)));
    stand_in.shop().put_order("shop", order);
    clock.advance(Span::seconds(9));
    let (status, words) = ask(&stand_in, "POST", &SOLICIT.replace(ID, late), &token, "");
    assert!(status == 403 && words.contains("outside the 5-30 day range"), "{words}");
    assert!(!stand_in.shop().tally().solicited.contains_key(&late.parse().unwrap()));
}

#[test]
fn what_the_models_do_not_know_is_refused_and_told() {
    let (stand_in, _clock) = shop();
    let token = token(&stand_in);
    let orders = "/orders/2026-01-01/orders?lastUpdatedAfter=2026-08-19T00%3A00%3A00Z";
    assert_eq!(ask(&stand_in, "GET", orders, &token, "").0, 200);
    for (method, target, body) in [
        ("GET", format!("{orders}&MaxResults=5"), ""),
        ("GET", format!("{orders}&maxResultsPerPage=101"), ""),
        ("GET", format!("{orders}&marketplaceIds=NONE"), ""),
        ("GET", ACTIONS.replace("?marketplaceIds=A1PA6795UKMFR9", ""), ""),
        ("POST", SOLICIT.to_owned(), "{}"),
        ("POST", "/reports/2021-06-30/reports".to_owned(), r#"{"reportType": "GET_X"}"#),
        (
            "POST",
            "/reports/2021-06-30/reports".to_owned(),
            r#"{"reportType": "GET_X", "marketplaceIds": ["A1PA6795UKMFR9"], "more": 1}"#,
        ),
    ] {
        let headers = format!("{token}Content-Type: application/json\r\n");
        assert_eq!(ask(&stand_in, method, &target, &headers, body).0, 400, "{target} {body}");
    }
    assert_eq!(stand_in.shop().tally().invalid.len(), 7);
    assert_eq!(ask(&stand_in, "GET", "/orders/2030-01-01/orders", &token, "").0, 403);
    assert_eq!(ask(&stand_in, "GET", orders, "", "").0, 403, "without a token");
}

#[test]
fn tokens_pages_and_addresses_run_out() {
    let (stand_in, clock) = shop();
    for number in 1..=3 {
        let id = format!("302-0000000-000000{number}").parse().unwrap();
        stand_in.shop().put_order("shop", Order::shipped(id, Marketplace::De, now().minus(Span::hours(number))));
    }
    let first = token(&stand_in);
    let orders = "/orders/2026-01-01/orders?lastUpdatedAfter=2026-08-19T00%3A00%3A00Z&maxResultsPerPage=3";
    let (_, body) = ask(&stand_in, "GET", orders, &first, "");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["orders"].as_array().unwrap().len(), 3);
    let page = body["pagination"]["nextToken"].as_str().unwrap().replace('+', "%2B").replace('=', "%3D");
    let next = format!("{orders}&paginationToken={page}");
    let (_, last) = ask(&stand_in, "GET", &next, &first, "");
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!((last["orders"].as_array().unwrap().len(), &last["pagination"]), (1, &Value::Null));
    assert_eq!(ask(&stand_in, "GET", &next.replace("=3&", "=2&"), &first, "").0, 400, "for another question");
    clock.advance(Span::hours(24));
    let (status, words) = ask(&stand_in, "GET", &next, &first, "");
    assert!(status == 403 && words.contains("has expired"), "{words}");
    assert_eq!(ask(&stand_in, "GET", &next, &token(&stand_in), "").0, 400);
}

#[test]
fn a_cut_after_the_deed_leaves_the_deed_done() {
    let (stand_in, clock) = shop();
    let token = token(&stand_in);
    stand_in.shop().fail("createProductReviewAndSellerFeedbackSolicitation", &Fault::CutBefore, 1);
    stand_in.shop().fail("createProductReviewAndSellerFeedbackSolicitation", &Fault::Status(503), 1);
    stand_in.shop().fail("createProductReviewAndSellerFeedbackSolicitation", &Fault::CutAfter, 1);
    let post = || ask(&stand_in, "POST", SOLICIT, &token, "").0;
    assert_eq!((post(), post()), (0, 503));
    assert!(stand_in.shop().tally().solicited.is_empty());
    assert_eq!(post(), 0);
    assert_eq!(stand_in.shop().tally().solicited.len(), 1);
    clock.advance(Span::hours(2));
    stand_in.shop().revoke("shop");
    assert_eq!(post(), 403);
}
