//! Several nodes on one PostgreSQL: one with other keys is sent away before it can write anything, also where two
//! begin at the same instant.

use std::process::Stdio;

use crate::broken_machine::BrokenMachine;
use crate::house::{House, Serving};
use crate::post::{self, import_due, until};
use crate::taker::Taker;

const ADD: [&str; 5] = ["account", "add", "Blue Widgets", "--store", "US"];

#[test]
fn a_node_without_the_keys_or_with_others_is_sent_away_and_writes_nothing() {
    let Some(database) = cluster::fresh_database() else { return };
    let first = House::on(database.url());
    first.run(&ADD).done();
    let rows = || database.psql("SELECT count(*) FROM account").unwrap();
    let without = House::on(database.url());
    without.run(&["account", "add", "Red Widgets", "--store", "US"]).refuses(3, "has no keys");
    let Some(elsewhere) = cluster::fresh_database() else { return };
    let foreign = House::on(elsewhere.url());
    foreign.run(&ADD).done();
    let foreign = foreign.in_front_of(database.url());
    foreign.run(&["account", "add", "Red Widgets", "--store", "US"]).refuses(3, "are not those of this database");
    foreign
        .run(&["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"])
        .refuses(3, "are not those of this database");
    assert_eq!(rows().trim(), "1");
}

#[test]
fn of_two_nodes_that_begin_on_an_empty_database_at_once_one_has_the_keys_and_the_other_says_so() {
    let Some(database) = cluster::fresh_database() else { return };
    let houses = [House::on(database.url()), House::on(database.url())];
    let begun: Vec<_> = houses
        .iter()
        .map(|house| house.command(&ADD).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let ended: Vec<_> = begun.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let done = ended.iter().filter(|ended| ended.status.success()).count();
    let said: Vec<_> = ended.iter().map(|ended| String::from_utf8_lossy(&ended.stderr).into_owned()).collect();
    assert_eq!(done, 1, "{said:?}");
    let refused = said.iter().zip(&ended).find(|(_, ended)| !ended.status.success()).unwrap().0;
    assert!(refused.contains("keys"), "{refused}");
    // Whoever was first works on; the other still does not.
    for (house, ended) in houses.iter().zip(&ended) {
        assert_eq!(house.run(&["account", "list"]).code == 0, ended.status.success(), "{said:?}");
    }
}

/// A node that fell asleep with a permit in its hands, while the server's yes to RCPT comes in.
struct Asleep {
    house: House,
    machine: BrokenMachine,
    taker: Taker,
    sleeper: Serving,
}

fn asleep_over_its_permit(database: &cluster::FreshDatabase) -> Asleep {
    let house = House::on(database.url());
    house.run(&ADD).done();
    let machine = BrokenMachine::below(&house.data());
    let taker = Taker::start();
    let port = taker.port.to_string();
    post::send_for_real(&house, "US", &["--server", "127.0.0.1", "--port", &port, "--security", "none"]);
    import_due(&house, &post::order(1), "Amazon.com");
    taker.hold(true);
    let sleeper = Serving::start_as(&house, &["--roles", "worker"], |command| machine.carries(command));
    taker.until_one_waits();
    sleeper.signal("-STOP");
    taker.hold(false);
    Asleep { house, machine, taker, sleeper }
}

#[test]
fn a_node_that_slept_for_minutes_over_its_permit_sends_nothing_when_it_wakes() {
    let Some(database) = cluster::fresh_database() else { return };
    let Asleep { house, machine, taker, sleeper } = asleep_over_its_permit(&database);

    // Minutes pass: for its clock, and for its lease.
    machine.clock_off_by(300);
    database.psql("UPDATE message SET lease_until = lease_until - 300000000").unwrap();
    let awake = Serving::start(&house, &["--roles", "worker"]);
    let lost = until(&house, &post::order(1), "unknown", Some("lost_in_flight"));
    assert!(taker.mails().is_empty());

    // It wakes with the server's yes before it, and an order that another has settled.
    sleeper.signal("-CONT");
    taker.until_one_is_gone();
    assert!(taker.mails().is_empty(), "{:?}", taker.mails());
    assert_eq!(until(&house, &post::order(1), "unknown", None)["id"], lost["id"]);
    assert_eq!(sleeper.stop("-TERM"), 0);
    assert!(taker.mails().is_empty(), "{:?}", taker.mails());

    // A member says that it did not leave; then it leaves once.
    house.run(&["outbox", "resolve", lost["id"].as_str().unwrap(), "not_sent"]).done();
    until(&house, &post::order(1), "sent", None);
    let mails = taker.until_mails(1);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains(&post::order(1)));
    assert_eq!(awake.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn a_buyer_who_said_no_while_a_node_slept_over_his_message_gets_nothing() {
    let Some(database) = cluster::fresh_database() else { return };
    let Asleep { house, machine, taker, sleeper } = asleep_over_its_permit(&database);
    let to = post::inbound_address(&house);
    let intake = Serving::start(&house, &["--roles", "intake"]);
    assert!(post::post(&intake, &to, &post::order(1)).starts_with("250"));
    machine.clock_off_by(300);
    sleeper.signal("-CONT");
    // Its permit is over: nothing leaves, and the new gate that it asks soon after says no.
    until(&house, &post::order(1), "waiting", Some("permit_expired"));
    database.psql("UPDATE message SET next_try = 0").unwrap();
    until(&house, &post::order(1), "refused", Some("opted_out"));
    assert!(taker.mails().is_empty(), "{:?}", taker.mails());
    assert_eq!((sleeper.stop("-TERM"), intake.stop("-TERM")), (0, 0));
    house.run(&["ledger", "verify"]).done();
}
