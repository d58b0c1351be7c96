//! Law 8: what is personal goes when its time has come; the opt-out works on by hash and order id.

use model::{Clock, MessageState, Reason, Span, Timestamp};
use store::{Handover, Purged};

use crate::stage::{Letter, NOW, Stage, alias, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

const LIMIT: u32 = 100;

/// Delivered on the tenth of August, and kept for 30 days.
fn purge_day() -> Timestamp {
    shipped(0).estimated_arrival.unwrap().plus(Span::days(30))
}

async fn purge(stage: &Stage, at: Timestamp) -> Purged {
    stage.store.purge(Clock::real(at), LIMIT).await.unwrap()
}

/// Columns that hold something sealed of a buyer's.
const PERSONAL: [(&str, &str); 7] = [
    ("inbound_mail", "raw_sealed"),
    ("inbound_mail", "subject_sealed"),
    ("notice", "alias_sealed"),
    ("orders", "alias_sealed"),
    ("orders", "tracking_sealed"),
    ("suppression_buyer", "alias_sealed"),
    ("message", "content_sealed"),
];

fn kept(ground: &Ground) -> Vec<&'static str> {
    let holds = |(table, column): &&(&str, &str)| {
        ground.number(&format!("SELECT count(*) FROM {table} WHERE {column} IS NOT NULL")) > 0
    };
    PERSONAL.iter().filter(holds).map(|(table, _)| *table).collect()
}

/// An order that was written to and whose buyer then opted out.
async fn with_everything(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let claimed = stage.claimed_email(2, 7).await;
    permitted(stage.attempt(&claimed).await);
    stage.finish(&claimed, Handover::Captured).await;
    stage.receive(&Letter::opt_out(2).by(7)).await;
    assert_eq!(kept(ground).len(), PERSONAL.len(), "every personal column is filled: {:?}", kept(ground));
    stage
}

on_both! {
    async fn nothing_is_erased_before_its_time(ground: Ground) {
        let stage = with_everything(&ground).await;
        let purged = purge(&stage, NOW.plus(Span::days(1))).await;
        assert!(purged.is_nothing() && !purged.more, "{purged:?}");
        assert_eq!(kept(&ground).len(), PERSONAL.len());
    }

    async fn a_given_clock_erases_nothing_before_its_time(ground: Ground) {
        let stage = with_everything(&ground).await;
        let far = Clock { real: NOW, given: Some(NOW.plus(Span::days(3000))) };
        assert!(stage.store.purge(far, LIMIT).await.unwrap().is_nothing());
    }

    async fn thirty_days_after_delivery_no_alias_text_or_mail_is_left(ground: Ground) {
        let stage = with_everything(&ground).await;
        let before = purge(&stage, purge_day().minus(Span::seconds(1))).await;
        assert_eq!((before.orders, before.buyers), (0, 0));
        let purged = purge(&stage, purge_day()).await;
        assert_eq!((purged.orders, purged.buyers), (1, 1));
        // The text goes at the latest with the order's window.
        purge(&stage, NOW.plus(Span::days(60))).await;
        assert_eq!(kept(&ground), [""; 0]);
        assert!(purge(&stage, NOW.plus(Span::days(400))).await.is_nothing(), "again is the same");

        let opened = stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap();
        assert_eq!(opened.alias, None);
        assert_eq!(stage.list().await[0].alias, None);
        assert_eq!(stage.list().await[0].order_id, Some(order(2)));
        stage.store.verify_ledger(&stage.account.handle, None).await.unwrap();
    }

    async fn the_opt_out_works_on_by_hash_and_by_order(ground: Ground) {
        let stage = with_everything(&ground).await;
        purge(&stage, NOW.plus(Span::days(60))).await;
        assert_eq!(kept(&ground), [""; 0]);
        // The same buyer orders again: nobody knows his alias any more, and still he is known.
        let claimed = stage.claimed_email(4, 7).await;
        assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::OptedOut);
        assert_eq!(stage.message(4).await, (MessageState::Refused, Some(Reason::OptedOut)));
        // Another buyer is not.
        permitted(stage.attempt(&stage.claimed_email(6, 8).await).await);
    }

    async fn a_mail_that_came_before_its_order_was_known_goes_with_the_order(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(3).by(9)).await;
        // Without an order, it would be kept for 30 days from today; the order's time is up before.
        stage.import(3, Some(alias(9))).await;
        purge(&stage, purge_day()).await;
        assert_eq!(ground.number("SELECT count(*) FROM inbound_mail WHERE raw_sealed IS NOT NULL"), 0);
        assert_eq!(ground.number("SELECT count(*) FROM notice WHERE alias_sealed IS NOT NULL"), 0);
    }

    async fn a_mail_without_an_order_is_kept_for_thirty_days(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(3)).await;
        assert_eq!(purge(&stage, NOW.plus(Span::days(30)).minus(Span::seconds(1))).await.mails, 0);
        assert_eq!(purge(&stage, NOW.plus(Span::days(30))).await.mails, 1);
        assert_eq!(stage.list().await.len(), 1, "its effect stays");
    }

    async fn a_call_erases_a_bounded_slice_and_says_that_there_is_more(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..7 {
            stage.import(number, Some(alias(number))).await;
        }
        let mut slices = Vec::new();
        loop {
            let purged = stage.store.purge(Clock::real(purge_day()), 3).await.unwrap();
            slices.push(purged.orders);
            if !purged.more {
                break;
            }
        }
        assert_eq!(slices, [3, 3, 1]);
        assert_eq!(ground.number("SELECT count(*) FROM orders WHERE alias_sealed IS NOT NULL"), 0);
    }

    async fn alerts_go_after_ninety_days(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(3).by_structure()).await;
        assert!(!stage.alerts().await.is_empty());
        assert_eq!(purge(&stage, NOW.plus(Span::days(89))).await.alerts, 0);
        assert!(purge(&stage, NOW.plus(Span::days(90))).await.alerts > 0);
        assert_eq!(stage.alerts().await, []);
    }
}

/// What SQLite has erased must leave its files, too, the log among them.
#[tokio::test]
async fn erased_bytes_leave_the_files() {
    let ground = Ground::sqlite();
    let stage = with_everything(&ground).await;
    let connection = rusqlite::Connection::open(ground.path("abide.db")).unwrap();
    let sealed: Vec<Vec<u8>> = PERSONAL
        .iter()
        .map(|(table, column)| {
            let query = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
            connection.query_row(&query, [], |row| row.get(0)).unwrap()
        })
        .collect();
    drop(connection);
    let in_files = |needle: &[u8]| {
        let files = std::fs::read_dir(ground.folder()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).any(|path| {
            let bytes = std::fs::read(path).unwrap();
            // A long value is cut where a page ends; its beginning is whole.
            let needle = &needle[..needle.len().min(40)];
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    };
    assert!(sealed.iter().all(|value| in_files(value)), "they are found while they are kept");
    purge(&stage, NOW.plus(Span::days(60))).await;
    assert!(!sealed.iter().any(|value| in_files(value)));
}
