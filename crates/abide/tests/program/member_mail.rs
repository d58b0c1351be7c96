//! Mail to members: the built program, alerts that a mail raised, Debian's Postfix as the server that takes them.

use mailserver::{PASSWORD, Postfix, USER};
use serde_json::json;

use crate::house::{self, House, Serving};

/// A way to write to members by this server, in abide.toml.
pub fn settings(postfix: &Postfix, house: &House, password: &str) -> String {
    let password = house.file("mail-password", format!("{password}\n"));
    format!(
        "sending_ca = {:?}\n[member_mail]\nfrom = {USER:?}\nname = \"Abide\"\nhost = \"localhost\"\nport = {}\n\
         security = \"starttls\"\nuser = {USER:?}\npassword_file = {password:?}\ngather_minutes = 0\n",
        postfix.authority_file().to_str().unwrap(),
        postfix.starttls_port()
    )
}

/// Makes somebody a member with a password of his own, by his link and the dashboard.
pub fn join(serving: &Serving, house: &House, email: &str, role: &str) {
    let added = house.objects(&["member", "add", "--account", "blue-widgets", "--role", role, email]).remove(0);
    let code = added["link"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    house::post_welcome(serving.said["http"].as_str().unwrap(), &code);
}

#[test]
fn members_are_told_by_mail_what_nobody_has_seen_and_only_where_the_operator_set_it() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = House::with_account();
    let doctor = house.run(&["doctor"]).out;
    assert!(doctor.contains("alerts stay on the dashboard"), "{doctor}");
    house.config(&settings(&postfix, &house, "not the password"));
    house.run(&["doctor", "--connect"]).code_is(1, "");
    house.config(&settings(&postfix, &house, PASSWORD));
    let doctor = house.run(&["doctor", "--connect"]).out;
    assert!(doctor.contains("it took the sign-in"), "{doctor}");

    let serving = Serving::start(&house, &["--roles", "intake,web"]);
    join(&serving, &house, "anna@shop.example", "owner");
    join(&serving, &house, "vera@shop.example", "viewer");
    house::receive(&serving, "somebody@example.com", &house::address_for(&house, "opt_out"), &unknown());
    let ran = house.objects(&["run", "--once"]).remove(0);
    assert_eq!(ran["member_mails_sent"], json!(1), "{ran}");
    let mails = postfix.mailbox().wait_for(1);
    let mail = String::from_utf8(mails[0].clone()).unwrap();
    for words in ["anna@shop.example", "Subject: Abide: 1 alert for blue-widgets", "Auto-Submitted: auto-generated"] {
        assert!(mail.contains(words), "{words} is not in {mail}");
    }
    assert!(!mail.contains("marketplace.amazon"), "{mail}");
    // Nothing goes twice.
    assert_eq!(house.objects(&["run", "--once"])[0]["member_mails_sent"], json!(0));
    assert_eq!(postfix.mailbox().mails().len(), 1);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_campaign_in_test_writes_to_members_what_buyers_would_get_and_nothing_to_buyers() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = House::with_account();
    let file = house.file("review.toml", house::campaign_at_any_hour());
    let add = |more: &[&str]| house.run(&[&["campaign", "add", "--account", "blue-widgets", &file], more].concat());
    assert!(add(&["--test"]).done().out.contains("abide.toml has no [member_mail]"));
    house.config(&settings(&postfix, &house, PASSWORD));
    assert!(add(&["--test"]).done().out.contains("no owner or manager who has set a password"));
    let serving = Serving::start(&house, &["--roles", "intake,web"]);
    join(&serving, &house, "anna@shop.example", "owner");
    join(&serving, &house, "vera@shop.example", "viewer");
    assert!(add(&["--test"]).done().out.contains("At most 3 letters a day"));

    // Of five orders one is not due yet, one's buyer said no; of the three others each gives a letter.
    let id = |number: u32| format!("111-000000{number}-0000001");
    let alias = |number: u32| format!("buyer{number}abcdefg@marketplace.amazon.com");
    let rows = [(1, 9), (2, 9), (3, 2), (4, 9), (5, 9)].map(|(number, days)| (id(number), alias(number), days));
    let rows: Vec<(&str, &str, i64)> =
        rows.iter().map(|(id, alias, days)| (id.as_str(), alias.as_str(), *days)).collect();
    house::receive(&serving, "somebody@amazonses.com", &house::address_for(&house, "opt_out"), &house::opt_out(&id(2)));
    let report = house.file("orders.tsv", house::report(&rows));
    house.run(&["orders", "import", "--account", "blue-widgets", &report]).done();
    let ran = house.objects(&["run", "--once"]).remove(0);
    let told = postfix.mailbox().wait_for(3);
    assert!(house.objects(&["outbox", "list", "--account", "blue-widgets"]).is_empty(), "{ran}");
    let letters: Vec<String> = told
        .iter()
        .map(|mail| String::from_utf8(mail.clone()).unwrap())
        .filter(|mail| mail.contains("Subject: [Test] Ask for a review: order "))
        .collect();
    assert_eq!(letters.len(), 3, "{told:?}");
    for number in [1, 4, 5] {
        assert_eq!(letters.iter().filter(|letter| letter.contains(&id(number))).count(), 1, "{number}");
    }
    for letter in &letters {
        assert!(letter.contains("anna@shop.example") && !letter.contains("vera@"), "{letter}");
        assert!(!letter.contains("marketplace.amazon"), "no relay address is in it: {letter}");
        assert!(letter.contains("No buyer got it") && letter.contains("Subject: Your order"), "{letter}");
    }
    let state = &house.objects(&["campaign", "list", "--account", "blue-widgets"])[0];
    assert_eq!((&state["state"], &state["active"]), (&json!("test"), &json!(false)));
    let explained = house.run(&["explain", &id(1), "--account", "blue-widgets"]).done().out;
    assert!(explained.contains("in test"), "{explained}");

    // Nothing more today, whatever comes in; then it goes on, and each buyer gets his message.
    house.run(&["run", "--once"]).done();
    let tests = |mails: Vec<Vec<u8>>| {
        mails.iter().filter(|mail| String::from_utf8_lossy(mail).contains("Subject: [Test]")).count()
    };
    assert_eq!(tests(postfix.mailbox().mails()), 3);
    house.run(&["campaign", "on", "Ask for a review", "--account", "blue-widgets"]).done();
    house.run(&["run", "--once"]).done();
    let planned = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    assert!(planned.iter().any(|row| row["order_id"] == id(1)), "{planned:?}");
    assert_eq!(tests(postfix.mailbox().mails()), 3);
    assert_eq!(serving.stop("-TERM"), 0);
}

/// A mail of Amazon's of no known kind.
fn unknown() -> String {
    house::opt_out("111-0000001-0000001")
        .replace("BUYER_OPTED_OUT_BSM_MESSAGES", "SOMETHING_NEW")
        .replace("because the buyer has chosen to opt out of", "for a reason that nobody knows, so much for")
}
