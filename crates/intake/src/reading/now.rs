//! The note of what is being read now. Each process keeps one locked file with a line for each thread; a file
//! whose lock is free belongs to a process that died, and the digests in it are of the mails it was reading.
//! A kill or a power cut looks the same, so the first death makes a mail only suspect, the second decides.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Digest;
use crate::IntakeError;

/// After so many deaths of a process over one mail it is never read again.
const DEATHS_UNTIL_UNREAD: u32 = 2;

/// A digest in hexadecimal and a line feed.
const LINE: usize = 65;

/// What a mail's past asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precaution {
    /// Nothing is known against it.
    None,
    /// A process died while it and perhaps others were being read.
    Alone,
    /// It must not be read.
    Unread,
}

#[derive(Debug)]
pub(super) struct ReadingNow {
    notes: Option<Notes>,
    deaths: Mutex<HashMap<String, u32>>,
}

#[derive(Debug)]
struct Notes {
    path: PathBuf,
    /// Locked as long as this process lives.
    file: File,
    /// `deaths`: one line for each `died` and `survived`.
    history: File,
}

impl ReadingNow {
    /// Remembers nothing.
    pub(super) fn forgetful() -> Self {
        Self { notes: None, deaths: Mutex::default() }
    }

    /// Collects what dead processes left in `folder` and begins a note of this process's own.
    pub(super) fn open(folder: &Path, threads: usize) -> Result<Self, IntakeError> {
        let fault = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| IntakeError::Folder { doing, path, source }
        };
        std::fs::create_dir_all(folder).map_err(fault("create", folder))?;
        // Held until this process's own note is locked, so that nobody takes it for a dead one's.
        let door = folder.join("lock");
        let door_file = open_or_create(&door).map_err(fault("write", &door))?;
        door_file.lock().map_err(fault("lock", &door))?;

        let history_path = folder.join("deaths");
        let mut history =
            OpenOptions::new().create(true).append(true).open(&history_path).map_err(fault("write", &history_path))?;
        for entry in std::fs::read_dir(folder).map_err(fault("read", folder))? {
            let path = entry.map_err(fault("read", folder))?.path();
            if path.extension().is_some_and(|extension| extension == "now")
                && let Some(left) = left_by_the_dead(&path).map_err(fault("read", &path))?
            {
                for digest in &left {
                    writeln!(history, "died {digest}").map_err(fault("write", &history_path))?;
                }
                // A process that ended between two mails may leave its note behind, with nothing on it.
                if !left.is_empty() {
                    history.sync_all().map_err(fault("write", &history_path))?;
                }
                std::fs::remove_file(&path).map_err(fault("remove", &path))?;
            }
        }
        let deaths = count(&std::fs::read_to_string(&history_path).map_err(fault("read", &history_path))?);

        static ROOMS: AtomicU64 = AtomicU64::new(0);
        let room = ROOMS.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{room}.now", std::process::id()));
        let file = open_or_create(&path).map_err(fault("write", &path))?;
        file.lock().map_err(fault("lock", &path))?;
        file.write_all_at(&blank().repeat(threads), 0).map_err(fault("write", &path))?;
        Ok(Self { notes: Some(Notes { path, file, history }), deaths: Mutex::new(deaths) })
    }

    pub(super) fn precaution(&self, digest: &Digest) -> Precaution {
        let deaths = self.deaths.lock().unwrap_or_else(PoisonError::into_inner);
        if deaths.is_empty() {
            return Precaution::None;
        }
        match deaths.get(&hex(digest)) {
            None | Some(0) => Precaution::None,
            Some(&count) if count < DEATHS_UNTIL_UNREAD => Precaution::Alone,
            Some(_) => Precaution::Unread,
        }
    }

    /// Notes that the thread in this seat begins to read. No fsync: it has to outlive the process, not the
    /// machine.
    pub(super) fn begin(&self, seat: usize, digest: &Digest) {
        let mut line = hex(digest).into_bytes();
        line.push(b'\n');
        self.write(seat, &line);
    }

    /// Notes that it was survived.
    pub(super) fn end(&self, seat: usize, digest: &Digest, precaution: Precaution) {
        self.write(seat, &blank());
        if precaution == Precaution::Alone {
            let digest = hex(digest);
            self.deaths.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
            if let Some(notes) = &self.notes {
                tell(writeln!(&notes.history, "survived {digest}"));
            }
        }
    }

    fn write(&self, seat: usize, line: &[u8]) {
        if let Some(notes) = &self.notes {
            let at = u64::try_from(seat.saturating_mul(LINE)).unwrap_or(u64::MAX);
            tell(notes.file.write_all_at(line, at));
        }
    }
}

impl Drop for ReadingNow {
    fn drop(&mut self) {
        if let Some(notes) = &self.notes {
            tell(std::fs::remove_file(&notes.path));
        }
    }
}

/// The note is a precaution: that it can't be written is no reason to refuse mail.
fn tell(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the note of what is being read could not be written");
    }
}

fn open_or_create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)
}

/// The digests in a note whose process is dead; none where it lives.
fn left_by_the_dead(path: &Path) -> std::io::Result<Option<Vec<String>>> {
    let file = open_or_create(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
        Err(std::fs::TryLockError::Error(error)) => return Err(error),
    }
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    Ok(Some(text.lines().filter(|line| is_digest(line)).map(str::to_owned).collect()))
}

fn count(history: &str) -> HashMap<String, u32> {
    let mut deaths = HashMap::new();
    for line in history.lines() {
        match line.split_once(' ') {
            Some(("died", digest)) if is_digest(digest) => *deaths.entry(digest.to_owned()).or_insert(0) += 1,
            Some(("survived", digest)) => {
                deaths.remove(digest);
            }
            _ => {}
        }
    }
    deaths
}

fn is_digest(text: &str) -> bool {
    text.len() == LINE - 1 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn blank() -> Vec<u8> {
    let mut line = vec![b' '; LINE - 1];
    line.push(b'\n');
    line
}

fn hex(digest: &Digest) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
