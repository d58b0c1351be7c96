//! Opening: what is there must belong together, or nothing is touched (law 4).

use store::StoreError;

use crate::{Ground, on_both};

/// As many as there are files.
fn steps() -> i64 {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap();
    i64::try_from(files.count()).unwrap()
}

on_both! {
    async fn an_empty_place_becomes_an_installation_and_opens_again(ground: Ground) {
        let (store, account) = ground.with_account().await;
        drop(store);
        let again = ground.open().await;
        assert_eq!(again.account(&account.handle).await.unwrap(), account);
        assert_eq!(again.accounts(None, 10).await.unwrap(), [account]);
    }

    async fn two_stores_may_open_one_installation_at_once(ground: Ground) {
        let (one, two) = tokio::join!(ground.try_open(), ground.try_open());
        drop((one.unwrap(), two.unwrap()));
        assert_eq!(ground.number("SELECT count(*) FROM schema_step"), steps());
    }

    async fn a_database_of_the_first_release_migrates_and_that_release_s_statements_still_run(ground: Ground) {
        drop(ground.open().await);
        let first = if ground.is_postgres() {
            include_str!("../../migrations/postgres/0001_foundation.sql")
        } else {
            include_str!("../../migrations/sqlite/0001_foundation.sql")
        };
        let checksum = ground.texts("SELECT checksum FROM schema_step WHERE number = 1").remove(0);
        let older = ground.sibling();
        let record = "CREATE TABLE schema_step (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL);";
        older.by_hand_alike(&format!(
            "{first}; {record} INSERT INTO schema_step (number, checksum) VALUES (1, '{checksum}');"
        ));
        let (store, account) = older.with_account().await;
        assert_eq!(older.number("SELECT COUNT(*) FROM schema_step"), steps());
        // As the first release writes a message: it names its columns, and knows none of the new ones.
        let id = if older.is_postgres() { "'\\x00112233445566778899aabbccddeeff'" } else { "x'00112233445566778899aabbccddeeff'" };
        older.by_hand_alike(&format!(
            "INSERT INTO message (id, account_id, order_id, store, campaign_id, campaign_version, channel, purpose, state,
             reason, due, closes, next_try, attempts, captures, created_at)
             SELECT {id}, id, '111-0000000-0000003', 'DE', NULL, NULL, 'email', 'proactive', 'unknown', NULL, NULL, NULL,
             NULL, 1, 0, 0 FROM account"
        ));
        let page = store.outbox(account.id, store::OutboxFilter::All, None, 10).await.unwrap();
        let detail = store.message_detail(account.id, page.rows[0].id).await.unwrap().unwrap();
        assert_eq!((detail.settled_at, detail.reply, detail.attempt_entry), (None, None, None));
    }

    async fn a_step_that_came_later_with_a_lower_number_is_made_up_for(ground: Ground) {
        let (store, account) = ground.with_account().await;
        drop(store);
        ground.by_hand_alike("DROP TABLE mail_folder; DELETE FROM schema_step WHERE number = 3");
        let store = ground.open().await;
        assert_eq!(ground.number("SELECT COUNT(*) FROM schema_step"), steps());
        assert!(store.mail_folders(account.id).await.unwrap().is_empty());
    }

    async fn data_without_keys_stop_the_program_and_make_no_new_ones(ground: Ground) {
        drop(ground.with_account().await);
        std::fs::rename(ground.keys(), ground.path("elsewhere")).unwrap();
        assert!(matches!(ground.try_open().await, Err(StoreError::KeysMissing(_))));
        assert!(!ground.keys().exists(), "no new keys over old data");
        std::fs::rename(ground.path("elsewhere"), ground.keys()).unwrap();
        ground.open().await;
    }

    async fn keys_of_another_installation_stop_the_program(ground: Ground) {
        drop(ground.with_account().await);
        let other = Ground::sqlite();
        drop(other.open().await);
        for key in ["look-up.key", "sealing-1.key"] {
            let (mine, foreign) = (ground.keys().join(key), other.keys().join(key));
            let kept = std::fs::read(&mine).unwrap();
            std::fs::copy(foreign, &mine).unwrap();
            assert!(matches!(ground.try_open().await, Err(StoreError::KeysForeign(_))), "{key}");
            std::fs::write(&mine, kept).unwrap();
        }
        ground.open().await;
    }

    async fn a_schema_newer_than_the_program_is_refused(ground: Ground) {
        drop(ground.with_account().await);
        ground.by_hand_alike("INSERT INTO schema_step (number, checksum) VALUES (2000, 'of the future')");
        assert!(matches!(ground.try_open().await, Err(StoreError::NewerSchema { found: 2000, .. })));
    }

    async fn a_schema_changed_by_hand_is_refused(ground: Ground) {
        drop(ground.with_account().await);
        ground.by_hand_alike("UPDATE schema_step SET checksum = 'another' WHERE number = 1");
        assert!(matches!(ground.try_open().await, Err(StoreError::ForeignSchema(1))));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let ground = Ground::sqlite();
    let text = "Dear diary, ".repeat(1000);
    std::fs::write(ground.path("abide.db"), &text).unwrap();
    let error = ground.try_open().await.unwrap_err();
    assert!(error.to_string().contains("damaged or no database"), "{error}");
    assert_eq!(std::fs::read_to_string(ground.path("abide.db")).unwrap(), text);
}

#[tokio::test]
async fn postgres_that_may_lose_a_commit_is_refused() {
    let Some(ground) = Ground::postgres() else { return };
    ground.by_hand(
        "",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
    );
    assert!(matches!(ground.try_open().await, Err(StoreError::NotDurable("synchronous_commit"))));
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_said_to_be_out_of_reach() {
    let mut options = Ground::sqlite().options();
    options.database = store::Database::Postgres("postgres://nobody@127.0.0.1:1/abide".into());
    let error = store::Store::open(options).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)) && error.is_transient(), "{error}");
}
