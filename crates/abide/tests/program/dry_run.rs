//! `abide campaign plan` and `diff` over a report: what is told is what the planner then does, and nothing is written.

use serde_json::{Value, json};

use crate::house::{self, House};

const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";

fn order(number: u32) -> String {
    format!("111-{number:07}-0000001")
}

/// One order in its window, one long after it, one without an alias.
fn report(house: &House) -> String {
    let rows = [(order(1), ANNA, 9), (order(2), ANNA, 50), (order(3), "", 9)];
    let rows: Vec<(&str, &str, i64)> = rows.iter().map(|(id, alias, days)| (id.as_str(), *alias, *days)).collect();
    house.file("orders.tsv", house::report(&rows))
}

fn of<'o>(objects: &'o [Value], order: &str) -> &'o Value {
    objects.iter().find(|object| object["order_id"] == order).unwrap()
}

#[test]
fn a_dry_run_tells_who_would_get_what_when_and_counts_by_reason() {
    let house = House::new();
    let (campaign, orders) = (house.file("review.toml", house::campaign()), report(&house));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let plan = ["campaign", "plan", &campaign, "--orders", &orders, "--at", &now];
    let objects = house.objects(&plan);
    assert_eq!(of(&objects, &order(1))["outcome"], "message");
    assert!(of(&objects, &order(1))["due"].is_string());
    assert_eq!(of(&objects, &order(2))["reason"], "outside_window");
    assert_eq!(of(&objects, &order(3))["outcome"], "waits");
    let counts =
        objects.iter().find(|object| object["messages"] == json!(1) && object["campaign"].is_string()).unwrap();
    assert_eq!((&counts["no"]["outside_window"], &counts["another_campaign"]), (&json!(1), &json!(0)));
    let told = house.run(&plan).done().out;
    assert!(told.contains(&order(1)) && told.contains("3 orders, 1 message") && !told.contains(ANNA), "{told}");
    assert!(!house.data().exists(), "nothing is written");
}

#[test]
fn two_campaigns_share_an_orders_one_message() {
    let house = House::new();
    let (first, orders) = (house.file("review.toml", house::campaign()), report(&house));
    let second = house.file("again.toml", house::campaign().replace("Ask for a review", "Ask again"));
    let objects = house.objects(&["campaign", "plan", &first, &second, "--orders", &orders]);
    let outcomes: Vec<_> =
        objects.iter().filter(|object| object["order_id"] == order(1)).map(|object| &object["outcome"]).collect();
    assert_eq!(outcomes, ["message", "another_campaign"]);
}

#[test]
fn two_versions_are_compared_over_the_same_orders() {
    let house = House::new();
    let (old, orders) = (house.file("old.toml", house::campaign()), report(&house));
    let new = house
        .file("new.toml", house::campaign().replace("\n[conditions]\n", "\n[conditions]\nquantity = { min = 2 }\n"));
    let objects = house.objects(&["campaign", "diff", &old, &new, "--orders", &orders]);
    let change = of(&objects, &order(1));
    assert_eq!((&change["change"], &change["new"]["reason"]), (&json!("no_more"), &json!("condition_not_met")));
    let all = objects.last().unwrap();
    assert_eq!((&all["orders"], &all["kinds"]["no_more"]), (&json!(3), &json!(1)));
    let same = house.objects(&["campaign", "diff", &old, &old, "--orders", &orders]);
    assert_eq!(same.last().unwrap()["changed"], json!(0));
}

#[test]
fn a_dry_run_names_what_it_can_t_read() {
    let house = House::new();
    let campaign = house.file("review.toml", house::campaign());
    house.run(&["campaign", "plan", &campaign, "--orders", "nowhere.tsv"]).refuses(2, "nowhere.tsv");
    let other = house.file("other.tsv", "a\tb\n1\t2\n");
    house.run(&["campaign", "plan", &campaign, "--orders", &other]).refuses(2, "other.tsv");
    let wrong = house.file("wrong.toml", "name = 1\n");
    let orders = report(&house);
    house.run(&["campaign", "plan", &wrong, "--orders", &orders]).refuses(2, "correct");
    let text = std::fs::read_to_string(&orders).unwrap();
    let cut = house.file("cut.tsv", text + "111-0000009-0000001\t\n");
    let ran = house.run(&["campaign", "plan", &campaign, "--orders", &cut]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("line 5") && ran.out.contains("1 row could not be read"), "{}{}", ran.out, ran.err);
}
