//! Every way in which Amazon, or what stands in between, says no.

use amazon::sign_in::{Application, RefreshToken, Renewal};
use amazon::{Answer, FailureKind, Operation, Request, Unreadable, Usage};
use model::Span;
use model::sender::Secret;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{REQUEST, answer, bare, error, page};

/// A call that takes any object for an answer.
struct Anything;

impl Operation for Anything {
    type Answer = Value;
    const NAME: &'static str = "anything";
    const USAGE: Usage = Usage::SANDBOX;

    fn request(&self) -> Request {
        // Nobody but the crate makes a request, so one of its own is borrowed.
        let secret = Secret::new("x".to_owned());
        let application = Application::new("x", &secret).unwrap();
        let refresh_token = RefreshToken::new(&secret).unwrap();
        Renewal { application: &application, refresh_token: &refresh_token }.request()
    }

    fn read(&self, body: &Value) -> Result<Value, Unreadable> {
        body.is_object().then(|| body.clone()).ok_or(Unreadable("an object"))
    }
}

fn kind(answer: &Answer) -> FailureKind {
    Anything.understand(answer).unwrap_err().kind()
}

const DENIED: &str = "Access to requested resource is denied.";

#[test]
fn a_403_is_told_apart_by_its_words() {
    let denied = |details| kind(&error(403, "Unauthorized", DENIED, details));
    assert_eq!(denied("The access token you provided is revoked, malformed or invalid."), FailureKind::TokenNotTaken);
    assert_eq!(denied("The access token you provided has expired."), FailureKind::TokenNotTaken);
    assert_eq!(denied(""), FailureKind::RoleMissing);
    assert_eq!(denied("This seller can't be asked about today."), FailureKind::Denied);
    // An order that may not be asked about comes under the same code.
    let words = "Invalid amazonOrderId and template combination.";
    assert_eq!(kind(&error(403, "Unauthorized", words, "")), FailureKind::Denied);
    // That something else has expired is no matter of the token.
    assert_eq!(kind(&error(403, "Unauthorized", "The period has expired.", "")), FailureKind::Denied);
    // The gateway before the API.
    assert_eq!(kind(&answer(403, &json!({"message": "Missing Authentication Token"}))), FailureKind::OurMistake);
    let headers: [(&str, &[u8]); 1] = [("x-amzn-ErrorType", b"MissingAuthenticationTokenException:http://x/")];
    assert_eq!(kind(&Answer::new(403, headers, b"{}".to_vec())), FailureKind::OurMistake);
    assert_eq!(kind(&answer(403, &json!({"message": "Forbidden"}))), FailureKind::RoleMissing);
}

#[test]
fn the_other_statuses_say_what_they_say() {
    let listed = |status, code| kind(&error(status, code, "So it is.", ""));
    assert_eq!(listed(400, "InvalidInput"), FailureKind::Refused);
    assert_eq!(listed(401, "Unauthorized"), FailureKind::TokenNotTaken);
    assert_eq!(listed(404, "NotFound"), FailureKind::NotFound);
    assert_eq!(listed(408, "Timeout"), FailureKind::TimedOut);
    assert_eq!(listed(413, "RequestTooLarge"), FailureKind::OurMistake);
    assert_eq!(listed(415, "UnsupportedMediaType"), FailureKind::OurMistake);
    assert_eq!(listed(429, "QuotaExceeded"), FailureKind::Throttled);
    assert_eq!(listed(400, "QuotaExceeded"), FailureKind::Throttled);
    assert_eq!(listed(500, "InternalFailure"), FailureKind::AmazonsFault);
    assert_eq!(listed(503, "ServiceUnavailable"), FailureKind::AmazonsFault);
    let words = "Application does not have access to one or more requested data elements: [buyerInfo]";
    assert_eq!(kind(&error(400, "InvalidInput", words, "")), FailureKind::RoleMissing);
}

#[test]
fn what_stands_in_between_is_not_taken_for_amazon() {
    for status in [200, 201, 301, 400, 403, 404, 429, 502, 503] {
        assert_eq!(kind(&page(status)), FailureKind::NotAmazon, "{status}");
    }
    for status in [100, 302, 304, 307, 400, 403, 404, 407] {
        assert_eq!(kind(&bare(status, "no")), FailureKind::NotAmazon, "{status}");
    }
    assert_eq!(kind(&bare(403, "\u{feff}  <?xml version='1.0'?><Error/>")), FailureKind::NotAmazon);
    assert_eq!(kind(&bare(504, "")), FailureKind::AmazonsFault);
}

#[test]
fn a_good_answer_that_cannot_be_read_is_no_answer() {
    for odd in [answer(200, &json!([])), bare(200, ""), bare(200, "{"), error(200, "InternalFailure", "Oh.", "")] {
        assert_eq!(kind(&odd), FailureKind::Unreadable);
    }
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(amazon::LARGEST_BODY));
    assert_eq!(kind(&bare(200, &large)), FailureKind::Unreadable);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(kind(&bare(200, &deep)), FailureKind::Unreadable);
    // An empty list of errors is none.
    assert!(Anything.understand(&answer(200, &json!({"errors": []}))).is_ok());
}

#[test]
fn a_failure_keeps_the_request_id_and_shows_no_words() {
    let failure = Anything.understand(&error(400, "InvalidInput", "Ada Lovelace wrote", "to no one")).unwrap_err();
    assert_eq!(failure.request_id().unwrap().as_str(), REQUEST);
    assert_eq!(failure.words().as_str(), "InvalidInput | Ada Lovelace wrote | to no one");
    let shown = format!("{failure} {failure:?} {:?}", error(400, "InvalidInput", "Ada Lovelace wrote", ""));
    assert!(shown.contains(REQUEST) && !shown.contains("Ada"), "{shown}");
    assert!(!failure.is_transient());
    assert!(Anything.understand(&bare(503, "")).unwrap_err().is_transient());
}

#[test]
fn headers_are_read_in_any_case_and_an_odd_one_is_none() {
    let headers: [(&str, &[u8]); 4] = [
        ("X-AMZN-REQUESTID", b" abc-1 "),
        ("x-amzn-ratelimit-limit", b"0.0055"),
        ("Retry-After", b"86400"),
        ("x-other", b"\xff"),
    ];
    let answer = Answer::new(429, headers, Vec::new());
    assert_eq!(answer.request_id().unwrap().as_str(), "abc-1");
    assert_eq!(answer.rate().unwrap().as_micro(), 5_500);
    assert_eq!(Anything.understand(&answer).unwrap_err().retry_after(), Some(Span::hours(1)));
    let headers: [(&str, &[u8]); 3] =
        [("x-amzn-requestid", b"\xff"), ("x-amzn-ratelimit-limit", b"fast"), ("retry-after", b"-1")];
    let answer = Answer::new(429, headers, Vec::new());
    assert!(answer.request_id().is_none() && answer.rate().is_none());
    assert_eq!(Anything.understand(&answer).unwrap_err().retry_after(), None);
}

proptest! {
    #[test]
    fn no_answer_breaks_the_reader(
        status in any::<u16>(),
        name in "x-amzn-(requestid|ratelimit-limit|errortype)|retry-after|content-type",
        value in proptest::collection::vec(any::<u8>(), 0..300),
        body in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let answer = Answer::new(status, [(name.as_str(), value.as_slice())], body);
        if let Err(failure) = Anything.understand(&answer) {
            prop_assert!(failure.words().as_str().len() <= 500);
            prop_assert!(failure.to_string().len() < 600);
        }
    }

    #[test]
    fn whatever_amazon_says_its_words_are_kept_within_bounds(
        status in 400_u16..600, code in any::<String>(), message in any::<String>(), details in any::<String>(),
    ) {
        let failure = Anything.understand(&error(status, &code, &message, &details)).unwrap_err();
        prop_assert!(failure.words().as_str().len() <= 500);
        prop_assert!(!failure.words().as_str().chars().any(char::is_control));
    }
}
