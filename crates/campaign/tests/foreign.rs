//! Templates of other tools: what comes over, what is told, and that nothing of theirs is read as our own language.

#![expect(clippy::panic, reason = "a test that can't set up its case must stop")]

#[path = "order/mod.rs"]
mod order;

use campaign::{Campaign, ForeignLetter, Imported, StoreNames, import, render};
use proptest::prelude::*;

fn imported(source: &str) -> Imported {
    import(&ForeignLetter { name: "From elsewhere", language: "en", source })
        .unwrap_or_else(|found| panic!("{found:#?}"))
}

/// The letter that an import makes for an order of which everything is known.
fn letter(imported: &Imported) -> (String, String) {
    let campaign = Campaign::parse(&imported.file).unwrap_or_else(|found| panic!("{found:#?}\n{}", imported.file));
    let mut order = order::order();
    order.estimated_arrival = Some(order::time("2026-07-09T12:00:00Z"));
    order.carrier = Some("DHL".to_owned());
    order.tracking_number = Some("JJD0001".to_owned());
    let letter = render(&campaign, &order, &StoreNames { store_name: "Blue Widgets" });
    let letter = letter.unwrap_or_else(|fault| panic!("{fault}\n{}", imported.file));
    (letter.subject, letter.text)
}

#[test]
fn the_four_ways_of_writing_a_variable_come_over_mixed() {
    let found = imported(
        "Subject: Order [[order-id]]\n\nDear customer,\n\n%%product-name%% of ${Order_Date}, sent on {{ ship date }} by \
         [[Carrier]] ({{{tracking.number}}}), expected %%estimated_arrival%%.\n\n${{store-name}}\n",
    );
    assert_eq!((found.carried, found.not_carried.as_slice()), (8, [].as_slice()));
    let (subject, text) = letter(&found);
    assert_eq!(subject, format!("Order {}", order::ID));
    assert_eq!(
        text,
        "Dear customer,\n\nKettle, steel of July 1, 2026, sent on July 3, 2026 by DHL (JJD0001), expected July 9, 2026.\n\n\
         Blue Widgets"
    );
}

#[test]
fn what_can_t_be_carried_over_is_told_with_its_place_and_prints_nothing() {
    let found = imported(
        "Subject: [[order-id]]\n\nHello %%buyer-name%%,\n\nsee [[product-link:the product]] and ${loyalty points}.\n\
         {% if gift %}Write to [[order-link:my order]]{% endif %}\n",
    );
    let told: Vec<_> = found.not_carried.iter().map(|note| (note.line, note.column, note.found.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, 7, "%%buyer-name%%"),
            (5, 5, "[[product-link:the product]]"),
            (5, 38, "${loyalty points}"),
            (6, 1, "{% if gift %}"),
            (6, 23, "[[order-link:my order]]"),
            (6, 46, "{% endif %}"),
        ]
    );
    let said: Vec<_> = found.not_carried.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("no buyer's name") && said[0].contains("{# not carried over: buyer-name #}"), "{said:#?}");
    assert!(said[2].contains("no variable of this name"), "{said:#?}");
    assert!(said[4].contains("{{ order_link }}"), "{said:#?}");
    let link = format!("https://www.amazon.com/gp/your-account/order-details?orderID={}", order::ID);
    assert_eq!(letter(&found).1, format!("Hello,\n\nsee  and.\nWrite to {link}"));
}

#[test]
fn the_order_id_and_a_subject_are_added_where_they_are_missing_and_it_is_said() {
    let found = imported("Please write a review.");
    let said: Vec<_> = found.not_carried.iter().map(ToString::to_string).collect();
    assert!(matches!(said.as_slice(), [only] if only.contains("no subject")), "{said:#?}");
    assert_eq!(letter(&found), (format!("Order {}", order::ID), "Please write a review.".to_owned()));

    let found = imported("Subject: Hello\nPlease write a review.");
    let said: Vec<_> = found.not_carried.iter().map(ToString::to_string).collect();
    assert!(matches!(said.as_slice(), [only] if only.contains("demands the order id")), "{said:#?}");
    assert_eq!(letter(&found), ("Hello".to_owned(), format!("Please write a review.\n\nOrder {}", order::ID)));

    // A text of nothing but markers that don't come over.
    let found = imported("Subject: [[order-id]]\n[[greeting]]");
    assert_eq!((found.not_carried.len(), letter(&found).1), (2, format!("Order {}", order::ID)));
}

#[test]
fn text_that_looks_like_our_own_language_stays_text() {
    let found = imported("{{order-id}} {{ {a} {# {% raw {{\"x\" ~ items }} ]] %} \"\"\" \\u0041 {{order-id");
    let (_, text) = letter(&found);
    assert!(text.contains("{ {a}") && text.contains("\"\"\" \\u0041") && text.ends_with("{ {order-id"), "{text}");
    assert!(found.not_carried.iter().any(|note| note.found == "{{"), "{:#?}", found.not_carried);
}

#[test]
fn what_is_no_letter_is_refused() {
    for source in ["", "Subject: x\n\n  \n", &"a".repeat(70_000), &"a".repeat(20_000)] {
        import(&ForeignLetter { name: "x", language: "en", source }).unwrap_err();
    }
    import(&ForeignLetter { name: "x", language: "e]\n", source: "a" }).unwrap_err();
}

/// Pieces of markers, names and our own language, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "%%",
            "[[",
            "]]",
            "{{",
            "}}",
            "${",
            "}",
            "{",
            "{%",
            "%}",
            "{#",
            "#}",
            "%",
            "[",
            "]",
            "$",
            "\n",
            "\r\n",
            " ",
            "order-id",
            "product-name",
            "buyer-name",
            "nothing",
            "if",
            "raw",
            "-",
            "\"",
            "\"\"\"",
            "\\",
            "|",
            ":",
            "'",
            "[[order-id]]",
            "%%nothing%%",
            "${x}",
            "{{buyer-name}}",
            "Subject: ",
            "\u{0}",
            "\u{2028}",
            "é",
            ",",
        ])
        .prop_map(str::to_owned),
        "[a-z ]{1,6}",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_import_always_compiles_and_never_prints_a_foreign_marker(source in pieces()) {
        prop_assume!(!source.trim().is_empty());
        let Ok(found) = import(&ForeignLetter { name: "x", language: "en", source: &source }) else {
            // Only a subject without a text may be refused.
            prop_assert!(source.trim_start().starts_with("Subject:"), "{source:?}");
            return Ok(());
        };
        let (subject, text) = letter(&found);
        for half in [subject, text] {
            for sign in ["%%", "[[", "]]", "{{", "}}", "${", "{%", "{#"] {
                prop_assert!(!half.contains(sign), "{sign} in {half:?} of {source:?}\n{}", found.file);
            }
        }
    }

    #[test]
    fn whatever_stands_in_a_text_is_carried_or_told(before in "[a-z ]{0,9}", name in "[a-z][a-z-]{0,12}", behind in "[a-z ]{0,9}") {
        for marker in [format!("%%{name}%%"), format!("[[{name}]]"), format!("{{{{{name}}}}}"), format!("${{{name}}}")] {
            let found = imported(&format!("Subject: [[order-id]]\n{before}{marker}{behind}"));
            let told = found.not_carried.iter().filter(|note| note.found == marker).count();
            prop_assert_eq!(found.carried - 1 + told, 1, "{}", marker);
            let place = found.not_carried.first().map(|note| (note.line, note.column));
            prop_assert!(place.is_none_or(|place| place == (2, before.len() + 1)));
        }
    }
}
