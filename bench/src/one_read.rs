//! The gate's peer: one look-up by an index, in the same file or database, of what the gate asks first.

use std::time::Duration;

use model::message::ClaimedMessage;
use rusqlite::Connection;

use crate::house::House;

const ON_SQLITE: &str = "SELECT reason FROM suppression WHERE account_id = ?1 AND order_id = ?2";
const ON_POSTGRES: &str = "SELECT reason FROM suppression WHERE account_id = $1 AND order_id = $2";

/// A connection beside the store's.
pub enum OneRead {
    Sqlite(Connection),
    Postgres(tokio_postgres::Client, tokio_postgres::Statement),
}

fn said(error: &impl std::fmt::Display) -> String {
    format!("the peer can't read: {error}")
}

impl OneRead {
    pub async fn open(house: &House) -> Result<Self, String> {
        let Some(url) = house.url() else {
            let connection = Connection::open(house.file()).map_err(|error| said(&error))?;
            connection.busy_timeout(Duration::from_secs(20)).map_err(|error| said(&error))?;
            // As much as the store gives its own readers.
            connection.execute_batch("PRAGMA cache_size = -8000").map_err(|error| said(&error))?;
            return Ok(Self::Sqlite(connection));
        };
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        let statement = client.prepare(ON_POSTGRES).await.map_err(|error| said(&error))?;
        Ok(Self::Postgres(client, statement))
    }

    /// One read for each message, two hundred in a transaction.
    pub async fn look(&self, claimed: &[ClaimedMessage]) -> Result<(), String> {
        for part in claimed.chunks(200) {
            match self {
                Self::Sqlite(connection) => look_on_sqlite(connection, part).map_err(|error| said(&error))?,
                Self::Postgres(client, statement) => {
                    for message in part {
                        let account = message.account.as_bytes().as_slice();
                        let order = message.order_id.as_str();
                        client.query_opt(statement, &[&account, &order]).await.map_err(|error| said(&error))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn look_on_sqlite(connection: &Connection, part: &[ClaimedMessage]) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    let mut statement = connection.prepare_cached(ON_SQLITE)?;
    for message in part {
        let mut rows = statement.query(rusqlite::params![message.account.as_bytes(), message.order_id.as_str()])?;
        if let Some(row) = rows.next()? {
            row.get::<_, String>(0)?;
        }
    }
    drop(statement);
    connection.execute_batch("COMMIT")
}
