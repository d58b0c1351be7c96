//! Typed messages: what an order offers, the buyer's language, and what may be written.

use amazon::messaging::{
    Action, BuyerMessage, Draft, GetAttributes, GetMessagingActions, Locale, Messaged, UnfitMessage, UnfitText,
    Uploaded,
};
use amazon::{Answer, FailureKind, OpaqueId, Operation, OtherPermit, Permitted};
use model::{AttachedFile, Channel, Delivery, Marketplace, OrderId, Span, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{answer, bare, error, fields, page, pairs};
use crate::permits::permit;

const ID: &str = "302-1111111-2222222";

fn order() -> OrderId {
    ID.parse().unwrap()
}

fn uploaded(name: &str, bytes: u64) -> Uploaded {
    let digest = model::attachment::AttachmentDigest([0; 32]);
    let file = AttachedFile { name: name.parse().unwrap(), bytes, digest };
    Uploaded::new(OpaqueId::new("4e93-1").unwrap(), &file)
}

fn text(text: &str) -> Draft {
    Draft { text: Some(text.to_owned()), ..Draft::default() }
}

fn files(count: usize) -> Draft {
    Draft { attachments: vec![uploaded("manual.pdf", 1_000); count], ..Draft::default() }
}

fn problem(words: &str) -> Result<BuyerMessage, UnfitMessage> {
    BuyerMessage::new(Action::UnexpectedProblem, text(words))
}

#[test]
fn unknown_actions_are_passed_over_and_disabled_ones_told() {
    let question = GetMessagingActions { order_id: order(), store: Marketplace::De };
    assert_eq!(question.request().path(), "/messaging/v1/orders/302-1111111-2222222");
    assert_eq!(fields(question.request().query()), pairs(&[("marketplaceIds", "A1PA6795UKMFR9")]));
    let embedded = |name: &str, disabled: bool, reason: &Value| json!({"name": name, "_embedded": {"schema": {"disabled": disabled, "disabledReason": reason}}});
    let by_link = json!({
        "_links": {"self": {"name": "warranty", "href": "/x"}},
        "_embedded": {"schema": {"disabled": true, "disabledReason": "Sent twice already."}}
    });
    let body = json!({
        "_links": {"actions": [
            {"href": "/messaging/v1/orders/x/messages/unexpectedProblem?marketplaceIds=A"},
            {"href": "/a", "name": "sendInvoice"},
            {"href": "/a", "name": "updateFeedback"},
            {"href": "/a", "name": "warranty"},
            {"href": "/a", "name": "confirmDeliveryDetails"},
            {"href": "/a", "name": "warranty"},
            7
        ]},
        "_embedded": {"actions": [
            embedded("sendInvoice", false, &Value::Null), by_link, embedded("confirmDeliveryDetails", true, &Value::Null)
        ]}
    });
    let offered = question.understand(&answer(200, &body)).unwrap();
    assert_eq!(offered.allowed().collect::<Vec<_>>(), [Action::UnexpectedProblem, Action::Invoice]);
    assert!(offered.allows(Action::Invoice) && !offered.allows(Action::Warranty));
    assert_eq!(offered.why_disabled(Action::Warranty).unwrap().as_str(), "Sent twice already.");
    assert_eq!(offered.why_disabled(Action::ConfirmDeliveryDetails).unwrap().as_str(), "");
    assert_eq!(offered.why_disabled(Action::Invoice), None);
    assert!(question.understand(&answer(200, &json!({}))).is_err());
}

#[test]
fn the_buyers_language_is_read_or_unknown_never_guessed() {
    let question = GetAttributes { order_id: order(), store: Marketplace::De };
    assert_eq!(question.request().path(), "/messaging/v1/orders/302-1111111-2222222/attributes");
    let locale = |value: Value| question.understand(&answer(200, &json!({"buyer": {"locale": value}})));
    let known = |language: &str, country: Option<&str>| {
        Some(Locale { language: language.to_owned(), country: country.map(str::to_owned) })
    };
    assert_eq!(locale(json!("en-US")).unwrap(), known("en", Some("US")));
    assert_eq!(locale(json!("zh_Hans_cn")).unwrap(), known("zh", Some("CN")));
    assert_eq!(locale(json!("de")).unwrap(), known("de", None));
    assert_eq!(locale(Value::Null).unwrap(), None);
    assert_eq!(question.understand(&answer(200, &json!({}))).unwrap(), None);
    for odd in [json!(""), json!("English"), json!("e1-US"), json!(7)] {
        assert_eq!(locale(odd).unwrap_err().kind(), FailureKind::Unreadable);
    }
}

#[test]
fn a_message_leaves_as_the_model_has_it() {
    let message = BuyerMessage::new(
        Action::ConfirmCustomizationDetails,
        Draft { attachments: vec![uploaded("Gravur.png", 10)], ..text("Which name?\r\nPlease tell us.") },
    );
    let message = message.unwrap();
    let expected = json!({
        "text": "Which name?\nPlease tell us.",
        "attachments": [{"uploadDestinationId": "4e93-1", "fileName": "Gravur.png"}]
    });
    assert_eq!(message.body(), expected);
    assert!(!format!("{message:?}").contains("name"));

    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let (start, end) = (at("2026-08-20T00:00:00+02:00"), at("2028-08-20T00:00:00Z"));
    let draft = Draft { coverage_start: start, coverage_end: end, ..files(1) };
    let body = BuyerMessage::new(Action::Warranty, draft).unwrap().body();
    assert_eq!(
        (&body["coverageStartDate"], &body["coverageEndDate"]),
        (&json!("2026-08-19T22:00:00Z"), &json!("2028-08-20T00:00:00Z"))
    );
    assert!(body.get("text").is_none());
}

#[test]
fn no_permit_of_todays_gate_lets_a_typed_message_out() {
    let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
    for channel in [Channel::Email, Channel::Solicitation] {
        let message = problem("Your parcel was damaged.").unwrap();
        let answer = Permitted::new(message, permit(channel, Delivery::Live, order(), now));
        assert_eq!(answer.err(), Some(OtherPermit), "{channel}");
    }
}

#[test]
fn each_kind_takes_what_it_takes() {
    for action in Action::ALL.iter().copied() {
        let limits = action.limits();
        let (fewest, most) = limits.attachments;
        let draft =
            |count, letters: Option<usize>| Draft { text: letters.map(|letters| "ä".repeat(letters)), ..files(count) };
        if let Some(longest) = limits.text {
            assert!(BuyerMessage::new(action, draft(fewest, Some(longest))).is_ok(), "{action}");
            let too_long = UnfitMessage::Text(UnfitText::TooLong { has: longest + 1, most: longest });
            assert_eq!(BuyerMessage::new(action, draft(fewest, Some(longest + 1))), Err(too_long));
            assert_eq!(BuyerMessage::new(action, draft(fewest, None)), Err(UnfitMessage::NoText));
        } else {
            assert_eq!(BuyerMessage::new(action, draft(fewest, Some(1))), Err(UnfitMessage::TextNotTaken));
        }
        let words = limits.text.map(|_| 1);
        assert!(BuyerMessage::new(action, draft(most, words)).is_ok(), "{action}");
        assert_eq!(BuyerMessage::new(action, draft(most + 1, words)), Err(UnfitMessage::TooManyAttachments { most }));
        if fewest > 0 {
            assert_eq!(BuyerMessage::new(action, draft(fewest - 1, words)), Err(UnfitMessage::NoAttachment));
        }
        let time: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
        let covered = Draft { coverage_start: Some(time), ..draft(fewest, words) };
        assert_eq!(BuyerMessage::new(action, covered).is_ok(), limits.coverage, "{action}");
        let reversed = Draft {
            coverage_end: Some(time.minus(Span::seconds(1))),
            coverage_start: Some(time),
            ..draft(fewest, words)
        };
        assert!(BuyerMessage::new(action, reversed).is_err(), "{action}");
    }
    let large = |bytes| Draft { attachments: vec![uploaded("a.pdf", bytes), uploaded("b.pdf", 1)], ..Draft::default() };
    assert!(BuyerMessage::new(Action::Invoice, large(9_999_999)).is_ok());
    assert_eq!(BuyerMessage::new(Action::Invoice, large(10_000_000)), Err(UnfitMessage::AttachmentsTooLarge));
}

#[test]
fn markup_mail_addresses_and_open_links_do_not_leave() {
    let unfit = |words: &str| match problem(words) {
        Err(UnfitMessage::Text(unfit)) => Some(unfit),
        other => {
            assert!(other.is_ok());
            None
        }
    };
    for fine in [
        "3 < 4 & 5 > 4; R&D; size 2 <3",
        "See https://www.amazon.de/gp/help and HTTPS://amazon.de/dp/B000TEST01.",
        "Write @home or to us @ Amazon.",
        "The wwww.thing, a ratio of 3:1, 24/7.",
        "Line one\n\tline two",
    ] {
        assert_eq!(unfit(fine), None, "{fine}");
    }
    for markup in ["a <b>bold</b> word", "x</p>", "<!-- -->", "<?xml?>", "Tom &amp; Ann", "&#8203;"] {
        assert_eq!(unfit(markup), Some(UnfitText::Markup), "{markup}");
    }
    for address in ["write to us@example.com", "us＠example.com", "us@example.com.", "ä@müller.de"] {
        assert_eq!(unfit(address), Some(UnfitText::MailAddress), "{address}");
    }
    for link in [
        "http://amazon.de",
        "xhttps://amazon.de",
        "https://localhost",
        "https://amazon.de:@evil.example/x",
        "https://amazon.de\\evil.example/x",
        "see www.amazon.de",
        "(www.example.com)",
        "ftp://example.com",
        "mailto:someone",
        "javascript:alert(1)",
    ] {
        assert_eq!(unfit(link), Some(UnfitText::Link), "{link}");
    }
    assert_eq!(unfit(" \n "), Some(UnfitText::Empty));
    assert_eq!(unfit("a\u{0}b"), Some(UnfitText::Control));
    // Letters beyond the basic plane count twice where Amazon counts as most servers do.
    assert!(unfit(&"🙂".repeat(1_000)).is_none());
    assert_eq!(unfit(&"🙂".repeat(1_001)), Some(UnfitText::TooLong { has: 2_002, most: 2_000 }));
}

#[test]
fn each_answer_is_told_apart() {
    let outcome = |answer: Answer| Messaged::by_answer(&answer);
    assert_eq!(outcome(answer(201, &json!({}))), Messaged::Sent);
    assert_eq!(outcome(answer(201, &json!({"errors": []}))), Messaged::Sent);
    let words = "Invalid amazonOrderId and template combination.";
    assert_eq!(outcome(error(403, "Unauthorized", words, "")), Messaged::NotOffered);
    let denied = |details| error(403, "Unauthorized", "Access to requested resource is denied.", details);
    assert_eq!(outcome(denied("")), Messaged::RoleMissing);
    assert_eq!(outcome(denied("The access token you provided has expired.")), Messaged::TokenNotTaken);
    assert_eq!(outcome(error(429, "QuotaExceeded", "", "")), Messaged::Throttled);
    assert_eq!(outcome(error(400, "InvalidInput", "Invalid Input", "")), Messaged::Refused);
    for unknown in [error(500, "InternalFailure", "", ""), page(201), bare(403, "no"), bare(201, "[]")] {
        assert_eq!(outcome(unknown), Messaged::Unknown);
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_check_and_what_passes_is_clean(words in ".{0,300}") {
        if let Ok(message) = problem(&words) {
            let body = message.body();
            let sent = body["text"].as_str().unwrap();
            prop_assert!(sent.encode_utf16().count() <= 2_000);
            prop_assert!(!sent.contains("http://") && !sent.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }
    }

    #[test]
    fn a_mail_address_is_found_wherever_it_stands(
        before in "[a-zA-Z ]{0,10}", local in "[a-z0-9._%+-]{0,8}[a-z0-9]", host in "[a-z0-9]{1,8}", tld in "[a-z]{2,6}", after in "[ ,;!)]?[a-zA-Z ]{0,10}",
    ) {
        let found = problem(&format!("{before} {local}@{host}.{tld}{after}"));
        prop_assert_eq!(found, Err(UnfitMessage::Text(UnfitText::MailAddress)));
    }
}
