//! The postmaster's box: mail to `postmaster@`, which no account owns (RFC 5321, 4.5.1), kept as files for the
//! operator to read. A mail is on stable storage before it is acknowledged (law 1). Anybody may write to this
//! address, so the box has an end; beyond it the peer is asked to come again, and nothing is dropped (law 5).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::{MailId, Timestamp};

use crate::recording::RecorderError;

/// Mails that the box holds at most.
pub const MOST_MAILS: u64 = 1000;
/// Bytes that the box holds at most.
pub const MOST_BYTES: u64 = 100 * 1024 * 1024;

/// A folder of mails to the postmaster, each a file `<time>-<id>.eml`, readable by its owner alone.
#[derive(Debug, Clone)]
pub struct PostmasterBox {
    folder: PathBuf,
    /// One mail at a time, so that the limits hold.
    turn: Arc<Mutex<()>>,
}

/// What a box holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Mails.
    pub mails: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Held {
    /// Whether a mail of this many bytes still fits.
    #[must_use]
    pub const fn has_room_for(self, bytes: u64) -> bool {
        self.mails < MOST_MAILS && self.bytes.saturating_add(bytes) <= MOST_BYTES
    }
}

/// The box is full.
#[derive(Debug, thiserror::Error)]
#[error("the postmaster's box is full; read what is in it and move or delete the files")]
struct BoxFull;

impl PostmasterBox {
    /// The box in this folder, which is made with the first mail.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder, turn: Arc::default() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is in it.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn held(&self) -> io::Result<Held> {
        let mut held = Held::default();
        let listing = match fs::read_dir(&self.folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(held),
            Err(error) => return Err(error),
        };
        for entry in listing {
            match entry?.metadata() {
                Ok(known) if known.is_file() => {
                    held.mails += 1;
                    held.bytes = held.bytes.saturating_add(known.len());
                }
                Ok(_) => {}
                // Taken out just now.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(held)
    }

    /// Keeps a mail; returns only when it is on stable storage.
    ///
    /// # Errors
    /// The box or the disk is full, or the folder can't be written.
    pub async fn keep(&self, raw: Vec<u8>, received_at: Timestamp) -> Result<(), RecorderError> {
        let this = self.clone();
        let kept = tokio::task::spawn_blocking(move || this.keep_now(&raw, received_at)).await;
        kept.map_err(RecorderError::unavailable)?
    }

    fn keep_now(&self, raw: &[u8], received_at: Timestamp) -> Result<(), RecorderError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.make().map_err(in_doubt)?;
        let bytes = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        if !self.held().map_err(in_doubt)?.has_room_for(bytes) {
            return Err(RecorderError::storage_full(BoxFull));
        }
        let time = received_at.to_jiff().strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{time}-{}.eml", MailId::generate());
        let unfinished = self.folder.join(format!(".{name}.part"));
        write(&unfinished, &self.folder.join(name), raw)
            .and_then(|()| sync_folder(&self.folder))
            .inspect_err(|_| {
                // Nothing was acknowledged; what can't be removed is seen by the operator.
                let _ = fs::remove_file(&unfinished);
            })
            .map_err(in_doubt)?;
        tracing::info!(bytes, "mail to postmaster kept");
        Ok(())
    }

    fn make(&self) -> io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)
    }
}

fn write(unfinished: &Path, name: &Path, raw: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished)?;
    file.write_all(raw)?;
    file.sync_all()?;
    fs::rename(unfinished, name)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn in_doubt(error: io::Error) -> RecorderError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => RecorderError::storage_full(error),
        _ => RecorderError::unavailable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_the_mail_itself_and_only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let postmaster = PostmasterBox::at(folder.path().join("data/postmaster"));
        assert_eq!(postmaster.held().unwrap(), Held::default());
        let at: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
        postmaster.keep(b"Subject: help\r\n\r\n".to_vec(), at).await.unwrap();
        let files: Vec<PathBuf> = fs::read_dir(postmaster.folder()).unwrap().map(|file| file.unwrap().path()).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert!(file.file_name().unwrap().to_str().unwrap().starts_with("20260820T120000Z-"), "{file:?}");
        assert!(file.extension().is_some_and(|extension| extension == "eml"));
        assert_eq!(fs::read(file).unwrap(), b"Subject: help\r\n\r\n");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(postmaster.held().unwrap(), Held { mails: 1, bytes: 17 });
    }

    #[tokio::test]
    async fn a_full_box_keeps_what_it_has_and_asks_to_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let postmaster = PostmasterBox::at(folder.path().to_owned());
        let large = File::create(folder.path().join("large.eml")).unwrap();
        large.set_len(MOST_BYTES - 3).unwrap();
        let now = Timestamp::from_clock();
        let refused = postmaster.keep(b"four".to_vec(), now).await.unwrap_err();
        assert!(matches!(refused, RecorderError::StorageFull(_)), "{refused:?}");
        postmaster.keep(b"3b.".to_vec(), now).await.unwrap();
        large.set_len(0).unwrap();
        for number in 2..MOST_MAILS {
            File::create(folder.path().join(format!("{number}.eml"))).unwrap();
        }
        let refused = postmaster.keep(b"x".to_vec(), now).await.unwrap_err();
        assert!(matches!(refused, RecorderError::StorageFull(_)), "{refused:?}");
        assert_eq!(postmaster.held().unwrap().mails, MOST_MAILS);
    }
}
