//! What is written where: objects alone under `--json`, nothing but sentences on standard error, and a quiet
//! end where the reader goes away.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::house::{self, House};

#[test]
fn notice_read_tells_each_notice_with_all_keys_and_needs_no_data() {
    let house = House::new();
    let one = house.file("one.eml", house::opt_out("111-0000001-0000001"));
    let mbox: String = ["111-0000002-0000002", "111-0000003-0000003"]
        .map(|order| format!("From x@y Thu Sep 10 00:00:00 2026\n{}\n", house::opt_out(order).replace("\r\n", "\n")))
        .concat();
    let mbox = house.file("some.mbox", mbox);
    let none = house.file("none.eml", "From: a@b.example\r\nSubject: hello\r\n\r\nHi.\r\n");
    let read = house.objects(&["notice", "read", &one, &mbox, &none]);
    let contract = [
        "alias",
        "forwarded",
        "kind",
        "language",
        "marketplace",
        "matched_by",
        "order_id",
        "order_ids",
        "part",
        "source",
    ];
    for object in &read {
        let mut keys: Vec<&String> = object.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, contract);
    }
    let sources: Vec<&Value> = read.iter().map(|object| &object["source"]).collect();
    assert_eq!(sources, [&json!(one), &json!(format!("{mbox}#1")), &json!(format!("{mbox}#2")), &json!(none)]);
    assert_eq!(read[0]["kind"], "opt_out");
    assert_eq!(read[0]["order_ids"], json!(["111-0000001-0000001"]));
    assert_eq!((&read[0]["marketplace"], &read[0]["matched_by"]), (&json!("US"), &json!("header")));
    assert_eq!((&read[3]["kind"], &read[3]["order_id"]), (&json!("not_amazon"), &Value::Null));
    assert!(!house.data().exists());
    let piped = house.run_with(&["notice", "read", "-", "--json"], house::opt_out("111-0000001-0000001").as_bytes());
    assert_eq!(piped.objects()[0]["source"], "-");
}

#[test]
fn options_of_every_command_stand_before_or_after_it() {
    let house = House::with_account();
    let data = house.data();
    let data = data.to_str().unwrap();
    for arguments in [
        &["--json", "--data", data, "account", "list"][..],
        &["account", "--json", "list", "--data", data],
        &["account", "list", "--data", data, "--json"],
    ] {
        let ran = house.run(arguments).done();
        assert_eq!(ran.objects()[0]["handle"], "blue-widgets");
    }
}

#[test]
fn under_json_every_command_writes_objects_alone() {
    let house = House::with_account();
    let orders = house.file("orders.tsv", house::report(&[("111-0000001-0000001", "", 9)]));
    let mail = house.file("mail.eml", house::opt_out("111-0000001-0000001"));
    let campaign = house.file("review.toml", house::campaign());
    let backup = house.path("b");
    let on = ["--account", "blue-widgets"];
    for arguments in [
        &[&["orders", "import", &orders][..], &on].concat()[..],
        &[&["campaign", "add", &campaign][..], &on].concat(),
        &[&["campaign", "off", "Ask for a review"][..], &on].concat(),
        &[&["campaign", "on", "Ask for a review"][..], &on].concat(),
        &[&["campaign", "list"][..], &on].concat(),
        &["run", "--once"],
        &[&["intake", "import", &mail][..], &on].concat(),
        &["notice", "read", &mail],
        &[&["outbox", "backlog"][..], &on].concat(),
        &[&["suppression", "list"][..], &on].concat(),
        &[&["suppression", "export"][..], &on].concat(),
        &[&["explain", "111-0000001-0000001"][..], &on].concat(),
        &["ledger", "verify"],
        &["doctor"],
        &["backup", backup.to_str().unwrap()],
        &[&["member", "add", "a@b.example", "--role", "agent"][..], &on].concat(),
        &["member", "operator"],
        &["account", "list"],
        &[&["address", "list"][..], &on].concat(),
    ] {
        let objects = house.objects(arguments);
        assert!(!objects.is_empty(), "{arguments:?}");
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(objects.iter().all(|object| keys(object) == keys(&objects[0])), "{arguments:?}: {objects:?}");
    }
}

#[test]
fn empty_lists_say_what_to_do_next_and_json_says_nothing() {
    let house = House::with_account();
    for (arguments, next) in [
        (&["outbox", "list", "--account", "blue-widgets"][..], "abide campaign add"),
        (&["suppression", "list", "--account", "blue-widgets"], "abide intake import"),
        (&["campaign", "list", "--account", "blue-widgets"], "abide campaign add"),
    ] {
        assert!(house.run(arguments).done().out.contains(next));
        assert_eq!(house.objects(arguments), Vec::<Value>::new());
    }
    let fresh = House::new();
    assert!(fresh.run(&["account", "list"]).done().out.contains("abide account add"));
    assert!(!fresh.data().exists(), "looking made an installation");
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let house = House::with_account();
    let lines: Vec<String> = (0..3000).map(|n| format!("111-{n:07}-0000001")).collect();
    let list = house.file("list.txt", lines.join("\n"));
    house.run(&["suppression", "import", &list, "--account", "blue-widgets"]).done();
    let mut command = house.command(&["suppression", "list", "--account", "blue-widgets", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn an_import_is_done_to_its_end_where_nobody_reads_on() {
    let house = House::with_account();
    let folder = house.path("mails");
    std::fs::create_dir(&folder).unwrap();
    for n in 0..300 {
        let order = format!("111-{n:07}-0000001");
        std::fs::write(folder.join(format!("{n}.eml")), house::opt_out(&order)).unwrap();
    }
    let import = ["intake", "import", "--account", "blue-widgets", "--json", folder.to_str().unwrap()];
    let mut child = house.command(&import).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(house.objects(&["suppression", "list", "--account", "blue-widgets"]).len(), 300);
}

#[test]
fn colours_and_bars_stay_out_of_pipes() {
    let house = House::with_account();
    let orders = house.file("orders.tsv", house::report(&[("111-0000001-0000001", "", 9)]));
    let ran = house.run(&["orders", "import", "--account", "blue-widgets", &orders]).done();
    assert!(!ran.out.contains('\u{1b}'));
    assert_eq!(ran.err, "");
}
