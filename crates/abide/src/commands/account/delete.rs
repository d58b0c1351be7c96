//! `abide account delete`: ends an account at once and erases it here and now; broken off, the worker goes on with it.

use std::time::{Duration, Instant};

use model::Timestamp;
use model::member::Actor;
use serde::Serialize;
use store::Erased;

use crate::arguments::AccountDelete;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;
use crate::turns;

/// Rows in one transaction.
const ERASED_AT_ONCE: u32 = 400;
/// How long it waits for messages that are on their way.
const WAIT: Duration = Duration::from_secs(1);
/// How often it says how far it has come.
const SAY_EVERY: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Deleted {
    account: String,
    rows: u64,
    ledger_number: u64,
    finished_at: Timestamp,
}

/// How many tombstones are listed.
const LISTED: u32 = 1000;

#[derive(Serialize)]
struct TombstoneShown {
    account: String,
    began_at: Timestamp,
    by: String,
    ledger_number: u64,
    ledger_mac: String,
    finished_at: Option<Timestamp>,
}

/// `abide account deleted`
pub async fn tombstones(configuration: &Configuration, output: Output) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let stones = store.tombstones(LISTED).await?;
    let mut rows = Vec::new();
    for stone in stones {
        let shown = TombstoneShown {
            account: stone.account.to_string(),
            began_at: stone.began_at,
            by: stone.by,
            ledger_number: stone.ledger_number,
            ledger_mac: data_encoding::HEXLOWER.encode(&stone.ledger_mac),
            finished_at: stone.finished_at,
        };
        output.object(&shown)?;
        let erased = shown.finished_at.map_or_else(|| "being erased".to_owned(), |at| at.to_string());
        rows.push(vec![shown.account, shown.began_at.to_string(), shown.by, erased, shown.ledger_number.to_string()]);
    }
    if rows.is_empty() {
        output.line("No account was ever deleted here.")?;
    } else {
        output.table(&["ID", "DELETED", "BY", "ERASED", "LAST ENTRY"], &rows)?;
    }
    Ok(Ended::Done)
}

pub async fn run(configuration: &Configuration, output: Output, wanted: &AccountDelete) -> Result<Ended, Failure> {
    if wanted.confirm != wanted.account {
        return Err(Failure::usage(format!(
            "--confirm says `{}`; to delete `{}` for ever, write --confirm {}",
            wanted.confirm, wanted.account, wanted.account
        )));
    }
    let (store, account) = installation::open_account(configuration, &wanted.account).await?;
    store.delete_account(account.id, Actor::Operator, Timestamp::from_clock()).await?;
    output.line("It is ended: nothing is sent or taken in for it any more, and its members are out. Erasing …")?;
    let (mut rows, mut said) = (0_u64, Instant::now());
    loop {
        let began = Instant::now();
        match store.erase_deleted(ERASED_AT_ONCE, Timestamp::from_clock()).await? {
            Erased::Some(erased) => rows += erased,
            Erased::Waiting => tokio::time::sleep(WAIT).await,
            // Another account's end, where two were deleted; or the worker was quicker.
            Erased::Finished | Erased::Nothing => {}
        }
        let stone = store.tombstone(account.id).await?;
        if let Some(finished_at) = stone.finished_at {
            let ledger_number = stone.ledger_number;
            output.object(&Deleted { account: wanted.account.to_string(), rows, ledger_number, finished_at })?;
            output.line(&format!(
                "Erased. What stays is a tombstone: its ledger ended with entry {}. Backups from before hold the account \
                 until you throw them away.",
                stone.ledger_number
            ))?;
            return Ok(Ended::Done);
        }
        if said.elapsed() >= SAY_EVERY {
            said = Instant::now();
            output.line(&format!("  {rows} rows erased"))?;
        }
        turns::give_way(began).await;
    }
}
