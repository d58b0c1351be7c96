//! Opening an installation: the engine, its schema, and the keys that must belong to it (law 4). A database
//! with data and no keys, or with others, stops the program with a sentence.

use std::path::PathBuf;
use std::sync::Arc;

use model::Timestamp;

use crate::engine::postgres::PostgresEngine;
use crate::engine::sqlite::SqliteEngine;
use crate::engine::{Engine, Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::{Store, migrations};

/// Where the data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A server, by URL; it may hold a password, so it never stands in logs.
    Postgres(String),
}

/// What opening needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the data are.
    pub database: Database,
    /// The directory of the keys.
    pub keys: PathBuf,
}

impl Store {
    /// Opens an installation, or makes one where there is nothing yet.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let engine = match &options.database {
            Database::Sqlite(path) => Engine::Sqlite(SqliteEngine::open(path)?),
            Database::Postgres(url) => Engine::Postgres(PostgresEngine::open(url).await?),
        };
        engine.write(|tx| Box::pin(migrations::migrate(tx))).await?;
        let keys = matching_keys(&engine, &options).await?;
        Ok(Self { engine, keys: Arc::new(keys) })
    }
}

async fn matching_keys(engine: &Engine, options: &Options) -> Result<Keys, StoreError> {
    let known = check_values(engine).await?;
    let shown = options.keys.display().to_string();
    let keys = match Keys::read(&options.keys)? {
        Some(keys) => keys,
        None if known.is_empty() => Keys::create(&options.keys)?,
        None => return Err(StoreError::KeysMissing(shown)),
    };
    let mine = keys.check_values()?;
    if known.is_empty() {
        let values = mine.clone();
        engine
            .write(move |tx| {
                Box::pin(async move {
                    for (name, value) in values {
                        tx.run(
                            sql!("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
                            &[name.into(), value.into()],
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    // Asked anew: two nodes may have started on an empty database at once, and only one pair of keys counts.
    let known = check_values(engine).await?;
    let all_here = known.iter().all(|value| mine.contains(value));
    if all_here { Ok(keys) } else { Err(StoreError::KeysForeign(shown)) }
}

async fn check_values(engine: &Engine) -> Result<Vec<(String, String)>, StoreError> {
    engine
        .read(|tx| {
            Box::pin(async move {
                let rows = tx
                    .rows(sql!("SELECT name, value FROM installation WHERE name LIKE '%_check%' ORDER BY name"), &[])
                    .await?;
                rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
            })
        })
        .await
}

/// When the last restore was, of which nobody knows what left between its backup and it; none without one.
pub(crate) async fn time_lost_until(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.row(sql!("SELECT value FROM installation WHERE name = 'time_lost'"), &[]).await?;
    let Some(row) = row else { return Ok(None) };
    let end = row.text(0)?.rsplit('/').next().and_then(|end| end.parse().ok());
    end.map(Some).ok_or_else(|| StoreError::unexpected("the time of the last restore can't be read"))
}
