//! Calls that reach a buyer.

use std::time::Duration;

use amazon::solicitation::{RequestReview, Solicited};
use amazon::{Endpoint, Permitted, Region};
use amazon_stand_in::Fault;
use courier::{CarryFault, Courier, Delivered};
use model::{Channel, Delivery, Span};

use crate::permits::permit;
use crate::stage::{Stage, courier_within, now, order};

const REQUEST: &str = "createProductReviewAndSellerFeedbackSolicitation";

fn permitted() -> Permitted<RequestReview> {
    Permitted::new(RequestReview, permit(Channel::Solicitation, Delivery::Live, order(), now())).unwrap()
}

async fn solicit(stage: &Stage, courier: &Courier) -> Delivered {
    let line = courier.open(&stage.endpoint).await.unwrap();
    line.hand_over(permitted(), &stage.endpoint, &stage.token, now).await
}

fn solicited(delivered: &Delivered) -> Solicited {
    match delivered {
        Delivered::Answered(answer) => Solicited::by_request(answer),
        other => panic!("{other:?}"),
    }
}

fn reached(stage: &Stage) -> u64 {
    stage.stand_in.shop().tally().solicited.get(&order()).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_review_is_requested_once() {
    let stage = Stage::new().await;
    assert_eq!(solicited(&solicit(&stage, &stage.courier).await), Solicited::Sent);
    assert_eq!(solicited(&solicit(&stage, &stage.courier).await), Solicited::AlreadyRequested);
    let tally = stage.stand_in.shop().tally();
    assert_eq!((reached(&stage), tally.invalid.len()), (1, 0));
}

#[tokio::test]
async fn outside_its_window_amazons_words_say_so() {
    let stage = Stage::new().await;
    stage.clock.advance(Span::days(40));
    let token = stage.sign_in().await;
    let line = stage.courier.open(&stage.endpoint).await.unwrap();
    let delivered = line.hand_over(permitted(), &stage.endpoint, &token, now).await;
    assert_eq!((solicited(&delivered), reached(&stage)), (Solicited::OutsideWindow, 0));
}

#[tokio::test]
async fn each_refusal_is_what_the_pure_crate_says_and_reaches_nobody() {
    let stage = Stage::new().await;
    for (fault, expected) in [
        (Fault::Throttle, Solicited::Throttled),
        (Fault::TokenExpired, Solicited::TokenNotTaken),
        (Fault::TokenInvalid, Solicited::TokenNotTaken),
        (Fault::RoleMissing, Solicited::RoleMissing),
        (Fault::Denied("For reasons of its own.".to_owned()), Solicited::Refused),
    ] {
        stage.stand_in.shop().fail(REQUEST, &fault, 1);
        assert_eq!(solicited(&solicit(&stage, &stage.courier).await), expected, "{fault:?}");
    }
    assert_eq!(reached(&stage), 0);
}

/// Whether something was done cannot be seen from here: done or not, it is unknown, and the order keeps its slot.
#[tokio::test]
async fn what_may_have_reached_the_buyer_is_unknown() {
    for (fault, reaches) in [
        (Fault::Status(500), 0),
        (Fault::DoneThen(500), 1),
        (Fault::DoneThen(503), 1),
        (Fault::Page(502), 0),
        (Fault::Page(403), 0),
        (Fault::Redirect("/".to_owned()), 0),
    ] {
        let stage = Stage::new().await;
        stage.stand_in.shop().fail(REQUEST, &fault, 1);
        assert_eq!(solicited(&solicit(&stage, &stage.courier).await), Solicited::Unknown, "{fault:?}");
        assert_eq!(reached(&stage), reaches, "{fault:?}");
    }
    for (fault, expected, reaches) in [
        (Fault::CutBefore, CarryFault::Lost, 0),
        (Fault::CutAfter, CarryFault::Lost, 1),
        (Fault::CutWithin, CarryFault::Lost, 1),
        (Fault::Endless, CarryFault::TooLarge, 0),
        (Fault::Slow(Duration::from_mins(1)), CarryFault::TooSlow, 1),
    ] {
        let stage = Stage::new().await;
        stage.stand_in.shop().fail(REQUEST, &fault, 1);
        let courier = courier_within(Duration::from_secs(if expected == CarryFault::TooSlow { 1 } else { 20 }));
        let delivered = solicit(&stage, &courier).await;
        assert!(matches!(delivered, Delivered::Unknown(fault) if fault == expected), "{fault:?}: {delivered:?}");
        assert_eq!(reached(&stage), reaches, "{fault:?}");
    }
}

#[tokio::test]
async fn nothing_leaves_after_the_permits_end_or_to_another_region() {
    let stage = Stage::new().await;
    let line = stage.courier.open(&stage.endpoint).await.unwrap();
    let late = || now().plus(Span::seconds(10));
    assert!(matches!(line.hand_over(permitted(), &stage.endpoint, &stage.token, late).await, Delivered::Lapsed));
    let line = stage.courier.open(&stage.endpoint).await.unwrap();
    let elsewhere = Endpoint::stand_in(Region::FarEast, &stage.stand_in.base()).unwrap();
    let delivered = line.hand_over(permitted(), &elsewhere, &stage.token, now).await;
    assert!(matches!(delivered, Delivered::NotSent(CarryFault::OtherRegion)), "{delivered:?}");
    // A line leads to the place it was opened to.
    let line = stage.courier.open(&stage.endpoint).await.unwrap();
    let delivered = line.hand_over(permitted(), &Endpoint::of(Region::Europe), &stage.token, now).await;
    assert!(matches!(delivered, Delivered::NotSent(CarryFault::Address)), "{delivered:?}");
    assert!(!stage.stand_in.shop().tally().calls.contains_key(REQUEST));
}

#[tokio::test]
async fn no_error_shows_a_secret_or_the_line_a_token() {
    let stage = Stage::new().await;
    let line = stage.courier.open(&stage.endpoint).await.unwrap();
    let mut shown = format!("{line:?} {:?}", stage.courier);
    for fault in [Fault::CutAfter, Fault::DoneThen(500)] {
        stage.stand_in.shop().fail(REQUEST, &fault, 1);
        shown = format!("{shown} {:?}", solicit(&stage, &stage.courier).await);
    }
    assert!(!shown.contains(stage.token.reveal()) && !shown.contains("very-secret"), "{shown}");
}
