//! The story of the contract by hand: account, orders, campaign, a pass, a notice, and what it did.

use serde_json::{Value, json};

use crate::house::{self, House};

const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";
const BERT: &str = "t5w2n8b4j6y1zed@marketplace.amazon.com";

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// In the time when the example campaign's hours are open: a Wednesday noon in New York after the delivery.
fn a_wednesday_noon_within_the_window() -> String {
    let now = jiff::Timestamp::now();
    let mut noon = now.to_zoned(jiff::tz::TimeZone::UTC).start_of_day().unwrap() + jiff::SignedDuration::from_hours(18);
    while noon.weekday() != jiff::civil::Weekday::Wednesday || noon.timestamp() < now {
        noon += jiff::Span::new().days(1);
    }
    noon.timestamp().to_string()
}

#[test]
fn one_notice_and_nothing_more_goes_to_that_buyer() {
    let house = House::new();
    let account = house.objects(&["account", "add", "Blue Widgets", "--store", "US", "--store", "UK"]).remove(0);
    assert_eq!(account["handle"], "blue-widgets");
    assert_eq!(account["stores"], json!(["GB", "US"]));
    assert_eq!(account["addresses"].as_array().unwrap().len(), 5);

    let orders = house.file(
        "orders.tsv",
        house::report(&[
            ("111-0000001-0000001", ANNA, 9),
            ("111-0000002-0000002", ANNA, 2),
            ("111-0000003-0000003", BERT, 9),
        ]),
    );
    let imported = house.objects(&["orders", "import", "--account", "blue-widgets", &orders]).remove(0);
    assert_eq!((&imported["orders"], &imported["added"], &imported["bad_rows"]), (&json!(3), &json!(3), &json!(0)));
    let file = house.file("review.toml", house::campaign());
    let campaign = house.objects(&["campaign", "add", "--account", "blue-widgets", &file]).remove(0);
    assert_eq!((&campaign["version"], &campaign["active"]), (&json!(1), &json!(true)));

    let noon = a_wednesday_noon_within_the_window();
    house.run(&["run", "--once", "--now", &noon]).done();
    let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    let of = |outbox: &[Value], order: &str| {
        outbox.iter().find(|row| row["order_id"] == order).cloned().unwrap_or(Value::Null)
    };
    let contract = ["campaign", "channel", "due", "next_try", "order_id", "purpose", "reason", "sent_at", "state"];
    assert!(outbox.iter().all(|row| keys(row) == contract), "{outbox:?}");
    assert_eq!(of(&outbox, "111-0000003-0000003")["state"], "captured", "{outbox:?}");
    assert_eq!(of(&outbox, "111-0000003-0000003")["campaign"], "Ask for a review");

    let mail = house.file("notice.eml", house::opt_out("111-0000001-0000001"));
    let taken = house.objects(&["intake", "import", "--account", "blue-widgets", &mail]).remove(0);
    assert_eq!((&taken["kind"], &taken["outcome"]), (&json!("opt_out"), &json!("suppressed")));
    assert_eq!((&taken["part"], &taken["order_id"]), (&json!(0), &json!("111-0000001-0000001")));
    assert_eq!(taken["covers_buyer"], true);
    let again = house.objects(&["intake", "import", "--account", "blue-widgets", &mail]).remove(0);
    assert_eq!(again["outcome"], "repeated");

    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"]);
    assert!(
        list.iter().all(|row| keys(row) == ["alias", "order_id", "origin", "reason", "since", "state"]),
        "{list:?}"
    );
    assert!(list.iter().all(|row| row["reason"] == "opt_out" && row["origin"] == "notice" && row["state"] == "active"));
    assert!(list.iter().any(|row| row["alias"] == ANNA), "{list:?}");

    let later = house.file("later.tsv", house::report(&[("111-0000004-0000004", ANNA, 8)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &later]).done();
    house.run(&["run", "--once", "--now", &noon]).done();
    let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    for order in ["111-0000002-0000002", "111-0000004-0000004"] {
        let message = of(&outbox, order);
        assert_eq!(message["reason"], "opted_out", "{message}");
        assert!(message["state"] == "withdrawn" || message["state"] == "refused", "{message}");
    }
    let explained = house.objects(&["explain", "111-0000004-0000004", "--account", "blue-widgets"]).remove(0);
    assert_eq!(explained["known"], true);
    assert!(explained["summary"].as_str().unwrap().contains("opted out"), "{explained}");
    assert_eq!(explained["suppressions"][0]["state"], "active");
    assert_eq!(explained["campaigns"][0]["campaign"], "Ask for a review");

    let verified = house.objects(&["ledger", "verify"]).remove(0);
    assert_eq!(verified["verified"], true);
    let head = verified["head"].as_str().unwrap();
    house
        .run(&[
            "suppression",
            "remove",
            "--order",
            "111-0000001-0000001",
            "--note",
            "asked us to write",
            "--account",
            "blue-widgets",
        ])
        .done();
    house.run(&["ledger", "verify", "--head", head]).done();
    let cut = head.replace(':', ":9");
    house.run(&["ledger", "verify", "--head", &cut]).refuses(2, "ledger head");
}

#[test]
fn what_a_member_adds_removes_imports_and_exports_comes_back() {
    let house = House::with_account();
    let on = ["--account", "blue-widgets"];
    let run = |arguments: &[&str]| house.run(&[arguments, &on].concat());
    run(&["suppression", "add", "--order", "111-0000001-0000001", "--note", "asked by phone"]).done();
    run(&["suppression", "add", "--alias", BERT, "--note", "rude"]).done();
    run(&["suppression", "remove", "--alias", BERT, "--note", "a mistake"]).done();
    let exported = run(&["suppression", "export"]).done().out;
    assert!(exported.starts_with("order_id,alias,reason,since,origin,state\r\n"), "{exported}");
    assert!(exported.contains("111-0000001-0000001,,order_stop,"), "{exported}");
    assert!(exported.contains(&format!(",{BERT},block,")) && exported.contains(",member,removed"), "{exported}");

    let other = House::with_account();
    let file = other.file("list.csv", &exported);
    let imported = other.objects(&["suppression", "import", &file, "--account", "blue-widgets"]).remove(0);
    assert_eq!((&imported["changed"], &imported["removed_skipped"]), (&json!(1), &json!(1)));
    let list = other.objects(&["suppression", "list", "--account", "blue-widgets"]);
    assert_eq!((&list[0]["origin"], &list[0]["reason"]), (&json!("import"), &json!("order_stop")));

    let plain = other.run_with(
        &["suppression", "import", "-", "--account", "blue-widgets", "--json"],
        format!("{ANNA}\nnot an order\n").as_bytes(),
    );
    assert_eq!(plain.code, 1, "{}", plain.err);
    assert_eq!(plain.objects()[0]["problems"][0]["line"], 2);
    assert!(plain.err.contains("-:2 "), "{}", plain.err);
}

#[test]
fn a_backup_is_restored_with_its_keys_alone_and_sends_nothing_until_acknowledged() {
    let house = House::with_account();
    let backup = house.path("backup.abide");
    let backup = backup.to_str().unwrap();
    house.run(&["backup", backup]).done();
    let other = House::new();
    other.run(&["restore", backup]).refuses(3, "no keys");
    std::fs::create_dir_all(other.data().join("keys")).unwrap();
    for key in std::fs::read_dir(house.data().join("keys")).unwrap() {
        let key = key.unwrap();
        std::fs::copy(key.path(), other.data().join("keys").join(key.file_name())).unwrap();
    }
    let restored = other.objects(&["restore", backup]).remove(0);
    assert_eq!(restored["accounts"], 1);
    assert!(other.run(&["doctor"]).out.contains("restore --acknowledge"));
    other.run(&["restore", "--acknowledge"]).done();
    assert!(!other.run(&["doctor"]).out.contains("restore --acknowledge"));
    assert_eq!(other.objects(&["account", "list"])[0]["handle"], "blue-widgets");
}

#[test]
fn an_address_is_reissued_and_the_old_one_is_still_taken() {
    let house = House::with_account();
    let before = house.objects(&["address", "list", "--account", "blue-widgets"]);
    let old = before[0]["address"].as_str().unwrap();
    let new = house.objects(&["address", "reissue", "--account", "blue-widgets", old]).remove(0);
    assert_eq!((&new["state"], &new["store"]), (&json!("active"), &before[0]["store"]));
    let after = house.objects(&["address", "list", "--account", "blue-widgets"]);
    let replaced = after.iter().find(|address| address["address"] == old).unwrap();
    assert_eq!(replaced["state"], "replaced");
    assert!(replaced["accepted_until"].is_string());
    house.run(&["address", "reissue", "--account", "blue-widgets", old]).refuses(2, "no active address");
}
