//! The linter through its public door: every text of `words/cases` in every language, the rules of form, disguises,
//! and that any text at all is linted to an end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::collections::BTreeMap;

use policy::words::{Attachment, Finding, Letter, Linter, Part};
use proptest::prelude::*;
use serde::Deserialize;

const WORDING_RULES: [&str; 8] = [
    "incentive",
    "positive-review",
    "changed-review",
    "steering",
    "confirmation",
    "mere-thanks",
    "marketing",
    "opt-out",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    caught: Vec<String>,
    fine: Vec<String>,
}

fn linter() -> &'static Linter {
    Linter::built_in().unwrap()
}

fn cases(language: &str) -> BTreeMap<String, Cases> {
    let file = format!("{}/words/cases/{language}.toml", env!("CARGO_MANIFEST_DIR"));
    toml::from_str(&std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))).unwrap()
}

fn check(text: &str) -> Vec<Finding<'static>> {
    linter().check(&Letter { subject: "Order 123-1234567-1234567", text, ..Letter::default() })
}

fn ids(text: &str) -> Vec<&'static str> {
    check(text).into_iter().map(|finding| finding.rule.id.as_str()).collect()
}

#[test]
fn every_text_of_the_cases_is_judged_as_it_should_be() {
    let mut wrong = Vec::new();
    for (language, _, _) in linter().languages() {
        let cases = cases(language);
        for rule in WORDING_RULES {
            let Some(cases) = cases.get(rule) else {
                wrong.push(format!("{language} has no cases for {rule}"));
                continue;
            };
            if cases.caught.len() < 8 || cases.fine.len() < 5 {
                wrong.push(format!("{language} {rule}: needs 8 caught and 5 fine"));
            }
            for text in cases.caught.iter().filter(|text| !ids(text).contains(&rule)) {
                wrong.push(format!("{language} {rule} missed: {text} {:?}", ids(text)));
            }
            for text in &cases.fine {
                for finding in check(text).iter().filter(|finding| WORDING_RULES.contains(&finding.rule.id.as_str())) {
                    wrong.push(format!(
                        "{language} {}: near-miss caught by `{}`: {text}",
                        finding.rule.id,
                        &text[finding.place.clone()]
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_no_matter_of_wording_is_found_by_its_form() {
    for (text, rule) in [
        ("See https://example.com/guide for the guide.", "link"),
        ("Our page is blue-widgets.shop, have a look.", "link"),
        ("Write to www . blue-widgets . com please", "link"),
        ("bluewidgets (dot) com", "link"),
        ("https://amazon.de.example.ru/review", "link"),
        ("https://amazon.de@example.ru/review", "link"),
        ("ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ．ｃｏｍ", "link"),
        ("Review here: https://bit.ly/3xYz", "short-link"),
        ("http://www.amazon.de/review", "http-link"),
        ("https://www.amazon.de/dp/B000000001", "shop-link"),
        ("https://www.amazon.de/your-orders?utm_source=mail", "tracking"),
        ("<img src=x>", "tracking"),
        ("Please <b>check</b> the address.", "html"),
        ("Write to service@example.com.", "mail-address"),
        ("Write to service (at) example (dot) com.", "mail-address"),
        ("Our number is +49 30 1234567.", "telephone"),
        ("Please call 0800 123 4567.", "telephone"),
        ("Ring (555) 123-4567.", "telephone"),
        ("WhatsApp: 5551234567", "telephone"),
        ("Rufen Sie uns an: 030/1234567", "telephone"),
        ("Thanks \u{1F600}", "emoji"),
        ("★★★★★", "emoji"),
        ("Thanks :-)", "smiley"),
        ("PLEASE READ THIS CAREFULLY now", "shouting"),
        ("Which colour?!!", "shouting"),
        ("one\n\n\ntwo", "line-breaks"),
        ("one\r\n \r\n\t\r\ntwo", "line-breaks"),
        ("[Important] which colour?", "important"),
        ("[ Wichtig ] Welche Farbe?", "important"),
        ("【Important】", "important"),
        ("[Impоrtant]", "important"),
        ("Please send your rеview.", "disguise"),
        ("Please send your re\u{200B}view.", "disguise"),
        ("詳しくはexample.comをご覧ください。", "link"),
        ("お問い合わせはservice@example.comまで。", "mail-address"),
        ("お電話は03-1234-5678まで。", "telephone"),
        ("電話０３－１２３４－５６７８", "telephone"),
        ("【重要】ご注文の刻印について", "important"),
        ("[Importante] ¿Qué color?", "important"),
        ("[URGENTE] quale colore?", "important"),
        ("Llámenos al 912345678", "telephone"),
        ("Ci chiami allo 0612345678", "telephone"),
        ("https://exa\u{200B}mple.com/guide", "link"),
        ("https://exa\u{200B}mple.com/guide", "disguise"),
        ("https://bit\u{2060}.ly/3xYz", "short-link"),
        ("https://bit.l\u{FEFF}y/3xYz", "short-link"),
        ("ht\u{AD}tps://example.com", "link"),
        ("https://\u{202E}moc.elpmaxe\u{202C}/guide", "link"),
        ("https://www.am\u{202E}oza\u{202C}n.de/review", "disguise"),
        ("https://www.amаzon.de/review", "disguise"),
        ("https://www.аmazon.de/review", "disguise"),
        ("https://амаΖоп.de/review", "disguise"),
        ("https://www.amazon\u{AD}.de/review", "disguise"),
        ("https://www.amazon.de\u{200B}/review", "disguise"),
        ("https://www.amazon\u{3002}de.example.com", "link"),
        ("https://example\u{FF0E}com", "link"),
        ("https:\u{2215}\u{2044}example.com", "link"),
        ("w\u{200D}ww.example.com", "link"),
        ("exаmple.com", "link"),
        ("serv\u{200B}ice@exam\u{200B}ple.com", "mail-address"),
    ] {
        assert!(ids(text).contains(&rule), "{text}: {:?}", ids(text));
    }
}

#[test]
fn what_only_resembles_them_is_left_alone() {
    for text in [
        "You find it under Your Orders on Amazon.com. Would you rate it?",
        "Rate it at https://www.amazon.de/review/review-your-purchases",
        "The parcel is at https://www.dhl.de/de/privatkunden/verfolgen.html?piececode=00340434161094042557",
        "Order 123-1234567-1234567 of 2026-08-20, due 24.08.2026 at 10:30.",
        "Tracking 003404341610 94042557, invoice 2026-0012345, article 4006381333931",
        "The cable is 1.5 m long and carries 100-240 V, 50/60 Hz.",
        "Which one: the USB or the HDMI cable?",
        "one\n\ntwo",
        "Ω 5 kΩ, 3 μF, naïve café, Müller & Søn GmbH",
        "Die Donau\u{AD}dampf\u{AD}schiff-Anleitung liegt bei.",
        "Size: (M) 10; colour: (b) blue",
        "Ein wichtiger Hinweis: Das Netzteil fehlt.",
        "if a<b and c>d",
        "Ａｍａｚｏｎ．ｃｏ．ｊｐの「注文履歴」をご覧ください。",
        "Bewerten unter https://www.amazon.de/review – danke",
    ] {
        assert_eq!(ids(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn a_finding_marks_its_place_by_line_column_and_bytes() {
    let text = "Grüße,\nhier ein Gеschenk: Gratisgeschenk!\n";
    let findings = check(text);
    let gift = findings.iter().find(|finding| finding.rule.id == "incentive").unwrap();
    assert_eq!(&text[gift.place.clone()], "Gratisgeschenk");
    assert_eq!((gift.part, gift.line, gift.column), (Part::Text, 2, 20));
    assert!(gift.holds_back() && !gift.rule.sentence.is_empty() && !gift.rule.instead.is_empty());
}

#[test]
fn the_order_id_must_be_there_and_be_the_right_one() {
    let order = "123-1234567-1234567".parse().unwrap();
    let missing = |letter: &Letter<'_>| linter().check(letter).iter().any(|finding| finding.rule.id == "order-id");
    assert!(missing(&Letter { text: "Which colour?", ..Letter::default() }));
    assert!(!missing(&Letter {
        text: "Order 123-1234567-1234567: which colour?",
        order: Some(order),
        ..Letter::default()
    }));
    assert!(missing(&Letter {
        text: "Order 123-1234567-7654321: which colour?",
        order: Some(order),
        ..Letter::default()
    }));
    let template = Letter { text: "Order {{ order_id }}: which colour?", template: true, ..Letter::default() };
    assert!(!missing(&template));
    assert!(missing(&Letter { template: false, ..template }));
}

#[test]
fn a_text_in_another_language_than_said_is_found() {
    let text = "Guten Tag, würden Sie bitte die Bestellung 123-1234567-1234567 auf Amazon bewerten? Ihre Meinung hilft uns und den anderen Kunden.";
    let found = |language| {
        let letter = Letter { text, language: Some(language), ..Letter::default() };
        linter().check(&letter).into_iter().map(|finding| finding.rule.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(found("en"), ["language"]);
    assert_eq!(found("de"), Vec::<&str>::new());
    assert_eq!(found("de-AT"), Vec::<&str>::new());
    assert!(found("nl").contains(&"unread-language"));
}

#[test]
fn attachments_are_counted_weighed_and_typed() {
    let found = |attachments: &[Attachment<'_>]| {
        let letter =
            Letter { text: "Order 123-1234567-1234567: the invoice is attached.", attachments, ..Letter::default() };
        linter().check(&letter).into_iter().map(|finding| finding.rule.id.as_str()).collect::<Vec<_>>()
    };
    let file = |name, bytes| Attachment { name, bytes };
    assert_eq!(found(&[file("invoice.PDF", 1_000), file("a.jpeg", 9_999_000)]), Vec::<&str>::new());
    assert_eq!(found(&[file("invoice.pdf.exe", 1)]), ["attachment-type"]);
    assert_eq!(found(&[file("invoice", 1)]), ["attachment-type"]);
    assert_eq!(found(&[file("a.png", 1); 6]), ["attachment-count"]);
    assert_eq!(found(&[file("a.png", 5_000_001); 2]), ["attachment-size"]);
}

#[test]
fn template_tags_are_no_words() {
    let text = "Order {{ order_id }}: {% if gift %}would you rate{% endif %} {{ free_gift }} PLEASE {{ X }} it?";
    let found = linter().check(&Letter { text, template: true, language: Some("en"), ..Letter::default() });
    assert!(found.is_empty(), "{found:?}");
}

/// Disguised again in many ways, a text is caught as before.
#[test]
fn disguises_change_nothing() {
    for (plain, rule) in
        [("free gift", "incentive"), ("positive review", "positive-review"), ("unsubscribe", "opt-out")]
    {
        let each = |with: &dyn Fn(char) -> String| plain.chars().map(with).collect::<String>();
        let texts = [
            each(&|sign| format!("{sign}\u{200B}")),
            each(&|sign| format!("{sign}\u{AD}")),
            each(&|sign| format!("{sign}\u{301}")),
            each(&|sign| format!("{sign}\u{FE0F}")),
            each(&|sign| if sign == ' ' { "   ".into() } else { format!("{sign} ") }),
            each(&|sign| if sign == ' ' { " ".into() } else { format!("{sign}.") }),
            each(&|sign| if sign == ' ' { " ".into() } else { format!("{sign}-") }),
            each(&|sign| if sign == ' ' { "\u{A0}".into() } else { sign.to_uppercase().to_string() }),
            each(&|sign| shifted(sign, 'a', 0xFF41)),
            each(&|sign| shifted(sign, 'a', 0x1D41A)),
            each(&|sign| shifted(sign, 'a', 0x24D0)),
            each(&|sign| shifted(sign, 'a', 0x1F130)),
            plain.replace('e', "е").replace('o', "ο").replace('i', "і"),
            plain.replace('e', "3").replace('o', "0"),
            plain.replace(' ', "\n"),
            plain.replace(' ', ""),
        ];
        for text in texts {
            let text = format!("Here: {text} .");
            assert!(ids(&text).contains(&rule), "{rule}: {text:?} {:?}", ids(&text));
        }
    }
}

fn shifted(sign: char, from: char, to: u32) -> String {
    if sign == ' ' {
        return " ".into();
    }
    char::from_u32(to + u32::from(sign) - u32::from(from)).unwrap().to_string()
}

fn holds(text: &str, template: bool) {
    let letter = Letter { subject: text, text, template, language: Some("en"), ..Letter::default() };
    for finding in linter().check(&letter) {
        if finding.part != Part::Attachments {
            assert!(text.get(finding.place.clone()).is_some(), "{finding:?}");
            let before = &text[..finding.place.start];
            assert_eq!(finding.line, before.matches('\n').count() + 1);
            assert_eq!(finding.column, before.rsplit('\n').next().unwrap().chars().count() + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn linting_any_string_ends_and_marks_places_inside_of_it(text in any::<String>(), template in any::<bool>()) {
        holds(&text, template);
    }

    #[test]
    fn so_does_linting_pieces_that_rules_look_for(
        pieces in proptest::collection::vec(prop_oneof![
            Just("free gift "), Just("review"), Just("{{"), Just("}}"), Just("{%"), Just("http://"), Just("@"), Just("a.de"),
            Just("\u{200B}"), Just("\u{301}"), Just("が"), Just("ﾊﾞ"), Just("!!"), Just("\r\n\n"), Just("ß"), Just("😀"),
            Just("+49 30 1234567"), Just("[important]"), Just("ﬁ"), Just("𝓯ree"), Just("if you are happy "), Just("İ"), Just("€"),
        ], 0..60),
        template in any::<bool>(),
    ) {
        holds(&pieces.concat(), template);
    }
}

fn document(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_document_names_every_rule_as_the_packs_have_it() {
    let document = document("docs/rules.md");
    for rule in linter().rules() {
        let entry = format!(
            "## `{}` ({})\n\n{}\n\nInstead: {}\n\nSource: {} ({}).\n",
            rule.id,
            rule.severity.as_str(),
            rule.sentence,
            rule.instead,
            rule.source,
            rule.date
        );
        assert!(document.contains(&entry), "docs/rules.md lacks: {entry}");
    }
    assert_eq!(document.matches("\n## ").count(), linter().rules().len());
    for (language, _, _) in linter().languages() {
        assert!(document.contains(&format!("({language})")), "docs/rules.md does not name {language}");
    }
}

#[test]
fn the_example_campaign_breaks_no_rule() {
    let campaign: toml::Table = toml::from_str(&document("docs/examples/review.toml")).unwrap();
    let templates = campaign["template"].as_table().unwrap();
    for (language, template) in templates {
        let part = |name| template.get(name).and_then(toml::Value::as_str).unwrap_or_default();
        let letter = Letter {
            subject: part("subject"),
            text: part("text"),
            language: Some(language),
            template: true,
            ..Letter::default()
        };
        assert!(!letter.text.is_empty(), "{language} has a text");
        let found = linter().check(&letter);
        assert!(found.is_empty(), "{language}: {found:?}");
    }
}
