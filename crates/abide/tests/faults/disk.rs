//! A disk that is full, or does not sync, at every single write of a notice and of an import.

use crate::broken_machine::{Breaks, BrokenMachine};
use crate::house::{self, House, Serving};
use crate::post::{self, ACCOUNT};

/// Lets the write or sync number 1 fail while a notice is taken, then number 2, until a notice needs no more.
fn each_fails_in_turn(what: Breaks, at_once: i64) {
    let house = House::with_account();
    let machine = BrokenMachine::below(&house.data());
    let to = post::inbound_address(&house);
    let serving = Serving::start_as(&house, &["--roles", "intake"], |command| machine.carries(command));
    let (mut sent, mut refused, mut number) = (Vec::new(), 0, 0);
    loop {
        number += 1;
        let order = post::order(number);
        machine.fail(what, i64::from(number), at_once);
        let reply = post::post(&serving, &to, &order);
        let failed = machine.failed();
        machine.mend();
        if reply.starts_with("250") {
            assert_eq!(post::listed(&house).get(&order), Some(&1), "acknowledged with {what:?} {number} failing");
        } else {
            assert!(post::asks_to_come_again(&reply), "{reply} with {what:?} {number} failing");
            refused += 1;
            let reply = post::post(&serving, &to, &order);
            assert!(reply.starts_with("250"), "{reply}, though the disk works again since {what:?} {number}");
        }
        sent.push(order);
        if failed == 0 {
            break;
        }
        assert!(number < 2000, "it never ends");
    }
    // The test has teeth: there were failures, and they did refuse mails. (One sync makes a notice durable.)
    assert!(refused > 0, "{refused} of {number}");
    serving.signal("-KILL");
    drop(serving);
    house.run(&["ledger", "verify"]).done();
    let listed = post::listed(&house);
    assert_eq!(listed.len(), sent.len());
    assert!(sent.iter().all(|order| listed.get(order) == Some(&1)), "{listed:?}");
}

#[test]
fn a_notice_is_acknowledged_only_where_no_write_of_it_failed_for_want_of_room() {
    each_fails_in_turn(Breaks::Writes, 1);
}

#[test]
fn a_disk_that_stays_full_costs_no_acknowledged_notice() {
    each_fails_in_turn(Breaks::Writes, i64::MAX / 2);
}

#[test]
fn a_notice_is_acknowledged_only_where_every_sync_of_it_returned_well() {
    each_fails_in_turn(Breaks::Syncs, 1);
}

/// An import's files, and what must stand after it ended with 0.
fn each_write_of_an_import_fails_in_turn(what: Breaks, arguments: &[&str], complete: impl Fn(&House) -> bool) {
    let mut refused = 0;
    for number in 1.. {
        assert!(number < 2000, "it never ends");
        let house = House::with_account();
        house.file("orders.tsv", house::report(&[(&post::order(1), "", 9), (&post::order(2), "", 9)]));
        house.file("notice.eml", house::opt_out(&post::order(1)));
        let machine = BrokenMachine::below(&house.data());
        machine.fail(what, number * 3 - 2, i64::MAX / 2);
        let mut command = house.command(arguments);
        machine.carries(&mut command);
        let ended = command.output().unwrap();
        let failed = machine.failed();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        if ended.status.code() == Some(0) {
            assert!(complete(&house), "it ended with 0 and {what:?} {number} failing");
        } else {
            refused += 1;
            assert!(ended.status.code().is_some_and(|code| code > 0), "it died: {said}");
            assert!(!said.contains("panicked") && !said.trim().is_empty(), "{said}");
            house.run(arguments).done();
            assert!(complete(&house), "after {what:?} {number} had failed");
        }
        house.run(&["ledger", "verify"]).done();
        if failed == 0 {
            break;
        }
    }
    assert!(refused > 0);
}

#[test]
fn an_import_of_orders_ends_with_0_only_where_all_of_it_is_kept() {
    let kept = |house: &House| {
        (1..=2).all(|number| {
            house.run(&["explain", &post::order(number), "--account", ACCOUNT, "--json"]).out.contains("purchased_at")
        })
    };
    let arguments = ["orders", "import", "--account", ACCOUNT, "orders.tsv"];
    each_write_of_an_import_fails_in_turn(Breaks::Writes, &arguments, kept);
    each_write_of_an_import_fails_in_turn(Breaks::Syncs, &arguments, kept);
}

#[test]
fn an_import_of_mails_ends_with_0_only_where_all_of_it_is_kept() {
    let kept = |house: &House| post::listed(house).get(&post::order(1)) == Some(&1);
    let arguments = ["intake", "import", "--account", ACCOUNT, "notice.eml"];
    each_write_of_an_import_fails_in_turn(Breaks::Writes, &arguments, kept);
    each_write_of_an_import_fails_in_turn(Breaks::Syncs, &arguments, kept);
}
