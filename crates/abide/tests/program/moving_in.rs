//! Moving in from another tool, on the command line: orders that it has messaged get nothing from Abide, columns are
//! told or asked for, the same list again changes nothing, and what was taken over can be taken back.

use serde_json::json;

use crate::house::{self, House};

const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";
const BERT: &str = "t5w2n8b4j6y1zed@marketplace.amazon.com";
const ON: [&str; 2] = ["--account", "blue-widgets"];

fn with_orders() -> House {
    let house = House::with_account();
    let orders =
        house.file("orders.tsv", house::report(&[("111-0000001-0000001", ANNA, 9), ("111-0000002-0000002", BERT, 9)]));
    house.run(&[&["orders", "import"], &ON[..], &[&orders]].concat()).done();
    let file = house.file("review.toml", house::campaign_at_any_hour());
    house.run(&[&["campaign", "add"], &ON[..], &[&file]].concat()).done();
    house
}

#[test]
fn an_order_that_another_tool_has_messaged_gets_nothing_and_says_why() {
    let house = with_orders();
    let import = [&["orders", "messaged", "import"], &ON[..]].concat();
    let list = "Buyer;Order ID;Sent on\r\n\"Berg; Anna\";111-0000001-0000001;2026-08-01\r\nx;333-0000009-0000009;\r\n";
    let list = house.file("feedback.csv", list);
    let told = house.objects(&[&import[..], &[&list]].concat()).remove(0);
    assert_eq!((&told["changed"], &told["unchanged"], &told["bad_lines"]), (&json!(2), &json!(0), &json!(0)), "{told}");
    let again = house.objects(&[&import[..], &[&list]].concat()).remove(0);
    assert_eq!((&again["changed"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");

    // An order that comes after the list is covered, too.
    let later = house.file("later.tsv", house::report(&[("333-0000009-0000009", BERT, 9)]));
    house.run(&[&["orders", "import"], &ON[..], &[&later]].concat()).done();
    house.run(&["run", "--once"]).done();
    let noon = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 7)).to_string();
    house.run(&["run", "--once", "--now", &noon]).done();
    let outbox = house.objects(&[&["outbox", "list"], &ON[..]].concat());
    let state = |order: &str| {
        let row = outbox.iter().find(|row| row["order_id"] == order).unwrap_or_else(|| panic!("{outbox:?}"));
        (row["state"].as_str().unwrap().to_owned(), row["reason"].clone())
    };
    for order in ["111-0000001-0000001", "333-0000009-0000009"] {
        assert_eq!(state(order), ("refused".into(), json!("already_messaged")), "{outbox:?}");
    }
    assert_ne!(state("111-0000002-0000002").1, json!("already_messaged"));

    let explained = house.objects(&[&["explain", "111-0000001-0000001"], &ON[..]].concat()).remove(0);
    assert!(explained["summary"].as_str().unwrap().contains("another tool has written about it"), "{explained}");
    assert_eq!(explained["messaged_elsewhere"]["messaged_at"], "2026-08-01T00:00:00Z");
    let said = house.run(&[&["explain", "333-0000009-0000009"], &ON[..]].concat()).done().out;
    assert!(said.contains("Another tool has written about it: list "), "{said}");

    let lists = house.objects(&[&["orders", "messaged", "list"], &ON[..]].concat());
    assert_eq!((lists.len(), &lists[0]["orders"], &lists[0]["removed_at"]), (1, &json!(2), &json!(null)));
    let id = lists[0]["list"].as_str().unwrap();
    let remove = [&["orders", "messaged", "remove", "--note", "the wrong shop's list"], &ON[..]].concat();
    house.run(&[&remove[..], &["--list", id]].concat()).done();
    house.run(&[&remove[..], &["--list", id]].concat()).refuses(2, "already");
    let lists = house.objects(&[&["orders", "messaged", "list"], &ON[..]].concat());
    assert!(lists[0]["removed_at"].is_string());
    let explained = house.objects(&[&["explain", "111-0000001-0000001"], &ON[..]].concat()).remove(0);
    assert_eq!(explained["messaged_elsewhere"], json!(null));
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn columns_that_can_t_be_told_are_asked_for_without_a_word_of_the_rows() {
    let house = House::with_account();
    let import = [&["orders", "messaged", "import"], &ON[..]].concat();
    let list = house.file("list.csv", "A,B,Name\n111-0000001-0000001,222-0000002-0000002,Anna Berg\n");
    let ran = house.run(&[&import[..], &[&list]].concat());
    assert!(!ran.err.contains("Anna") && !ran.err.contains("0000001"), "{}", ran.err);
    assert!(
        ran.err.contains("--order-column") && ran.err.contains("1 “A”: filled in 1 row, order ids in 1 row"),
        "{}",
        ran.err
    );
    ran.code_is(2, "several columns hold order ids");
    let told = house.objects(&[&import[..], &["--column", "B", &list]].concat()).remove(0);
    assert_eq!(told["changed"], 1);
    house.run(&[&import[..], &["--order-column", "Name", &list]].concat()).code_is(2, "holds no order id");
    let suppress = [&["suppression", "import"], &ON[..]].concat();
    let told = house.objects(&[&suppress[..], &["--order-column", "2", &list]].concat()).remove(0);
    assert_eq!(told["changed"], 1, "{told}");
    let listed = house.objects(&[&["suppression", "list"], &ON[..]].concat());
    assert_eq!(listed[0]["order_id"], "222-0000002-0000002");
}

#[test]
fn a_long_list_is_taken_over_in_short_turns_and_from_standard_input() {
    use std::fmt::Write;
    let house = House::with_account();
    let mut list = String::from("order-id\n");
    for number in 0..5000 {
        writeln!(list, "111-{number:07}-{number:07}").unwrap();
    }
    let import = [&["orders", "messaged", "import", "--json", "-"], &ON[..]].concat();
    let told = house.run_with(&import, list.as_bytes()).objects().remove(0);
    assert_eq!(told["changed"], 5000);
    let lists = house.objects(&[&["orders", "messaged", "list"], &ON[..]].concat());
    assert_eq!((lists.len(), &lists[0]["orders"]), (1, &json!(5000)));
}
