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

/// A mail of Amazon's of no known kind.
fn unknown() -> String {
    house::opt_out("111-0000001-0000001")
        .replace("BUYER_OPTED_OUT_BSM_MESSAGES", "SOMETHING_NEW")
        .replace("because the buyer has chosen to opt out of", "for a reason that nobody knows, so much for")
}
