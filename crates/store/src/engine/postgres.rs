//! PostgreSQL: a pool of connections, one transaction for each step, run to its end even where the caller is
//! dropped. All that PostgreSQL does differently stands here.

use std::error::Error as _;
use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Config, NoTls};

use super::{Row, Running, Sql, Tx, Value, postgres_tls};
use crate::error::StoreError;

/// Connections that one node opens at most.
const CONNECTIONS: usize = 16;
/// How long a connection may take to be made, or to become free.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A transaction on one connection.
pub struct PostgresTx {
    client: Object,
}

impl PostgresTx {
    pub(super) async fn rows(&mut self, sql: Sql, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.client.prepare_cached(sql.0).await.map_err(from_postgres)?;
        let rows = self.client.query(&statement, &as_parameters(parameters)).await.map_err(from_postgres)?;
        rows.iter().map(row_of).collect()
    }

    pub(super) async fn run(&mut self, sql: Sql, parameters: &[Value]) -> Result<u64, StoreError> {
        let statement = self.client.prepare_cached(sql.0).await.map_err(from_postgres)?;
        self.client.execute(&statement, &as_parameters(parameters)).await.map_err(from_postgres)
    }

    /// Several statements without parameters, as migrations are.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).await.map_err(from_postgres)
    }
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

/// The pool.
pub(crate) struct PostgresEngine {
    pool: Pool,
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
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Verified };
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
            .build()
            .map_err(|error| StoreError::unexpected(error.to_string()))?;
        let engine = Self { pool };
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
        self.pool.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => from_postgres(error),
            other => StoreError::Unavailable(other.to_string()),
        })
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
            let mut tx = Tx::Postgres(PostgresTx { client });
            batch(&mut tx, begin).await?;
            match step(&mut tx).await {
                Ok(result) => {
                    batch(&mut tx, "COMMIT").await?;
                    Ok(result)
                }
                Err(error) => {
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

async fn batch(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    match tx {
        Tx::Postgres(tx) => tx.batch(sql).await,
        Tx::Sqlite(_) => Err(StoreError::unexpected("this is not PostgreSQL")),
    }
}

/// A connection in an unknown state must not go back to the pool.
fn discard(tx: Tx) {
    if let Tx::Postgres(tx) = tx {
        drop(Object::take(tx.client));
    }
}
