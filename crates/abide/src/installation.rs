//! An installation as commands meet it: its folder, made readable by its owner alone, its store, the account
//! that was named. A command that needs data does not make an empty installation out of a mistyped folder.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use model::{Account, Clock, Handle, Timestamp};
use store::{Database, Options, Store};

use crate::configuration::Configuration;
use crate::exit::Failure;

/// The clock of this machine.
pub fn clock() -> Clock {
    Clock::real(Timestamp::from_clock())
}

/// Opens the installation, or makes it.
pub async fn open(configuration: &Configuration) -> Result<Store, Failure> {
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

/// Opens the installation and finds the account.
pub async fn open_account(configuration: &Configuration, handle: &Handle) -> Result<(Store, Account), Failure> {
    let store = open_existing(configuration).await?;
    let account = store.account(handle).await?;
    Ok((store, account))
}

async fn opened(configuration: &Configuration) -> Result<Store, Failure> {
    let options = Options { database: configuration.database.clone(), keys: configuration.keys() };
    Ok(Store::open(options).await?)
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Failure::could_not_run(format!(
            "the data folder {} can't be made ({error}); name another with --data, or grant the right to it",
            path.display()
        ))
    })
}

/// SQLite gives its side files the mode of the database's file, so that is made first, readable by its owner.
fn make_private_file(path: &Path) -> Result<(), Failure> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Failure::could_not_run(format!(
            "the database {} can't be made ({error}); name another folder with --data, or grant the right to it",
            path.display()
        ))),
    }
}
