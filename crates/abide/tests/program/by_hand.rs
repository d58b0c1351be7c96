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
    let contract = [
        "campaign",
        "campaign_version",
        "channel",
        "due",
        "id",
        "next_try",
        "order_id",
        "purpose",
        "reason",
        "sent_at",
        "state",
    ];
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

    let shared = b"no-reply-amazon-iba-buyer@marketplace.amazon.it\n";
    let told = other.run_with(&["suppression", "import", "-", "--account", "blue-widgets", "--json"], shared);
    assert_eq!((told.code, &told.objects()[0]["shared"]), (1, &json!(1)), "{}", told.err);
    assert!(told.err.contains("-:1 this relay address is shared by many buyers"), "{}", told.err);
    assert_eq!(other.objects(&["suppression", "list", "--account", "blue-widgets"]).len(), 2);
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
    // Nothing begins anew over the keys of a lost database, also after a restore that came to nothing.
    for _ in 0..2 {
        other.run(&["account", "list"]).refuses(3, "holds keys but the database is empty");
        other.run(&["account", "add", "New", "--store", "US"]).refuses(3, "abide restore FILE");
        other.run(&["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"]).refuses(3, "move the keys away");
        assert_eq!(other.run(&["doctor"]).code, 3);
        let nothing = other.file("nothing", "this is no backup");
        other.run(&["restore", &nothing]).refuses(2, "");
        std::fs::write(other.data().join("abide.db"), "").unwrap();
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

#[test]
fn a_member_without_a_password_gets_a_new_link_and_everybody_is_listed() {
    let house = House::with_account();
    house.run(&["account", "add", "Green Gadgets", "--store", "US"]).done();
    let add = |account: &str| {
        house.objects(&["member", "add", "anna@example.com", "--role", "owner", "--account", account]).remove(0)
    };
    let first = add("blue-widgets")["link"].clone();
    // Known, and without a password: a link is what helps her.
    let second = add("green-gadgets")["link"].clone();
    let third = house.objects(&["member", "link", "Anna@example.com"]).remove(0);
    assert_eq!(third["email"], "anna@example.com");
    assert!([&first, &second, &third["link"]].iter().all(|link| link.as_str().unwrap().contains("/welcome#")));
    assert!(first != second && second != third["link"]);
    house.run(&["member", "link", "nobody@example.com"]).refuses(2, "nobody signs in with this address");
    house.run(&["member", "no-second-step", "nobody@example.com"]).refuses(2, "nobody signs in with this address");
    let none = house.objects(&["member", "no-second-step", "Anna@example.com"]).remove(0);
    assert_eq!(none["second_step_taken_away"], false, "she has none: {none}");
    let listed = house.objects(&["member", "list", "--account", "green-gadgets"]);
    assert_eq!(
        (listed.len(), &listed[0]["email"], &listed[0]["role"]),
        (1, &json!("anna@example.com"), &json!("owner"))
    );
    assert_eq!((&listed[0]["has_password"], &listed[0]["operator"]), (&json!(false), &json!(false)));
}

#[test]
fn settings_are_changed_one_by_one_kept_and_written_to_the_ledger() {
    let house = House::with_account();
    let settings = || {
        let account = house.objects(&["account", "list"]).remove(0);
        let key = |key: &str| account[key].clone();
        [key("delivery_days"), key("trust_addresses"), key("solicit_without_alias")]
    };
    assert_eq!(settings(), [json!(null), json!(true), json!(true)]);
    let set = |choices: &[&str]| house.run(&[&["account", "set", "--account", "blue-widgets"], choices].concat());
    set(&["--delivery-days", "5"]).done();
    set(&["--trust-addresses", "no", "--solicit-without-alias", "no"]).done();
    assert_eq!(settings(), [json!(5), json!(false), json!(false)]);
    let ran = set(&["--delivery-days", "none", "--trust-addresses", "yes", "--lift-restriction"]).done();
    assert!(ran.out.contains("No restriction stood"), "{}", ran.out);
    assert_eq!(settings(), [json!(null), json!(true), json!(false)]);
    set(&[]).refuses(2, "--delivery-days");
    set(&["--delivery-days", "31"]).refuses(2, "1 to 30, or none");
    set(&["--trust-addresses", "maybe"]).refuses(2, "write yes or no");
}

#[test]
fn the_days_from_shipping_to_delivery_make_a_delivery_date_where_a_report_has_none() {
    let house = House::with_account();
    let now = jiff::Timestamp::now();
    let at = |days: i64| now - jiff::SignedDuration::from_hours(24 * days);
    let basis = |order: &str| {
        let report = format!(
            "amazon-order-id\tpurchase-date\tshipment-date\tsales-channel\n{order}\t{}\t{}\tAmazon.com\n",
            at(12),
            at(11)
        );
        let file = house.file("orders.tsv", report);
        house.run(&["orders", "import", "--account", "blue-widgets", &file]).done();
        house.objects(&["explain", order, "--account", "blue-widgets"])[0]["delivery_basis"].clone()
    };
    assert_eq!(basis("111-0000001-0000001"), json!(null));
    house.run(&["account", "set", "--account", "blue-widgets", "--delivery-days", "4"]).done();
    assert_eq!(basis("111-0000002-0000002"), json!("shipping_and_days"));
}
