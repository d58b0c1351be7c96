//! `abide critical`: the reasons, and a text held against the one chosen.

use serde_json::json;

use crate::house::House;

#[test]
fn the_reasons_are_listed_and_no_other_is_taken() {
    let house = House::new();
    let reasons: Vec<_> = house.run(&["--json", "critical", "reasons"]).objects();
    let words: Vec<_> = reasons.iter().map(|reason| reason["reason"].as_str().unwrap_or_default()).collect();
    assert_eq!(words, ["customization", "delivery_scheduling", "shipping_address"]);
    let file = house.file("text.txt", "x");
    house
        .run(&["critical", "check", &file, "--order", "111-1234567-1234567", "--reason", "thanks"])
        .refuses(2, "is not a critical reason");
}

#[test]
fn a_text_is_held_against_its_reason() {
    let house = House::new();
    let text = "Order 111-1234567-1234567: the house number is missing in your address. What is it?\n";
    let file = house.file("address.txt", text);
    let check = |reason: &str| {
        house.run(&[
            "--json",
            "critical",
            "check",
            &file,
            "--order",
            "111-1234567-1234567",
            "--reason",
            reason,
            "--language",
            "en",
        ])
    };
    assert_eq!(check("shipping_address").code, 0);
    let other = check("customization");
    assert_eq!(other.code, 1);
    assert!(other.objects().iter().any(|finding| finding["rule"] == "critical-reason"), "{}", other.out);

    let bad = format!("{text}Your order has been shipped. Please leave a review.\n");
    let ran = house.run_with(
        &["--json", "critical", "check", "-", "--order", "111-1234567-1234567", "--reason", "shipping_address"],
        bad.as_bytes(),
    );
    let findings = ran.objects();
    assert_eq!(ran.code, 1);
    for rule in ["critical-confirmation", "critical-feedback"] {
        assert!(
            findings.iter().any(|finding| finding["rule"] == rule && finding["line"] == json!(2)),
            "{rule}: {findings:?}"
        );
    }
}
