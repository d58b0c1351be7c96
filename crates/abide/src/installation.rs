//! An installation as commands meet it: its folder, made readable by its owner alone, its store, the account
//! that was named. A command that needs data does not make an empty installation out of a mistyped folder, and
//! none begins anew where keys say that there was a database: notices would be turned away as unknown.

mod trouble;

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use model::{Account, Clock, Handle, Marketplace, Timestamp};
use store::{Database, Keys, Options, Store, StoreError};

use crate::arguments::OfStore;
use crate::configuration::Configuration;
use crate::exit::Failure;

/// The clock of this machine.
pub fn clock() -> Clock {
    Clock::real(Timestamp::from_clock())
}

/// Opens the installation, or makes it where there is nothing at all yet.
pub async fn open(configuration: &Configuration) -> Result<Store, Failure> {
    if database_is_lost(configuration)? {
        return Err(Failure::could_not_run(format!(
            "{} holds keys but the database is empty: is it the wrong folder, or is there a database to restore? Run \
             `abide restore FILE`, or move the keys away to begin anew",
            configuration.keys().display()
        )));
    }
    open_for_restore(configuration).await
}

/// Opens the installation, or makes its database for keys that wait for one.
pub async fn open_for_restore(configuration: &Configuration) -> Result<Store, Failure> {
    make_folder(&configuration.data)?;
    if let Database::Sqlite(path) = &configuration.database {
        make_private_file(path)?;
    }
    opened(configuration).await
}

/// Opens the installation; where there is none, says so and makes none.
pub async fn open_existing(configuration: &Configuration) -> Result<Store, Failure> {
    if is_missing(configuration) {
        return Err(Failure::usage(format!(
            "there are no data of Abide's in {} yet; begin with `abide account add NAME --store US`, or name the right \
             folder with --data",
            configuration.data.display()
        )));
    }
    open(configuration).await
}

/// Whether nothing was made there yet.
pub fn is_missing(configuration: &Configuration) -> bool {
    match &configuration.database {
        Database::Sqlite(path) => !path.exists() && !configuration.keys().exists(),
        Database::Postgres(_) => false,
    }
}

/// Whether there are keys whose SQLite file is missing or empty. The first start makes the database before the
/// keys, so this is no state that a start leaves behind.
pub fn database_is_lost(configuration: &Configuration) -> Result<bool, Failure> {
    let Database::Sqlite(path) = &configuration.database else { return Ok(false) };
    Ok(is_empty(path) && is_empty(&beside(path, "-wal")) && Keys::read(&configuration.keys())?.is_some())
}

/// Takes away a SQLite file that was made for nothing.
pub fn take_back(configuration: &Configuration) {
    if let Database::Sqlite(path) = &configuration.database {
        for file in [path.clone(), beside(path, "-wal"), beside(path, "-shm"), beside(path, "-turn")] {
            // What can't be taken away is an empty database, as it was before.
            let _ = fs::remove_file(file);
        }
    }
}

/// A file that SQLite keeps beside the database's.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether nothing is there; what can't be looked at may be something.
fn is_empty(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(known) => known.is_file() && known.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Opens the installation and finds the account.
pub async fn open_account(configuration: &Configuration, handle: &Handle) -> Result<(Store, Account), Failure> {
    let store = open_existing(configuration).await?;
    let account = store.account(handle).await?;
    Ok((store, account))
}

/// Opens the installation and finds the account, which must have that store.
pub async fn open_store(configuration: &Configuration, at: &OfStore) -> Result<(Store, Account), Failure> {
    let (store, account) = open_account(configuration, &at.of.account).await?;
    must_have(&account, at.store)?;
    Ok((store, account))
}

/// The account must sell in that store.
pub fn must_have(account: &Account, store: Marketplace) -> Result<(), Failure> {
    if account.sellers.iter().any(|seller| seller.store == store) {
        return Ok(());
    }
    let stores: Vec<&str> = account.sellers.iter().map(|seller| seller.store.as_str()).collect();
    Err(StoreError::UnknownStore(store.to_string(), stores.join(", ")).into())
}

async fn opened(configuration: &Configuration) -> Result<Store, Failure> {
    let options = Options { database: configuration.database.clone(), keys: configuration.keys() };
    Store::open(options).await.map_err(|error| match (&configuration.database, &error) {
        (Database::Sqlite(path), StoreError::Unavailable(_) | StoreError::Full) => {
            trouble::of_storage(&configuration.data, path).unwrap_or_else(|| error.into())
        }
        _ => error.into(),
    })
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        trouble::sentence(path, "the data folder", &error).unwrap_or_else(|| {
            Failure::could_not_run(format!(
                "the data folder {} can't be made ({error}); name another with --data, or grant the right to it",
                path.display()
            ))
        })
    })
}

/// SQLite gives its side files the mode of the database's file, so that is made first, readable by its owner.
fn make_private_file(path: &Path) -> Result<(), Failure> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(trouble::sentence(path, "the database", &error).unwrap_or_else(|| {
            Failure::could_not_run(format!(
                "the database {} can't be made ({error}); name another folder with --data, or grant the right to it",
                path.display()
            ))
        })),
    }
}
