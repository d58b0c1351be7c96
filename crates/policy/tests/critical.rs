//! Critical messages through the linter's public door: what Amazon says is not critical is turned away by name in every
//! language, each reason's texts pass for it and for no other, and the document tells every rule.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::collections::BTreeMap;

use model::CriticalReason;
use policy::words::{CriticalLetter, CriticalLinter};
use proptest::prelude::*;

const ORDER: &str = "123-1234567-1234567";
const LANGUAGES: [&str; 6] = ["en", "de", "fr", "es", "it", "ja"];
const TURNED_AWAY: [&str; 4] = ["confirmation", "manual", "stock", "feedback"];

fn linter() -> &'static CriticalLinter {
    CriticalLinter::built_in().unwrap()
}

fn cases(language: &str) -> BTreeMap<String, Vec<String>> {
    let file = format!("{}/words/critical/cases/{language}.toml", env!("CARGO_MANIFEST_DIR"));
    toml::from_str(&std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))).unwrap()
}

fn errors(reason: CriticalReason, subject: &str, text: &str, language: Option<&str>) -> Vec<String> {
    let letter = CriticalLetter { order: ORDER.parse().unwrap(), reason, subject, text, language };
    let found = linter().check(&letter);
    found.iter().filter(|finding| finding.holds_back()).map(|finding| finding.rule.id.clone()).collect()
}

/// With an order id in the subject, so that only the words count.
fn of(reason: CriticalReason, text: &str, language: &str) -> Vec<String> {
    errors(reason, &format!("Order {ORDER}"), text, Some(language))
}

#[test]
fn what_is_not_critical_is_turned_away_by_the_rules_name_whatever_the_reason() {
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let cases = cases(language);
        for name in TURNED_AWAY {
            let rule = format!("critical-{name}");
            for text in cases.get(name).unwrap() {
                for reason in CriticalReason::ALL {
                    let found = of(*reason, text, language);
                    if !found.contains(&rule) {
                        wrong.push(format!("{language} {rule} missed for {reason}: {text} {found:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_text_passes_for_its_own_reason_and_for_no_other() {
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let cases = cases(language);
        for own in CriticalReason::ALL {
            for text in cases.get(own.as_str()).unwrap() {
                let found = of(*own, text, language);
                if !found.is_empty() {
                    wrong.push(format!("{language} {own}: held back by {found:?}: {text}"));
                }
                for other in CriticalReason::ALL.iter().filter(|other| *other != own) {
                    if of(*other, text, language) != ["critical-reason"] {
                        wrong.push(format!("{language} {own} passes for {other}: {text}"));
                    }
                }
            }
        }
        for text in cases.get("none").unwrap() {
            for reason in CriticalReason::ALL {
                if !of(*reason, text, language).contains(&"critical-reason".to_owned()) {
                    wrong.push(format!("{language} passes for {reason} and speaks of nothing: {text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_rules_of_every_message_hold_too() {
    let address = CriticalReason::ShippingAddress;
    for (text, rule) in [
        ("Is your address right? Write to a@example.com.", "mail-address"),
        ("Is your address right? See https://example.com/form.", "link"),
        ("[Important] Is your address right?", "important"),
        ("Is your address right? Use the discount code for 20% off your next order.", "marketing"),
    ] {
        assert!(of(address, text, "en").contains(&rule.to_owned()), "{text}: {:?}", of(address, text, "en"));
    }
    assert!(of(address, "Thank you for your order. We are here to help.", "en").contains(&"mere-thanks".to_owned()));
    assert!(of(address, "Is your address right?", "en").is_empty());
}

#[test]
fn the_order_id_must_be_that_of_the_order_chosen() {
    let held = |text| errors(CriticalReason::ShippingAddress, "", text, Some("en"));
    assert_eq!(held("Order 123-1234567-1234567: is your address right?"), Vec::<String>::new());
    assert_eq!(held("Order 123-1234567-7654321: is your address right?"), ["order-id"]);
    assert_eq!(held("Is your address right?"), ["order-id"]);
}

#[test]
fn a_text_must_be_there_and_be_short_and_the_subject_one_line() {
    let address = CriticalReason::ShippingAddress;
    assert!(of(address, " \n", "en").contains(&"critical-length".to_owned()));
    let sized = |many: usize| format!("{:<many$}", "Is your address right?");
    assert!(of(address, &sized(2000), "en").is_empty());
    assert_eq!(of(address, &sized(2001), "en"), ["critical-length"]);
    let subject = |subject: &str| errors(address, subject, "123-1234567-1234567: is your address right?", Some("en"));
    assert!(subject(&"a".repeat(150)).is_empty());
    assert_eq!(subject(&"a".repeat(151)), ["critical-length"]);
    assert_eq!(subject("two\nlines"), ["critical-length"]);
}

#[test]
fn the_subject_alone_does_not_speak_of_the_reason() {
    let held = errors(
        CriticalReason::ShippingAddress,
        "Your address",
        "Order 123-1234567-1234567: please tell us what is right.",
        Some("en"),
    );
    assert_eq!(held, ["critical-reason"]);
}

#[test]
fn a_language_without_words_is_warned_of_and_not_held_back() {
    let letter = CriticalLetter {
        order: ORDER.parse().unwrap(),
        reason: CriticalReason::ShippingAddress,
        subject: "",
        text: "Bestelling 123-1234567-1234567: klopt het huisnummer?",
        language: Some("nl-NL"),
    };
    let found = linter().check(&letter);
    let ids: Vec<_> = found.iter().map(|finding| finding.rule.id.as_str()).collect();
    assert!(ids.contains(&"critical-unread-reason") && ids.contains(&"unread-language"), "{ids:?}");
    assert!(!found.iter().any(policy::words::Finding::holds_back), "{ids:?}");
}

#[test]
fn disguises_change_nothing() {
    for text in ["Is your address right? Leave a r\u{200B}eview.", "Is your address right? Leave a rеview."] {
        let found = of(CriticalReason::ShippingAddress, text, "en");
        assert!(found.contains(&"critical-feedback".to_owned()), "{text}: {found:?}");
    }
}

#[test]
fn the_document_names_every_rule_as_the_packs_have_it() {
    let path = format!("{}/../../docs/rules.md", env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(path).unwrap();
    for rule in linter().rules() {
        let entry = format!(
            "### `{}` ({})\n\n{}\n\nInstead: {}\n\nSource: {} ({}).\n",
            rule.id,
            rule.severity.as_str(),
            rule.sentence,
            rule.instead,
            rule.source,
            rule.date
        );
        assert!(document.contains(&entry), "docs/rules.md lacks: {entry}");
    }
    assert_eq!(document.matches("\n### ").count(), linter().rules().len());
}

proptest! {
    #[test]
    fn checking_any_string_ends_and_marks_places_inside_of_it(text in any::<String>()) {
        let letter = CriticalLetter {
            order: ORDER.parse().unwrap(),
            reason: CriticalReason::Customization,
            subject: &text,
            text: &text,
            language: None,
        };
        for finding in linter().check(&letter) {
            prop_assert!(text.get(finding.place.clone()).is_some());
        }
    }
}
