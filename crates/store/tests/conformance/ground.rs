//! The ground a test stands on: an empty folder, and a database of its own on one of the engines.

use std::path::{Path, PathBuf};

use cluster::FreshDatabase;
use model::{Account, Handle, Marketplace, Timestamp};
use store::{Database, Options, Store, StoreError};
use tempfile::TempDir;

/// A place for one installation.
pub struct Ground {
    folder: TempDir,
    postgres: Option<FreshDatabase>,
}

impl Ground {
    pub fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    /// None only where `ABIDE_SKIP_POSTGRES=1`.
    pub fn postgres() -> Option<Self> {
        cluster::fresh_database()
            .map(|database| Self { folder: tempfile::tempdir().unwrap(), postgres: Some(database) })
    }

    /// An empty installation on the same engine, with a copy of this one's keys.
    pub fn sibling(&self) -> Self {
        let sibling = if self.postgres.is_some() { Self::postgres().unwrap() } else { Self::sqlite() };
        self.give_keys_to(&sibling);
        sibling
    }

    /// An empty installation on the other engine, with a copy of this one's keys; none where it is left out.
    pub fn sibling_on_the_other_engine(&self) -> Option<Self> {
        let sibling = if self.postgres.is_some() { Self::sqlite() } else { Self::postgres()? };
        self.give_keys_to(&sibling);
        Some(sibling)
    }

    fn give_keys_to(&self, other: &Self) {
        std::fs::create_dir_all(other.keys()).unwrap();
        for file in std::fs::read_dir(self.keys()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), other.keys().join(file.file_name())).unwrap();
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn keys(&self) -> PathBuf {
        self.path("keys")
    }

    pub const fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    pub fn options(&self) -> Options {
        let database = match &self.postgres {
            Some(database) => Database::Postgres(database.url()),
            None => Database::Sqlite(self.path("abide.db")),
        };
        Options { database, keys: self.keys() }
    }

    pub async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.options()).await
    }

    pub async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    /// A store with one account, `blue-widgets`, that sells in the US and in Germany.
    pub async fn with_account(&self) -> (Store, Account) {
        let store = self.open().await;
        let account = store
            .add_account(
                "Blue Widgets".into(),
                "blue-widgets".parse::<Handle>().unwrap(),
                vec!["US".parse::<Marketplace>().unwrap(), "DE".parse().unwrap()],
                at("2026-08-01T00:00:00Z"),
            )
            .await
            .unwrap();
        (store, account)
    }

    /// Changes the database behind the program's back.
    pub fn by_hand(&self, sqlite: &str, postgres: &str) {
        match &self.postgres {
            Some(database) => {
                database.psql(postgres).unwrap();
            }
            None => self.connect().execute_batch(sqlite).unwrap(),
        }
    }

    /// Whether the database itself refuses that.
    pub fn refuses(&self, statement: &str) -> bool {
        match &self.postgres {
            Some(database) => database.psql(statement).is_err(),
            None => self.connect().execute_batch(statement).is_err(),
        }
    }

    /// The same where both engines take the same words.
    pub fn by_hand_alike(&self, statements: &str) {
        self.by_hand(statements, statements);
    }

    /// One number out of the database.
    pub fn number(&self, query: &str) -> i64 {
        match &self.postgres {
            Some(database) => database.psql(query).unwrap().parse().unwrap(),
            None => self.connect().query_row(query, [], |row| row.get(0)).unwrap(),
        }
    }

    /// The lines of one column of texts.
    pub fn texts(&self, query: &str) -> Vec<String> {
        if let Some(database) = &self.postgres {
            return database.psql(query).unwrap().lines().map(str::to_owned).collect();
        }
        let connection = self.connect();
        let mut statement = connection.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn connect(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.path("abide.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        connection
    }
}

/// A point in time, written as RFC 3339.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
