//! SQLite: one writer thread that gathers waiting steps into one commit, each in its savepoint, and a few
//! readers. All that SQLite does differently stands here.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};
use tokio::sync::{mpsc, oneshot};

use super::checkpoints::Checkpoints;
use super::turnstile::{Turnstile, ask_steadily};
use super::{Row, Running, Sql, Tx, Value};
use crate::error::StoreError;

/// A commit gathers at most so many steps …
const STEPS_PER_COMMIT: usize = 256;
/// … and no new one after this long, so that another process gets its turn (design: 50 ms).
const LONGEST_GATHERING: Duration = Duration::from_millis(40);
/// How long a reader waits where the log is being recovered.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long emptying the log waits for readers.
const LOG_TIMEOUT: Duration = Duration::from_millis(200);
/// Waiting steps before callers must wait, too.
const QUEUE: usize = 4096;
/// Reading connections kept open.
const READERS: usize = 4;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;

/// A transaction on one connection of SQLite's.
pub struct SqliteTx {
    connection: Connection,
    numbered: HashMap<&'static str, String>,
}

impl SqliteTx {
    fn on(connection: Connection) -> Self {
        Self { connection, numbered: HashMap::new() }
    }

    fn statement(&mut self, sql: Sql) -> Result<CachedStatement<'_>, StoreError> {
        let text = self.numbered.entry(sql.0).or_insert_with(|| numbered(sql));
        self.connection.prepare_cached(text).map_err(from_sqlite)
    }

    pub(super) fn rows(&mut self, sql: Sql, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.statement(sql)?;
        let mut rows = Vec::new();
        answer_into(&mut statement, parameters, &mut rows)?;
        Ok(rows)
    }

    pub(super) fn rows_many(&mut self, sql: Sql, rows: &[Vec<Value>]) -> Result<Vec<Row>, StoreError> {
        let mut answers = Vec::new();
        let mut statement = self.statement(sql)?;
        for parameters in rows {
            answer_into(&mut statement, parameters, &mut answers)?;
        }
        Ok(answers)
    }

    pub(super) fn rows_in(&mut self, sql: Sql, parameters: &[Value], list: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut answers = Vec::new();
        let mut statement = self.statement(sql)?;
        for value in list {
            answer_into(&mut statement, parameters.iter().chain([value]), &mut answers)?;
        }
        Ok(answers)
    }

    pub(super) fn run(&mut self, sql: Sql, parameters: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.statement(sql)?;
        let touched = statement.execute(params_from_iter(parameters)).map_err(from_sqlite)?;
        u64::try_from(touched).map_err(|_| StoreError::unexpected("more rows than can be counted"))
    }

    /// Several statements without parameters, as migrations are.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(from_sqlite)
    }
}

fn answer_into<'v>(
    statement: &mut rusqlite::Statement<'_>,
    parameters: impl IntoIterator<Item = &'v Value>,
    rows: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let columns = statement.column_count();
    let mut answer = statement.query(params_from_iter(parameters)).map_err(from_sqlite)?;
    while let Some(row) = answer.next().map_err(from_sqlite)? {
        let values = (0..columns).map(|place| row.get_ref(place).map_err(from_sqlite).and_then(value_of));
        rows.push(Row(values.collect::<Result<_, _>>()?));
    }
    Ok(())
}

/// `$1` is a *name* to SQLite, numbered by first appearance; `?1` is the parameter 1.
fn numbered(sql: Sql) -> String {
    sql.0.replace('$', "?")
}

fn value_of(value: ValueRef<'_>) -> Result<Value, StoreError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(|text| Value::Text(text.to_owned()))
            .map_err(|_| StoreError::unexpected("a text is not UTF-8")),
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
        ValueRef::Real(_) => Err(StoreError::unexpected("a number with a fraction")),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// SQLite's errors in the store's words.
#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied,
        ) => StoreError::Unavailable(error.to_string()),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Unavailable(format!("the file is damaged or no database of Abide's ({error})"))
        }
        _ => StoreError::Unexpected(error.to_string()),
    }
}

/// Tells the caller, once the commit has returned, what became of his step.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// Runs a step; where no transaction could be begun, it is given that error in place of one.
type Run = Box<dyn FnOnce(Result<&mut Tx, StoreError>) -> Reply + Send>;

/// A step in its queue.
struct Job {
    /// Whether it has a commit of its own, and so needs no savepoint.
    alone: bool,
    run: Run,
}

/// The writer's queue and the readers.
pub(crate) struct SqliteEngine {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
}

impl SqliteEngine {
    /// Opens or makes the file. `readonly` never: even looking needs the WAL.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)
            .map_err(|error| StoreError::Unavailable(format!("{} can't be opened ({error})", path.display())))?;
        prepare_writer(&mut connection)?;
        let turns = Turnstile::beside(path);
        let checkpoints = Checkpoints::of(path, &mut connection)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_until_closed(SqliteTx::on(connection), &turns, checkpoints, queue))
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer ({error})")))?;
        let readers = Readers { path: path.to_owned(), idle: Mutex::new(Vec::new()) };
        Ok(Self { jobs, readers: Arc::new(readers) })
    }

    pub async fn write<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        self.wait_for(false, |tx| in_savepoint(tx, step)).await
    }

    /// For a step that changes much: in a savepoint SQLite copies each page that it changes, and with every statement
    /// walks along all the copies.
    pub async fn write_alone<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        self.wait_for(true, |tx| taking_all_back(tx, step)).await
    }

    async fn wait_for<R: Send + 'static>(
        &self,
        alone: bool,
        step: impl FnOnce(&mut Tx) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (tell, told) = oneshot::channel();
        let run: Run = Box::new(move |tx| {
            let result = tx.and_then(step);
            Box::new(move |lost| {
                let result = match lost {
                    None => result,
                    Some(error) => result.and(Err(error)),
                };
                // Nobody listens any more where the caller was dropped; the step stands all the same.
                let _ = tell.send(result);
            })
        });
        let job = Job { alone, run };
        self.jobs.send(job).await.map_err(|_| StoreError::Unavailable("the writer has ended".into()))?;
        told.await.map_err(|_| StoreError::Unavailable("the writer has ended".into()))?
    }

    /// Moves all of the write-ahead log into the file and empties it, so that erased bytes leave it, too.
    /// Where somebody reads just then, it is left for the next time.
    pub async fn empty_log(&self) -> Result<(), StoreError> {
        let path = self.readers.path.clone();
        let emptied = tokio::task::spawn_blocking(move || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(LOG_TIMEOUT)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        emptied.await.map_err(|_| StoreError::unexpected("emptying the log broke off"))?.map_err(from_sqlite)
    }

    pub async fn read<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || readers.look(step))
            .await
            .map_err(|_| StoreError::unexpected("a reading step broke off"))?
    }
}

fn prepare_writer(connection: &mut Connection) -> Result<(), StoreError> {
    ask_steadily(connection).map_err(from_sqlite)?;
    plan_once(connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -32000;
             PRAGMA temp_store = MEMORY;",
        )
        .map_err(from_sqlite)?;
    forget_durability_for_its_proof(connection)
}

/// The proof of durability must fail on a program that is not durable (`tests/proofs`), so a build for tests can
/// be made so by a variable. A release build has no such door.
#[cfg(debug_assertions)]
pub(super) fn forget_durability_for_its_proof(connection: &Connection) -> Result<(), StoreError> {
    if std::env::var_os("ABIDE_TEST_SYNCHRONOUS_OFF").is_some() {
        connection.execute_batch("PRAGMA synchronous = OFF").map_err(from_sqlite)?;
    }
    Ok(())
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "as the other one, which may fail")]
pub(super) const fn forget_durability_for_its_proof(_: &Connection) -> Result<(), StoreError> {
    Ok(())
}

/// A statement's plan must not look at the values bound to it. Otherwise SQLite plans anew at each new value wherever
/// one might matter (a partial index, statistics), which took more time than the look-ups themselves.
fn plan_once(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop).map_err(from_sqlite)
}

/// Runs one step in a savepoint of its own: where it fails, the others of the commit stand.
fn in_savepoint<R, F>(tx: &mut Tx, step: F) -> Result<R, StoreError>
where
    F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R>,
{
    say(tx, "SAVEPOINT step")?;
    let result = at_once(tx, step);
    if result.is_ok() {
        say(tx, "RELEASE step")?;
    } else if !connection(tx)?.is_autocommit() {
        batch(tx, "ROLLBACK TO step; RELEASE step")?;
    }
    result
}

/// Runs one step that has the transaction to itself: where it fails, nothing is left for the commit.
fn taking_all_back<R, F>(tx: &mut Tx, step: F) -> Result<R, StoreError>
where
    F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R>,
{
    let result = at_once(tx, step);
    if result.is_err() && !connection(tx)?.is_autocommit() {
        batch(tx, "ROLLBACK")?;
    }
    result
}

/// A step over SQLite never waits for anything, so one poll ends it.
fn at_once<R, F>(tx: &mut Tx, step: F) -> Result<R, StoreError>
where
    F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R>,
{
    catch_unwind(AssertUnwindSafe(|| step(tx).now_or_never()))
        .map_err(|_| StoreError::unexpected("a step broke off"))?
        .ok_or_else(|| StoreError::unexpected("a step waited for something outside the database"))?
}

fn connection(tx: &mut Tx) -> Result<&mut Connection, StoreError> {
    match tx {
        Tx::Sqlite(tx) => Ok(&mut tx.connection),
        Tx::Postgres(_) => Err(StoreError::unexpected("this is not SQLite")),
    }
}

fn batch(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    connection(tx)?.execute_batch(sql).map_err(from_sqlite)
}

/// One short command, prepared once.
fn say(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    let mut statement = connection(tx)?.prepare_cached(sql).map_err(from_sqlite)?;
    statement.execute([]).map(drop).map_err(from_sqlite)
}

fn write_until_closed(tx: SqliteTx, turns: &Turnstile, mut checkpoints: Checkpoints, mut queue: mpsc::Receiver<Job>) {
    let mut tx = Tx::Sqlite(tx);
    let mut put_off = None;
    while let Some(first) = put_off.take().or_else(|| queue.blocking_recv()) {
        let (replies, committed) = commit_together(&mut tx, turns, first, &mut queue, &mut put_off);
        let failure = committed.err();
        for reply in replies {
            reply(failure.as_ref().map(StoreError::for_another));
        }
        if let Ok(connection) = connection(&mut tx) {
            checkpoints.after_commit(connection);
        }
    }
}

/// Gathers steps that wait into one transaction. The replies go out only after its commit has returned. One that must
/// have a transaction to itself and comes among others is put off until they have theirs.
fn commit_together(
    tx: &mut Tx,
    turns: &Turnstile,
    first: Job,
    queue: &mut mpsc::Receiver<Job>,
    put_off: &mut Option<Job>,
) -> (Vec<Reply>, Result<(), StoreError>) {
    let mut replies = Vec::new();
    if let Err(error) = connection(tx).and_then(|connection| turns.begin(connection).map_err(from_sqlite)) {
        replies.push((first.run)(Err(error)));
        return (replies, Ok(()));
    }
    let began = Instant::now();
    let mut next = Some(first);
    while let Some(job) = next.take() {
        let alone = job.alone;
        replies.push((job.run)(Ok(&mut *tx)));
        // A step that was alone may have taken all back, and a full disk may make SQLite do so by itself.
        if connection(tx).is_ok_and(|connection| connection.is_autocommit()) {
            return (replies, Err(StoreError::Full));
        }
        if !alone && replies.len() < STEPS_PER_COMMIT && began.elapsed() < LONGEST_GATHERING {
            (*put_off, next) = match queue.try_recv() {
                Ok(job) if job.alone => (Some(job), None),
                other => (None, other.ok()),
            };
        }
    }
    let committed = batch(tx, "COMMIT");
    if committed.is_err() {
        // Where the commit failed with the transaction still open, it must not leak into the next one.
        let _ = batch(tx, "ROLLBACK");
    }
    (replies, committed)
}

/// Connections that only look.
struct Readers {
    path: std::path::PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn look<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Running<'t, R>,
    {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let mut tx = Tx::Sqlite(SqliteTx::on(connection));
        batch(&mut tx, "BEGIN DEFERRED")?;
        let result = at_once(&mut tx, step);
        let ended = batch(&mut tx, "ROLLBACK");
        if let (Ok(()), Tx::Sqlite(tx)) = (ended, tx) {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < READERS {
                idle.push(tx.connection);
            }
        }
        result
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(from_sqlite)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(from_sqlite)?;
        plan_once(&connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000;")
            .map_err(from_sqlite)?;
        // Whoever closes last moves the log into the file, and syncs both.
        forget_durability_for_its_proof(&connection)?;
        Ok(connection)
    }
}
