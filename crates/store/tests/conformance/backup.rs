//! Backups: whole or not at all, the same from either engine; and restoring one is time travel.

use std::collections::BTreeSet;
use std::path::PathBuf;

use model::account::Delivery;
use model::member::{Actor, Role};
use model::{AlertKind, Clock, MemberId, MessageState, Reason, Span, Timestamp};
use store::{Handover, Options, Store, StoreError};

use crate::stage::{Letter, NOW, Stage, alias, attempt, order, permitted, reason_of};
use crate::{Ground, on_both};

fn later() -> Timestamp {
    NOW.plus(Span::days(1))
}

/// Orders of both stores in every state that matters, a suppression, a member, an alert.
async fn busy(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    // 10 (captured) and 11 (live) were sent; 12 and 13 are in flight; 14 and 15 are due; 16 is suppressed.
    for number in 10..=13 {
        let claimed = stage.claimed_email(number, number).await;
        permitted(stage.attempt(&claimed).await);
        if number < 12 {
            let done = if number.is_multiple_of(2) { Handover::Captured } else { Handover::SENT };
            stage.finish(&claimed, done).await;
        }
    }
    for number in [14, 15, 16] {
        stage.import(number, Some(alias(number))).await;
    }
    stage.plan_emails().await;
    stage.receive(&Letter::opt_out(16).by(16)).await;
    stage.receive(&Letter::opt_out(18).by_structure()).await;
    let (store, account) = (&stage.store, stage.account.id);
    store.add_member(account, "ann@example.com", Role::Owner, Actor::Operator, NOW).await.unwrap();
    store.add_operator("olga@example.com", "hash".into(), NOW).await.unwrap();
    stage
}

async fn backed_up(ground: &Ground) -> (Stage, PathBuf) {
    let stage = busy(ground).await;
    let path = ground.path("abide.backup");
    let made = stage.store.backup(&path, NOW).await.unwrap();
    assert!(made.rows > 50);
    assert_eq!(made.bytes, std::fs::metadata(&path).unwrap().len());
    (stage, path)
}

async fn restored_on(ground: &Ground, path: &std::path::Path, like: &Stage) -> Stage {
    let store = ground.open().await;
    store.restore(path, Clock::real(later())).await.unwrap();
    let account = store.account(&like.account.handle).await.unwrap();
    Stage { store, account, email: like.email, review: like.review }
}

/// Every table, as rows in the order of their text, whichever engine holds it.
async fn contents(store: &Store, ground: &Ground) -> Vec<u8> {
    let path = ground.path("contents.backup");
    store.backup(&path, NOW).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    bytes
}

async fn everything_comes_back(from: &Ground, to: &Ground) {
    let (stage, path) = backed_up(from).await;
    let head = stage.store.verify_ledger(&stage.account.handle, None).await.unwrap().head;
    let there = restored_on(to, &path, &stage).await;
    let verified = there.store.verify_ledger(&there.account.handle, Some(head.clone())).await.unwrap();
    assert_eq!(verified.head.number, head.number + 1, "the restore is an entry of its own");
    assert_eq!(there.list().await, stage.list().await);
    let whole = |account: &model::Account| (account.clone(), account.sellers.clone());
    assert_eq!(whole(&there.account), whole(&stage.store.account(&stage.account.handle).await.unwrap()));
    let (mine, its) = (&stage.store, &there.store);
    assert_eq!(
        its.order(there.account.id, order(14)).await.unwrap(),
        mine.order(stage.account.id, order(14)).await.unwrap()
    );
    let germany = model::Marketplace::De;
    assert!(
        its.sender(there.account.id, germany).await.unwrap() == mine.sender(stage.account.id, germany).await.unwrap()
    );
    assert_eq!(its.addresses(there.account.id).await.unwrap(), mine.addresses(stage.account.id).await.unwrap());
    assert_eq!(its.members(there.account.id).await.unwrap(), mine.members(stage.account.id).await.unwrap());
    assert_eq!(
        its.password_of(its.member_by_email("olga@example.com").await.unwrap().unwrap().id).await.unwrap().as_deref(),
        Some("hash")
    );
    // Never again holds there, too: the buyer is known by his hash.
    its.acknowledge_restore(Actor::Operator, later()).await.unwrap();
    let claimed = {
        there.import(20, Some(alias(16))).await;
        there.plan_emails().await;
        there.claim().await.into_iter().find(|claimed| claimed.order_id == order(20)).unwrap()
    };
    assert_eq!(reason_of(&there.attempt(&claimed).await), Reason::OptedOut);
}

on_both! {
    async fn a_backup_is_restored_on_the_same_engine(ground: Ground) {
        ground.open().await;
        everything_comes_back(&ground, &ground.sibling()).await;
    }

    async fn a_backup_is_restored_on_the_other_engine(ground: Ground) {
        ground.open().await;
        if let Some(other) = ground.sibling_on_the_other_engine() {
            everything_comes_back(&ground, &other).await;
        }
    }

    async fn two_backups_of_one_state_are_the_same_bytes(ground: Ground) {
        let stage = busy(&ground).await;
        assert_eq!(contents(&stage.store, &ground).await, contents(&stage.store, &ground).await);
    }

    async fn a_backup_holds_no_keys_and_nothing_in_clear(ground: Ground) {
        let (_stage, path) = backed_up(&ground).await;
        let bytes = std::fs::read(path).unwrap();
        for key in std::fs::read_dir(ground.keys()).unwrap() {
            let key = std::fs::read_to_string(key.unwrap().path()).unwrap();
            let raw = data_encoding::HEXLOWER.decode(key.trim().as_bytes()).unwrap();
            assert!(!bytes.windows(32).any(|window| window == raw));
            assert!(!bytes.windows(64).any(|window| window == key.trim().as_bytes()));
        }
        for secret in ["buyer16zebra", "buyer10zebra", "Secret subject", "purple kettle", "ann@example.com", "-optout-"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }

    async fn nothing_is_ever_overwritten_but_a_backup(ground: Ground) {
        let (stage, path) = backed_up(&ground).await;
        stage.store.backup(&path, NOW).await.unwrap();
        let diary = ground.path("diary.txt");
        std::fs::write(&diary, "Dear diary").unwrap();
        let refused = stage.store.backup(&diary, NOW).await;
        assert!(matches!(refused, Err(StoreError::Backup(_))), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&diary).unwrap(), "Dear diary");
        assert!(stage.store.backup(&ground.path("no/such/folder/x"), NOW).await.is_err());
        let names = std::fs::read_dir(ground.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names.map(|name| name.into_string().unwrap()).any(|name| name.contains("partial")));
    }

    async fn a_damaged_or_cut_off_backup_changes_nothing(ground: Ground) {
        let (_stage, path) = backed_up(&ground).await;
        let whole = std::fs::read(&path).unwrap();
        let empty = ground.sibling();
        let store = empty.open().await;
        let before = contents(&store, &empty).await;
        let damaged = ground.path("damaged.backup");
        let mut cases: Vec<Vec<u8>> = vec![Vec::new(), whole[..8].to_vec(), [whole.as_slice(), b"x"].concat()];
        for part in 1..20 {
            let place = whole.len() * part / 20;
            cases.push(whole[..place].to_vec());
            let mut flipped = whole.clone();
            flipped[place] ^= 0x10;
            cases.push(flipped);
        }
        cases.push(whole[..whole.len() - 1].to_vec());
        for (case, bytes) in cases.iter().enumerate() {
            std::fs::write(&damaged, bytes).unwrap();
            let error = store.restore(&damaged, Clock::real(later())).await.unwrap_err();
            assert!(matches!(error, StoreError::Backup(_)), "case {case}: {error}");
        }
        assert_eq!(contents(&store, &empty).await, before);
        assert_eq!(store.restored_at().await.unwrap(), None);
        store.restore(&path, Clock::real(later())).await.unwrap();
    }

    async fn a_changed_backup_with_a_digest_made_anew_is_refused(ground: Ground) {
        use sha2::Digest;
        let (_stage, path) = backed_up(&ground).await;
        let mut bytes = std::fs::read(&path).unwrap();
        // Somebody without the keys makes the agreed store live and mends the digest.
        let place = bytes.windows(7).position(|window| window == b"capture").unwrap();
        bytes[place] = b'C';
        let end = bytes.len() - 64;
        let digest = sha2::Sha256::digest(&bytes[..end]);
        bytes[end..end + 32].copy_from_slice(&digest);
        std::fs::write(&path, bytes).unwrap();
        let error = ground.sibling().open().await.restore(&path, Clock::real(later())).await.unwrap_err();
        assert!(error.to_string().contains("has not its keys"), "{error}");
    }

    async fn other_keys_are_refused(ground: Ground) {
        let (_stage, path) = backed_up(&ground).await;
        let stranger = if ground.is_postgres() { Ground::postgres().unwrap() } else { Ground::sqlite() };
        let store = stranger.open().await;
        let refused = store.restore(&path, Clock::real(later())).await;
        assert!(matches!(refused, Err(StoreError::KeysForeign(_))), "{refused:?}");
        assert_eq!(store.accounts(None, 10).await.unwrap(), []);
    }

    async fn only_an_empty_installation_takes_a_backup(ground: Ground) {
        let (stage, path) = backed_up(&ground).await;
        let refused = stage.store.restore(&path, Clock::real(later())).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
        let manned = ground.sibling();
        let store = manned.open().await;
        store.add_operator("olga@example.com", "hash".into(), NOW).await.unwrap();
        assert!(matches!(store.restore(&path, Clock::real(later())).await, Err(StoreError::Conflict(_))));
    }

    async fn after_a_restore_what_may_have_left_is_unknown_and_never_leaves(ground: Ground) {
        let (stage, path) = backed_up(&ground).await;
        let sibling = ground.sibling();
        let there = restored_on(&sibling, &path, &stage).await;
        // In flight or due in the live store: nobody knows.
        for number in [13, 15] {
            assert_eq!(there.message(number).await, (MessageState::Unknown, Some(Reason::Restored)), "{number}");
        }
        // What was over stays as it was, and what is captured can't have left.
        assert_eq!(there.message(10).await.0, MessageState::Captured);
        assert_eq!(there.message(11).await.0, MessageState::Sent);
        assert_eq!(there.message(12).await.0, MessageState::Sending);
        assert_eq!(there.message(14).await.0, MessageState::Planned);
        assert!(there.alerts().await.iter().any(|alert| alert.kind == AlertKind::Restored));
        // Another campaign must not write to that buyer a second time, even after somebody has looked.
        there.store.acknowledge_restore(Actor::Operator, later()).await.unwrap();
        there.import_order(model::order::ImportedOrder { alias: None, ..changed(15) }).await;
        there.plan().await;
        assert!(there.claim().await.iter().all(|claimed| claimed.order_id != order(15)));
        assert_eq!(there.message_states(15).await, [MessageState::Unknown, MessageState::Unknown]);
    }

    async fn nothing_leaves_until_somebody_has_looked(ground: Ground) {
        let (stage, path) = backed_up(&ground).await;
        let sibling = ground.sibling();
        let there = restored_on(&sibling, &path, &stage).await;
        assert_eq!(there.store.restored_at().await.unwrap(), Some(later()));
        there.import(22, Some(alias(22))).await;
        there.plan_emails().await;
        let claimed = there.claim().await.into_iter().find(|claimed| claimed.order_id == order(22)).unwrap();
        assert_eq!(reason_of(&attempt(&there.store, &claimed, Clock::real(later())).await), Reason::Restored);
        for by in [Actor::Abide, Actor::Member { id: MemberId::generate(), role: Role::Manager }] {
            let refused = there.store.acknowledge_restore(by, later()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        }
        let owner = Actor::Member { id: MemberId::generate(), role: Role::Owner };
        there.store.add_account("Other".into(), "other".parse().unwrap(), vec![], later()).await.unwrap();
        let refused = there.store.acknowledge_restore(owner, later()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "an owner can't speak for another account");
        there.store.acknowledge_restore(Actor::Operator, later()).await.unwrap();
        there.store.acknowledge_restore(Actor::Operator, later()).await.unwrap();
        assert_eq!(there.store.restored_at().await.unwrap(), None);
        there.import(24, Some(alias(24))).await;
        there.plan_emails().await;
        let claimed = there.claim().await.into_iter().find(|claimed| claimed.order_id == order(24)).unwrap();
        permitted(attempt(&there.store, &claimed, Clock::real(later())).await);
        assert_eq!(there.account.sellers.iter().filter(|seller| seller.delivery == Delivery::Live).count(), 1);
        there.store.verify_ledger(&there.account.handle, None).await.unwrap();
    }

    async fn sessions_and_links_do_not_come_back(ground: Ground) {
        let stage = busy(&ground).await;
        let ann = stage.store.member_by_email("ann@example.com").await.unwrap().unwrap().id;
        let token = stage.store.create_session(ann, NOW).await.unwrap();
        let link = stage.store.create_one_time_link(Some(ann), NOW).await.unwrap();
        let path = ground.path("abide.backup");
        stage.store.backup(&path, NOW).await.unwrap();
        let sibling = ground.sibling();
        let there = restored_on(&sibling, &path, &stage).await;
        assert_eq!(there.store.session(&token, NOW).await.unwrap(), None);
        assert_eq!(there.store.one_time_link(&link.0, NOW).await.unwrap(), None);
    }

    async fn a_backup_is_of_one_moment_while_others_write(ground: Ground) {
        let stage = std::sync::Arc::new(busy(&ground).await);
        let writer = tokio::spawn({
            let stage = std::sync::Arc::clone(&stage);
            async move {
                for number in 100..160 {
                    stage.import(number, Some(alias(number))).await;
                }
            }
        });
        let path = ground.path("abide.backup");
        let mut made = 0;
        while !writer.is_finished() {
            stage.store.backup(&path, NOW).await.unwrap();
            made += 1;
        }
        writer.await.unwrap();
        assert!(made > 0);
        let sibling = ground.sibling();
        let there = restored_on(&sibling, &path, &stage).await;
        // The ledger's head and its last entry were written in one step, so they are in one backup.
        there.store.verify_ledger(&there.account.handle, None).await.unwrap();
    }
}

fn changed(number: u32) -> model::order::ImportedOrder {
    let shipped = crate::stage::shipped(number);
    model::order::ImportedOrder { ship_country: Some("AT".into()), ..shipped }
}

impl Stage {
    async fn message_states(&self, number: u32) -> Vec<MessageState> {
        self.messages(number).await.into_iter().map(|row| row.state).collect()
    }
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let (sqlite, Some(postgres)) = (Ground::sqlite(), Ground::postgres()) else { return };
    let open = |options: Options| async move { drop(Store::open(options).await.unwrap()) };
    open(sqlite.options()).await;
    open(postgres.options()).await;
    let of_sqlite = sqlite.texts(
        "SELECT t.name || '.' || c.name || ' ' || CASE c.type WHEN 'BLOB' THEN 'bytea' ELSE lower(c.type) END
         || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
         FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    );
    let of_postgres = postgres.texts(
        "SELECT table_name || '.' || column_name || ' ' || data_type
         || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
         FROM information_schema.columns WHERE table_schema = 'public'",
    );
    assert_eq!(BTreeSet::from_iter(of_sqlite), BTreeSet::from_iter(of_postgres));
    let indexes = |ground: &Ground, query| BTreeSet::from_iter(ground.texts(query));
    assert_eq!(
        indexes(&sqlite, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"),
        indexes(
            &postgres,
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_pkey'
             AND indexname NOT LIKE '%\\_key'"
        ),
    );
}
