//! What the gate, a claim and the planner read is found by an index, on both engines: a statement that walks a whole
//! table or a whole index would grow with it. The engines themselves say how they would answer.

use crate::Ground;
use crate::statements::{For, Statement, all_statements, parameters};

/// The rooms whose every statement is on the way of a message, and those of the pages that search.
const ROOMS: [&str; 10] = [
    "numbers.rs",
    "attempt.rs",
    "attempt_facts.rs",
    "outbox.rs",
    "planning.rs",
    "orders.rs",
    "mail_folder_watch.rs",
    "messaged_elsewhere.rs",
    "outbox_search.rs",
    "suppression_search.rs",
];

/// Beginnings of the statements of other rooms that are on that way, too.
const ELSEWHERE: [&str; 3] =
    ["SELECT number, mac, time FROM ledger_head WHERE", "INSERT INTO ledger_entry", "UPDATE ledger_head"];

/// Indexes that hold only what is to be done or under way; they are read from their beginning up to a limit.
const TO_DO: [&str; 4] = ["message_due", "message_in_flight", "plan_queue_by_age", "mail_folder_due"];

/// What is bounded by itself and so may be walked: the answer of an inner statement with a limit, and a list that
/// came as a parameter.
const BOUNDED: [&str; 4] =
    ["SCAN counted", "SCAN json_each VIRTUAL TABLE", "SCAN CONSTANT ROW", "SCAN 2-ROW VALUES CLAUSE"];

fn on_a_messages_way() -> Vec<Statement> {
    let mut found = all_statements();
    found.retain(|statement| {
        let room = statement.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        ROOMS.contains(&room) || ELSEWHERE.iter().any(|beginning| statement.text.starts_with(beginning))
    });
    for asked in ["FROM suppression_buyer", "FROM order_slot", "FROM daily_count", "UPDATE message SET lease = $3"] {
        assert!(found.iter().any(|statement| statement.text.contains(asked)), "{asked} was found");
    }
    found
}

#[tokio::test]
async fn nothing_on_a_messages_way_scans_on_sqlite() {
    let ground = Ground::sqlite();
    drop(ground.open().await);
    let connection = rusqlite::Connection::open(ground.path("abide.db")).unwrap();
    // As the store's own connections plan: without a look at the values.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    for statement in on_a_messages_way().iter().filter(|statement| statement.engine != For::Postgres) {
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.text.replace('$', "?"));
        let mut prepared = connection.prepare(&explain).unwrap();
        let nothing = vec![rusqlite::types::Null; parameters(statement)];
        let steps = prepared.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        for step in steps {
            let step = step.unwrap();
            let fine = TO_DO.iter().any(|index| step.contains(&format!("INDEX {index}")))
                || BOUNDED.iter().any(|bounded| step.starts_with(bounded));
            let walks = step.starts_with("SCAN ") && !fine;
            assert!(!walks, "{step} in {}", statement.text);
        }
    }
}

/// Tables whose rows grow without end within one account.
const GROWING: [&str; 18] = [
    "daily_number",
    "critical_message",
    "inbound_mail",
    "notice",
    "notice_order",
    "notice_identity",
    "suppression",
    "suppression_buyer",
    "orders",
    "order_item",
    "order_mark",
    "buyer",
    "buyer_name",
    "message",
    "order_slot",
    "messaged_order",
    "ledger_entry",
    "plan_queue",
];

/// Indexes that hold only what somebody has still to settle, or of which no more than the first row is read.
const TO_SETTLE: [&str; 6] = [
    "suppression_held",
    "message_unknown",
    "message_capped",
    "notice_to_review",
    "notice_restricting",
    "notice_confirming",
];

/// Whether a statement is bounded by its own limit, though it walks an account's rows: it counts up to a limit, takes
/// the last one, asks whether there is any, or is the work of a restore.
fn may_walk_an_account(statement: &Statement) -> bool {
    statement.file.ends_with("backup/restore.rs")
        || statement.text.contains("AS counted")
        || statement.text.ends_with(" WHERE account_id = $1 LIMIT 1")
        || statement.text.starts_with("SELECT number, mac, time, (SELECT number FROM ledger_entry")
}

/// A search by the account alone is a walk through all that the account has, whatever the planner calls it.
#[tokio::test]
async fn no_statement_walks_all_that_an_account_has_on_sqlite() {
    let ground = Ground::sqlite();
    drop(ground.open().await);
    let connection = rusqlite::Connection::open(ground.path("abide.db")).unwrap();
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    for statement in all_statements().iter().filter(|statement| statement.engine != For::Postgres) {
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.text.replace('$', "?"));
        let mut prepared = connection.prepare(&explain).unwrap();
        let nothing = vec![rusqlite::types::Null; parameters(statement)];
        let steps = prepared.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        for step in steps {
            let step = step.unwrap();
            let table = step.strip_prefix("SEARCH ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let walks = step.ends_with("(account_id=?)")
                && GROWING.contains(&table)
                && !TO_SETTLE.iter().any(|index| step.contains(index));
            // What is asked of one order must not be looked for from a page's place on.
            let walks = walks
                || step.ends_with("(account_id=? AND id<?)")
                    && GROWING.contains(&table)
                    && statement.text.contains("order_id = $");
            assert!(!walks || may_walk_an_account(statement), "{step} in {}", statement.text);
        }
    }
}

#[tokio::test]
async fn nothing_on_a_messages_way_scans_on_postgres() {
    let Some(ground) = Ground::postgres() else { return };
    drop(ground.open().await);
    let store::Database::Postgres(url) = ground.options().database else { unreachable!() };
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // On empty tables a scan is cheapest; the question is whether anything else can answer.
    client
        .batch_execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan",
        )
        .await
        .unwrap();
    for (number, statement) in on_a_messages_way().iter().enumerate().filter(|(_, found)| found.engine != For::Sqlite) {
        let nothing = vec!["NULL"; parameters(statement)].join(", ");
        let arguments = if nothing.is_empty() { String::new() } else { format!("({nothing})") };
        client.batch_execute(&format!("PREPARE asked{number} AS {}", statement.text)).await.unwrap();
        let plan = client.query(&format!("EXPLAIN EXECUTE asked{number}{arguments}"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        for (place, line) in plan.iter().enumerate() {
            let by_index = line.contains("Index Scan") || line.contains("Index Only Scan");
            let sought = TO_DO.iter().any(|index| line.contains(index))
                || plan.get(place + 1).is_some_and(|next| next.contains("Index Cond"));
            let walks = line.contains("Seq Scan") || by_index && !sought;
            assert!(!walks, "{}\n{}", statement.text, plan.join("\n"));
        }
    }
    drop(client);
    connection.await.unwrap().unwrap();
}
