//! Tokens: asked for with nothing shown, and every refusal told to whom it concerns.

use amazon::sign_in::{AccessToken, Application, RefreshToken, Renewal, SignInFailure, SignInFault};
use amazon::{Answer, Endpoint, FailureKind, Region, TokenKind};
use model::Span;
use model::sender::Secret;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{REQUEST, answer, bare, fields, page, pairs};

const KEPT: &str = "refresh|kept+by/us==";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn application() -> Application {
    Application::new("amzn1.application-oa2-client.1234", &secret("amzn1.oa2-cs.v1.hidden&more")).unwrap()
}

fn understood(answer: &Answer) -> Result<AccessToken, Box<SignInFailure>> {
    let (application, refresh_token) = (application(), RefreshToken::new(&secret(KEPT)).unwrap());
    Renewal { application: &application, refresh_token: &refresh_token }.understand(answer)
}

fn fault(answer: &Answer) -> SignInFault {
    understood(answer).unwrap_err().fault
}

#[test]
fn a_token_is_asked_for_by_a_form_at_the_sign_in() {
    let (application, refresh_token) = (application(), RefreshToken::new(&secret(KEPT)).unwrap());
    let renewal = Renewal { application: &application, refresh_token: &refresh_token };
    let request = renewal.request();
    assert_eq!(request.url(&Endpoint::of(Region::Europe)).unwrap(), "https://api.amazon.com/auth/o2/token");
    assert_eq!((request.method().as_str(), request.token(), request.query()), ("POST", TokenKind::None, ""));
    assert_eq!(request.content_type(), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", KEPT),
        ("client_id", "amzn1.application-oa2-client.1234"),
        ("client_secret", "amzn1.oa2-cs.v1.hidden&more"),
    ];
    assert_eq!(fields(request.body()), pairs(&expected));
    let shown = format!("{request:?} {renewal:?} {application:?} {refresh_token:?}");
    assert!(!shown.contains("kept") && !shown.contains("hidden"), "{shown}");
}

fn given(change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = json!({
        "access_token": "Atza|given", "token_type": "bearer", "expires_in": 3600, "refresh_token": KEPT
    });
    change(&mut body);
    answer(200, &body)
}

#[test]
fn a_token_comes_with_the_time_it_lives() {
    let token = understood(&given(|_| {})).unwrap();
    assert_eq!((token.secret.reveal(), token.lives, token.renewed.is_none()), ("Atza|given", Span::hours(1), true));
    assert!(!format!("{token:?}").contains("given"));
    // The form without a refresh token is as good, and one that changed is to be kept.
    assert!(understood(&given(|body| body["refresh_token"] = Value::Null)).unwrap().renewed.is_none());
    let changed = understood(&given(|body| body["refresh_token"] = json!("other"))).unwrap();
    assert_eq!(changed.renewed.unwrap().secret().reveal(), "other");
}

#[test]
fn an_answer_that_is_not_a_token_gives_none() {
    let unreadable = SignInFault::Later(FailureKind::Unreadable);
    for odd in [
        given(|body| body["access_token"] = json!("")),
        given(|body| body["access_token"] = json!("two words")),
        given(|body| body["access_token"] = json!("line\nbreak")),
        given(|body| body["access_token"] = json!("x".repeat(2_049))),
        given(|body| body["token_type"] = json!("mac")),
        given(|body| body["expires_in"] = json!(0)),
        given(|body| body["expires_in"] = json!("3600")),
        given(|body| body["expires_in"] = json!(i64::MAX)),
        given(|body| body["refresh_token"] = json!("two words")),
        given(|body| body["refresh_token"] = json!(7)),
        bare(200, ""),
        bare(200, "{\"access_token\":"),
    ] {
        let failure = understood(&odd).unwrap_err();
        assert_eq!(failure.fault, unreadable);
        assert_eq!(failure.words.as_str(), "", "what is not understood may hold the token");
    }
}

#[test]
fn each_refusal_is_told_to_whom_it_concerns() {
    let refused = |status, name: &str| answer(status, &json!({"error": name, "error_description": "Not this one."}));
    assert_eq!(fault(&refused(400, "invalid_grant")), SignInFault::AuthorisationRevoked);
    assert_eq!(fault(&refused(401, "invalid_client")), SignInFault::ApplicationRefused);
    assert_eq!(fault(&refused(400, "unauthorized_client")), SignInFault::ApplicationRefused);
    assert_eq!(fault(&refused(400, "invalid_request")), SignInFault::OurMistake);
    assert_eq!(fault(&refused(429, "slow_down")), SignInFault::Later(FailureKind::Throttled));
    assert_eq!(fault(&refused(500, "server_error")), SignInFault::Later(FailureKind::AmazonsFault));
    // A name that says the authorisation is gone counts from Amazon's sign-in alone, not beside a failure of it.
    assert_eq!(fault(&refused(503, "invalid_grant")), SignInFault::Later(FailureKind::AmazonsFault));
    assert_eq!(fault(&page(400)), SignInFault::Later(FailureKind::NotAmazon));
    assert_eq!(fault(&page(200)), SignInFault::Later(FailureKind::NotAmazon));
    assert_eq!(fault(&bare(302, "")), SignInFault::Later(FailureKind::NotAmazon));
    assert_eq!(fault(&bare(407, "{}")), SignInFault::Later(FailureKind::NotAmazon));
    let failure = understood(&refused(400, "invalid_grant")).unwrap_err();
    assert!(failure.words.as_str().ends_with("Not this one."));
    assert!(failure.to_string().contains("authorise the application anew") && failure.to_string().contains(REQUEST));
    assert!(!failure.to_string().contains("Not this one"));
}

#[test]
fn credentials_are_one_line_without_blanks() {
    for odd in ["", "a b", "a\r\nHost: x", "ü", &"x".repeat(2_049)] {
        assert!(RefreshToken::new(&secret(odd)).is_err());
        assert!(Application::new(odd, &secret("fine")).is_err());
        assert!(Application::new("fine", &secret(odd)).is_err());
    }
    // As it comes from a file or a prompt.
    assert_eq!(RefreshToken::new(&secret(" kept\n")).unwrap().secret().reveal(), "kept");
}

proptest! {
    #[test]
    fn no_bytes_break_the_sign_in(status in 0_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = Answer::new(status, [], body);
        prop_assert!(understood(&answer).is_err());
    }
}
