//! The two engines behind one door. A business step is written once, as an async function over [`Tx`]: on
//! PostgreSQL it awaits the server, on SQLite every statement is answered at once on the writer's thread.

mod by_account;
mod checkpoints;
mod many;
pub(crate) mod postgres;
mod postgres_tls;
mod postgres_together;
pub(crate) mod sqlite;
mod turnstile;
mod value;

use std::future::Future;
use std::pin::Pin;

pub(crate) use value::sql;
pub use value::{Row, Sql, Value};

use crate::error::StoreError;

/// A business step under way.
pub type Running<'t, R> = Pin<Box<dyn Future<Output = Result<R, StoreError>> + Send + 't>>;

/// An open transaction.
pub enum Tx {
    /// On the connection of SQLite's writer, or of a reader.
    Sqlite(sqlite::SqliteTx),
    /// On a connection to PostgreSQL.
    Postgres(postgres::PostgresTx),
}

impl Tx {
    /// All rows of an answer. Statements bound their own answers by `LIMIT`.
    pub async fn rows(&mut self, sql: Sql, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rows(sql, parameters),
            Self::Postgres(tx) => tx.rows(sql, parameters).await,
        }
    }

    /// The first row of an answer, where there is one.
    pub async fn row(&mut self, sql: Sql, parameters: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, parameters).await?.into_iter().next())
    }

    /// Runs a change; how many rows it touched.
    pub async fn run(&mut self, sql: Sql, parameters: &[Value]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(tx) => tx.run(sql, parameters),
            Self::Postgres(tx) => tx.run(sql, parameters).await,
        }
    }

    /// Runs a change whose count of rows nobody asks for. On PostgreSQL it travels with the next statement, or at
    /// the latest with the step's end, and its failure is told there: in the same step, before anything of it
    /// counts.
    pub async fn put<const N: usize>(&mut self, sql: Sql, parameters: [Value; N]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.run(sql, &parameters).map(drop),
            Self::Postgres(tx) => tx.put(sql, parameters.into()).await,
        }
    }

    /// Runs an `INSERT … VALUES (…) …` for each row of parameters; all that it returns, in no order. No two rows may
    /// have the same key: PostgreSQL takes many in one statement.
    pub async fn rows_many(&mut self, sql: Sql, rows: &[Vec<Value>]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rows_many(sql, rows),
            Self::Postgres(tx) => tx.rows_many(sql, rows).await,
        }
    }

    /// The answers of a statement with `IN ($n)`, its last parameter, for each value of a list, in no order. No value
    /// may stand in the list twice.
    pub async fn rows_in(&mut self, sql: Sql, parameters: &[Value], list: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rows_in(sql, parameters, list),
            Self::Postgres(tx) => tx.rows_in(sql, parameters, list).await,
        }
    }

    /// Whether this is PostgreSQL, for the few steps in which the engines must differ.
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The statement that this engine needs, where the two can't share one.
    pub(crate) const fn either(&self, sqlite: Sql, postgres: Sql) -> Sql {
        if self.is_postgres() { postgres } else { sqlite }
    }
}

/// The engine of one installation.
pub(crate) enum Engine {
    Sqlite(sqlite::SqliteEngine),
    Postgres(postgres::PostgresEngine),
}

impl Engine {
    /// Runs a step that changes something, in a transaction of its own; returns once it is durable (law 1).
    pub async fn write<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => engine.write(step).await,
            Self::Postgres(engine) => engine.write(step).await,
        }
    }

    /// The same for a step that begins by locking one account's ledger head, and of which many wait at once: steps
    /// of one account may share a commit, each in its savepoint, a failing one taking only itself back.
    pub async fn write_together<R, F>(&self, account: [u8; 16], step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        match self {
            // Here all steps do.
            Self::Sqlite(engine) => engine.write(step).await,
            Self::Postgres(engine) => engine.write_together(account, step).await,
        }
    }

    /// The same for a step that changes much, as an import does: it shares its commit with no other.
    pub async fn write_alone<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => engine.write_alone(step).await,
            // Here each has its own anyway.
            Self::Postgres(engine) => engine.write(step).await,
        }
    }

    /// Runs a step that only looks, on one consistent state.
    pub async fn read<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => engine.read(step).await,
            Self::Postgres(engine) => engine.read(step).await,
        }
    }
}
