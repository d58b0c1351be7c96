//! Names that can't be looked up: taking notices needs none (law 10), and a store whose server has a name that
//! nobody answers for holds up nobody else.

use crate::broken_machine::BrokenMachine;
use crate::house::{House, Serving};
use crate::post::{self, import_due, until};
use crate::taker::Taker;

#[test]
fn a_notice_is_taken_without_looking_up_any_name() {
    let house = House::with_account();
    let machine = BrokenMachine::below(&house.data());
    machine.names_are_dead();
    let to = post::inbound_address(&house);
    let serving = Serving::start_as(&house, &[], |command| machine.carries(command));
    assert!(post::post(&serving, &to, &post::order(1)).starts_with("250"));
    assert_eq!(post::listed(&house).get(&post::order(1)), Some(&1));
    assert_eq!(machine.names_looked_up(), 0);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_server_whose_name_nobody_answers_for_holds_up_its_own_store_alone() {
    let house = House::with_account();
    let machine = BrokenMachine::below(&house.data());
    machine.names_are_dead();
    let taker = Taker::start();
    let port = taker.port.to_string();
    post::send_for_real(&house, "DE", &["--server", "smtp.shop.example", "--port", "465", "--security", "tls"]);
    post::send_for_real(&house, "US", &["--server", "127.0.0.1", "--port", &port, "--security", "none"]);
    for number in 1..=3 {
        import_due(&house, &post::order(number), "Amazon.de");
    }
    import_due(&house, &post::order(4), "Amazon.com");
    let serving = Serving::start_as(&house, &["--roles", "worker"], |command| machine.carries(command));
    until(&house, &post::order(4), "sent", None);
    for number in 1..=3 {
        until(&house, &post::order(number), "waiting", Some("server_unreachable"));
    }
    assert!(machine.names_looked_up() > 0, "the test has no teeth: no name was asked for");
    assert_eq!(taker.mails().len(), 1);
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}
