//! Mail by LMTP to the running program, as a mail server of one's own delivers it: on a Unix socket and on a port.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use crate::house::{self, House, Serving, converse};

const ACCOUNTS: [&str; 2] = ["blue-widgets", "red-widgets"];

fn two_accounts(lmtp: &str) -> House {
    let house = House::new();
    for name in ["Blue Widgets", "Red Widgets"] {
        house.run(&["account", "add", name, "--store", "US"]).done();
    }
    house.config(&format!("lmtp = \"{lmtp}\"\n"));
    house
}

/// What `doctor` finds there.
fn found(house: &House) -> (String, String) {
    let lmtp = house.run(&["doctor", "--json"]).objects().into_iter().find(|found| found["check"] == "lmtp").unwrap();
    (lmtp["state"].as_str().unwrap().to_owned(), lmtp["found"].as_str().unwrap().to_owned())
}

fn listed(house: &House, account: &str) -> Vec<String> {
    let list = house.objects(&["suppression", "list", "--account", account]);
    list.iter().map(|row| row["order_id"].as_str().unwrap().to_owned()).collect()
}

/// One mail for both accounts, and for an address that is none: an answer each.
fn deliver_to_both(house: &House, stream: impl Read + Write, order: &str) {
    let rcpt = |account: &str| {
        let addresses = house.objects(&["address", "list", "--account", account]);
        format!("RCPT TO:<{}>\r\n", addresses[0]["address"].as_str().unwrap())
    };
    let [blue, red] = ACCOUNTS.map(rcpt);
    let mail = format!("{}.\r\n", house::opt_out(order));
    let dialogue = [
        ("LHLO mail.example\r\n", "250"),
        ("MAIL FROM:<b@amazonses.com>\r\n", "250"),
        (blue.as_str(), "250"),
        ("RCPT TO:<nobody@localhost>\r\n", "550"),
        (red.as_str(), "250"),
        ("DATA\r\n", "354"),
        (mail.as_str(), "250"),
        ("", "250"),
        ("QUIT\r\n", "221"),
    ];
    converse(stream, &dialogue);
    for account in ACCOUNTS {
        assert!(listed(house, account).iter().any(|listed| listed == order), "{account} lacks {order}");
    }
}

#[test]
fn a_mail_on_the_unix_socket_is_answered_for_each_recipient_and_doctor_knows_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let house = two_accounts(&format!("unix:{}", path.display()));
    let (state, said) = found(&house);
    assert!(state == "ok" && said.contains("is not there yet"), "{said}");

    let serving = Serving::start(&house, &[]);
    assert_eq!(serving.said["lmtp"].as_str().unwrap(), format!("unix:{}", path.display()));
    deliver_to_both(&house, UnixStream::connect(&path).unwrap(), "111-0000001-0000001");
    assert!(found(&house).1.contains("is there"));

    // Killed, it leaves the socket's file; the next start takes it over.
    serving.signal("-KILL");
    drop(serving);
    let serving = Serving::start(&house, &[]);
    deliver_to_both(&house, UnixStream::connect(&path).unwrap(), "111-0000002-0000002");
    assert_eq!(serving.stop("-TERM"), 0);

    std::fs::write(&path, "not a socket").unwrap();
    assert_eq!(found(&house).0, "fault");
    house.run(&["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"]).refuses(3, "no socket");
    std::fs::remove_file(&path).unwrap();
    drop(folder);
    let (state, said) = found(&house);
    assert!(state == "fault" && said.contains("is not there"), "{said}");
}

#[test]
fn a_mail_on_the_port_is_answered_for_each_recipient_and_doctor_knows_the_port() {
    let house = two_accounts("127.0.0.1:0");
    let serving = Serving::start(&house, &[]);
    let port = serving.said["lmtp"].as_str().unwrap();
    deliver_to_both(&house, TcpStream::connect(port).unwrap(), "111-0000003-0000003");
    house.config(&format!("lmtp = \"{port}\"\n"));
    assert!(found(&house).1.contains("is served"));
    assert_eq!(serving.stop("-TERM"), 0);
    assert!(found(&house).1.contains("is free"));
}
