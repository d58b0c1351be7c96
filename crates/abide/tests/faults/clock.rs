//! Clocks that jump while the program runs: nothing leaves by a clock that is behind the ledger, notices are taken
//! by any clock, and it goes on by itself once the clock is right.

use crate::broken_machine::BrokenMachine;
use crate::house::{self, House, Serving};
use crate::post::{self, ACCOUNT, until};

#[test]
fn a_clock_set_back_holds_everything_until_it_is_right_and_notices_are_taken_all_the_same() {
    let house = House::with_account();
    let machine = BrokenMachine::below(&house.data());
    let to = post::inbound_address(&house);
    let campaign = house.file("review.toml", house::campaign_at_any_hour());
    house.run(&["campaign", "add", "--account", ACCOUNT, &campaign]).done();
    let import = |number: u32| {
        let alias = format!("buyer{number}x{number}@marketplace.amazon.com");
        let orders = house.file("orders.tsv", house::report(&[(&post::order(number), &alias, 9)]));
        house.run(&["orders", "import", "--account", ACCOUNT, &orders]).done();
    };
    let serving = Serving::start_as(&house, &[], |command| machine.carries(command));
    import(1);
    until(&house, &post::order(1), "captured", None);

    machine.clock_off_by(-6 * 3600);
    import(2);
    until(&house, &post::order(2), "waiting", Some("clock_behind"));
    // A notice is taken by any clock, and acts.
    assert!(post::post(&serving, &to, &post::order(2)).starts_with("250"));
    until(&house, &post::order(2), "withdrawn", None);
    import(3);
    until(&house, &post::order(3), "waiting", Some("clock_behind"));

    machine.clock_off_by(0);
    until(&house, &post::order(3), "captured", None);
    import(4);
    until(&house, &post::order(4), "captured", None);
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn a_clock_that_jumps_ahead_and_back_lets_nothing_leave_twice() {
    let house = House::with_account();
    let machine = BrokenMachine::below(&house.data());
    let campaign = house.file("review.toml", house::campaign_at_any_hour());
    house.run(&["campaign", "add", "--account", ACCOUNT, &campaign]).done();
    let orders =
        [(post::order(1), "buyer1@marketplace.amazon.com", 9), (post::order(2), "buyer2@marketplace.amazon.com", 4)];
    let orders: Vec<_> = orders.iter().map(|(id, alias, days)| (id.as_str(), *alias, *days)).collect();
    let orders = house.file("orders.tsv", house::report(&orders));
    house.run(&["orders", "import", "--account", ACCOUNT, &orders]).done();
    let serving = Serving::start_as(&house, &["--roles", "worker"], |command| machine.carries(command));
    until(&house, &post::order(1), "captured", None);
    until(&house, &post::order(2), "planned", None);
    // Ten days ahead, the second is due; back again, it has left once and for all.
    machine.clock_off_by(10 * 24 * 3600);
    until(&house, &post::order(2), "captured", None);
    machine.clock_off_by(0);
    let again = house.file("again.tsv", house::report(&[(&post::order(1), "buyer1@marketplace.amazon.com", 9)]));
    house.run(&["orders", "import", "--account", ACCOUNT, &again]).done();
    let third = house.file("third.tsv", house::report(&[(&post::order(3), "buyer3@marketplace.amazon.com", 9)]));
    house.run(&["orders", "import", "--account", ACCOUNT, &third]).done();
    // The ledger has been ten days ahead: by law 4 nothing leaves, and doctor names it.
    until(&house, &post::order(3), "waiting", Some("clock_behind"));
    assert_eq!(serving.stop("-TERM"), 0);
    assert!(house.run(&["doctor"]).out.contains("behind the ledger"));
    let captured = house.objects(&["outbox", "list", "--account", ACCOUNT]);
    assert_eq!(captured.iter().filter(|row| row["state"] == "captured").count(), 2);
    house.run(&["ledger", "verify"]).done();
}
