//! Moving SQLite's write-ahead log into the file. A thread of its own does it while the writer goes on, so that
//! commits don't wait for the file's sync; the writer itself finishes it only where the log has grown long. A
//! checkpoint that fails loses nothing, since the log still holds everything: the next one does its work.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::sqlite::{forget_durability_for_its_proof, from_sqlite};
use crate::error::StoreError;

/// Pages by which the log grows before the thread moves what is in it: 8 MiB.
const EACH: u32 = 2048;
/// Pages at which the writer itself moves the rest, so that the log begins anew: 32 MiB. Beside a writer who never
/// rests, the thread alone would always leave a little.
const MOST: u32 = 8192;

/// The log's length as the writer knows it, and the way to the thread.
pub(super) struct Checkpoints {
    pages: Arc<AtomicU32>,
    asked_at: u32,
    ask: SyncSender<()>,
}

impl Checkpoints {
    /// Takes the place of SQLite's own checkpoints on the writer's connection.
    pub fn of(path: &Path, writer: &mut Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        // An error would be taken for the commit's, which has happened.
        let count = move |_: &mut Wal, pages| {
            counted.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(count)).map_err(from_sqlite)?;
        let (ask, asked) = sync_channel(1);
        let path = path.to_owned();
        std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || move_when_asked(&path, &asked))
            .map_err(|error| StoreError::Unavailable(format!("no thread for checkpoints ({error})")))?;
        Ok(Self { pages, asked_at: 0, ask })
    }

    /// What is to be done when a commit has returned and its callers have been told.
    pub fn after_commit(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.asked_at {
            // The log began anew.
            self.asked_at = 0;
        }
        if pages >= MOST {
            checkpoint(writer);
        } else if pages >= self.asked_at.saturating_add(EACH) {
            self.asked_at = pages;
            // Where it is still at work, it is asked again EACH pages later, or the writer does the rest.
            let _ = self.ask.try_send(());
        }
    }
}

fn move_when_asked(path: &PathBuf, asked: &Receiver<()>) {
    let mut connection = None;
    while asked.recv().is_ok() {
        if connection.is_none() {
            connection =
                Connection::open(path).ok().filter(|connection| forget_durability_for_its_proof(connection).is_ok());
        }
        if let Some(connection) = &connection {
            checkpoint(connection);
        }
    }
}

/// As far as it goes without waiting for anybody.
fn checkpoint(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}
