//! `abide policy check`: a text held against Amazon's rules, with the place, the rule and what to do instead.

use serde_json::json;

use crate::house::House;

#[test]
fn a_text_that_breaks_rules_is_told_where_and_why_and_a_good_one_passes() {
    let house = House::new();
    let bad = house.file("bad.txt", "Order 111-1234567-1234567\nLeave a review and get a gift card!\n");
    let ran = house.run(&["policy", "check", &bad, "--order-id", "111-1234567-1234567"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(&format!("{bad}:2:")) && ran.out.contains("incentive"), "{}", ran.out);

    let ran = house.run(&["--json", "policy", "check", &bad]);
    let findings = ran.objects();
    assert!(
        findings.iter().any(|finding| finding["rule"] == "incentive" && finding["line"] == json!(2)),
        "{findings:?}"
    );

    let good = "Your order 111-1234567-1234567: would you tell other shoppers on Amazon what you think of it?\n";
    let ran = house.run_with(&["policy", "check", "-", "--language", "en"], good.as_bytes()).done();
    assert!(ran.out.contains("No rule is broken."), "{}", ran.out);
}

#[test]
fn what_is_no_text_is_refused() {
    let house = House::new();
    let file = house.file("latin.txt", b"caf\xe9");
    house.run(&["policy", "check", &file]).refuses(2, "not UTF-8");
    house.run(&["policy", "check", "nowhere.txt"]).refuses(2, "can't be read");
}
