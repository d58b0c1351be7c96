//! Turns between processes that write to one SQLite file. SQLite's own lock is nobody's turn: whoever asks at the
//! right moment has it, and one that writes without a pause (an import of the command line) is mostly the one that
//! asks first, while a server's notices wait. So whoever wants to begin holds the turnstile while he waits for the
//! lock: a process that has just committed finds it held, and comes second.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How often a lock is asked for. The pauses between an import's transactions are longer.
const ASK_EVERY: Duration = Duration::from_millis(1);
/// How long a step waits for other processes' transactions.
const PATIENCE: Duration = Duration::from_secs(15);

/// The turnstile: a lock on an empty file beside the database. It only makes turns fair, so where the file can't be
/// had or locked, writing goes on without it. The system frees it when a process dies.
pub(super) struct Turnstile {
    file: Option<File>,
}

impl Turnstile {
    /// The one beside a database's file.
    pub fn beside(database: &Path) -> Self {
        let mut path: OsString = database.as_os_str().to_owned();
        path.push("-turn");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        Self { file: file.ok() }
    }

    /// Begins a transaction that writes, in this process's turn.
    pub fn begin(&self, connection: &Connection) -> rusqlite::Result<()> {
        let held = self.file.as_ref().filter(|file| pass(file));
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        if let Some(file) = held {
            // Closing the file would free it, too.
            let _ = file.unlock();
        }
        begun
    }
}

/// Waits for the turnstile; false where it is not to be had, which is then no reason not to write.
fn pass(file: &File) -> bool {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return true,
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(ASK_EVERY),
            Err(_) => return false,
        }
    }
}

/// Makes a connection ask again for SQLite's lock every millisecond, in place of SQLite's own waits, which soon are
/// 100 ms and longer than the pauses that they wait for.
pub(super) fn ask_steadily(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|asked| {
        std::thread::sleep(ASK_EVERY);
        u128::try_from(asked).is_ok_and(|asked| asked < PATIENCE.as_millis() / ASK_EVERY.as_millis())
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_writer_without_pauses_lets_another_in_after_its_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide.db");
        let open = || {
            let mut connection = Connection::open(&path).unwrap();
            connection.execute_batch("PRAGMA journal_mode = WAL").unwrap();
            ask_steadily(&mut connection).unwrap();
            (connection, Turnstile::beside(&path))
        };
        let (busy, other) = (open(), open());
        let (begun, over) = (AtomicU32::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (connection, turns) = busy;
                while !over.load(Ordering::SeqCst) {
                    turns.begin(&connection).unwrap();
                    begun.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    connection.execute_batch("COMMIT").unwrap();
                }
            });
            while begun.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let (connection, turns) = other;
            for _ in 0..20 {
                let before = begun.load(Ordering::SeqCst);
                turns.begin(&connection).unwrap();
                // The one that was under way, and at most one that had passed already.
                let meanwhile = begun.load(Ordering::SeqCst) - before;
                connection.execute_batch("COMMIT").unwrap();
                over.store(meanwhile > 2, Ordering::SeqCst);
                assert!(meanwhile <= 2, "{meanwhile} transactions came first");
            }
            over.store(true, Ordering::SeqCst);
        });
    }
}
