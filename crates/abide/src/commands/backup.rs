//! `abide backup` and `abide restore`. A backup holds all data and no keys; restoring one is time travel, so
//! live sending is off afterwards until somebody has imported what came since and says so.

use model::Timestamp;
use model::member::Actor;
use serde_json::json;
use store::Keys;

use crate::arguments::{BackupFile, Restore};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{Output, counted};

pub async fn backup(configuration: &Configuration, output: Output, backup: BackupFile) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let made = store.backup(&backup.file, Timestamp::from_clock()).await?;
    let file = backup.file.display().to_string();
    output.object(&json!({ "file": file, "rows": made.rows, "bytes": made.bytes }))?;
    output.line(&format!("{file}: {}, {} bytes.", counted(made.rows, "row", "rows"), made.bytes))?;
    output.line(&format!(
        "The keys are not in it. Keep a copy of {} in another safe place.",
        configuration.keys().display()
    ))?;
    Ok(Ended::Done)
}

pub async fn restore(configuration: &Configuration, output: Output, restore: Restore) -> Result<Ended, Failure> {
    match restore.file {
        Some(file) => restore_file(configuration, output, &file).await,
        None => acknowledge(configuration, output).await,
    }
}

async fn restore_file(configuration: &Configuration, output: Output, file: &std::path::Path) -> Result<Ended, Failure> {
    // Opening would make new keys, and with those nothing in the backup could be read.
    if Keys::read(&configuration.keys())?.is_none() {
        return Err(Failure::could_not_run(format!(
            "there are no keys in {}; put the backed-up installation's keys there first, then restore again",
            configuration.keys().display()
        )));
    }
    // A mistyped name must not leave an empty database behind, with which everything would begin anew.
    let lost = installation::database_is_lost(configuration)?;
    let store = installation::open_for_restore(configuration).await?;
    let restored = match store.restore(file, installation::clock()).await {
        Ok(restored) => restored,
        Err(error) => {
            drop(store);
            if lost {
                installation::take_back(configuration);
            }
            return Err(error.into());
        }
    };
    output.object(&json!({
        "file": file.display().to_string(),
        "made_at": restored.made_at,
        "rows": restored.rows,
        "accounts": restored.accounts,
        "unknown": restored.unknown,
    }))?;
    output.title(&format!(
        "Restored {} as of {}.",
        counted(restored.accounts, "account", "accounts"),
        restored.made_at
    ))?;
    output.line("Nothing is sent for real until what came since is here again:")?;
    output.line("  1. import the order reports and the mails since then; the same again changes nothing")?;
    output.line("  2. say so: abide restore --acknowledge")?;
    if restored.unknown > 0 {
        let messages = counted(restored.unknown, "message", "messages");
        output.line(&format!("{messages} may have left since; they are `unknown` and never leave by themselves."))?;
    }
    Ok(Ended::Done)
}

async fn acknowledge(configuration: &Configuration, output: Output) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let since = store.restored_at().await?;
    if since.is_some() {
        store.acknowledge_restore(Actor::Operator, Timestamp::from_clock()).await?;
    }
    output.object(&json!({ "restored_at": since, "acknowledged": true }))?;
    output.line(match since {
        Some(_) => "Live sending may go on, in the stores that are set to it.",
        None => "No restored backup waits for this.",
    })?;
    Ok(Ended::Done)
}
