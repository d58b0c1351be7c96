//! A feed that watches itself: the built program, Debian's Postfix as the server that takes a self-test's mail, and this
//! test as the mailbox that passes it on; Dovecot where the mailbox is watched.

use mailserver::{Dovecot, PASSWORD, Postfix, USER};
use serde_json::{Value, json};

use crate::folders::wait_for;
use crate::house::{self, House, Serving};
use crate::member_mail::{join, settings};

fn feed(house: &House) -> Vec<Value> {
    house.objects(&["feed", "show", "--account", "blue-widgets"])
}

fn of_address(house: &House, address: &str) -> Value {
    feed(house).into_iter().find(|way| way["way"] == address).unwrap()
}

/// As a mailbox's rule passes a mail on.
fn pass_on(serving: &Serving, address: &str, mail: &str) {
    let mail = format!("X-Forwarded-For: anna@shop.example\n{mail}");
    house::receive(serving, "anna+caf_=abide@shop.example", address, &mail);
}

#[test]
fn a_self_test_goes_along_the_members_mailbox_and_says_what_it_proved() {
    let Some(postfix) = Postfix::submission("") else { return };
    let house = House::with_account();
    let address = house::address_for(&house, "any");
    let test = ["feed", "test", "--account", "blue-widgets", "--address", &address];
    house.run(&test).refuses(2, "[member_mail]");
    house.config(&settings(&postfix, &house, PASSWORD));
    house.run(&test).refuses(2, "no member");
    let serving = Serving::start(&house, &["--roles", "intake,web"]);
    join(&serving, &house, "anna@shop.example", "owner");
    house.run(&["feed", "test", "--account", "blue-widgets", "--address", "nobody"]).refuses(2, "no active address");
    let started = house.objects(&test).remove(0);
    assert_eq!((&started["to"], &started["way"]), (&json!("anna@shop.example"), &json!(address)));
    assert_eq!(of_address(&house, &address)["self_test"]["state"], "waiting");
    house.run(&["run", "--once"]).done();
    let mails = postfix.mailbox().wait_for(1);
    let mail = String::from_utf8(mails[0].clone()).unwrap();
    assert!(mail.contains("anna@shop.example") && mail.contains("Subject: Abide self-test "), "{mail}");
    // The marker passes nothing at another address of the same account.
    pass_on(&serving, &house::address_for(&house, "opt_out"), &mail);
    assert_eq!(of_address(&house, &address)["self_test"]["state"], "waiting");
    pass_on(&serving, &address, &mail);
    let seen = of_address(&house, &address);
    let passed = &seen["self_test"];
    assert_eq!(
        (&passed["state"], &passed["door"], &passed["forwarded"]),
        (&json!("passed"), &json!("smtp"), &json!("auto"))
    );
    let proves = passed["proves"].as_str().unwrap();
    assert!(proves.contains("passed on by a rule") && proves.contains("not that the mailbox's filter"), "{proves}");
    // It had no other effect: no opt-out, nothing to review; and again, nothing changes.
    assert!(house.objects(&["review", "list", "--account", "blue-widgets"]).is_empty());
    pass_on(&serving, &address, &mail);
    assert_eq!(of_address(&house, &address)["self_test"], seen["self_test"]);
    // A notice is told with its way and grade.
    assert_eq!(seen["last_notice_at"], Value::Null);
    pass_on(&serving, &address, &house::opt_out("111-0000001-0000001"));
    let seen = of_address(&house, &address);
    assert!(seen["last_notice_at"].is_string() && seen["last_notice_door"] == "smtp", "{seen}");
    assert_eq!(seen["last_notice_forwarded"], "auto");
    let told = house.run(&["feed", "show", "--account", "blue-widgets"]).done().out;
    assert!(told.contains("by SMTP, forwarded by a rule") && told.contains("Amazon alone writes here"), "{told}");
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_self_test_of_a_watched_folder_passes_when_its_mail_comes_into_it() {
    let (Some(postfix), Some(dovecot)) = (Postfix::submission(""), Dovecot::imap("")) else { return };
    let house = House::with_account();
    let authorities: String = [postfix.authority_file(), dovecot.authority_file()]
        .map(|file| std::fs::read_to_string(file).unwrap())
        .concat();
    let both = house.file("both.pem", authorities);
    let settings = settings(&postfix, &house, PASSWORD);
    let settings: Vec<&str> = settings.lines().filter(|line| !line.starts_with("sending_ca")).collect();
    house.config(&format!("sending_ca = {both:?}\n{}\n", settings.join("\n")));
    let port = dovecot.tls_port().to_string();
    let password = house.file("folder-password", format!("{PASSWORD}\n"));
    let folder = ["--server", "localhost", "--port", &port, "--user", USER, "--password-file", &password];
    house.run(&[&["folder", "set", "--account", "blue-widgets", "--folder", "Amazon"][..], &folder].concat()).done();
    let serving = Serving::start(&house, &["--roles", "web"]);
    join(&serving, &house, "anna@shop.example", "owner");
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["feed", "test", "--account", "blue-widgets", "--folder", "US"]).refuses(2, "no such way in");
    house.run(&["feed", "test", "--account", "blue-widgets", "--folder", "all"]).done();
    house.run(&["run", "--once"]).done();
    let mails = postfix.mailbox().wait_for(1);
    dovecot.deliver("Amazon", &mails[0]).unwrap();
    dovecot.deliver("Amazon", house::opt_out("111-0000001-0000001").as_bytes()).unwrap();
    let serving = Serving::start(&house, &["--roles", "intake"]);
    let folder =
        || feed(&house).into_iter().find(|way| way["way"].as_str().is_some_and(|way| way.starts_with("folder")));
    wait_for("the marked mail and the notice", || {
        folder().is_some_and(|way| way["self_test"]["state"] == "passed" && way["last_notice_at"].is_string())
    });
    let watched = folder().unwrap();
    assert_eq!((&watched["self_test"]["door"], &watched["last_notice_door"]), (&json!("imap"), &json!("imap")));
    assert_eq!(serving.stop("-TERM"), 0);
}
