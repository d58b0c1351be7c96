//! A notice in a language that nobody taught Abide: held, shown, decided once, and from then on understood.

use serde_json::{Value, json};

use crate::house::House;

const OF: [&str; 2] = ["--account", "blue-widgets"];

/// Built like an opt-out notice, in invented Polish.
fn polish(order: &str, alias: &str, buyer: &str) -> String {
    format!(
        "From: \"Amazon.pl\" <auto-communication@amazon.com>\r\nTo: seller@example.com\r\nSubject: Nie dostarczono\r\n\
         Message-ID: <{order}@eu-west-1.amazonses.com>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>Nie dostarczono wiadomości do {buyer} dotyczącej zamówienia [{order}], ponieważ kupujący zrezygnował z \
         otrzymywania niezamówionych wiadomości.</p><ul><li>a</li></ul><ul><li>b</li></ul>\
         <a href=\"mailto:{alias}@marketplace.amazon.com?subject=[Wazne]\">x</a>\r\n"
    )
}

fn import(house: &House, name: &str, mail: &str) -> Value {
    let file = house.file(name, mail);
    house.objects(&[&["intake", "import"], &OF[..], &[&file]].concat()).remove(0)
}

#[test]
fn one_decision_teaches_a_language_and_can_be_taken_back() {
    let house = House::with_account();
    let first = import(&house, "1.eml", &polish("111-0000001-0000001", "qk3v8m1x7c2p9ra", "Anna"));
    assert_eq!((&first["kind"], &first["outcome"]), (&json!("opt_out"), &json!("held")));

    let waiting = house.objects(&[&["review", "list"], &OF[..]].concat());
    assert_eq!((waiting.len(), &waiting[0]["review"], &waiting[0]["teachable"]), (1, &json!("unclear"), &json!(true)));
    let notice = waiting[0]["notice"].as_str().unwrap().to_owned();
    let shown = house.run(&[&["review", "show", &notice], &OF[..]].concat()).done();
    assert!(shown.out.contains("Nie dostarczono wiadomości do Anna") && shown.out.contains("its words are not known"));

    let decide = [&["review", "decide", &notice, "--as", "opt_out", "--teach"], &OF[..]].concat();
    let effect = house.objects(&decide).remove(0);
    assert_eq!((&effect["suppressed"], &effect["taught"]), (&json!(1), &json!(true)));
    house.run(&decide).refuses(2, "does not wait");

    let second = import(&house, "2.eml", &polish("111-0000002-0000002", "t5w2n8b4j6y1zed", "Bert"));
    assert_eq!(second["outcome"], "suppressed");
    assert_eq!(second["covers_buyer"], true);

    let undone = house.objects(&[&["review", "undo", &notice], &OF[..]].concat()).remove(0);
    assert_eq!((&undone["held"], &undone["taught"]), (&json!(1), &json!(true)));
    let third = import(&house, "3.eml", &polish("111-0000003-0000003", "a1b2c3d4e5f6g7h", "Carla"));
    assert_eq!(third["outcome"], "held");
    assert_eq!(house.objects(&[&["review", "list"], &OF[..]].concat()).len(), 2);
    house.run(&["ledger", "verify", "--account", "blue-widgets"]).done();
}
