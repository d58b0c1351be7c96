//! `begin_attempt` over suppression lists of 10^3, 10^5 and 10^7 entries: the facts and the decision alone, and the
//! whole attempt with its slot, its ledger entry and its share of a durable commit, beside one indexed read.
//!
//! `--quick` takes seconds, `--keep DIR` keeps what was built for the next run, `--one-account` gives the whole list
//! to one account, `--postgres` measures PostgreSQL alone, `--entries N` one length alone.

mod filler;
mod measured;

use std::path::PathBuf;
use std::process::Command;

use crate::house::{self, EngineName, House};

/// Accounts that share the list: the first has a tenth of it.
const ACCOUNTS: usize = 100;
/// Lengths of the list, and of the one that is short enough for PostgreSQL to fill in a minute.
const LENGTHS: [u64; 3] = [1_000, 100_000, 10_000_000];
const LENGTHS_ON_POSTGRES: [u64; 2] = [1_000, 1_000_000];
const QUICK: [u64; 2] = [1_000, 50_000];

/// What the command line asks for.
struct Wanted {
    quick: bool,
    keep: Option<PathBuf>,
    accounts: usize,
    postgres_only: bool,
    entries: Option<u64>,
}

impl Wanted {
    fn read(options: &[String]) -> Result<Self, String> {
        let mut wanted = Self { quick: false, keep: None, accounts: ACCOUNTS, postgres_only: false, entries: None };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut value = || options.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "--quick" => wanted.quick = true,
                "--one-account" => wanted.accounts = 1,
                "--postgres" => wanted.postgres_only = true,
                "--keep" => wanted.keep = Some(PathBuf::from(value()?)),
                "--entries" => wanted.entries = Some(value()?.parse().map_err(|_| "--entries needs a number")?),
                other => return Err(format!("there is no option {other}")),
            }
        }
        Ok(wanted)
    }

    fn lengths(&self, usual: &[u64]) -> Vec<u64> {
        match self.entries {
            Some(entries) => vec![entries],
            None if self.quick => QUICK.to_vec(),
            None => usual.to_vec(),
        }
    }

    /// Orders whose messages come before the gate.
    const fn attempts(&self) -> u64 {
        if self.quick { 1_000 } else { 20_000 }
    }
}

/// Measures and prints.
pub fn run(options: &[String]) -> Result<(), String> {
    if let Some(filling) = options.first().filter(|option| *option == "--fill") {
        return fill(options, filling);
    }
    let wanted = Wanted::read(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    if !wanted.postgres_only {
        for entries in wanted.lengths(&LENGTHS) {
            let house = filled(&wanted, entries)?;
            runtime.block_on(measured::on(&house, EngineName::Sqlite, &wanted, entries))?;
        }
    }
    let Some(_) = House::temporary(EngineName::Postgres)? else { return Ok(()) };
    for entries in wanted.lengths(&LENGTHS_ON_POSTGRES) {
        let Some(house) = House::temporary(EngineName::Postgres)? else { return Ok(()) };
        runtime.block_on(async {
            let store = house.open().await?;
            let mut accounts = Vec::with_capacity(wanted.accounts);
            for number in 0..wanted.accounts {
                accounts.push(house::account(&store, number).await?);
            }
            filler::fill_postgres(&house.url().unwrap_or_default(), &accounts, entries).await?;
            measured::on(&house, EngineName::Postgres, &wanted, entries).await
        })?;
    }
    Ok(())
}

/// A house on SQLite whose list has so many entries: built now, or found where an earlier run kept it.
fn filled(wanted: &Wanted, entries: u64) -> Result<House, String> {
    let house = match &wanted.keep {
        Some(keep) => House::kept(&keep.join(format!("gate-{entries}-{}", wanted.accounts)))?,
        None => House::temporary(EngineName::Sqlite)?.ok_or("no folder")?,
    };
    let done = house.folder().join("filled");
    if done.exists() {
        return Ok(house);
    }
    let begun = std::time::Instant::now();
    // In a process of its own, so that what it needed is not this one's memory.
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = house.folder().display().to_string();
    let counts = [wanted.accounts.to_string(), entries.to_string()];
    let status = Command::new(program).args(["gate", "--fill", &folder]).args(counts).status();
    match status {
        Ok(status) if status.success() => {}
        other => return Err(format!("the list was not filled: {other:?}")),
    }
    std::fs::write(done, "").map_err(|error| error.to_string())?;
    println!("{entries} entries written in {:.0} s, {:.0} MiB", begun.elapsed().as_secs_f64(), house.file_mib());
    Ok(house)
}

/// `--fill FOLDER ACCOUNTS ENTRIES`: what `filled` runs.
fn fill(options: &[String], shown: &str) -> Result<(), String> {
    let [_, folder, accounts, entries] = options else { return Err(format!("{shown} is for this bench alone")) };
    let accounts: usize = accounts.parse().map_err(|_| "a number of accounts")?;
    let entries: u64 = entries.parse().map_err(|_| "a number of entries")?;
    let house = House::kept(&PathBuf::from(folder))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let owners = runtime.block_on(async {
        let store = house.open().await?;
        let mut owners = Vec::with_capacity(accounts);
        for number in 0..accounts {
            owners.push(house::account(&store, number).await?);
        }
        Ok::<_, String>(owners)
    })?;
    filler::fill_sqlite(&house, &owners, entries)
}
