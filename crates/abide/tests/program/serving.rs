//! `serve`: it says where it listens, does what its roles say, takes a notice by SMTP, and ends when told to.

use crate::house::{self, House, Serving};

#[test]
fn a_notice_by_smtp_is_on_the_list_before_the_server_ends() {
    let house = House::with_account();
    let serving = Serving::start(&house, &[]);
    let smtp = serving.said["smtp"].as_str().unwrap().to_owned();
    let http = serving.said["http"].as_str().unwrap().to_owned();
    assert!(serving.said["link"].as_str().unwrap().contains("/welcome#"), "{}", serving.said);
    assert!(house::get(&http, "/").starts_with("HTTP/1.1 "));
    let address = house.objects(&["address", "list", "--account", "blue-widgets"])[0]["address"].clone();
    let to = format!("RCPT TO:<{}>\r\n", address.as_str().unwrap());
    let data = format!("{}.\r\n", house::opt_out("111-0000001-0000001"));
    house::smtp(
        &smtp,
        &[
            ("EHLO a.example\r\n", "250"),
            ("MAIL FROM:<b@amazonses.com>\r\n", "250"),
            ("RCPT TO:<nobody@localhost>\r\n", "550 5.1.1"),
            (&to, "250"),
            ("DATA\r\n", "354"),
            (&data, "250"),
            ("QUIT\r\n", "221"),
        ],
    );
    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"]);
    assert_eq!(list[0]["order_id"], "111-0000001-0000001");
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn each_role_opens_its_own_door_alone() {
    let house = House::with_account();
    for (roles, smtp, http) in [("intake", true, false), ("web", false, true), ("worker", false, false)] {
        let serving = Serving::start(&house, &["--roles", roles]);
        assert_eq!((serving.said["smtp"].is_string(), serving.said["http"].is_string()), (smtp, http), "{roles}");
        assert_eq!(serving.stop("-INT"), 0);
    }
}

#[test]
fn an_import_from_the_command_line_goes_on_while_the_server_runs() {
    let house = House::with_account();
    let serving = Serving::start(&house, &[]);
    let orders: Vec<String> = (0..2000).map(|n| format!("111-{n:07}-0000001")).collect();
    let orders: Vec<(&str, &str, i64)> = orders.iter().map(|id| (id.as_str(), "", 3)).collect();
    let file = house.file("orders.tsv", house::report(&orders));
    let told = house.objects(&["orders", "import", "--account", "blue-widgets", &file]);
    assert_eq!(told[0]["added"], 2000);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn mail_to_the_postmaster_is_kept_before_it_is_acknowledged_and_its_other_recipients_get_theirs() {
    let house = House::with_account();
    let serving = Serving::start(&house, &["--roles", "intake"]);
    let address = house.objects(&["address", "list", "--account", "blue-widgets"])[0]["address"].clone();
    let to = format!("RCPT TO:<{}>\r\n", address.as_str().unwrap());
    let mail = house::opt_out("111-0000001-0000001");
    let data = format!("{mail}.\r\n");
    let begin = [("EHLO a.example\r\n", "250"), ("MAIL FROM:<b@example.net>\r\n", "250")];
    let end = [("RCPT TO:<postmaster@localhost>\r\n", "250"), ("DATA\r\n", "354"), (data.as_str(), "250 2.6.0")];
    house::smtp(serving.said["smtp"].as_str().unwrap(), &[&begin[..], &[(to.as_str(), "250")], &end].concat());
    let files: Vec<_> = std::fs::read_dir(house.data().join("postmaster")).unwrap().collect();
    let [Ok(file)] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), mail);
    let list = house.objects(&["suppression", "list", "--account", "blue-widgets"]);
    assert_eq!(list[0]["order_id"], "111-0000001-0000001");
    let out = house.run(&["doctor"]).out;
    assert!(out.contains("1 mail to postmaster in "), "{out}");
    assert_eq!(serving.stop("-TERM"), 0);
}
