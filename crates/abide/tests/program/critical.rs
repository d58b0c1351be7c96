//! `abide critical`: the reasons, a text held against the one chosen, and a message written, shown and said to be sent.

use mailserver::{PASSWORD, Postfix, USER};
use serde_json::json;

use crate::house::{House, opt_out, report};

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

const ORDER: &str = "111-0000001-0000001";
const GOOD: &str = "Order 111-0000001-0000001: the house number is missing in your address. What is it?\n";

fn write(house: &House, text: &str, more: &[&str]) -> crate::house::Ran {
    let asked = ["critical", "write", "--account", "blue-widgets", "--order", ORDER, "--reason", "shipping_address"];
    house.run_with(&[&asked, more].concat(), text.as_bytes())
}

#[test]
fn a_critical_message_is_written_shown_and_said_to_be_sent_though_the_buyer_opted_out() {
    let house = House::with_account();
    write(&house, GOOD, &[]).refuses(2, "has no order");
    let orders = house.file("orders.tsv", report(&[(ORDER, "", 9)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();
    let notice = house.file("notice.eml", opt_out(ORDER));
    let taken = house.objects(&["intake", "import", "--account", "blue-widgets", &notice]).remove(0);
    assert_eq!(taken["outcome"], "suppressed");

    let ran = write(&house, "Order 111-0000001-0000001: is your address right? Please leave a review.\n", &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("critical-feedback"), "{}", ran.out);
    assert!(house.objects(&["critical", "list", "--account", "blue-widgets"]).is_empty(), "nothing was recorded");

    let ran = write(&house, GOOD, &[]).done();
    for words in ["Additional Information Required", "sellercentral", "house number is missing"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let listed = house.objects(&["critical", "list", "--account", "blue-widgets"]);
    let id = listed[0]["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!((&listed[0]["state"], &listed[0]["order_id"]), (&json!("handed"), &json!(ORDER)));
    let shown = house.objects(&["critical", "show", &id]).remove(0);
    assert_eq!(shown["text"], GOOD);
    assert_eq!(shown["contact_reason"], "Additional Information Required");
    let explained = house.objects(&["explain", ORDER, "--account", "blue-widgets"]).remove(0);
    assert_eq!(explained["critical"][0]["id"], json!(id));
    assert!(!explained.to_string().contains("house number"), "an explanation holds no text");

    assert_eq!(house.objects(&["critical", "done", &id])[0]["changed"], json!(true));
    assert_eq!(house.objects(&["critical", "done", &id])[0]["changed"], json!(false));
    house.run(&["ledger", "verify"]).done();
}

const AT: [&str; 4] = ["--account", "blue-widgets", "--store", "US"];

#[test]
fn by_e_mail_one_reaches_a_buyer_who_opted_out_and_nothing_else_does() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = House::with_account();
    house.config(&format!("sending_ca = {:?}\n", postfix.authority_file().to_str().unwrap()));
    let port = postfix.starttls_port().to_string();
    let password = house.file("password", format!("{PASSWORD}\n"));
    let server = ["--from", USER, "--server", "localhost", "--port", &port, "--security", "starttls"];
    let sign_in = ["--user", USER, "--password-file", &password];
    house.run(&[&["sender", "set"], &AT[..], &server, &sign_in].concat()).done();
    house.run(&[&["store", "live", "--yes"], &AT[..]].concat()).done();
    let campaign = house.file("review.toml", crate::house::campaign_at_any_hour());
    house.run(&["campaign", "add", "--anyway", "--account", "blue-widgets", &campaign]).done();
    let alias = "abc12def34ghi56@marketplace.amazon.com";
    let orders = house.file("orders.tsv", report(&[(ORDER, alias, 9)]));
    let notice = house.file("notice.eml", opt_out(ORDER));
    house.objects(&["intake", "import", "--account", "blue-widgets", &notice]);
    house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();

    let by_email = || write(&house, GOOD, &["--by-email"]);
    by_email().refuses(2, "not switched on for this store");
    assert!(house.run(&[&["store", "important"], &AT[..]].concat()).done().out.contains("never by e-mail"));
    let on = house.run(&[&["store", "important"], &AT[..], &["on"]].concat()).done().out;
    assert!(on.contains("April 2025") && on.contains("Seller Central is the sure way"), "{on}");
    let said = by_email().done().out;
    assert!(said.contains("It goes by e-mail") && !said.contains("contact reason"), "{said}");
    house.run(&["run", "--once"]).done();
    let mails = postfix.mailbox().wait_for(1);
    let mail = String::from_utf8(mails[0].clone()).unwrap();
    assert!(mail.contains(&format!("Subject: [Important] {ORDER}")) && mail.contains(alias), "{mail}");
    assert!(mail.contains("the house number is missing"), "{mail}");
    let listed = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    let told: Vec<_> = listed.iter().map(|row| (&row["purpose"], &row["state"])).collect();
    assert_eq!(told.iter().filter(|row| **row == (&json!("critical"), &json!("sent"))).count(), 1, "{listed:?}");
    assert!(!told.contains(&(&json!("proactive"), &json!("sent"))), "{listed:?}");
    let critical = house.objects(&["critical", "list", "--account", "blue-widgets"]).remove(0);
    assert_eq!((&critical["route"], &critical["state"]), (&json!("important_email"), &json!("in_outbox")));
    house.run(&["critical", "withdraw", critical["id"].as_str().unwrap()]).refuses(2, "may have left");

    // A second one is taken back before it leaves; switched off, none is written.
    by_email().done();
    let second = house.objects(&["critical", "list", "--account", "blue-widgets"]).remove(0);
    house.run(&["critical", "withdraw", second["id"].as_str().unwrap()]).done();
    house.run(&[&["store", "important"], &AT[..], &["off"]].concat()).done();
    by_email().refuses(2, "not switched on");
    house.run(&["run", "--once"]).done();
    assert_eq!(postfix.mailbox().mails().len(), 1);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn a_stop_and_the_limit_must_be_confirmed() {
    let house = House::with_account();
    let orders = house.file("orders.tsv", report(&[(ORDER, "", 9)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();
    house
        .run(&["suppression", "add", "--account", "blue-widgets", "--order", ORDER, "--note", "asked us to stop"])
        .done();
    write(&house, GOOD, &[]).refuses(2, "blocked this buyer or stopped this order");
    for _ in 0..2 {
        write(&house, GOOD, &["--confirm-block"]).done();
    }
    write(&house, GOOD, &["--confirm-block"]).refuses(2, "an owner must confirm");
    write(&house, GOOD, &["--confirm-block", "--confirm-limit"]).done();
}
