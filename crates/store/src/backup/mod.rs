//! Backups: everything but the keys, of one moment, in one file that either engine can restore.
//!
//! A backup is written beside its place, synced and then renamed, so that a file of that name is always whole.

pub(crate) mod format;
mod restore;
pub(crate) mod tables;

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

use model::Timestamp;

pub use restore::Restored;

use crate::Store;
use crate::engine::{Tx, Value};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::migrations;

use format::{BackupWriter, Header, MAGIC};
use tables::{TABLES, Table};

/// Bytes gathered before they are written or after they are read.
const BUFFER: usize = 256 * 1024;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Store {
    /// Writes a backup of this moment to `path`. An existing file is only replaced where it is a backup. Keys
    /// are never in it; sessions and one-time links are left out, so that restoring signs nobody in.
    pub async fn backup(&self, path: &Path, now: Timestamp) -> Result<BackedUp, StoreError> {
        check_place(path)?;
        let partial = Partial::beside(path)?;
        let file = partial.create()?;
        let (rows, file) = self
            .read(move |tx, keys| {
                Box::pin(async move {
                    let header = Header { schema: migrations::newest(), made_at: now, checks: keys.check_values()? };
                    let out = BufWriter::with_capacity(BUFFER, file);
                    let mut writer = BackupWriter::begin(out, &header)?;
                    for table in TABLES.iter() {
                        write_table(tx, table, &mut writer).await?;
                    }
                    ended(writer, keys)
                })
            })
            .await?;
        file.sync_all().map_err(|error| unwritable(path, &error))?;
        let bytes = file.metadata().map_err(|error| unwritable(path, &error))?.len();
        partial.put_in_place(path)?;
        Ok(BackedUp { rows, bytes })
    }
}

async fn write_table(
    tx: &mut Tx,
    table: &'static Table,
    writer: &mut BackupWriter<BufWriter<File>>,
) -> Result<(), StoreError> {
    writer.table(table)?;
    let mut rows = tx.rows(table.first, &[table.page.into()]).await?;
    while let Some(last) = rows.last() {
        let mut after: Vec<Value> = vec![table.page.into()];
        after.extend(last.0.iter().take(table.key).cloned());
        rows.iter().try_for_each(|row| writer.row(row))?;
        rows = tx.rows(table.next, &after).await?;
    }
    Ok(())
}

fn ended(writer: BackupWriter<BufWriter<File>>, keys: &Keys) -> Result<(u64, File), StoreError> {
    let (rows, out) = writer.end(keys)?;
    let file =
        out.into_inner().map_err(|error| StoreError::Backup(format!("the backup can't be written ({error})")))?;
    Ok((rows, file))
}

/// Whether a backup may stand there.
fn check_place(path: &Path) -> Result<(), StoreError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unwritable(path, &error)),
        Ok(file) => file,
    };
    let mut magic = [0; MAGIC.len()];
    if file.read_exact(&mut magic).is_ok() && &magic == MAGIC {
        return Ok(());
    }
    Err(StoreError::Backup(format!(
        "{} exists and is no backup; choose another name, Abide overwrites nothing else",
        path.display()
    )))
}

/// Opens a backup for reading.
fn open(path: &Path) -> Result<BufReader<File>, StoreError> {
    let file =
        File::open(path).map_err(|error| StoreError::Backup(format!("{} can't be read ({error})", path.display())))?;
    Ok(BufReader::with_capacity(BUFFER, file))
}

/// The half-written file; it goes where it is not put in its place.
struct Partial(PathBuf);

impl Partial {
    fn beside(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            StoreError::Backup(format!("{} is no name for a file; name one, such as abide.backup", path.display()))
        })?;
        let random: [u8; 8] = crate::random::bytes()?;
        let random = data_encoding::HEXLOWER.encode(&random);
        Ok(Self(path.with_file_name(format!(".{name}.{random}.partial"))))
    }

    fn create(&self) -> Result<File, StoreError> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.0).map_err(|error| unwritable(&self.0, &error))
    }

    fn put_in_place(self, path: &Path) -> Result<(), StoreError> {
        fs::rename(&self.0, path).map_err(|error| unwritable(path, &error))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unwritable(folder, &error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Where it was put in its place there is nothing of this name any more.
        let _ = fs::remove_file(&self.0);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Backup(format!("{} can't be written ({error})", path.display())),
    }
}
