//! `account delete` and `account export`: all of an account goes, or comes with its owner, and of its neighbour nothing.

use std::time::{Duration, Instant};

use crate::house::{self, House, Serving};

/// Two accounts with orders and an opt-out each.
fn two_accounts() -> House {
    let house = House::with_account();
    house.run(&["account", "add", "Green Pots", "--store", "US"]).done();
    for account in ["blue-widgets", "green-pots"] {
        let orders: Vec<String> = (0..1500).map(|n| format!("111-{n:07}-0000001")).collect();
        let orders: Vec<(&str, &str, i64)> =
            orders.iter().map(|id| (id.as_str(), "kettlebuyer@marketplace.amazon.com", 3)).collect();
        let file = house.file("orders.tsv", house::report(&orders));
        house.run(&["orders", "import", "--account", account, &file]).done();
        let order = "111-0000007-0000001";
        house.run(&["suppression", "add", "--account", account, "--order", order, "--note", "asked by phone"]).done();
    }
    house
}

#[test]
fn a_deleted_account_leaves_no_trace_and_its_neighbour_loses_nothing() {
    let house = two_accounts();
    let before = house.objects(&["suppression", "list", "--account", "green-pots"]);
    house.run(&["account", "delete", "blue-widgets"]).refuses(2, "--confirm");
    house.run(&["account", "delete", "blue-widgets", "--confirm", "green-pots"]).refuses(2, "blue-widgets");
    assert_eq!(house.objects(&["account", "list"]).len(), 2);
    let told = house.objects(&["account", "delete", "blue-widgets", "--confirm", "blue-widgets"]);
    assert!(told[0]["rows"].as_u64().unwrap() > 1500, "{told:?}");
    let left = house.objects(&["account", "list"]);
    assert!(left.len() == 1 && left[0]["handle"] == "green-pots", "{left:?}");
    house.run(&["suppression", "list", "--account", "blue-widgets"]).refuses(2, "there is no account `blue-widgets`");
    house.run(&["account", "add", "Blue Widgets", "--store", "US"]).refuses(2, "was deleted here");
    assert_eq!(house.objects(&["suppression", "list", "--account", "green-pots"]), before);
    house.run(&["ledger", "verify"]).done();
    for file in
        std::fs::read_dir(house.data()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).unwrap();
        for word in ["blue-widgets", "Blue Widgets"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is left in {}", file.display());
        }
    }
}

#[test]
fn a_deletion_that_was_broken_off_is_ended_by_the_worker() {
    let house = two_accounts();
    let mut command = house.command(&["account", "delete", "blue-widgets", "--confirm", "blue-widgets"]);
    let mut running = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // It is killed as soon as it says that the account is ended.
    let mut said = std::io::BufReader::new(running.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut said, &mut String::new()).unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(house.objects(&["account", "list"]).len(), 1);
    assert!(house.objects(&["account", "deleted"])[0]["finished_at"].is_null(), "it was broken off");
    let serving = Serving::start(&house, &["--roles", "worker"]);
    let until = Instant::now() + Duration::from_mins(1);
    while house.objects(&["account", "deleted"])[0]["finished_at"].is_null() {
        assert!(Instant::now() < until, "the worker never ended it");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
}

#[test]
fn an_export_holds_one_account_alone_and_no_secret_and_is_never_written_over() {
    let house = two_accounts();
    let address = house.objects(&["address", "list", "--account", "blue-widgets"])[0]["address"].clone();
    let to = house.path("export.zip").display().to_string();
    let told = house.objects(&["account", "export", "blue-widgets", "--to", &to]);
    assert_eq!(told[0]["bytes"].as_u64(), Some(std::fs::metadata(&to).unwrap().len()), "{told:?}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!house.path("export.zip.partial").exists());
    let read = |name: &str| {
        let read = std::process::Command::new("unzip").args(["-p", &to, name]).output().unwrap();
        assert!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
        String::from_utf8(read.stdout).unwrap()
    };
    assert_eq!(read("orders.csv").lines().count(), 1501);
    assert_eq!(read("opt-outs.csv").lines().count(), 2);
    assert!(read("opt-out-entries.csv").contains("asked by phone"));
    // Its list comes into another account as it is, and its head is found again.
    let list = house.file("opt-outs.csv", read("opt-outs.csv"));
    house.run(&["suppression", "import", "--account", "green-pots", &list]).done();
    let head = read("ledger-head.txt");
    house.run(&["ledger", "verify", "--head", head.trim()]).done();
    let all = read("*");
    let secret = address.as_str().unwrap().split('@').next().unwrap();
    for hidden in [secret, "green-pots", "Green Pots"] {
        assert!(!all.contains(hidden), "{hidden}");
    }
    let before = std::fs::read(&to).unwrap();
    house.run(&["account", "export", "blue-widgets", "--to", &to]).refuses(2, "exists already");
    assert_eq!(std::fs::read(&to).unwrap(), before);
    house.run(&["account", "export", "nobody", "--to", "nobody.zip"]).refuses(2, "there is no account");
    assert!(!house.path("nobody.zip.partial").exists());
}
