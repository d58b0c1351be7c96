//! Posting notices to a running program, and what must stand of them afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{self, House, Serving};

/// The one account of these tests.
pub const ACCOUNT: &str = "blue-widgets";

/// Lets a store of the account send for real, by this server, with that campaign.
pub fn send_for_real(house: &House, store: &str, server: &[&str]) {
    let at = ["--account", ACCOUNT, "--store", store];
    house.run(&[&["sender", "set", "--from", "shop@b.example"], &at[..], server].concat()).done();
    house.run(&[&["store", "live", "--yes"], &at[..]].concat()).done();
    let campaign = house.file("review.toml", house::campaign_at_any_hour());
    house.run(&["campaign", "add", "--account", ACCOUNT, &campaign]).done();
}

/// Imports one order that is due.
pub fn import_due(house: &House, order: &str, market: &str) {
    let alias = format!("b{}x@marketplace.{}", order.replace('-', ""), market.to_lowercase());
    let report = house::report(&[(order, &alias, 9)]).replace("Amazon.com", market);
    let file = house.file("due.tsv", report);
    house.run(&["orders", "import", "--account", ACCOUNT, &file]).done();
}

/// Waits for a state of one order's message, for a minute at most.
pub fn until(house: &House, order: &str, state: &str, reason: Option<&str>) -> Value {
    let began = Instant::now();
    loop {
        let outbox = house.objects(&["outbox", "list", "--account", ACCOUNT]);
        let found = outbox.into_iter().find(|row| row["order_id"] == order);
        match found {
            Some(row) if row["state"] == state && reason.is_none_or(|reason| row["reason"] == reason) => return row,
            found => {
                let waited = began.elapsed();
                assert!(waited < Duration::from_mins(1), "{order} never {state} {reason:?}: {found:?}");
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// An order id of the story's own.
pub fn order(number: u32) -> String {
    format!("112-{number:07}-0000007")
}

/// Where a house's account takes its notices.
pub fn inbound_address(house: &House) -> String {
    let addresses = house.objects(&["address", "list", "--account", ACCOUNT]);
    addresses[0]["address"].as_str().unwrap().to_owned()
}

/// Sends the notice of one order; the reply after the data, or the first that is a refusal.
pub fn post(serving: &Serving, to: &str, order: &str) -> String {
    let stream = std::net::TcpStream::connect(serving.said["smtp"].as_str().unwrap()).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let recipient = format!("RCPT TO:<{to}>\r\n");
    let data = format!("{}.\r\n", house::opt_out(order));
    let said = ["", "EHLO a.example\r\n", "MAIL FROM:<b@amazonses.com>\r\n", &recipient, "DATA\r\n", &data];
    let mut reply = String::new();
    for said in said {
        (&stream).write_all(said.as_bytes()).unwrap();
        reply = loop {
            let line = lines.next().expect("the server hung up without a word").unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                break line;
            }
        };
        if !reply.starts_with(['2', '3']) {
            break;
        }
    }
    reply
}

/// How often each order stands on the list.
pub fn listed(house: &House) -> BTreeMap<String, usize> {
    let mut listed = BTreeMap::new();
    for row in house.objects(&["suppression", "list", "--account", ACCOUNT]) {
        *listed.entry(row["order_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    listed
}

/// A reply that asks the peer to come again, and nothing else that is no acknowledgement.
pub fn asks_to_come_again(reply: &str) -> bool {
    reply.starts_with('4')
}
