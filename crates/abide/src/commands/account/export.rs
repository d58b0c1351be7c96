//! `abide account export`: everything of an account in one ZIP file, whole or not at all, which its owner alone may read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::Timestamp;
use model::member::Actor;
use serde_json::json;
use tokio::sync::mpsc;

use crate::arguments::AccountExport;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{Output, counted};
use crate::progress;

/// Pieces of about 64 KiB that wait for the disk.
const PIECES: usize = 4;

pub async fn run(configuration: &Configuration, output: Output, wanted: &AccountExport) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &wanted.account).await?;
    let partial = partial_of(&wanted.to);
    let mut file = made(&wanted.to, &partial)?;
    let (pieces, mut written) = mpsc::channel::<Vec<u8>>(PIECES);
    let writing = async {
        let bar = progress::over_bytes(None);
        while let Some(piece) = written.recv().await {
            file.write_all(&piece)?;
            bar.inc(u64::try_from(piece.len()).unwrap_or_default());
        }
        bar.finish_and_clear();
        file.sync_all()
    };
    let exporting = store.export_account(&account, Actor::Operator, Timestamp::from_clock(), pieces);
    let (exported, kept) = tokio::join!(exporting, writing);
    let named = kept.and_then(|()| match &exported {
        // Never over a file that came meanwhile.
        Ok(_) => std::fs::hard_link(&partial, &wanted.to),
        Err(_) => Ok(()),
    });
    let removed = std::fs::remove_file(&partial);
    named.and(removed).map_err(|error| failed(&wanted.to, &error))?;
    let exported = exported?;
    let shown = wanted.to.display().to_string();
    output.object(&json!({ "file": shown, "files": exported.files, "bytes": exported.bytes }))?;
    output.line(&format!("{shown}: {}, {} bytes.", counted(exported.files, "file", "files"), exported.bytes))?;
    output.line(
        "Nothing in it is sealed: it holds buyers' addresses and texts. Keep it safe, and no longer than it is needed.",
    )?;
    Ok(Ended::Done)
}

fn partial_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn made(file: &Path, partial: &Path) -> Result<File, Failure> {
    if file.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!("{} exists already; an export never writes over a file", file.display())));
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial);
    opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(format!(
            "{} is left from an export that broke off, or another one is writing it; remove it first",
            partial.display()
        )),
        _ => failed(file, &error),
    })
}

fn failed(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} can't be written: {error}", file.display()))
}
