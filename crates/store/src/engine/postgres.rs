//! PostgreSQL: a pool of connections, one transaction for each step, run to its end even where the caller is
//! dropped. All that PostgreSQL does differently stands here.

use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Config, NoTls};

use super::postgres_together::Turns;
use super::{Row, Running, Sql, Tx, Value, many, postgres_tls};
use crate::error::StoreError;

/// Connections that one node opens at most.
const CONNECTIONS: usize = 16;
/// How long a connection may take to be made, or to become free.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A node that falls silent in the middle of a step (its machine sleeps, its network is gone) holds the account's lock:
/// the server ends such a step after 10 s, and the node finds it undone. No step of ours rests between statements.
const END_IDLE_STEPS: &str = "SET idle_in_transaction_session_timeout = '10s'";

/// Statements that travel together at most.
const TOGETHER: usize = 24;
/// A connection unused for longer is asked for a sign of life before it is used again.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A transaction on one connection.
pub struct PostgresTx {
    client: Object,
    /// What is still to be sent, in this order, before anything else.
    waiting: Vec<Waiting>,
}

/// A statement whose answer is not needed for going on.
enum Waiting {
    Change(Sql, Vec<Value>),
    Command(&'static str),
}

impl PostgresTx {
    pub(super) fn on(client: Object) -> Self {
        Self { client, waiting: Vec::new() }
    }

    pub(super) async fn rows(&mut self, sql: Sql, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.client.prepare_cached(sql.0).await.map_err(from_postgres)?;
        let rows = {
            let parameters = as_parameters(parameters);
            let client: &deadpool_postgres::ClientWrapper = &self.client;
            let query = client.query(&statement, &parameters);
            send_before(client, std::mem::take(&mut self.waiting), query).await?
        };
        rows.iter().map(row_of).collect()
    }

    pub(super) async fn run(&mut self, sql: Sql, parameters: &[Value]) -> Result<u64, StoreError> {
        let statement = self.client.prepare_cached(sql.0).await.map_err(from_postgres)?;
        let parameters = as_parameters(parameters);
        let client: &deadpool_postgres::ClientWrapper = &self.client;
        let change = client.execute(&statement, &parameters);
        send_before(client, std::mem::take(&mut self.waiting), change).await
    }

    pub(super) async fn put(&mut self, sql: Sql, parameters: Vec<Value>) -> Result<(), StoreError> {
        self.waiting.push(Waiting::Change(sql, parameters));
        if self.waiting.len() < TOGETHER { Ok(()) } else { self.send().await }
    }

    /// A command that travels with the next statement.
    pub(super) fn command(&mut self, command: &'static str) {
        self.waiting.push(Waiting::Command(command));
    }

    /// Sends what waits; the first failure, if there is any.
    pub(super) async fn send(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        send_before(&self.client, waiting, std::future::ready(Ok(()))).await
    }

    /// Drops what was not sent, since its step has failed; the commands among it.
    pub(super) fn forget(&mut self) -> Vec<&'static str> {
        let commands = self.waiting.drain(..).filter_map(|one| match one {
            Waiting::Command(command) => Some(command),
            Waiting::Change(..) => None,
        });
        commands.collect()
    }

    pub(super) async fn rows_many(&mut self, sql: Sql, rows: &[Vec<Value>]) -> Result<Vec<Row>, StoreError> {
        let mut statements = Vec::new();
        for slice in many::slices(rows) {
            let width = slice.first().map_or(0, Vec::len);
            statements.push((many::with_rows(sql.0, width, slice.len())?, slice.iter().flatten().collect()));
        }
        self.rows_of_all(statements).await
    }

    pub(super) async fn rows_in(
        &mut self,
        sql: Sql,
        parameters: &[Value],
        list: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let mut statements = Vec::new();
        for slice in many::slices(list) {
            let text = many::with_list(sql.0, parameters.len() + 1, slice.len())?;
            statements.push((text, parameters.iter().chain(slice).collect()));
        }
        self.rows_of_all(statements).await
    }

    /// The answers of statements that are sent together.
    async fn rows_of_all(&mut self, statements: Vec<(String, Vec<&Value>)>) -> Result<Vec<Row>, StoreError> {
        let client: &deadpool_postgres::ClientWrapper = &self.client;
        let mut prepared = Vec::with_capacity(statements.len());
        for (text, parameters) in statements {
            let parameters: Vec<_> = parameters.into_iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            prepared.push((client.prepare_cached(&text).await.map_err(from_postgres)?, parameters));
        }
        let queries = prepared.iter().map(|(statement, parameters)| client.query(statement, parameters));
        let all = join_all(queries).map(|answers| answers.into_iter().collect::<Result<Vec<_>, _>>());
        let answers = send_before(client, std::mem::take(&mut self.waiting), all).await?;
        answers.iter().flatten().map(row_of).collect()
    }

    /// Several statements without parameters, as migrations are.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.send().await?;
        self.client.batch_execute(sql).await.map_err(from_postgres)
    }
}

/// Sends statements, and one more behind them, without waiting for an answer in between: the server takes them in
/// this order. The first failure counts, since within a transaction all later ones follow from it.
async fn send_before<T>(
    client: &deadpool_postgres::ClientWrapper,
    waiting: Vec<Waiting>,
    last: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    if waiting.is_empty() {
        return last.await.map_err(from_postgres);
    }
    let mut statements = Vec::with_capacity(waiting.len());
    for one in &waiting {
        statements.push(match one {
            Waiting::Change(sql, _) => Some(client.prepare_cached(sql.0).await.map_err(from_postgres)?),
            Waiting::Command(_) => None,
        });
    }
    // A request goes out when its future is first polled, and these are polled in their order.
    let sent = waiting.iter().zip(&statements).map(|(one, statement)| async move {
        match (one, statement) {
            (Waiting::Change(_, parameters), Some(statement)) => {
                client.execute(statement, &as_parameters(parameters)).await.map(drop)
            }
            (Waiting::Command(command), _) => client.batch_execute(command).await,
            (Waiting::Change(..), None) => Ok(()),
        }
    });
    let (before, last) = join(join_all(sent), last).await;
    before.into_iter().collect::<Result<(), _>>().map_err(from_postgres)?;
    last.map_err(from_postgres)
}

fn as_parameters(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn row_of(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let values = row.columns().iter().enumerate().map(|(place, column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place).map(Value::from),
            Type::INT4 => row.try_get::<_, Option<i32>>(place).map(|n| n.map(i64::from).into()),
            Type::BOOL => row.try_get::<_, Option<bool>>(place).map(Value::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place).map(Value::from),
            _ => row.try_get::<_, Option<String>>(place).map(Value::from),
        };
        value.map_err(|error| StoreError::unexpected(error.to_string()))
    });
    Ok(Row(values.collect::<Result<_, _>>()?))
}

impl ToSql for Value {
    fn to_sql(&self, column: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *column == Type::INT4 => i32::try_from(*number)?.to_sql(column, out),
            Self::Int(number) => number.to_sql_checked(column, out),
            Self::Text(text) => text.to_sql_checked(column, out),
            Self::Blob(bytes) => bytes.to_sql_checked(column, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each value is checked against its column's type above.
        true
    }

    to_sql_checked!();
}

/// PostgreSQL's errors in the store's words. Values of a failed statement never stand in them (law 8).
#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
fn from_postgres(error: tokio_postgres::Error) -> StoreError {
    let Some(answer) = error.as_db_error() else {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        return StoreError::Unavailable(format!("{error}{cause}"));
    };
    let code = answer.code().code();
    match code.get(..2) {
        // Insufficient resources: 53100 is disk full.
        Some("53") if code == "53100" => StoreError::Full,
        // Connection, resources, operator intervention, transaction rollback (deadlock), read-only node.
        Some("08" | "53" | "57" | "40" | "25" | "28" | "3D") => {
            StoreError::Unavailable(format!("PostgreSQL says {code}, {}", answer.message()))
        }
        _ => StoreError::Unexpected(format!("PostgreSQL says {code}, {}", answer.message())),
    }
}

/// The pool, and the steps that wait to share a commit.
pub(crate) struct PostgresEngine {
    pool: Pool,
    turns: Arc<Turns>,
}

impl PostgresEngine {
    /// Connects, and refuses a server that may lose a commit it has acknowledged (law 1).
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (url, roots) = postgres_tls::take_roots(url);
        let mut config = Config::from_str(&url).map_err(|_| {
            StoreError::Unavailable("its URL can't be read; write it like postgres://user@host:5432/abide".into())
        })?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("abide");
        // A broken network is noticed within a minute, not after hours.
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(30));
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match (roots, config.get_ssl_mode()) {
            (Some(roots), _) => {
                config.ssl_mode(SslMode::Require);
                Manager::from_config(config, postgres_tls::connector(&roots)?, settings)
            }
            (None, SslMode::Require) => {
                return Err(StoreError::Unavailable(
                    "its URL asks for TLS; add sslrootcert=FILE with the certificate of the server's authority".into(),
                ));
            }
            (None, _) => Manager::from_config(config, NoTls, settings),
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .post_create(Hook::async_fn(|client: &mut ClientWrapper, _| {
                Box::pin(async move { client.batch_execute(END_IDLE_STEPS).await.map_err(HookError::Backend) })
            }))
            .pre_recycle(Hook::async_fn(|client, metrics| {
                let trusted = metrics.last_used() < TRUSTED_FOR;
                Box::pin(async move {
                    if trusted { Ok(()) } else { client.batch_execute("").await.map_err(HookError::Backend) }
                })
            }))
            .build()
            .map_err(|error| StoreError::unexpected(error.to_string()))?;
        let engine = Self { pool, turns: Arc::default() };
        engine.check_durability().await?;
        Ok(engine)
    }

    async fn check_durability(&self) -> Result<(), StoreError> {
        let client = self.client().await?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let answer = client.query_one(&format!("SHOW {setting}"), &[]).await.map_err(from_postgres)?;
            let value: &str = answer.try_get(0).map_err(from_postgres)?;
            if value == "off" {
                return Err(StoreError::NotDurable(setting));
            }
        }
        Ok(())
    }

    async fn client(&self) -> Result<Object, StoreError> {
        client_of(&self.pool).await
    }

    pub async fn write_together<R, F>(&self, account: [u8; 16], step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        Turns::take_one(&self.turns, &self.pool, account, step).await
    }

    pub async fn write<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        self.transact("BEGIN ISOLATION LEVEL READ COMMITTED", step).await
    }

    pub async fn read<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        self.transact("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", step).await
    }

    /// The step runs as a task of its own: a caller that is dropped must not leave a transaction open.
    async fn transact<R, F>(&self, begin: &'static str, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        let client = self.client().await?;
        let task = tokio::spawn(async move {
            let mut tx = Tx::Postgres(PostgresTx::on(client));
            batch(&mut tx, begin).await?;
            let Ok(result) = AssertUnwindSafe(step(&mut tx)).catch_unwind().await else {
                // Its transaction is still open, and must not meet the connection's next user.
                discard(tx);
                return Err(StoreError::unexpected("a step broke off"));
            };
            // What waits is sent before the COMMIT and apart from it: after a failure that nobody saw, the server
            // would answer a COMMIT with a rollback, and no error.
            let result = match result {
                Ok(result) => connection(&mut tx)?.send().await.map(|()| result),
                Err(error) => Err(error),
            };
            match result {
                Ok(result) => {
                    batch(&mut tx, "COMMIT").await?;
                    Ok(result)
                }
                Err(error) => {
                    connection(&mut tx)?.forget();
                    if batch(&mut tx, "ROLLBACK").await.is_err() {
                        discard(tx);
                    }
                    Err(error)
                }
            }
        });
        task.await.map_err(|_| StoreError::unexpected("a step broke off"))?
    }
}

/// A connection from the pool.
pub(super) async fn client_of(pool: &Pool) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| match error {
        deadpool_postgres::PoolError::Backend(error) => from_postgres(error),
        other => StoreError::Unavailable(other.to_string()),
    })
}

pub(super) fn connection(tx: &mut Tx) -> Result<&mut PostgresTx, StoreError> {
    match tx {
        Tx::Postgres(tx) => Ok(tx),
        Tx::Sqlite(_) => Err(StoreError::unexpected("this is not PostgreSQL")),
    }
}

pub(super) async fn batch(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    connection(tx)?.batch(sql).await
}

/// A connection in an unknown state must not go back to the pool.
pub(super) fn discard(tx: Tx) {
    if let Tx::Postgres(tx) = tx {
        drop(Object::take(tx.client));
    }
}
