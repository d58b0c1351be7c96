//! Signed mails at the SMTP door of the built program, graded with the keys that a name server on this machine tells:
//! what abide.toml says about name servers, Amazon's domains and sealers holds, and so do confirmed forwarders.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::folders::wait_for;
use crate::house::{self, House, Serving};

/// Signed by dkimpy with keys made for the tests (`crates/provenance/tests/fixtures`).
const KEYS: &str = include_str!("../../../provenance/tests/fixtures/keys.json");
const SIGNED: &str = include_str!("../../../provenance/tests/fixtures/type_signed.eml");
const SEALED: &str = include_str!("../../../provenance/tests/fixtures/sealed.eml");
const ATTACHED: &str = include_str!("../../../provenance/tests/fixtures/forwarder_attaches.eml");
const CONFIRMATION: &str = include_str!("../../../provenance/tests/fixtures/confirmation.eml");
const FORGED: &str = include_str!("../../../provenance/tests/fixtures/confirmation_by_stranger.eml");

const OF: [&str; 2] = ["--account", "blue-widgets"];

/// A seller who believes proofs alone, and a name server that knows the keys of the tests.
fn wary(more: &str) -> House {
    let keys: BTreeMap<String, String> = serde_json::from_str(KEYS).unwrap();
    let house = House::with_account();
    house.config(&format!("dns_servers = [\"{}\"]\n{more}", mailserver::name_server(keys).unwrap()));
    house.run(&[&["account", "set"], &OF[..], &["--trust-addresses", "no"]].concat()).done();
    house
}

fn receive(house: &House, serving: &Serving, mail: &str) {
    house::receive(serving, "somebody@example.com", &house::address_for(house, "any"), mail);
}

/// The newest mail's readings, once each is graded.
fn graded(house: &House) -> Vec<Value> {
    let mut readings = Vec::new();
    wait_for("the grade", || {
        readings = house.objects(&[&["notice", "show"], &OF[..]].concat());
        let newest = readings[0]["mail"].clone();
        readings.retain(|reading| reading["mail"] == newest);
        readings.iter().all(|reading| reading["kind"] == "not_amazon" || reading["provenance"].is_string())
    });
    readings
}

fn states(house: &House) -> Vec<Value> {
    let list = house.objects(&[&["suppression", "list"], &OF[..]].concat());
    list.iter().map(|entry| entry["state"].clone()).collect()
}

#[test]
fn a_signature_counts_by_the_keys_of_the_name_servers_that_the_file_names() {
    let house = wary("");
    let serving = Serving::start(&house, &["--roles", "intake,worker"]);
    receive(&house, &serving, SIGNED);
    let reading = graded(&house).remove(0);
    assert_eq!((&reading["provenance"], &reading["by"]), (&json!("proven"), &json!("amazon.com")), "{reading}");
    assert_eq!(states(&house), ["active"]);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_domain_that_the_file_does_not_name_proves_nothing() {
    let house = wary("amazon_domains = [\"amazon.de\"]\n");
    let serving = Serving::start(&house, &["--roles", "intake,worker"]);
    receive(&house, &serving, SIGNED);
    assert_eq!(graded(&house)[0]["provenance"], "unproven");
    assert_eq!(states(&house), ["held"]);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_sealer_is_believed_only_where_the_file_names_it() {
    for (sealers, provenance, state) in
        [("arc_sealers = [\"google.com\"]\n", "vouched", "active"), ("arc_sealers = []\n", "unproven", "held")]
    {
        let house = wary(sealers);
        let serving = Serving::start(&house, &["--roles", "intake,worker"]);
        receive(&house, &serving, SEALED);
        assert_eq!(graded(&house)[0]["provenance"], provenance, "{sealers}");
        assert_eq!(states(&house), [state], "{sealers}");
        assert_eq!(serving.stop("-TERM"), 0);
    }
}

#[test]
fn what_a_forwarder_attaches_counts_once_he_is_confirmed() {
    let house = wary("");
    let serving = Serving::start(&house, &["--roles", "intake,worker"]);
    receive(&house, &serving, ATTACHED);
    assert!(graded(&house).iter().all(|reading| reading["provenance"] != "vouched"));
    assert_eq!(states(&house), ["held"]);
    house.run(&[&["account", "forwarder", "add"], &OF[..], &["owner@shop.example"]].concat()).done();
    let known = house.objects(&[&["account", "forwarder", "list"], &OF[..]].concat());
    assert!(known[0].to_string().contains("owner@shop.example"), "{known:?}");
    // The same notice again, now from a mailbox that is known: what was held acts.
    receive(&house, &serving, ATTACHED);
    let readings = graded(&house);
    assert!(readings.iter().any(|reading| reading["provenance"] == "vouched"), "{readings:?}");
    wait_for("the opt-out", || states(&house).contains(&json!("active")));
    house.run(&[&["account", "forwarder", "remove"], &OF[..], &["owner@shop.example"]].concat()).done();
    assert!(house.objects(&[&["account", "forwarder", "list"], &OF[..]].concat()).is_empty());
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn a_providers_request_is_shown_with_its_code_where_its_own_signature_proves_it() {
    let house = wary("");
    let serving = Serving::start(&house, &["--roles", "intake,worker"]);
    let confirmations = || house.objects(&[&["address", "confirmations"], &OF[..]].concat());
    receive(&house, &serving, &FORGED.replace("0100-made-up", "0200-made-up"));
    graded(&house);
    assert!(confirmations().is_empty());
    receive(&house, &serving, CONFIRMATION);
    graded(&house);
    let asked = confirmations().remove(0);
    assert_eq!((&asked["provider"], &asked["code"]), (&json!("Gmail"), &json!("871234567")));
    assert_eq!(
        (&asked["mailbox"], &asked["link"]),
        (&json!("owner@mailbox.example"), &json!("https://mail-settings.google.com/mail/vf-made-up"))
    );
    let told = house.run(&[&["address", "confirmations"], &OF[..]].concat()).done().out;
    assert!(told.contains("is it yours?") && !told.contains("evil.example"), "{told}");
    // Done with it: it is shown no more.
    let notice = asked["notice"].as_str().unwrap();
    house.run(&[&["review", "decide", notice, "--as", "nothing"], &OF[..]].concat()).done();
    assert!(confirmations().is_empty());
    assert_eq!(serving.stop("-TERM"), 0);
}
