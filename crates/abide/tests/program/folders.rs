//! A mail folder on Debian's Dovecot, watched by the built program: set, tried out, watched through `kill -9` and the
//! server's restart, and what doctor says of it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mailserver::{Dovecot, PASSWORD, USER};
use serde_json::{Value, json};

use crate::house::{self, House, Serving};

const OF: [&str; 2] = ["--account", "blue-widgets"];

fn set(house: &House, dovecot: &Dovecot, password: &str, more: &[&str]) {
    let port = dovecot.tls_port().to_string();
    let server = ["--server", "localhost", "--port", &port, "--user", USER, "--password-file", password];
    let said = house.run(&[&["folder", "set"], &OF[..], &server, more].concat()).done();
    assert!(!said.out.contains(PASSWORD) && said.out.contains("abide folder test"), "{}", said.out);
}

fn watched(dovecot: &Dovecot) -> House {
    let house = House::with_account();
    house.config(&format!("sending_ca = {:?}\n", dovecot.authority_file().to_str().unwrap()));
    house
}

fn suppressed(house: &House) -> Vec<String> {
    let rows = house.objects(&[&["suppression", "list"], &OF[..]].concat());
    let mut orders: Vec<String> =
        rows.iter().map(|row| row["order_id"].as_str().unwrap_or_default().to_owned()).collect();
    orders.sort();
    orders
}

pub fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let began = Instant::now();
    while !seen() {
        assert!(began.elapsed() < Duration::from_secs(90), "{what} never came");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn order(number: u32) -> String {
    format!("111-0000000-{number:07}")
}

#[test]
fn a_folder_is_set_tried_out_watched_and_removed_and_errors_say_what_to_do() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = watched(&dovecot);
    let password = house.file("password", format!("{PASSWORD}\n"));
    let test = || house.run(&[&["folder", "test"], &OF[..]].concat());
    test().code_is(2, "no folder is watched for blue-widgets, all stores; set one");
    let wrong = house.file("wrong", "not the password\n");
    set(&house, &dovecot, &wrong, &[]);
    test().code_is(3, "refuses the sign-in");
    let serving = Serving::start(&house, &["--roles", "intake"]);
    let folder = || house.objects(&[&["folder", "list"], &OF[..]].concat()).remove(0);
    wait_for("trouble", || folder()["trouble"] == json!("sign_in_refused"));
    let doctor = house.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("refuses the sign-in"), "{}", doctor.out);

    dovecot.deliver("Amazon", house::opt_out(&order(1)).as_bytes()).unwrap();
    set(&house, &dovecot, &password, &["--folder", "Amazno"]);
    test().code_is(3, "There are: Amazon, INBOX");
    set(&house, &dovecot, &password, &["--folder", "Amazon", "--move-to", "Taken"]);
    test().code_is(3, "can't be moved to Taken: make that folder");
    set(&house, &dovecot, &password, &["--folder", "Amazon"]);
    assert!(test().done().out.contains("Amazon opens with 1 mail; it tells of new mail by itself"));
    wait_for("the notice", || suppressed(&house) == [order(1)]);
    wait_for("up to date", || folder()["read_at"].is_string());
    let told = folder();
    assert_eq!((&told["trouble"], &told["folder"]), (&Value::Null, &json!("Amazon")));
    assert!(told["last_notice_at"].is_string() && !told.to_string().contains(PASSWORD), "{told}");
    let doctor = house.run(&["doctor"]);
    assert!(doctor.out.contains("up to date"), "{}", doctor.out);
    assert!(house.run(&["doctor", "--connect"]).out.contains("Amazon opens with 1 mail"));
    let mails = house.objects(&[&["notice", "show"], &OF[..]].concat());
    assert!(mails.iter().all(|mail| mail["door"] == json!("imap")), "{mails:?}");
    let began = Instant::now();
    assert_eq!(serving.stop("-TERM"), 0);
    assert!(began.elapsed() < Duration::from_secs(15), "it stops while it waits for mail");
    house.run(&[&["folder", "remove"], &OF[..]].concat()).done();
    house.run(&[&["folder", "remove"], &OF[..]].concat()).code_is(2, "no folder is watched");

    let refused = |more: &[&str], words| {
        house.run(&[&["folder", "set"], &OF[..], &["--user", "shop", "--server"], more].concat()).code_is(2, words);
    };
    refused(&["imap.shop.example"], "--password-file");
    let unprotected = ["imap.shop.example", "--security", "none", "--password-file", &password];
    refused(&unprotected, "only made to a server on this machine");
    refused(&["127.0.0.1", "--folder", "A*", "--password-file", &password], "a folder's name is one line");
}

#[test]
fn a_program_killed_while_it_takes_mails_loses_none_and_counts_none_twice() {
    let Some(dovecot) = Dovecot::imap("") else { return };
    let house = watched(&dovecot);
    let password = house.file("password", format!("{PASSWORD}\n"));
    for number in 1..=300 {
        dovecot.deliver("INBOX", house::opt_out(&order(number)).as_bytes()).unwrap();
    }
    set(&house, &dovecot, &password, &["--start", "whole"]);
    let start = || {
        let mut command: Command = house.command(&["serve", "--roles", "intake", "--smtp", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut serving = start();
    wait_for("the first mails", || !suppressed(&house).is_empty());
    serving.kill().unwrap();
    serving.wait().unwrap();
    let before = suppressed(&house).len();
    println!("killed with {before} of 300 recorded");
    // Its lease has to run out before anybody else may watch.
    let mut serving = start();
    let all: Vec<String> = (1..=300).map(order).collect();
    wait_for("all mails", || suppressed(&house).len() >= 300);
    dovecot.stop().unwrap();
    dovecot.start().unwrap();
    dovecot.deliver("INBOX", house::opt_out(&order(301)).as_bytes()).unwrap();
    wait_for("the mail after the restart", || suppressed(&house).len() > 300);
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert_eq!(suppressed(&house)[..300], all, "each once");
    house.run(&["ledger", "verify"]).done();
}
