//! Law 1: what was acknowledged is there after reopening, with all its effects; a step that fails takes none of
//! its neighbours along, and a commit that fails acknowledges nobody.

use model::inbound::Outcome;
use model::message::MessageState;
use model::suppression::SuppressionState;
use model::{AccountId, Reason};
use store::{Database, InboundFilter, StoreError};

use crate::stage::{Letter, Stage, order};
use crate::{Ground, on_both};

/// A mail of this many bytes is the one that fails.
const BAD: usize = 3_333;

fn letter(number: u32) -> Letter {
    Letter::opt_out(number)
}

fn bad_letter(number: u32) -> Letter {
    Letter { raw: vec![b'x'; BAD], ..letter(number) }
}

/// Makes the last statement of the bad mail's step fail: everything before it has been written by then.
fn a_step_fails(ground: &Ground) {
    ground.by_hand(
        &format!(
            "CREATE TRIGGER bad AFTER INSERT ON inbound_mail WHEN NEW.size = {BAD}
             BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
        ),
        &format!(
            "CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'made to fail'; END $$;
             CREATE TRIGGER bad AFTER INSERT ON inbound_mail FOR EACH ROW WHEN (NEW.size = {BAD}) EXECUTE FUNCTION bad()"
        ),
    );
}

/// Makes the commit fail that holds the bad mail's step: every statement of it succeeds.
fn a_commit_fails(ground: &Ground) {
    ground.by_hand(
        &format!(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER bad AFTER INSERT ON inbound_mail WHEN NEW.size = {BAD} BEGIN INSERT INTO child VALUES (1); END"
        ),
        &format!(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO child VALUES (1); RETURN NULL; END $$;
             CREATE TRIGGER bad AFTER INSERT ON inbound_mail FOR EACH ROW WHEN (NEW.size = {BAD}) EXECUTE FUNCTION bad()"
        ),
    );
}

on_both! {
    async fn a_recorded_mail_is_there_with_all_its_effects_after_reopening(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(2, 1).await;
        let recorded = stage.receive_mail(&letter(2)).await;
        let Stage { store, account, email, review } = stage;
        drop(store);
        let stage = Stage { store: ground.open().await, account, email, review };
        let log = stage.store.inbound_log(stage.account.id, InboundFilter::All, None, 10).await.unwrap().rows;
        assert_eq!(log[0].id, recorded.id);
        assert_eq!(log[0].readings[0].outcome, Outcome::Suppressed);
        assert_eq!(stage.store.mail_raw(stage.account.id, recorded.id).await.unwrap(), Some(letter(2).raw()));
        let list = stage.list().await;
        assert_eq!((list[0].order_id, list[0].state, list[0].covers_buyer), (Some(order(2)), SuppressionState::Active, true));
        assert_eq!(recorded.readings[0].withdrawn, [claimed.id]);
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        assert_eq!(stage.receive(&letter(2)).await.outcome, Outcome::Repeated);
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn another_node_sees_a_recorded_mail_at_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let other = ground.open().await;
        for number in 0..5 {
            stage.receive(&letter(number)).await;
            let page = other.suppressions(stage.account.id, store::SuppressionFilter::Order(order(number)), None, 5).await;
            assert_eq!(page.unwrap().rows.len(), 1);
        }
    }

    async fn a_step_that_fails_leaves_nothing_and_its_neighbours_stand(ground: Ground) {
        let stage = Stage::on(&ground).await;
        a_step_fails(&ground);
        let before = stage.ledger().await.len();
        let outcomes = {
            let together = Together::begin(&ground).await;
            let steps = [letter(0), bad_letter(2), letter(4), bad_letter(6), letter(8)].map(|letter| stage.store.record_mail(letter.mail(&stage.account)));
            together.run(futures_util::future::join_all(steps)).await
        };
        let taken: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
        assert_eq!(taken, [true, false, true, false, true]);
        let orders: Vec<_> = stage.list().await.iter().map(|row| row.order_id.unwrap()).collect();
        assert_eq!(orders.len(), 3);
        assert!([0, 4, 8].iter().all(|number| orders.contains(&order(*number))));
        assert_eq!(stage.ledger().await.len(), before + 6, "an entry for each notice and suppression that stands");
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
        ground.by_hand("DROP TRIGGER bad", "DROP TRIGGER bad ON inbound_mail");
        assert_eq!(stage.receive(&bad_letter(2)).await.outcome, Outcome::Suppressed, "it comes again and counts");
    }

    async fn a_commit_that_fails_acknowledges_nobody_and_leaves_nothing(ground: Ground) {
        let stage = Stage::on(&ground).await;
        a_commit_fails(&ground);
        let (list, ledger) = (stage.list().await, stage.ledger().await);
        let outcomes = {
            let together = Together::begin(&ground).await;
            let steps = [bad_letter(0), letter(2), letter(4)].map(|letter| stage.store.record_mail(letter.mail(&stage.account)));
            together.run(futures_util::future::join_all(steps)).await
        };
        let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(outcomes[0].is_err(), "the one that makes it fail: {outcomes:?}");
        assert!(refused.iter().all(|error| error.is_transient()), "the sender is asked to come again: {refused:?}");
        if refused.len() == 3 {
            assert_eq!((stage.list().await, stage.ledger().await), (list, ledger));
        }
        // On a machine so busy that the first step alone outlasted the gathering, the others have commits of their own.
        let stood: Vec<_> = [0, 2, 4].into_iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| order(number)).collect();
        let mut orders: Vec<_> = stage.list().await.iter().map(|row| row.order_id.unwrap()).collect();
        orders.sort();
        assert_eq!(orders, stood, "what was acknowledged stands, and nothing else");
        ground.by_hand("DROP TRIGGER bad", "DROP TRIGGER bad ON inbound_mail");
        for letter in [bad_letter(0), letter(2), letter(4)] {
            let outcome = stage.receive(&letter).await.outcome;
            assert!(matches!(outcome, Outcome::Suppressed | Outcome::Repeated));
        }
        assert_eq!(stage.list().await.len(), 3);
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn a_caller_that_goes_away_leaves_the_step_whole(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..20 {
            let mail = letter(number).mail(&stage.account);
            let step = stage.store.record_mail(mail);
            let patience = std::time::Duration::from_micros(u64::from(number) * 150);
            // Whether it was in time does not matter.
            let _ = tokio::time::timeout(patience, step).await;
        }
        // Whatever stood in the queue before has ended once this has.
        stage.receive(&letter(100)).await;
        for _ in 0..200 {
            let (list, log) = (stage.list().await.len(), stage.store.inbound_log(stage.account.id, InboundFilter::All, None, 100).await.unwrap().rows.len());
            if list == log {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let list = stage.list().await.len();
        let log = stage.store.inbound_log(stage.account.id, InboundFilter::All, None, 100).await.unwrap().rows.len();
        assert_eq!(list, log, "each mail with its suppression, or neither");
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn an_account_that_does_not_exist_is_named_and_nothing_is_written(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mut mail = letter(2).mail(&stage.account);
        mail.account = AccountId::generate();
        let refused = stage.store.record_mail(mail).await;
        assert!(matches!(refused, Err(StoreError::UnknownAccount(_))), "{refused:?}");
        assert_eq!(ground.number("SELECT count(*) FROM inbound_mail"), 0);
    }
}

/// Holds the lock that all steps need until every one of them waits, so that they share a commit.
enum Together {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Together {
    async fn begin(ground: &Ground) -> Self {
        let Database::Postgres(url) = ground.options().database else {
            let connection = rusqlite::Connection::open(ground.path("abide.db")).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            return Self::Sqlite(connection);
        };
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN; SELECT 1 FROM ledger_head FOR UPDATE").await.unwrap();
        Self::Postgres(client)
    }

    async fn run<T>(self, steps: impl Future<Output = T>) -> T {
        let release = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            match self {
                Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
                Self::Postgres(client) => client.batch_execute("ROLLBACK").await.unwrap(),
            }
        };
        tokio::join!(steps, release).0
    }
}
