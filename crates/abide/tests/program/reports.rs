//! `orders import` over files as sellers have them: wrong ones, half right ones, and rows for other stores.

use serde_json::json;

use crate::house::{self, House};

const IMPORT: [&str; 4] = ["orders", "import", "--account", "blue-widgets"];

#[test]
fn bad_rows_and_foreign_stores_are_named_and_end_with_1() {
    let house = House::with_account();
    let mut text = house::report(&[("111-0000001-0000001", "a1b2c3@marketplace.amazon.com", 3)]);
    text += "111-0000002-0000002\tyesterday\tShipped\tAmazon.com\t\tS\tW\t1\t\n";
    text += "111-0000003-0000003\t2026-08-01T00:00:00Z\tShipped\tAmazon.fr\t\tS\tW\t1\t\n";
    text += "S01-1234567-1234567\t2026-08-01T00:00:00Z\tShipped\tNon-Amazon US\t\tS\tW\t1\t\n";
    let file = house.file("orders.tsv", text);
    let ran = house.run(&[&IMPORT[..], &[&file, "--json"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let told = ran.objects().remove(0);
    assert_eq!((&told["bad_rows"], &told["skipped_mcf"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(told["foreign_stores"], json!({ "FR": 1 }));
    assert_eq!(told["problems"][0]["line"], 3);
    assert_eq!(told["problems"][0]["column"], "purchase-date");
    assert!(ran.err.contains(&format!("{file}:3 purchase-date: ")), "{}", ran.err);
    let explained = house.objects(&["explain", "111-0000002-0000002", "--account", "blue-widgets"]);
    assert!(explained[0].to_string().contains("could not be read") || explained[0]["known"] == true);
}

#[test]
fn an_order_with_a_bad_row_stays_incomplete_where_good_rows_of_it_follow_in_the_file() {
    let house = House::with_account();
    let (bad, other) = ("111-0000002-0000002", "111-0000001-0000001");
    let bad_row = format!("{bad}\tyesterday\tShipped\tAmazon.com\t\tS\tW\t1\t\n");
    let good_rows = house::report(&[(other, "", 3), (bad, "", 3)]);
    let (header, good_rows) = good_rows.split_once('\n').unwrap();
    let file = house.file("orders.tsv", format!("{header}\n{bad_row}{good_rows}"));
    assert_eq!(house.run(&[&IMPORT[..], &[&file]].concat()).code, 1);
    let campaign = house.file("review.toml", house::campaign());
    house.run(&["campaign", "add", "--account", "blue-widgets", &campaign]).done();
    let told = house.objects(&["explain", bad, "--account", "blue-widgets"]).remove(0).to_string();
    assert!(told.contains("incomplete_order"), "{told}");
    let told = house.objects(&["explain", other, "--account", "blue-widgets"]).remove(0).to_string();
    assert!(!told.contains("incomplete_order"), "{told}");
    // The corrected report settles it.
    let file = house.file("orders.tsv", house::report(&[(bad, "", 3)]));
    house.run(&[&IMPORT[..], &[&file]].concat()).done();
    let told = house.objects(&["explain", bad, "--account", "blue-widgets"]).remove(0).to_string();
    assert!(!told.contains("incomplete_order"), "{told}");
}

#[test]
fn a_file_that_is_no_report_is_refused_and_beside_good_ones_ends_with_1() {
    let house = House::with_account();
    let good = house.file("good.tsv", house::report(&[("111-0000001-0000001", "", 3)]));
    for (content, words) in [
        (&b"<html><body>Sign in</body></html>"[..], "web page"),
        (b"PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "import the report inside"),
        (b"", "empty"),
        (b"name\tcity\nAnna\tUlm\n", "amazon-order-id"),
        (b"\x00\x01\x02\x03\xff\xfe\x00\x07binary", "not text"),
    ] {
        let bad = house.file("bad.tsv", content);
        house.run(&[&IMPORT[..], &[&bad, "--json"]].concat()).code_with(2, words);
        assert_eq!(house.run(&[&IMPORT[..], &[&good, &bad]].concat()).code, 1);
    }
    let missing = house.path("missing.tsv");
    house.run(&[&IMPORT[..], &[missing.to_str().unwrap()]].concat()).refuses(2, "there is no such file");
    house.run(&[&IMPORT[..], &["--store", "FR", &good]].concat()).refuses(2, "does not sell in FR");
}

#[test]
fn a_report_in_utf_16_or_with_gzip_or_from_standard_input_is_taken() {
    let house = House::with_account();
    let text = house::report(&[("111-0000001-0000001", "", 3)]);
    let wide: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let file = house.file("wide.txt", wide);
    assert_eq!(house.objects(&[&IMPORT[..], &[&file]].concat())[0]["added"], 1);
    let piped = house.run_with(&[&IMPORT[..], &["-", "--json"]].concat(), text.as_bytes()).done();
    assert_eq!(piped.objects()[0]["unchanged"], 1);
}

#[test]
fn an_order_of_a_bad_row_without_a_store_waits_where_there_is_one_store_and_is_told_where_there_are_more() {
    let order = "111-0000002-0000002";
    let text = format!("{}{order}\tcut off\n", house::report(&[("111-0000001-0000001", "", 3)]));
    let house = House::with_account();
    let file = house.file("orders.tsv", &text);
    let ran = house.run(&[&IMPORT[..], &[&file]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("1  orders of these are not known by id") && ran.out.contains("--store"), "{}", ran.out);
    assert!(!ran.out.contains("without a known sales channel"), "{}", ran.out);
    let told = house.objects(&[&IMPORT[..], &[&file]].concat()).remove(0);
    assert_eq!((&told["bad_rows_no_store"], &told["no_store"]), (&json!(1), &json!(0)), "{told}");
    let told = house.objects(&[&IMPORT[..], &["--store", "US", &file]].concat()).remove(0);
    assert_eq!((&told["bad_rows_no_store"], &told["added"]), (&json!(0), &json!(1)), "{told}");

    let house = House::new();
    house.run(&["account", "add", "Blue Widgets", "--store", "US"]).done();
    let file = house.file("orders.tsv", &text);
    let told = house.objects(&[&IMPORT[..], &[&file]].concat()).remove(0);
    assert_eq!((&told["bad_rows_no_store"], &told["added"]), (&json!(0), &json!(2)), "{told}");
    assert_eq!(house.objects(&["explain", order, "--account", "blue-widgets"]).remove(0)["known"], true);
}
