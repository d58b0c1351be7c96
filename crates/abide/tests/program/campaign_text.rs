//! Campaigns as text: exported as they were given, version by version, told apart, cloned; each message names its version.

use serde_json::json;

use crate::house::{self, House};

const OF: [&str; 2] = ["--account", "blue-widgets"];

/// With two versions of one campaign, whose texts these are.
fn house_with_two_versions() -> (House, [String; 2]) {
    let house = House::with_account();
    let first = house::campaign();
    let second = first.replacen("Kind regards\n", "Best wishes\n", 1);
    for text in [&first, &second] {
        let file = house.file("review.toml", text);
        house.run(&["campaign", "add", "--anyway", "--account", "blue-widgets", &file]).done();
    }
    (house, [first, second])
}

fn run(house: &House, words: &[&str]) -> house::Ran {
    house.run(&[&["campaign"], words, &OF].concat())
}

#[test]
fn each_version_is_written_out_exactly_as_it_was_given_and_two_are_told_apart() {
    let (house, [first, second]) = house_with_two_versions();
    assert_eq!(run(&house, &["export", "--name", "Ask for a review"]).done().out, second);
    assert_eq!(run(&house, &["show", "Ask for a review"]).done().out, second);
    assert_eq!(run(&house, &["show", "Ask for a review", "--version", "1"]).done().out, first);
    let listed = house.objects(&["campaign", "versions", "Ask for a review", "--account", "blue-widgets"]);
    let told: Vec<_> = listed.iter().map(|one| (&one["version"], &one["current"])).collect();
    assert_eq!(told, [(&json!(2), &json!(true)), (&json!(1), &json!(false))]);
    let told = run(&house, &["versions", "Ask for a review", "--diff", "1", "2"]).done().out;
    assert!(told.starts_with("--- version 1\n+++ version 2\n"), "{told}");
    let changed: Vec<_> = told.lines().skip(2).filter(|line| line.starts_with(['-', '+'])).collect();
    assert_eq!(changed, ["-Kind regards", "+Best wishes"]);
    assert!(run(&house, &["versions", "Ask for a review", "--diff", "2", "2"]).done().out.contains("say the same"));
    run(&house, &["show", "Ask for a review", "--version", "3"]).refuses(2, "no version 3");
    run(&house, &["versions", "Nothing"]).refuses(2, "no campaign `Nothing`");
}

#[test]
fn all_campaigns_are_exported_into_a_folder_and_nothing_there_is_overwritten() {
    let (house, [_, second]) = house_with_two_versions();
    run(&house, &["clone", "Ask for a review", "--as", "Ask: for a REVIEW!"]).done();
    let folder = house.path("out").to_str().unwrap().to_owned();
    let all = ["export", "--all", "--to", &folder];
    run(&house, &all).done();
    let read = |name: &str| std::fs::read_to_string(house.path("out").join(name)).unwrap();
    let both = [read("ask-for-a-review.toml"), read("ask-for-a-review-2.toml")];
    assert!(both.contains(&second) && both[0] != both[1]);
    run(&house, &all).done();
    std::fs::write(house.path("out").join("ask-for-a-review.toml"), "mine").unwrap();
    let ran = run(&house, &all);
    assert!(ran.code == 1 && ran.err.contains("says something else"), "{}{}", ran.out, ran.err);
    assert_eq!(read("ask-for-a-review.toml"), "mine");
}

#[test]
fn a_clone_is_the_same_text_under_another_name_and_off_until_it_is_switched_on() {
    let (house, [_, second]) = house_with_two_versions();
    run(&house, &["clone", "Ask for a review", "--as", "Again"]).done();
    let text = run(&house, &["show", "Again"]).done().out;
    assert_eq!(text, second.replacen("name = \"Ask for a review\"", "name = \"Again\"", 1));
    let listed = house.objects(&["campaign", "list", "--account", "blue-widgets"]);
    let clone = listed.iter().find(|one| one["name"] == "Again").unwrap();
    assert_eq!((&clone["active"], &clone["version"]), (&json!(false), &json!(1)));
    run(&house, &["clone", "Ask for a review", "--as", "Again"]).refuses(2, "a campaign `Again` already");
    run(&house, &["on", "Again", "--anyway"]).done();
}

#[test]
fn each_message_names_the_version_that_made_it() {
    let (house, _) = house_with_two_versions();
    let order = "111-0000001-0000001";
    let report = house.file("orders.tsv", house::report(&[(order, "abc12def34ghi56@marketplace.amazon.com", 9)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &report]).done();
    house.run(&["run", "--once"]).done();
    let listed = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    assert_eq!((&listed[0]["campaign"], &listed[0]["campaign_version"]), (&json!("Ask for a review"), &json!(2)));
    let shown = house.run(&["outbox", "show", listed[0]["id"].as_str().unwrap()]).done().out;
    assert!(shown.contains("Ask for a review (version 2)"), "{shown}");
    let explained = house.run(&["explain", order, "--account", "blue-widgets"]).done().out;
    assert!(explained.contains("“Ask for a review”, version 2"), "{explained}");
}
