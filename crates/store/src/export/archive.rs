//! A ZIP file (PKWARE APPNOTE 6.3.10) written as a stream: nothing is known of a file's length before its end, so each
//! is deflated as it comes and its sizes follow it. Always in the 64-bit form, since nobody knows how long it gets.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use model::Timestamp;
use tokio::sync::mpsc;

use crate::error::StoreError;

/// Bytes gathered before they go out.
const PIECE: usize = 64 * 1024;
/// 4.4.3: the 64-bit form asks for version 4.5.
const VERSION: u16 = 45;
/// 4.4.4: sizes follow the data (bit 3), names are UTF-8 (bit 11).
const FLAGS: u16 = 0x0808;
/// 4.4.5.
const DEFLATED: u16 = 8;
/// Stands where the 64-bit field holds the number.
const ELSEWHERE: u32 = u32::MAX;
/// A plain file that its owner alone may read, as Unix says it (4.4.2.2, 4.4.15).
const UNIX: u16 = 3 << 8;
const PLAIN_FILE: u32 = 0o100_600 << 16;

/// Writes an archive into a channel, whose bound is the brake.
pub(super) struct Archive {
    out: mpsc::Sender<Vec<u8>>,
    buffer: Vec<u8>,
    offset: u64,
    /// What stands at the end: about 120 bytes a file.
    directory: Vec<u8>,
    files: u64,
    /// Time and date as MS-DOS counts them (4.4.6), in UTC.
    time: [u8; 4],
}

/// A file that is being written.
pub(super) struct Opened {
    name: String,
    start: u64,
    checksum: Crc,
    packed: DeflateEncoder<Vec<u8>>,
    packed_bytes: u64,
    bytes: u64,
}

impl Archive {
    pub fn new(out: mpsc::Sender<Vec<u8>>, now: Timestamp) -> Self {
        Self {
            out,
            buffer: Vec::with_capacity(2 * PIECE),
            offset: 0,
            directory: Vec::new(),
            files: 0,
            time: dos_time(now),
        }
    }

    /// Begins a file; names are ours, short and of ASCII letters.
    pub fn begin(&mut self, name: &str) -> Result<Opened, StoreError> {
        let start = self.offset;
        let mut header = Vec::new();
        put32(&mut header, 0x0403_4b50);
        put16(&mut header, VERSION);
        self.shared(&mut header, 0, name, 20)?;
        header.extend_from_slice(name.as_bytes());
        put16(&mut header, 1);
        put16(&mut header, 16);
        header.extend_from_slice(&[0; 16]);
        self.put(&header);
        Ok(Opened {
            name: name.to_owned(),
            start,
            checksum: Crc::new(),
            packed: DeflateEncoder::new(Vec::new(), Compression::fast()),
            packed_bytes: 0,
            bytes: 0,
        })
    }

    /// What both headers of a file tell alike, from the flags to the length of the extra field (4.3.7, 4.3.12).
    fn shared(&self, header: &mut Vec<u8>, checksum: u32, name: &str, extra: u16) -> Result<(), StoreError> {
        let length = u16::try_from(name.len()).map_err(|_| StoreError::unexpected("a file's name is too long"))?;
        put16(header, FLAGS);
        put16(header, DEFLATED);
        header.extend_from_slice(&self.time);
        put32(header, checksum);
        put32(header, ELSEWHERE);
        put32(header, ELSEWHERE);
        put16(header, length);
        put16(header, extra);
        Ok(())
    }

    /// Writes on.
    pub async fn write(&mut self, file: &mut Opened, bytes: &[u8]) -> Result<(), StoreError> {
        file.checksum.update(bytes);
        file.bytes = file.bytes.saturating_add(count(bytes));
        file.packed.write_all(bytes).map_err(|error| unpacked(&error))?;
        let packed = std::mem::take(file.packed.get_mut());
        file.packed_bytes = file.packed_bytes.saturating_add(count(&packed));
        self.put(&packed);
        self.flush(PIECE).await
    }

    /// Ends a file.
    pub async fn end(&mut self, mut file: Opened) -> Result<(), StoreError> {
        file.packed.try_finish().map_err(|error| unpacked(&error))?;
        let packed = std::mem::take(file.packed.get_mut());
        file.packed_bytes = file.packed_bytes.saturating_add(count(&packed));
        self.put(&packed);
        let checksum = file.checksum.sum();
        let mut sizes = Vec::new();
        put32(&mut sizes, 0x0807_4b50);
        put32(&mut sizes, checksum);
        put64(&mut sizes, file.packed_bytes);
        put64(&mut sizes, file.bytes);
        self.put(&sizes);
        let mut entry = Vec::new();
        put32(&mut entry, 0x0201_4b50);
        put16(&mut entry, UNIX | VERSION);
        put16(&mut entry, VERSION);
        self.shared(&mut entry, checksum, &file.name, 28)?;
        put16(&mut entry, 0);
        put16(&mut entry, 0);
        put16(&mut entry, 0);
        put32(&mut entry, PLAIN_FILE);
        put32(&mut entry, ELSEWHERE);
        entry.extend_from_slice(file.name.as_bytes());
        put16(&mut entry, 1);
        put16(&mut entry, 24);
        put64(&mut entry, file.bytes);
        put64(&mut entry, file.packed_bytes);
        put64(&mut entry, file.start);
        self.directory.extend_from_slice(&entry);
        self.files += 1;
        self.flush(PIECE).await
    }

    /// Writes a whole file.
    pub async fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.begin(name)?;
        self.write(&mut file, bytes).await?;
        self.end(file).await
    }

    /// Ends the archive; its files and bytes. Without this, no program takes it for a whole one.
    pub async fn close(mut self) -> Result<(u64, u64), StoreError> {
        let start = self.offset;
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory);
        let after = self.offset;
        let mut end = Vec::new();
        put32(&mut end, 0x0606_4b50);
        put64(&mut end, 44);
        put16(&mut end, VERSION);
        put16(&mut end, VERSION);
        put64(&mut end, 0);
        put64(&mut end, self.files);
        put64(&mut end, self.files);
        put64(&mut end, after - start);
        put64(&mut end, start);
        put32(&mut end, 0x0706_4b50);
        put32(&mut end, 0);
        put64(&mut end, after);
        put32(&mut end, 1);
        put32(&mut end, 0x0605_4b50);
        put32(&mut end, 0);
        put32(&mut end, u32::MAX);
        put32(&mut end, ELSEWHERE);
        put32(&mut end, ELSEWHERE);
        put16(&mut end, 0);
        self.put(&end);
        self.flush(0).await?;
        Ok((self.files, self.offset))
    }

    fn put(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.offset = self.offset.saturating_add(count(bytes));
    }

    async fn flush(&mut self, at_least: usize) -> Result<(), StoreError> {
        if self.buffer.len() < at_least || self.buffer.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(2 * PIECE));
        self.out.send(piece).await.map_err(|_| StoreError::unexpected("whoever took the export went away"))
    }
}

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn unpacked(error: &std::io::Error) -> StoreError {
    StoreError::unexpected(format!("a file of the export can't be packed ({error})"))
}

/// Time, then date; years before 1980 and after 2107 can't be said.
fn dos_time(now: Timestamp) -> [u8; 4] {
    let text = now.to_string();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0);
    let date = (number(0, 4).saturating_sub(1980).min(127) << 9) | (number(5, 7).max(1) << 5) | number(8, 10).max(1);
    let time = (number(11, 13) << 11) | (number(14, 16) << 5) | (number(17, 19) / 2);
    let ([a, b], [c, d]) = (time.to_le_bytes(), date.to_le_bytes());
    [a, b, c, d]
}

fn put16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}
