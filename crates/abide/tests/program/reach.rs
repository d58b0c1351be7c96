//! Before a campaign is switched on: whom it would reach, and why it stays off where that is nobody.

use serde_json::json;

use crate::house::{self, House};

fn house_with_orders() -> House {
    let house = House::with_account();
    let anna = "abc12def34ghi56@marketplace.amazon.com";
    let report = house::report(&[
        ("111-0000001-0000001", anna, 9),
        ("111-0000002-0000002", anna, 2),
        ("111-0000003-0000003", "", 9),
    ]);
    let orders = house.file("orders.tsv", report);
    house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();
    house
}

fn add(house: &House, conditions: &str) -> Vec<String> {
    let text = house::campaign().replacen("\n[conditions]\n", &format!("\n[conditions]\n{conditions}\n"), 1);
    let file = house.file("asked.toml", text);
    ["campaign", "add", "--account", "blue-widgets", &file].map(str::to_owned).to_vec()
}

fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

#[test]
fn a_campaign_says_whom_of_the_last_orders_it_would_reach() {
    let house = house_with_orders();
    let reach = house.objects(&words(&add(&house, ""))).remove(0)["reach"].clone();
    assert_eq!((&reach["orders"], &reach["messages"]), (&json!(3), &json!(2)), "{reach}");
    assert_eq!(reach["waits"], json!({ "no_alias": 1 }));
    let on = house.run(&["campaign", "on", "Ask for a review", "--account", "blue-widgets"]).done();
    assert!(on.out.contains("Of the 3 orders of the last 30 days it would reach 2."), "{}", on.out);
    assert!(on.out.contains("1: The buyer's relay address is not known"), "{}", on.out);
}

#[test]
fn one_that_is_for_none_of_them_stays_off_and_says_why() {
    let house = house_with_orders();
    let asked = add(&house, "skus = { include = [\"NO-SUCH\"] }");
    let ran = house.run(&words(&asked));
    ran.refuses(2, "it is for none of the 3 orders of the last 30 days (3: condition `skus` does not hold)");
    assert_eq!(house.objects(&["campaign", "list", "--account", "blue-widgets"]), Vec::<serde_json::Value>::new());
    let anyway = [&words(&asked)[..], &["--anyway"]].concat();
    assert_eq!(house.objects(&anyway).remove(0)["active"], true);
    // Switched on again it is asked again.
    house.run(&["campaign", "off", "Ask for a review", "--account", "blue-widgets"]).done();
    let on = house.run(&["campaign", "on", "Ask for a review", "--account", "blue-widgets"]);
    on.refuses(2, "condition `skus` does not hold");
    house.run(&["campaign", "on", "Ask for a review", "--anyway", "--account", "blue-widgets"]).done();
}

#[test]
fn where_no_order_is_known_nobody_can_say() {
    let house = House::with_account();
    let added = house.run(&words(&add(&house, ""))).done();
    assert!(added.out.contains("No order of the last 30 days is known"), "{}", added.out);
}

#[test]
fn a_split_tests_arms_are_told_side_by_side() {
    let house = house_with_orders();
    let plain = house.file("plain.toml", house::campaign());
    house.run(&["campaign", "add", "--account", "blue-widgets", &plain]).done();
    let results = ["campaign", "results", "Ask for a review", "--account", "blue-widgets"];
    house.run(&results).refuses(2, "has no split test");
    let text = house::campaign() + "\n[split]\nhold_out = 90\n";
    let file = house.file("split.toml", text);
    house.run(&["campaign", "add", "--account", "blue-widgets", &file]).done();
    house.run(&["run", "--once"]).done();
    let arms = house.objects(&results);
    assert_eq!(arms.iter().map(|arm| arm["arm"].clone()).collect::<Vec<_>>(), ["a", "hold_out"]);
    assert_eq!(arms[0]["version"], 2);
    let orders = arms.iter().map(|arm| arm["orders"].as_u64().unwrap()).sum::<u64>();
    assert!(orders > 0, "{arms:?}");
    let told = house.run(&results).done();
    assert!(told.out.contains("hold_out") && told.out.contains("can't be told apart yet"), "{}", told.out);
}
