//! The outbox's peer: rows of the same size inserted and then updated, two hundred in a durable commit, by prepared
//! statements on one connection. Nothing is decided, locked, sealed or recorded.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::house::{House, order_id_text, spread};

/// Rows of one commit, as many as one claim takes.
const AT_ONCE: usize = 200;
/// Bytes of a sealed letter.
const LETTER: [u8; 450] = [0x5a; 450];
const TABLE_ON_SQLITE: &str =
    "CREATE TABLE bare (id BLOB PRIMARY KEY, account_id BLOB NOT NULL, order_id TEXT NOT NULL,
    state TEXT NOT NULL, due BIGINT, content BLOB)";
const TABLE_ON_POSTGRES: &str = "CREATE TABLE bare (id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL,
    order_id TEXT NOT NULL, state TEXT NOT NULL, due BIGINT, content BYTEA)";

/// A connection to a table of its own.
pub enum Bare {
    Sqlite(Connection),
    Postgres(tokio_postgres::Client),
}

fn said(error: &impl std::fmt::Display) -> String {
    format!("the peer can't write: {error}")
}

impl Bare {
    /// On SQLite beside the store's file, with the store's settings; on PostgreSQL in the same database.
    pub async fn open(house: &House) -> Result<Self, String> {
        let Some(url) = house.url() else {
            let connection = Connection::open(house.folder().join("bare.db")).map_err(|error| said(&error))?;
            connection
                .execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                     PRAGMA cache_size = -32000;",
                )
                .and_then(|()| connection.execute_batch(TABLE_ON_SQLITE))
                .map_err(|error| said(&error))?;
            return Ok(Self::Sqlite(connection));
        };
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        client.batch_execute(TABLE_ON_POSTGRES).await.map_err(|error| said(&error))?;
        Ok(Self::Postgres(client))
    }

    /// How long it takes for so many rows.
    pub async fn insert_and_update(&self, rows: u64) -> Result<Duration, String> {
        match self {
            Self::Sqlite(connection) => on_sqlite(connection, rows).map_err(|error| said(&error)),
            Self::Postgres(client) => on_postgres(client, rows).await.map_err(|error| said(&error)),
        }
    }
}

/// Ids that no earlier run has used.
fn ids(rows: u64) -> Vec<[u8; 16]> {
    let first = model::Timestamp::from_clock().as_micros().unsigned_abs();
    (first..first + rows)
        .map(|number| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            id[8..].copy_from_slice(&spread(number).to_be_bytes());
            id
        })
        .collect()
}

fn on_sqlite(connection: &Connection, rows: u64) -> rusqlite::Result<Duration> {
    let ids = ids(rows);
    let begun = Instant::now();
    for part in ids.chunks(AT_ONCE) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut insert = connection.prepare_cached("INSERT INTO bare VALUES (?1, ?2, ?3, 'planned', ?4, ?5)")?;
        for id in part {
            insert.execute(rusqlite::params![id, &id[..], order_id_text(u64::from(id[7])), 1_i64, LETTER])?;
        }
        drop(insert);
        connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        let mut update = connection.prepare_cached("UPDATE bare SET state = 'captured', due = NULL WHERE id = ?1")?;
        for id in part {
            update.execute([id])?;
        }
        drop(update);
        connection.execute_batch("COMMIT")?;
    }
    Ok(begun.elapsed())
}

async fn on_postgres(client: &tokio_postgres::Client, rows: u64) -> Result<Duration, tokio_postgres::Error> {
    let ids = ids(rows);
    let insert = client.prepare("INSERT INTO bare VALUES ($1, $2, $3, 'planned', $4, $5)").await?;
    let update = client.prepare("UPDATE bare SET state = 'captured', due = NULL WHERE id = $1").await?;
    let begun = Instant::now();
    for part in ids.chunks(AT_ONCE) {
        client.batch_execute("BEGIN").await?;
        for id in part {
            let id = id.as_slice();
            client.execute(&insert, &[&id, &id, &order_id_text(7), &1_i64, &LETTER.as_slice()]).await?;
        }
        client.batch_execute("COMMIT; BEGIN").await?;
        for id in part {
            client.execute(&update, &[&id.as_slice()]).await?;
        }
        client.batch_execute("COMMIT").await?;
    }
    Ok(begun.elapsed())
}
