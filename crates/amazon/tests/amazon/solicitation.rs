//! Amazon's review request: asked about first, made under a permit, and each answer told apart.

use amazon::solicitation::{GetSolicitationActions, RequestReview, Solicited};
use amazon::{Answer, Endpoint, FailureKind, Handed, Lapsed, Operation, OtherPermit, Permitted, Region, TokenKind};
use model::{Channel, Delivery, Marketplace, OrderId, Span, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{REQUEST, answer, bare, error, fields, page, pairs};
use crate::permits::permit;

const ID: &str = "302-1111111-2222222";

fn order() -> OrderId {
    ID.parse().unwrap()
}

fn question() -> GetSolicitationActions {
    GetSolicitationActions { order_id: order(), store: Marketplace::De }
}

fn asked(answer: &Answer) -> Option<Solicited> {
    Solicited::by_question(&question().understand(answer))
}

fn actions(list: &Value) -> Answer {
    answer(200, &json!({"_links": {"actions": list, "self": {"href": format!("/solicitations/v1/orders/{ID}")}}}))
}

#[test]
fn an_order_is_asked_what_it_offers() {
    let request = question().request();
    assert_eq!((request.method().as_str(), request.path()), ("GET", "/solicitations/v1/orders/302-1111111-2222222"));
    assert_eq!(fields(request.query()), pairs(&[("marketplaceIds", "A1PA6795UKMFR9")]));

    let href = format!("/solicitations/v1/orders/{ID}/solicitations/productReviewAndSellerFeedback?marketplaceIds=A");
    assert_eq!(asked(&actions(&json!([{"href": href, "name": "productReviewAndSellerFeedback"}]))), None);
    assert_eq!(asked(&actions(&json!([{"href": href}]))), None, "a link may have no name");
    assert_eq!(asked(&actions(&json!([]))), Some(Solicited::NotEligibleNow));
    assert_eq!(asked(&actions(&json!([{"name": "somethingNew"}]))), Some(Solicited::NotEligibleNow));
    let off = json!({
        "_links": {"actions": [{"name": "productReviewAndSellerFeedback"}]},
        "_embedded": {"actions": [{
            "name": "productReviewAndSellerFeedback",
            "_embedded": {"schema": {"disabled": true, "disabledReason": "not now"}}
        }]}
    });
    assert_eq!(asked(&answer(200, &off)), Some(Solicited::NotEligibleNow));
    // Nothing about actions is no word on eligibility.
    for odd in [json!({}), json!({"_links": {}}), json!({"_links": {"actions": {}}})] {
        assert_eq!(asked(&answer(200, &odd)), Some(Solicited::AmazonsFault), "{odd}");
    }
}

#[test]
fn a_question_that_fails_says_what_to_do() {
    let denied = |details| error(403, "Unauthorized", "Access to requested resource is denied.", details);
    assert_eq!(asked(&denied("")), Some(Solicited::RoleMissing));
    assert_eq!(asked(&denied("The access token you provided has expired.")), Some(Solicited::TokenNotTaken));
    assert_eq!(asked(&error(429, "QuotaExceeded", "Too many.", "")), Some(Solicited::Throttled));
    assert_eq!(asked(&error(400, "InvalidInput", "Invalid Input", "")), Some(Solicited::Refused));
    assert_eq!(asked(&error(404, "NotFound", "Not here", "")), Some(Solicited::Refused));
    for fault in [error(503, "ServiceUnavailable", "", ""), page(200), bare(302, ""), bare(408, "")] {
        assert_eq!(asked(&fault), Some(Solicited::AmazonsFault));
    }
}

#[test]
fn a_request_leaves_within_its_permit_and_no_later() {
    let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
    let ends = now.plus(Span::seconds(10));
    let granted = || permit(Channel::Solicitation, Delivery::Live, order(), now);
    let permitted = || Permitted::new(RequestReview, granted()).unwrap();
    assert_eq!(permitted().permit().expires_at(), ends);
    let request = permitted().into_request(now).unwrap();
    let url = request.url(&Endpoint::of(Region::Europe)).unwrap();
    let expected = "https://sellingpartnerapi-eu.amazon.com/solicitations/v1/orders/302-1111111-2222222/solicitations/\
                    productReviewAndSellerFeedback?marketplaceIds=A1PA6795UKMFR9";
    assert_eq!((request.method().as_str(), url.as_str()), ("POST", expected));
    assert_eq!((request.token(), request.body(), request.content_type()), (TokenKind::Access, "", None));
    assert!(permitted().into_request(ends.minus(Span::micros(1))).is_ok());
    assert_eq!(permitted().into_request(ends).err(), Some(Lapsed));
    assert_eq!(permitted().into_request(now.minus(Span::micros(1))).err(), Some(Lapsed), "a clock set back");
}

#[test]
fn a_permit_for_something_else_lets_nothing_out() {
    let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
    for (channel, delivery) in [(Channel::Email, Delivery::Live), (Channel::Solicitation, Delivery::Capture)] {
        let answer = Permitted::new(RequestReview, permit(channel, delivery, order(), now));
        assert_eq!(answer.err(), Some(OtherPermit), "{channel}");
    }
}

const ALREADY: &str = "The requested solicitation is not available for this amazonOrderId.";

#[test]
fn each_answer_is_told_apart() {
    let outcome = |answer: Answer| Solicited::by_request(&answer);
    assert_eq!(outcome(answer(201, &json!({}))), Solicited::Sent);
    assert_eq!(outcome(bare(201, "")), Solicited::Sent);
    assert_eq!(outcome(error(403, "Unauthorized", ALREADY, "")), Solicited::AlreadyRequested);
    for apostrophe in ["'", "\u{2019}"] {
        let words = format!(
            "You can{apostrophe}t use this feature to request a review outside the 5-30 day range after the order delivery date."
        );
        assert_eq!(outcome(error(403, "Unauthorized", &words, "")), Solicited::OutsideWindow);
    }
    let denied = |details| error(403, "Unauthorized", "Access to requested resource is denied.", details);
    assert_eq!(outcome(denied("")), Solicited::RoleMissing);
    let token = "The access token you provided is revoked, malformed or invalid.";
    assert_eq!(outcome(denied(token)), Solicited::TokenNotTaken);
    assert_eq!(outcome(error(429, "QuotaExceeded", "Too many.", "")), Solicited::Throttled);
    assert_eq!(outcome(error(403, "Unauthorized", "For reasons of its own.", "")), Solicited::Refused);
    assert_eq!(outcome(error(400, "InvalidInput", "Invalid Input", "")), Solicited::Refused);
    assert_eq!(outcome(error(404, "NotFound", "", "")), Solicited::Refused);
}

#[test]
fn what_may_have_reached_the_buyer_is_unknown_and_keeps_the_slot() {
    for unknown in [
        error(500, "InternalFailure", "Oh.", ""),
        error(503, "ServiceUnavailable", ALREADY, ""),
        error(408, "Timeout", "", ""),
        answer(302, &json!({})),
        answer(200, &json!({})),
        error(201, "InternalFailure", "Oh.", ""),
        answer(201, &json!([])),
        bare(201, "{"),
        page(201),
        page(403),
        page(429),
        // Nothing in these shows that Amazon wrote them.
        bare(403, "denied"),
        bare(404, "{}"),
        bare(429, ""),
        bare(407, "{}"),
    ] {
        assert_eq!(Solicited::by_request(&unknown), Solicited::Unknown, "{unknown:?}");
    }
    assert!(
        Solicited::Unknown.takes_slot() && Solicited::Sent.takes_slot() && Solicited::AlreadyRequested.takes_slot()
    );
    for free in [
        Solicited::OutsideWindow,
        Solicited::NotEligibleNow,
        Solicited::Throttled,
        Solicited::TokenNotTaken,
        Solicited::RoleMissing,
        Solicited::Refused,
        Solicited::AmazonsFault,
    ] {
        assert!(!free.takes_slot());
    }
}

#[test]
fn an_outcome_keeps_the_request_id_and_amazons_words() {
    assert_eq!(Handed::of(&answer(201, &json!({}))), Handed::Taken(amazon::RequestId::new(REQUEST)));
    let Handed::Refused(failure) = Handed::of(&error(403, "Unauthorized", ALREADY, "")) else { panic!("refused") };
    assert_eq!((failure.kind(), failure.request_id().unwrap().as_str()), (FailureKind::Denied, REQUEST));
    assert!(failure.words().as_str().contains(ALREADY));
}

proptest! {
    /// Whoever answers whatever: it counts as sent by Amazon's 201 alone, and as not sent by a 4xx of its own alone.
    #[test]
    fn only_amazons_own_word_decides(
        status in 100_u16..600,
        is_amazons in any::<bool>(),
        is_html in any::<bool>(),
        body in prop_oneof![Just(String::new()), Just("{}".to_owned()), ".{0,60}", Just(format!(r#"{{"errors":[{{"code":"Unauthorized","message":"{ALREADY}"}}]}}"#))],
    ) {
        let mut headers: Vec<(&str, &[u8])> = Vec::new();
        if is_amazons { headers.push(("x-amzn-requestid", b"abc-1")); }
        if is_html { headers.push(("content-type", b"text/html; charset=utf-8")); }
        let answer = Answer::new(status, headers, body.into_bytes());
        match Handed::of(&answer) {
            Handed::Taken(_) => prop_assert!(status == 201 && !is_html),
            Handed::Refused(_) => prop_assert!((400..500).contains(&status) && status != 408 && !is_html),
            Handed::Unknown(_) => {}
        }
        let solicited = Solicited::by_request(&answer);
        if status >= 500 || is_html || status < 201 {
            prop_assert_eq!(solicited, Solicited::Unknown);
        }
    }
}
