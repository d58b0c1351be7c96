//! An export of everything: whole, readable by others' programs, of one account alone, and without a secret.

use std::collections::BTreeMap;
use std::process::Command;

use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::suppression::Target;
use model::{Account, Handle};
use store::{Store, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, member, now, order};
use crate::{Ground, on_both};

/// Written into a file as it comes.
async fn exported(store: &Store, account: &Account, by: Actor) -> Result<Vec<u8>, StoreError> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
    let gathering = async {
        let mut bytes = Vec::new();
        while let Some(piece) = receiver.recv().await {
            bytes.extend(piece);
        }
        bytes
    };
    let (ended, bytes) = tokio::join!(store.export_account(account, by, NOW, sender), gathering);
    let ended = ended?;
    assert_eq!(ended.bytes, u64::try_from(bytes.len()).unwrap());
    Ok(bytes)
}

/// What another program reads out of the archive.
fn unzipped(ground: &Ground, bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let file = ground.path("export.zip");
    let folder = ground.path("unzipped");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::write(&file, bytes).unwrap();
    let told = Command::new("unzip").args(["-q", "-d"]).arg(&folder).arg(&file).output().unwrap();
    assert!(
        told.status.success(),
        "{}{}",
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr)
    );
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.clone()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn lines(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<String> {
    String::from_utf8(files[name].clone()).unwrap().lines().map(str::to_owned).collect()
}

on_both! {
    async fn an_export_holds_what_the_account_holds_and_other_programs_read_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..6 {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan_emails().await;
        let letter = Letter::opt_out(2).by(2);
        stage.receive(&letter).await;
        stage.list_messaged(&[4]).await;
        let target = || Target::Order(order(5));
        let account = stage.account.id;
        stage.store.add_suppression(account, target(), "asked by phone".into(), Actor::Operator, now()).await.unwrap();
        stage.store.remove_suppression(account, target(), "=asked again".into(), Actor::Operator, now()).await.unwrap();
        let files = unzipped(&ground, &exported(&stage.store, &stage.account, Actor::Operator).await.unwrap());
        assert_eq!(lines(&files, "orders.csv").len(), 7, "a head and six orders");
        let messages = lines(&files, "messages.csv");
        assert_eq!(messages.iter().filter(|line| line.contains('@') || line.contains(order(2).as_str())).count(), 1);
        assert!(messages.iter().any(|line| line.contains(order(2).as_str()) && line.contains("withdrawn")));
        let list = lines(&files, "opt-outs.csv");
        assert_eq!(list[0], "order_id,alias,reason,since,origin,state");
        assert_eq!(list.len(), 3, "{list:?}");
        assert!(list[2].contains(order(2).as_str()) && list[2].contains(alias(2).as_str()), "{list:?}");
        let entries = lines(&files, "opt-out-entries.csv");
        assert!(entries.len() == 3 && entries[2].contains("asked by phone"), "{entries:?}");
        let changes = lines(&files, "opt-out-changes.csv");
        assert!(changes.len() == 2 && changes[1].contains("removed") && changes[1].contains("'=asked again"), "{changes:?}");
        assert!(lines(&files, "numbers.csv").len() > 1);
        assert_eq!(lines(&files, "messaged-orders.csv").len(), 2);
        assert_eq!(lines(&files, "inbound-mail.csv").len(), 2);
        assert_eq!(lines(&files, "notices.csv").len(), 2);
        let mails: Vec<&Vec<u8>> = files.iter().filter(|(name, _)| name.starts_with("mails/")).map(|(_, mail)| mail).collect();
        assert_eq!(mails, [&letter.raw()], "the mail as it came");
        // The ledger, with a head that verifying finds again.
        let ledger = lines(&files, "ledger.jsonl");
        let head: model::ledger::Head = lines(&files, "ledger-head.txt")[0].parse().unwrap();
        assert_eq!(u64::try_from(ledger.len()).unwrap(), head.number);
        let last: serde_json::Value = serde_json::from_str(ledger.last().unwrap()).unwrap();
        assert_eq!((last["kind"].as_str(), last["payload"]["by"].as_str()), (Some("exported"), Some("operator")));
        stage.store.verify_ledger(&stage.account.handle, Some(head)).await.unwrap();
        let read_me = String::from_utf8(files["README.txt"].clone()).unwrap();
        for name in files.keys().filter(|name| !name.contains('/') && *name != "README.txt") {
            assert!(read_me.contains(&format!("{name}  ")), "{name} is told of");
        }
    }

    async fn more_than_a_page_of_each_is_all_there_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..501 {
            stage.import(number, Some(alias(number))).await;
        }
        for number in 0..9 {
            stage.receive(&Letter::opt_out(number).by(number)).await;
        }
        let files = unzipped(&ground, &exported(&stage.store, &stage.account, Actor::Operator).await.unwrap());
        let orders = lines(&files, "orders.csv");
        let ids: std::collections::BTreeSet<&str> = orders.iter().map(|line| &line[..19.min(line.len())]).collect();
        assert_eq!((orders.len(), ids.len()), (502, 502));
        assert_eq!(files.keys().filter(|name| name.starts_with("mails/")).count(), 9);
    }

    async fn an_export_tells_no_secret_and_nothing_of_another_account(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let sender = crate::stage::sender();
        let secret = sender.sign_in.as_ref().map(|sign_in| sign_in.password.reveal().to_owned());
        let handle: Handle = "other".parse().unwrap();
        let other = stage.store.add_account("Other Ltd".into(), handle, vec!["US".parse().unwrap(), "DE".parse().unwrap()], NOW).await.unwrap();
        let beside = Stage::with(ground.open().await, other).await;
        beside.import(77, Some(alias(77))).await;
        beside.import(79, Some(alias(79))).await;
        beside.plan_emails().await;
        beside.receive(&Letter::opt_out(77).by(77)).await;
        beside.list_messaged(&[79]).await;
        stage.import(1, Some(alias(1))).await;
        let files = unzipped(&ground, &exported(&stage.store, &stage.account, Actor::Operator).await.unwrap());
        let mut hidden: Vec<String> = secret.into_iter().collect();
        assert!(!hidden.is_empty(), "the stage's sender has a password");
        hidden.extend(stage.store.addresses(stage.account.id).await.unwrap().into_iter().map(|address| address.local_part));
        let of_the_other = [order(77), order(79)].map(|order| order.as_str().to_owned());
        let of_the_other: Vec<String> = of_the_other.into_iter().chain([alias(77).as_str().to_owned(), "Other Ltd".to_owned()]).collect();
        let its_own = unzipped(&ground, &exported(&beside.store, &beside.account, Actor::Operator).await.unwrap());
        for word in &of_the_other {
            assert!(its_own.values().any(|file| String::from_utf8_lossy(file).contains(word.as_str())), "{word} is its own");
        }
        for sheet in ["orders.csv", "messages.csv", "notices.csv", "inbound-mail.csv", "opt-out-entries.csv", "messaged-orders.csv"] {
            assert!(lines(&its_own, sheet).len() > 1, "{sheet} holds something that could be told");
        }
        hidden.extend(of_the_other);
        for (name, bytes) in &files {
            let text = String::from_utf8_lossy(bytes);
            for word in &hidden {
                assert!(!text.contains(word.as_str()), "{name} tells what it must not");
            }
        }
        assert!(String::from_utf8_lossy(&files["settings.json"]).contains(sender.from.as_str()), "the sender is told");
    }

    async fn only_an_owner_and_the_operator_take_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for role in [Role::Manager, Role::Agent, Role::Viewer] {
            let refused = exported(&stage.store, &stage.account, member(role)).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{role}");
        }
        assert!(stage.ledger().await.iter().all(|row| row.kind != LedgerKind::Exported));
        let owner = member(Role::Owner);
        exported(&stage.store, &stage.account, owner.clone()).await.unwrap();
        assert_eq!(stage.last_entry(LedgerKind::Exported).await["by"], owner.to_string());
    }
}
