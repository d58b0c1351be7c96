//! Names that can't be looked up: taking notices needs none (law 10), and a store whose server has a name that
//! nobody answers for holds up nobody else.

use crate::broken_machine::BrokenMachine;
use crate::house::{House, Serving};
use crate::post;

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
