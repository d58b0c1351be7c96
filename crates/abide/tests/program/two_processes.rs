//! The same story on PostgreSQL, with two processes: one takes the mail, the other works the outbox.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{self, House, Serving};

const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";

/// Waits for a state of the outbox, not for a time.
fn outbox_until(house: &House, reached: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
        if reached(&outbox) {
            return outbox;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{outbox:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_one_process_takes_in_the_other_no_longer_sends() {
    let Some(database) = cluster::fresh_database() else { return };
    let house = House::on(database.url());
    house.run(&["account", "add", "Blue Widgets", "--store", "US"]).done();
    assert!(!house.data().join("abide.db").exists());
    let campaign = house.file("review.toml", house::campaign_at_any_hour());
    house.run(&["campaign", "add", "--account", "blue-widgets", &campaign]).done();
    let intake = Serving::start(&house, &["--roles", "intake"]);
    let worker = Serving::start(&house, &["--roles", "worker"]);

    let orders = house::report(&[("111-0000001-0000001", ANNA, 9), ("111-0000002-0000002", ANNA, 2)]);
    let orders = house.file("orders.tsv", orders);
    house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();
    let state = |outbox: &[Value], order: &str, state: &str| {
        outbox.iter().any(|row| row["order_id"] == order && row["state"] == state)
    };
    outbox_until(&house, |outbox| {
        state(outbox, "111-0000001-0000001", "captured") && state(outbox, "111-0000002-0000002", "planned")
    });

    let address = house.objects(&["address", "list", "--account", "blue-widgets"])[0]["address"].clone();
    let to = format!("RCPT TO:<{}>\r\n", address.as_str().unwrap());
    let data = format!("{}.\r\n", house::opt_out("111-0000001-0000001"));
    house::smtp(
        intake.said["smtp"].as_str().unwrap(),
        &[
            ("EHLO a.example\r\n", "250"),
            ("MAIL FROM:<>\r\n", "250"),
            (&to, "250"),
            ("DATA\r\n", "354"),
            (&data, "250"),
        ],
    );
    // Acknowledged: so it is withdrawn already, whatever the other process does.
    let outbox = house.objects(&["outbox", "list", "--account", "blue-widgets"]);
    assert!(state(&outbox, "111-0000002-0000002", "withdrawn"), "{outbox:?}");

    let later = house.file("later.tsv", house::report(&[("111-0000003-0000003", ANNA, 8)]));
    house.run(&["orders", "import", "--account", "blue-widgets", &later]).done();
    let outbox = outbox_until(&house, |outbox| state(outbox, "111-0000003-0000003", "refused"));
    assert!(outbox.iter().any(|row| row["state"] == "refused" && row["reason"] == "opted_out"), "{outbox:?}");
    assert_eq!((intake.stop("-TERM"), worker.stop("-TERM")), (0, 0));
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn a_given_clock_is_refused_where_a_store_sends_for_real_and_a_clock_behind_the_ledger_is_named() {
    let Some(database) = cluster::fresh_database() else { return };
    let house = House::on(database.url());
    house.run(&["account", "add", "Blue Widgets", "--store", "US"]).done();
    house.run(&["run", "--once", "--now", "2026-08-20T12:00:00Z"]).done();
    database.psql("UPDATE seller SET delivery = 'live'").unwrap();
    house.run(&["run", "--once", "--now", "2026-08-20T12:00:00Z"]).refuses(2, "sends for real");
    house.run(&["run", "--once"]).done();

    assert!(house.run(&["doctor"]).out.contains("not behind the ledger"));
    // The database refuses to change an entry; whoever owns it can switch that off.
    let forged = "SET session_replication_role = replica; UPDATE ledger_entry SET time = time + 600000000";
    database.psql(forged).unwrap();
    let ran = house.run(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("minutes behind the ledger of blue-widgets"), "{}", ran.out);
    house.run(&["run", "--once"]).done();
    database.psql("SET session_replication_role = replica; UPDATE ledger_head SET time = time + 600000000").unwrap();
    house.run(&["run", "--once"]).refuses(3, "minutes behind the ledger; nothing leaves until");
    // Mail must be taken all the same.
    assert_eq!(Serving::start(&house, &[]).stop("-TERM"), 0);
    // Changed by hand, the ledger does not verify any more: that part is not done.
    let ran = house.run(&["ledger", "verify", "--json"]);
    assert_eq!((ran.code, &ran.objects()[0]["verified"]), (1, &serde_json::json!(false)));
    assert!(ran.err.contains("does not verify"), "{}", ran.err);
}
