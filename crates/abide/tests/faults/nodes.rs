//! Several nodes on one PostgreSQL: one with other keys is sent away before it can write anything, also where two
//! begin at the same instant.

use std::process::Stdio;

use crate::house::House;

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
