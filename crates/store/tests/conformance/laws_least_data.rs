//! Law 8: what came too old leaves only its effect, and nothing personal stands in the database in clear: no
//! alias, name, raw mail, subject, text or note, in no table and in no byte of the file.

use model::inbound::Outcome;
use model::member::Actor;
use model::order::ImportedOrder;
use model::suppression::{ImportedSuppression, SuppressionReason, Target};
use model::{Reason, Span, Timestamp};
use store::InboundFilter;

use crate::stage::{Letter, NOW, Stage, alias, now, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

/// What must never be found: it is put into every place that takes words.
const SECRETS: [&str; 8] =
    ["zebra", "Xylophone", "quokka", "purple kettle", "Secret subject", "gnu-on-the-phone", "okapi", "narwhal"];

/// A story that touches every table with personal data in every place.
async fn with_secrets_everywhere(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let account = stage.account.id;
    let named = |number| ImportedOrder {
        alias: Some(alias(1)),
        buyer_name: Some("Xylophone Quokka".into()),
        ..shipped(number)
    };
    stage.import_order(named(2)).await;
    stage.import_order(ImportedOrder { buyer_name: Some("Other Quokka".into()), ..named(3) }).await;
    stage.plan_emails().await;
    for message in stage.claim().await {
        permitted(stage.attempt(&message).await);
        stage.finish(&message, store::Handover::Captured).await;
    }
    let raw =
        |text: &str| format!("Subject: Secret subject\r\n\r\nDear Xylophone, {text} buyer1zebra\r\n").into_bytes();
    stage.receive(&Letter { raw: raw("okapi"), ..Letter::opt_out(2).by(1) }).await;
    stage.receive(&Letter { raw: raw("narwhal"), ..Letter::of(model::NoticeKind::BuyerMessage, 3).by(1) }).await;
    stage.receive(&Letter { raw: raw("okapi"), ..Letter::of(model::NoticeKind::NotAmazon, 4).by(1) }).await;
    let mut unread = Letter::opt_out(6).mail(&stage.account);
    (unread.read, unread.raw) = (None, raw("narwhal"));
    stage.store.record_mail(unread).await.unwrap();
    let note = || String::from("gnu-on-the-phone");
    stage.store.add_suppression(account, Target::Buyer(alias(2)), note(), Actor::Operator, now()).await.unwrap();
    stage.store.add_suppression(account, Target::Order(order(2)), note(), Actor::Operator, now()).await.unwrap();
    stage.store.remove_suppression(account, Target::Buyer(alias(2)), note(), Actor::Operator, now()).await.unwrap();
    let line = ImportedSuppression { target: Target::Buyer(alias(5)), reason: SuppressionReason::Block, since: None };
    stage.store.import_suppressions(account, vec![line], Actor::Operator, now()).await.unwrap();
    let structure = Letter::opt_out(8).by(7).by_structure();
    stage.receive(&structure).await;
    stage
}

fn tables(ground: &Ground) -> Vec<String> {
    ground.texts(if ground.is_postgres() {
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    })
}

/// Every row of a table as text, its bytes as hexadecimal digits.
fn rows(ground: &Ground, table: &str) -> String {
    if ground.is_postgres() {
        return ground.texts(&format!("SELECT t::text FROM {table} t")).join("\n");
    }
    let columns = ground.texts(&format!("SELECT name FROM pragma_table_info('{table}')"));
    let shown: Vec<_> = columns
        .iter()
        .map(|column| format!("CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE coalesce({column}, '') END"))
        .collect();
    ground.texts(&format!("SELECT {} FROM {table}", shown.join(" || '|' || "))).join("\n")
}

fn hex(text: &str) -> String {
    data_encoding::HEXLOWER.encode(text.as_bytes())
}

on_both! {
    async fn no_table_holds_anything_personal_in_clear(ground: Ground) {
        let stage = with_secrets_everywhere(&ground).await;
        let tables = tables(&ground);
        assert!(tables.len() > 20, "{tables:?}");
        let mut bytes = 0;
        for table in tables {
            let rows = rows(&ground, &table).to_lowercase();
            bytes += rows.len();
            for secret in SECRETS.map(str::to_lowercase) {
                assert!(!rows.contains(&secret), "`{secret}` stands in clear in {table}");
                assert!(!rows.contains(&hex(&secret)), "`{secret}` stands in the bytes of {table}");
            }
        }
        assert!(bytes > 5_000, "rows were looked at");
        // The very same words come out again with the keys.
        let shown = format!("{:?}", stage.list().await.iter().map(|row| row.alias.clone().map(|alias| alias.as_str().to_owned())).collect::<Vec<_>>());
        assert!(shown.contains("buyer1zebra"));
    }

    async fn errors_and_debug_say_no_alias(ground: Ground) {
        let stage = with_secrets_everywhere(&ground).await;
        let target = Target::Buyer(alias(9));
        let mut said = vec![format!("{target:?}"), format!("{:?}", Letter::opt_out(2).by(1).mail(&stage.account)), format!("{:?}", shipped(2))];
        let refused = stage.store.remove_suppression(stage.account.id, target, "gnu-on-the-phone".into(), Actor::Operator, now()).await;
        said.push(format!("{0} {0:?}", refused.unwrap_err()));
        let shared: model::Alias = "no-reply-zebra@marketplace.amazon.de".parse().unwrap();
        let refused = stage.store.add_suppression(stage.account.id, Target::Buyer(shared), "x".into(), Actor::Operator, now()).await;
        said.push(format!("{0} {0:?}", refused.unwrap_err()));
        // A statement that fails must not tell its values.
        ground.by_hand("CREATE TRIGGER more BEFORE INSERT ON suppression_buyer BEGIN SELECT RAISE(ABORT, 'no more'); END",
            "ALTER TABLE suppression_buyer ADD CONSTRAINT more CHECK (alias_sealed IS NULL) NOT VALID");
        let refused = stage.store.record_mail(Letter::opt_out(20).by(8).mail(&stage.account)).await;
        said.push(format!("{0} {0:?}", refused.unwrap_err()));
        for said in said {
            assert!(!SECRETS.iter().any(|secret| said.contains(secret)), "{said}");
        }
    }

    async fn a_mail_older_than_its_time_leaves_only_its_effect(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let written = |days| Some(NOW.minus(Span::days(days)));
        for (number, written_at, kept) in [(2, written(29), true), (4, written(30), false), (6, written(800), false), (8, None, true)] {
            let recorded = stage.receive_mail(&Letter { written_at, ..Letter::opt_out(number).by(number) }).await;
            assert_eq!(recorded.readings[0].outcome, Outcome::Suppressed, "the effect stands");
            assert_eq!(stage.store.mail_raw(stage.account.id, recorded.id).await.unwrap().is_some(), kept, "order {number}");
            let row = stage.store.inbound_mail(stage.account.id, recorded.id).await.unwrap().unwrap();
            assert_eq!((row.subject.is_some(), row.readings[0].alias.is_some()), (kept, kept));
            let entry = stage.list().await.pop().unwrap();
            assert_eq!((entry.alias.is_some(), entry.covers_buyer), (kept, true), "the hash goes on");
        }
        stage.import(10, Some(alias(6))).await;
        stage.plan_emails().await;
        assert_eq!(reason_of(&stage.attempt(&stage.claim_one().await).await), Reason::OptedOut);
    }

    async fn a_mail_about_an_order_is_kept_as_long_as_the_order(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let delivered = |number, days| ImportedOrder {
            estimated_arrival: Some(NOW.minus(Span::days(days))), purchased_at: Some(NOW.minus(Span::days(days + 3))), ..shipped(number)
        };
        for (number, days, kept) in [(2, 29, true), (4, 30, false), (6, 100, false)] {
            stage.import_order(delivered(number, days)).await;
            let recorded = stage.receive_mail(&Letter::opt_out(number)).await;
            assert_eq!(stage.store.mail_raw(stage.account.id, recorded.id).await.unwrap().is_some(), kept, "order {number}");
        }
        assert_eq!(ground.number("SELECT max(purge_at) FROM inbound_mail"), NOW.plus(Span::days(1)).as_micros());
    }

    async fn an_order_older_than_its_time_leaves_only_its_effect(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let ago = |days| Some(NOW.minus(Span::days(days)));
        let cases: [(u32, Option<Timestamp>, Option<Timestamp>, bool); 4] =
            [(2, ago(40), ago(29), true), (4, ago(40), ago(30), false), (6, ago(59), None, true), (8, ago(60), None, false)];
        for (number, purchased_at, estimated_arrival, kept) in cases {
            stage.receive(&Letter::opt_out(number)).await;
            let counts = stage.import_order(ImportedOrder {
                purchased_at, estimated_arrival, alias: Some(alias(number)), ship_country: Some("US".into()), ..shipped(number)
            }).await;
            assert_eq!(counts.too_old, u64::from(!kept), "order {number}");
            assert_eq!(counts.buyers_learnt, 1, "the effect stands");
            let known = stage.store.order(stage.account.id, order(number)).await.unwrap().unwrap();
            assert_eq!((known.alias.is_some(), known.ship_country.is_some()), (kept, kept), "order {number}");
            assert_eq!(stage.list().await.pop().unwrap().alias.is_some(), kept);
            stage.import(number + 10, Some(alias(number))).await;
            stage.plan_emails().await;
            for message in stage.claim().await {
                let reason = reason_of(&stage.attempt(&message).await);
                assert!(matches!(reason, Reason::OptedOut | Reason::NoAlias), "{reason}");
            }
        }
    }

    async fn foreign_mail_and_repetitions_are_kept_as_a_line_alone(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(2).by(1)).await;
        let foreign = Letter { orders: Vec::new(), ..Letter::of(model::NoticeKind::NotAmazon, 4) };
        for letter in [Letter::opt_out(2).by(1), foreign] {
            let recorded = stage.receive_mail(&letter).await;
            assert_eq!(stage.store.mail_raw(stage.account.id, recorded.id).await.unwrap(), None);
            let row = stage.store.inbound_mail(stage.account.id, recorded.id).await.unwrap().unwrap();
            assert_eq!((row.subject, row.readings[0].alias.clone()), (None, None), "{}", letter.kind);
        }
        let log = stage.store.inbound_log(stage.account.id, InboundFilter::All, None, 10).await.unwrap();
        assert_eq!(log.rows.len(), 3, "each has its line");
        assert_eq!(ground.number("SELECT count(*) FROM inbound_mail WHERE purge_at IS NULL"), 2);
    }
}

#[tokio::test]
async fn no_byte_of_the_file_or_its_log_holds_anything_personal() {
    let ground = Ground::sqlite();
    let stage = with_secrets_everywhere(&ground).await;
    let mut looked_at = 0;
    for round in ["while it is open", "after it was closed"] {
        for file in ["abide.db", "abide.db-wal"] {
            let Ok(bytes) = std::fs::read(ground.path(file)) else { continue };
            looked_at += bytes.len();
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            for secret in SECRETS {
                assert!(!text.contains(&secret.to_lowercase()), "`{secret}` stands in {file} {round}");
            }
        }
        ground.by_hand_alike("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    assert!(looked_at > 100_000);
    drop(stage);
}
