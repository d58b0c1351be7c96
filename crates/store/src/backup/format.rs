//! The file of a backup, the same for both engines: a magic word, a header, then for each table its columns
//! and rows, an end with the number of rows, the SHA-256 of all before it and a code of the keys' over that.
//!
//! Written and read as a stream: memory holds one row. All numbers are big-endian; texts and bytes stand with
//! their length before them.

use std::io::{Read, Write};

use model::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::engine::{Row, Value};
use crate::error::StoreError;
use crate::keys::Keys;

use super::tables::{TABLES, Table};

/// The first bytes of every backup.
pub(crate) const MAGIC: &[u8; 8] = b"ABIDEBK1";
/// Nothing kept is longer: mails end at 25 MiB.
const LONGEST_VALUE: u32 = 64 * 1024 * 1024;
/// Of names and such in the header.
const MOST_LISTED: u32 = 1000;

const TABLE: u8 = b'T';
const ROW: u8 = b'R';
const END: u8 = b'E';
const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// What stands before the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The schema's number.
    pub schema: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Names and values by which it recognises its keys.
    pub checks: Vec<(String, String)>,
}

/// Writes a backup.
pub(crate) struct BackupWriter<W: Write> {
    out: W,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> BackupWriter<W> {
    pub fn begin(out: W, header: &Header) -> Result<Self, StoreError> {
        let mut writer = Self { out, hash: Sha256::new(), rows: 0 };
        writer.put(MAGIC)?;
        writer.put(&header.schema.to_be_bytes())?;
        writer.put(&header.made_at.as_micros().to_be_bytes())?;
        writer.put(&length(header.checks.len())?)?;
        for (name, value) in &header.checks {
            writer.bytes(name.as_bytes())?;
            writer.bytes(value.as_bytes())?;
        }
        Ok(writer)
    }

    pub fn table(&mut self, table: &Table) -> Result<(), StoreError> {
        self.put(&[TABLE])?;
        self.bytes(table.name.as_bytes())?;
        self.put(&length(table.columns.len())?)?;
        table.columns.iter().try_for_each(|column| self.bytes(column.as_bytes()))
    }

    pub fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        self.rows += 1;
        self.put(&[ROW])?;
        row.0.iter().try_for_each(|value| match value {
            Value::Null => self.put(&[NULL]),
            Value::Int(number) => self.put(&[INT]).and_then(|()| self.put(&number.to_be_bytes())),
            Value::Text(text) => self.put(&[TEXT]).and_then(|()| self.bytes(text.as_bytes())),
            Value::Blob(bytes) => self.put(&[BLOB]).and_then(|()| self.bytes(bytes)),
        })
    }

    /// Ends the file; how many rows it holds, and what it was written to.
    pub fn end(mut self, keys: &Keys) -> Result<(u64, W), StoreError> {
        self.put(&[END])?;
        self.put(&self.rows.to_be_bytes())?;
        let digest = self.hash.clone().finalize();
        self.put(&digest)?;
        self.put(&code(keys, &digest)?)?;
        self.out.flush().map_err(unwritable)?;
        Ok((self.rows, self.out))
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.put(&length(bytes.len())?)?;
        self.put(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(unwritable)
    }
}

fn length(length: usize) -> Result<[u8; 4], StoreError> {
    let length = u32::try_from(length).ok().filter(|length| *length <= LONGEST_VALUE);
    Ok(length.ok_or_else(|| StoreError::unexpected("a value is too long for a backup"))?.to_be_bytes())
}

/// Shows that the backup was made with the keys: a digest alone anybody could make anew after a change.
fn code(keys: &Keys, digest: &[u8]) -> Result<[u8; 32], StoreError> {
    keys.hash("backup", &[digest])
}

#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
fn unwritable(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Backup(format!("the backup can't be written ({error})")),
    }
}

/// What follows in a backup.
pub(crate) enum Frame {
    /// Rows of this table follow.
    Table(&'static Table),
    /// A row of the table before it.
    Row(Vec<Value>),
    /// The end, and everything before it is what was written.
    End,
}

/// Reads a backup and trusts nothing in it.
pub(crate) struct BackupReader<R: Read> {
    source: R,
    hash: Sha256,
    rows: u64,
    tables_met: usize,
    table: Option<&'static Table>,
}

impl<R: Read> BackupReader<R> {
    pub fn begin(source: R) -> Result<(Self, Header), StoreError> {
        let mut reader = Self { source, hash: Sha256::new(), rows: 0, tables_met: 0, table: None };
        let no_backup = || StoreError::Backup("this file is no backup of Abide's".into());
        if &reader.array::<8>().map_err(|_| no_backup())? != MAGIC {
            return Err(no_backup());
        }
        let schema = reader.number()?;
        let made_at = Timestamp::from_micros(reader.number()?);
        let count = reader.length(MOST_LISTED)?;
        let mut checks = Vec::new();
        for _ in 0..count {
            checks.push((reader.text()?, reader.text()?));
        }
        Ok((reader, Header { schema, made_at, checks }))
    }

    /// The next part. After the end, nothing may follow.
    pub fn next(&mut self, keys: &Keys) -> Result<Frame, StoreError> {
        match self.byte()? {
            TABLE => {
                let name = self.text()?;
                let table = TABLES.get(self.tables_met).filter(|table| table.name == name).ok_or_else(damaged)?;
                self.tables_met += 1;
                self.table = Some(table);
                let count = self.length(MOST_LISTED)?;
                let columns = (0..count).map(|_| self.text()).collect::<Result<Vec<_>, _>>()?;
                if columns == table.columns { Ok(Frame::Table(table)) } else { Err(damaged()) }
            }
            ROW => {
                self.rows += 1;
                let columns = self.table.ok_or_else(damaged)?.columns.len();
                (0..columns).map(|_| self.value()).collect::<Result<_, _>>().map(Frame::Row)
            }
            END => self.end(keys).map(|()| Frame::End),
            _ => Err(damaged()),
        }
    }

    fn end(&mut self, keys: &Keys) -> Result<(), StoreError> {
        let rows = u64::from_be_bytes(self.array()?);
        let digest = self.hash.clone().finalize();
        let (written, written_code): ([u8; 32], [u8; 32]) = (self.array()?, self.array()?);
        let ends_here = matches!(self.source.read(&mut [0]), Ok(0));
        if rows != self.rows || self.tables_met != TABLES.len() || digest.as_slice() != written || !ends_here {
            return Err(damaged());
        }
        if !bool::from(code(keys, &digest)?.ct_eq(&written_code)) {
            return Err(StoreError::Backup("the backup was changed by somebody who has not its keys".into()));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, StoreError> {
        Ok(match self.byte()? {
            NULL => Value::Null,
            INT => Value::Int(self.number()?),
            TEXT => Value::Text(self.text()?),
            BLOB => Value::Blob(self.bytes()?),
            _ => return Err(damaged()),
        })
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn number(&mut self) -> Result<i64, StoreError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn length(&mut self, at_most: u32) -> Result<u32, StoreError> {
        let length = u32::from_be_bytes(self.array()?);
        if length <= at_most { Ok(length) } else { Err(damaged()) }
    }

    fn text(&mut self) -> Result<String, StoreError> {
        String::from_utf8(self.bytes()?).map_err(|_| damaged())
    }

    /// Grows with what is really there, whatever length the file claims.
    fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        let length = self.length(LONGEST_VALUE)?;
        let mut bytes = Vec::new();
        let read = self.source.by_ref().take(u64::from(length)).read_to_end(&mut bytes).map_err(|_| damaged())?;
        if u32::try_from(read) != Ok(length) {
            return Err(damaged());
        }
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|_| damaged())?;
        self.hash.update(bytes);
        Ok(bytes)
    }
}

fn damaged() -> StoreError {
    StoreError::Backup("the backup is damaged or cut off; take another one, nothing was changed".into())
}
