//! Every bad input gets one clear sentence with what to do, and the right exit code.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::house::{self, House, Ran};

impl Ran {
    /// Ended with this code and a sentence with these words; something may stand on standard output.
    pub fn code_with(self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{:?} lacks {words:?}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

#[test]
fn an_unknown_account_or_a_wrong_word_ends_with_2() {
    let house = House::with_account();
    house.run(&["outbox", "list", "--account", "nobody"]).refuses(2, "no account `nobody`");
    house.run(&["outbox", "list", "--account", "No Body"]).refuses(2, "can't be a handle");
    house.run(&["explain", "123", "--account", "blue-widgets"]).refuses(2, "123-1234567-1234567");
    house.run(&["account", "add", "X", "--store", "XX"]).refuses(2, "not an Amazon store");
    house.run(&["account", "add", "日本", "--store", "JP"]).refuses(2, "--handle");
    house.run(&["account", "add", "Blue Widgets", "--store", "US"]).refuses(2, "already");
    house.run(&["run"]).refuses(2, "--once");
    house.run(&["run", "--once", "--now", "tomorrow"]).refuses(2, "2026-08-20T12:00:00Z");
    for far in ["2046-08-20T12:00:00Z", "2006-08-20T12:00:00Z"] {
        house.run(&["run", "--once", "--now", far]).refuses(2, "more than 2 years from this machine's clock");
    }
    house.run(&["nonsense"]).refuses(2, "nonsense");
    let add = ["suppression", "add", "--account", "blue-widgets", "--note", "x"];
    house.run(&add).refuses(2, "--order");
    house.run(&[&add[..], &["--alias", "a@b.example"]].concat()).refuses(2, "relay address");
    let list = ["suppression", "remove", "--account", "blue-widgets", "--note", "x"];
    house.run(&[&list[..], &["--order", "111-0000001-0000001"]].concat()).refuses(2, "nothing in the list");
    house.run(&["ledger", "verify", "--head", "x"]).refuses(2, "ledger head");
    house.run(&["campaign", "off", "Nothing", "--account", "blue-widgets"]).refuses(2, "Nothing");
}

#[test]
fn a_command_on_a_folder_without_data_says_so_and_makes_nothing() {
    let house = House::new();
    house.run(&["outbox", "list", "--account", "blue-widgets"]).refuses(2, "there are no data of Abide's");
    assert!(!house.data().exists());
}

#[test]
fn all_mistakes_of_a_campaign_file_are_told_at_once() {
    let house = House::with_account();
    let file = house.file("bad.toml", "name = \"x\"\nchannel = \"pigeon\"\ncolour = 1\n");
    let ran = house.run(&["campaign", "add", "--account", "blue-widgets", &file]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("line 2") && ran.err.contains("line 3"), "{}", ran.err);
    let file = house.file("latin.toml", b"name = \"\xe9\"\n");
    house.run(&["campaign", "add", "--account", "blue-widgets", &file]).refuses(2, "UTF-8");
    house.run(&["campaign", "add", "--account", "blue-widgets", "/nowhere.toml"]).refuses(2, "can't be read");
}

#[test]
fn a_campaign_whose_words_break_rules_is_not_added_and_each_place_is_told() {
    let house = House::with_account();
    let at = ["--account", "blue-widgets"];
    let good = house::campaign();
    let question = "May we ask you for a review of the product?";
    assert!(good.contains(question));
    let bad = good.replace(question, "Leave a 5 star review and get a gift card! :-)");
    let file = house.file("bad.toml", &bad);
    let ran = house.run(&[&["campaign", "add"], &at[..], &[&file]].concat());
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let line = bad.lines().position(|line| line.contains("gift card")).unwrap() + 1;
    for words in [
        &format!("line {line}, column "),
        "error (incentive)",
        "error (positive-review)",
        "warning (smiley)",
        "Instead: Offer nothing.",
    ] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert!(ran.err.contains("was not added; its words break"), "{}", ran.err);
    assert!(house.run(&[&["campaign", "list"], &at[..]].concat()).done().out.contains("No campaigns yet"));

    // Warnings are told and hold nothing back.
    let file = house.file("fair.toml", good.replace(question, "May we ask you for a review of the product? :-)"));
    let ran = house.run(&[&["campaign", "add"], &at[..], &[&file]].concat()).done();
    assert!(ran.err.contains("warning (smiley)") && !ran.err.contains("error ("), "{}", ran.err);
    house.run(&[&["campaign", "off", "Ask for a review"], &at[..]].concat()).done();
    house.run(&[&["campaign", "on", "Ask for a review"], &at[..]].concat()).done();
}

#[test]
fn a_configuration_file_with_an_unknown_key_or_a_wrong_value_names_the_line() {
    let house = House::with_account();
    let file = house.file("abide.toml", "# mine\nsmpt = \"127.0.0.1:25\"\n");
    house.run(&["account", "list", "--config", &file]).refuses(2, "line 2: unknown field `smpt`");
    let file = house.file("abide.toml", "smtp = \"here\"\n");
    house.run(&["account", "list", "--config", &file]).refuses(2, "write `smtp` in abide.toml like 127.0.0.1:2525");
    let file = house.file("abide.toml", "inbound_domain = \"not a domain\"\n");
    house.run(&["account", "list", "--config", &file]).refuses(2, "mail.example.com");
    house.run(&["account", "list", "--config", "/nowhere.toml"]).refuses(2, "no configuration file");
    std::fs::write(house.data().join("abide.toml"), "tls_key = \"/k\"\n").unwrap();
    house.run(&["account", "list"]).refuses(2, "belong together");
}

#[test]
fn files_that_are_no_mail_are_named() {
    let house = House::with_account();
    for command in [&["notice", "read"][..], &["intake", "import", "--account", "blue-widgets"]] {
        house.run(&[command, &["/nowhere.eml"]].concat()).refuses(2, "no such file");
        let empty = house.file("empty.eml", "");
        house.run(&[command, &[&empty]].concat()).refuses(2, "empty");
        let good = house.file("good.eml", house::opt_out("111-0000001-0000001"));
        assert_eq!(house.run(&[command, &[&good, "/nowhere.eml"]].concat()).code, 1);
    }
}

#[test]
fn keys_that_are_missing_foreign_or_damaged_stop_the_program() {
    let house = House::with_account();
    let keys = house.data().join("keys");
    let away = house.path("away");
    std::fs::rename(&keys, &away).unwrap();
    house.run(&["account", "list"]).refuses(3, "no keys");
    assert!(!keys.exists(), "new keys were made over old data");
    let other = House::with_account();
    std::fs::rename(other.data().join("keys"), &keys).unwrap();
    house.run(&["account", "list"]).refuses(3, "not those of this database");
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(&away, &keys).unwrap();
    house.run(&["account", "list"]).done();
    std::fs::write(keys.join("look-up.key"), "nonsense\n").unwrap();
    house.run(&["account", "list"]).refuses(3, "is no key");
}

#[test]
fn a_database_that_is_down_damaged_or_of_another_kind_ends_with_3_and_shows_no_password() {
    let house = House::with_account();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://abide:geheim@{closed}/abide");
    let ran = house.run(&["account", "list", "--database", &url]);
    assert!(!ran.err.contains("geheim"), "{}", ran.err);
    ran.refuses(3, "can't be reached");
    house.run(&["account", "list", "--database", "mysql://u:geheim@h/d"]).refuses(2, "postgres://");
    for beside in ["abide.db-wal", "abide.db-shm"] {
        // They stay where the program ended before SQLite had folded them in.
        let _ = std::fs::remove_file(house.data().join(beside));
    }
    std::fs::write(house.data().join("abide.db"), b"this was never a database, and is long enough to be none").unwrap();
    house.run(&["account", "list"]).refuses(3, "no database of Abide's");
}

#[test]
fn a_data_folder_that_can_not_be_made_ends_with_3() {
    let house = House::new();
    let file = house.file("file", "x");
    house.run(&["account", "list", "--data", &file]).refuses(2, "is a file; name a folder");
    let under = format!("{file}/data");
    house.run(&["account", "add", "X Y", "--store", "US", "--data", &under]).refuses(3, "can't be made");
}

#[test]
fn doctor_names_what_others_can_read() {
    let house = House::with_account();
    let key = house.data().join("keys/look-up.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = house.run(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("chmod 600"), "{}", ran.out);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ran = house.run(&["doctor"]).done();
    assert!(ran.out.contains("--keys-backed-up"), "{}", ran.out);
    house.run(&["doctor", "--keys-backed-up"]).done();
    assert!(!house.run(&["doctor"]).done().out.contains("--keys-backed-up"));
}

#[test]
fn a_port_that_is_taken_is_named_and_ends_with_3() {
    let house = House::with_account();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    house.run(&["serve", "--smtp", &taken, "--http", "127.0.0.1:0"]).refuses(3, "is taken by another program");
    house.run(&["serve", "--http", &taken, "--smtp", "127.0.0.1:0"]).refuses(3, "ABIDE_HTTP");
}
