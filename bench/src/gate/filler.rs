//! A suppression list of any length, written straight into the tables as the store would have written it row by
//! row: the bench is about reading it. What the measured orders meet is entered through the store itself.

use std::time::Duration;

use model::{Account, Timestamp};
use rusqlite::{Connection, params};

use crate::house::{House, order_id_text, spread};

/// Rows of one statement's transaction on PostgreSQL.
const POSTGRES_AT_ONCE: u64 = 1_000_000;
/// Numbers of filler orders begin here, far from those that are measured.
const FIRST_ORDER: u64 = 1 << 40;

/// The indexes that are quicker made after the rows than with them.
const INDEXES: [&str; 4] =
    ["suppression_by_order", "suppression_by_account", "suppression_held", "suppression_buyer_by_suppression"];

fn said(error: &impl std::fmt::Display) -> String {
    format!("the list can't be filled: {error}")
}

/// How many entries each account gets: the first a tenth, the others alike.
pub fn shares(accounts: usize, entries: u64) -> Vec<u64> {
    let others = u64::try_from(accounts).unwrap_or(1).saturating_sub(1);
    if others == 0 {
        return vec![entries];
    }
    let first = entries / 10;
    let each = (entries - first) / others;
    let mut shares = vec![each; accounts];
    shares[0] = entries - each * others;
    shares
}

/// Writes so many opt-outs, each of an order and its buyer, shared among the accounts, into SQLite's file. No
/// store may have it open.
pub fn fill_sqlite(house: &House, accounts: &[Account], entries: u64) -> Result<(), String> {
    let connection = Connection::open(house.file()).map_err(|error| said(&error))?;
    connection.busy_timeout(Duration::from_secs(20)).map_err(|error| said(&error))?;
    // Nothing here must survive a crash: a half-filled case is thrown away.
    connection
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA cache_size = -400000; PRAGMA temp_store = FILE; PRAGMA threads = 2;",
        )
        .map_err(|error| said(&error))?;
    let indexes = take_indexes(&connection)?;
    let mut entered = 0;
    for (account, share) in accounts.iter().zip(shares(accounts.len(), entries)) {
        entered = fill_account(&connection, account, entered, share).map_err(|error| said(&error))?;
    }
    for index in indexes {
        connection.execute_batch(&index).map_err(|error| said(&error))?;
    }
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL; SELECT COUNT(*) FROM installation;")
        .map_err(|error| said(&error))
}

/// Drops those indexes; the statements that make them again.
fn take_indexes(connection: &Connection) -> Result<Vec<String>, String> {
    let mut statements = Vec::new();
    for index in INDEXES {
        let find = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        let made: String = connection.query_row(find, [index], |row| row.get(0)).map_err(|error| said(&error))?;
        connection.execute_batch(&format!("DROP INDEX {index}")).map_err(|error| said(&error))?;
        statements.push(made);
    }
    Ok(statements)
}

/// Ids and hashes ascend, so that the tables are written front to back; what they look up is as scattered as ever,
/// since nobody asks in that order.
fn fill_account(connection: &Connection, account: &Account, first: u64, count: u64) -> rusqlite::Result<u64> {
    let now = Timestamp::from_clock().as_micros();
    let owner = account.id.as_bytes();
    connection.execute_batch("BEGIN")?;
    let mut entry = connection.prepare(
        "INSERT INTO suppression (id, account_id, order_id, reason, origin, held, since, entered_at, notice_id,
         note_sealed, ledger_number) VALUES (?1, ?2, ?3, 'opt_out', 'notice', 0, ?4, ?4, ?5, NULL, 1)",
    )?;
    let mut buyer = connection.prepare(
        "INSERT INTO suppression_buyer (account_id, buyer_hash, suppression_id, alias_sealed, learnt_at, purge_at)
         VALUES (?1, ?2, ?3, NULL, ?4, NULL)",
    )?;
    let step = u64::MAX / count.max(1);
    for place in 0..count {
        let number = first + place;
        let id = ascending_id(number);
        let notice = [spread(number).to_be_bytes(), spread(!number).to_be_bytes()].concat();
        entry.execute(params![id, owner, order_id_text(FIRST_ORDER + number), now, notice])?;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(place * step).to_be_bytes());
        for (part, bytes) in hash[8..].chunks_mut(8).enumerate() {
            bytes.copy_from_slice(&spread(number ^ (u64::try_from(part).unwrap_or_default() << 56)).to_be_bytes());
        }
        buyer.execute(params![owner, hash, id, now])?;
    }
    drop((entry, buyer));
    connection.execute_batch("COMMIT")?;
    Ok(first + count)
}

/// An id that sorts by its number and else looks like those of the store.
fn ascending_id(number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&((0x0190_u64 << 48) + number).to_be_bytes());
    id[8..].copy_from_slice(&spread(number).to_be_bytes());
    id
}

/// The same on PostgreSQL, by its own means.
pub async fn fill_postgres(url: &str, accounts: &[Account], entries: u64) -> Result<(), String> {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.map_err(|error| said(&error))?;
    let served = tokio::spawn(connection);
    let now = Timestamp::from_clock().as_micros();
    for (account, share) in accounts.iter().zip(shares(accounts.len(), entries)) {
        let owner = account.id.as_bytes().as_slice();
        let mut left = share;
        while left > 0 {
            let rows = left.min(POSTGRES_AT_ONCE);
            let count = i64::try_from(rows).map_err(|error| said(&error))?;
            client
                .execute(
                    "WITH made AS (SELECT decode(replace(gen_random_uuid()::text, '-', ''), 'hex') AS id,
                     sha256(random()::text::bytea) AS hash,
                     to_char(random() * 1e17, 'FM00000000000000000') AS digits FROM generate_series(1, $3::bigint)),
                     entered AS (INSERT INTO suppression (id, account_id, order_id, reason, origin, held, since,
                     entered_at, notice_id, note_sealed, ledger_number) SELECT id, $1::bytea, substr(digits, 1, 3) || '-' ||
                     substr(digits, 4, 7) || '-' || substr(digits, 11, 7), 'opt_out', 'notice', 0, $2::bigint, $2::bigint, id, NULL, 1
                     FROM made)
                     INSERT INTO suppression_buyer (account_id, buyer_hash, suppression_id, alias_sealed, learnt_at,
                     purge_at) SELECT $1::bytea, hash, id, NULL, $2::bigint, NULL FROM made",
                    &[&owner, &now, &count],
                )
                .await
                .map_err(|error| said(&error))?;
            left -= rows;
        }
    }
    for table in ["suppression", "suppression_buyer"] {
        client.batch_execute(&format!("VACUUM ANALYZE {table}")).await.map_err(|error| said(&error))?;
    }
    drop(client);
    served.await.map_err(|error| said(&error))?.map_err(|error| said(&error))
}
