//! Words to begin with: starter campaigns, templates of other tools, and the check of a file.

use serde_json::json;

use crate::house::House;

#[test]
fn every_starter_is_listed_and_its_file_passes_the_check_and_can_be_added() {
    let house = House::with_account();
    let listed = house.objects(&["campaign", "starters"]);
    assert_eq!(listed.len(), 4);
    for starter in &listed {
        let id = starter["starter"].as_str().unwrap();
        let file = house.file("new.toml", house.run(&["campaign", "new", id, "--name", id]).done().out);
        let checked = house.run(&["campaign", "check", &file]).done().out;
        assert!(checked.contains("no mistake"), "{checked}");
        house.run(&["campaign", "add", "--anyway", "--account", "blue-widgets", &file]).done();
    }
    let german = house.run(&["campaign", "new", "product-help", "--language", "de"]).done().out;
    assert!(german.contains("[template.de]") && !german.contains("[template.en]"), "{german}");
    house.run(&["campaign", "new", "product-help", "--language", "xx"]).refuses(2, "no words in `xx`");
    house.run(&["campaign", "new", "elsewhere"]).refuses(2, "there are: ask-for-a-review");
}

#[test]
fn a_check_names_all_mistakes_or_all_broken_rules_and_keeps_nothing() {
    let house = House::new();
    let good = house.run(&["campaign", "new", "ask-for-a-review", "--language", "en"]).done().out;
    let file = house.file("a.toml", good.replace("delay = { days = 7 }", "delay = { days = 99 }\nwat = 1"));
    let ran = house.run(&["campaign", "check", &file]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("wat") && ran.out.contains("2 mistakes"), "{}", ran.out);
    let file = house.file("b.toml", good.replace("Kind regards", "A gift card is yours for a 5-star review!"));
    let found = house.objects(&["campaign", "check", &file]);
    let rules: Vec<_> = found.iter().map(|found| &found["rule"]).collect();
    assert!(rules.contains(&&json!("incentive")) && rules.contains(&&json!("positive-review")), "{rules:?}");
    assert!(found.iter().all(|found| found["line"].is_u64() && found["field"] == "template.en.text"), "{found:?}");
    assert!(!house.data().exists());
}

#[test]
fn another_tool_s_template_becomes_a_campaign_file_and_what_does_not_come_over_is_named() {
    let house = House::new();
    let theirs = "Subject: Order [[order-id]]\n\nHello %%buyer-name%%,\n\nwould you review {{product.name}} on Amazon? \
                  Whatever you think of it helps other shoppers. ${nonsense}\n";
    let file = house.file("theirs.txt", theirs);
    let ran = house.run(&["template", "import", &file, "--name", "Moved in"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("theirs.txt: line 3, column 7") && ran.err.contains("${nonsense}"), "{}", ran.err);
    let made = house.file("made.toml", &ran.out);
    house.run(&["campaign", "check", &made]).done();
    let objects = house.objects(&["template", "import", &file, "--name", "Moved in"]);
    assert_eq!((&objects[0]["carried"], &objects[0]["file"]), (&json!(2), &json!(ran.out)));
    assert_eq!(objects[0]["not_carried"].as_array().unwrap().len(), 2);

    let all =
        house.run_with(&["template", "import", "-"], b"Subject: [[order-id]]\nWould you write a review?\n").done();
    assert!(all.err.contains("to look at: 0 places"), "{}", all.err);
    house.run(&["template", "import", &house.file("empty.txt", "")]).refuses(2, "no campaign file");
    house.run(&["template", "import", &house.file("latin.txt", b"caf\xe9")]).refuses(2, "not UTF-8");
}
