//! A ZIP archive (PKWARE's APPNOTE 6.3, ZIP64 too, as Google's archives are beyond 4 GB): its entries one after
//! another by its directory, stored or deflated, checked by length and sum. Names are shown and never used as paths;
//! nothing is written. Each byte of the file may be unpacked at most once, so entries that overlap give nothing.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use notice::zip::{Directory, HEAD, LOCAL_HEAD, Place, content_at, end_record, is_file, large, middle, small};

use super::packed::Measure;

/// Characters of an entry's name that are shown.
const NAME_SHOWN: usize = 300;
/// Bytes of the end record and of the longest comment behind it (4.3.16).
const END: u64 = 22 + 65_535;
const DAMAGED: &str = "the ZIP archive is damaged or was cut off; copy or download it again";

/// An archive, entry by entry.
pub(super) struct ZipArchive {
    file: Arc<File>,
    length: u64,
    directory: BufReader<Stretch>,
    left: u64,
    /// Packed bytes of the entries given out.
    given: u64,
    /// Bytes read, for whoever shows the progress.
    read: Arc<AtomicU64>,
    measure: Measure,
}

/// One entry.
pub(super) struct ZipEntry {
    pub(super) name: String,
    /// Its bytes, or why there are none.
    pub(super) content: io::Result<Box<dyn Read + Send>>,
}

/// A stretch of a file, read by place so that several can be read at once.
struct Stretch {
    file: Arc<File>,
    next: u64,
    end: u64,
    read: Arc<AtomicU64>,
}

impl Read for Stretch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..room).filter(|part| !part.is_empty()) else { return Ok(0) };
        let read = self.file.read_at(part, self.next)?;
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        self.next = self.next.saturating_add(count);
        self.read.fetch_add(count, Ordering::Relaxed);
        Ok(read)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, DAMAGED)
}

impl ZipArchive {
    /// Counts what is read in `read`, but for the end of the file.
    pub(super) fn open(file: File, read: Arc<AtomicU64>) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let file = Arc::new(file);
        let tail_at = length.saturating_sub(END);
        let mut tail = vec![0; usize::try_from(length - tail_at).unwrap_or_default()];
        file.read_exact_at(&mut tail, tail_at)?;
        let found = end_record(&tail).and_then(|at| {
            let record = tail.get(at..)?;
            let split = small(record, 4)? != 0 && small(record, 4)? != 0xffff;
            let small_one =
                Directory { entries: small(record, 10)?, size: middle(record, 12)?, start: middle(record, 16)? };
            Some((split, small_one, tail_at.checked_add(u64::try_from(at).ok()?)?))
        });
        let (is_split, mut found, end_at) = found.ok_or_else(damaged)?;
        if is_split {
            return Err(io::Error::other("this is one part of a ZIP archive in several; put them together first"));
        }
        if found.entries == 0xffff || found.size == 0xffff_ffff || found.start == 0xffff_ffff {
            found = large_directory(&file, end_at)?.unwrap_or(found);
        }
        let end = found.start.checked_add(found.size).filter(|end| *end <= end_at).ok_or_else(damaged)?;
        let directory = Stretch { file: Arc::clone(&file), next: found.start, end, read: Arc::clone(&read) };
        let directory = BufReader::new(directory);
        Ok(Self { file, length, directory, left: found.entries, given: 0, read, measure: Measure::default() })
    }

    /// The next entry that is a file.
    pub(super) fn next_entry(&mut self) -> io::Result<Option<ZipEntry>> {
        while self.left > 0 {
            self.left -= 1;
            let mut head = [0; HEAD];
            self.directory.read_exact(&mut head).map_err(|_| damaged())?;
            if !head.starts_with(b"PK\x01\x02") {
                return Err(damaged());
            }
            let field = |at| small(&head, at).unwrap_or_default();
            let mut rest = vec![0; usize::try_from(field(28) + field(30) + field(32)).unwrap_or_default()];
            self.directory.read_exact(&mut rest).map_err(|_| damaged())?;
            let (name, rest) = rest.split_at(usize::try_from(field(28)).unwrap_or_default());
            let extra = rest.get(..usize::try_from(field(30)).unwrap_or_default()).unwrap_or_default();
            if !is_file(&head, name) {
                continue;
            }
            let name = String::from_utf8_lossy(name).chars().take(NAME_SHOWN).collect();
            return Ok(Some(ZipEntry { name, content: self.content(&head, extra) }));
        }
        Ok(None)
    }

    fn content(&mut self, head: &[u8], extra: &[u8]) -> io::Result<Box<dyn Read + Send>> {
        let place = Place::of(head, extra).ok_or_else(damaged)?;
        if place.is_sealed {
            return Err(io::Error::other("it is encrypted; unpack the archive with its password first"));
        }
        let mut local = [0; LOCAL_HEAD];
        self.file.read_exact_at(&mut local, place.at).map_err(|_| damaged())?;
        let start = content_at(&local, place.at).ok_or_else(damaged)?;
        let end = start.checked_add(place.packed).filter(|end| *end <= self.length).ok_or_else(damaged)?;
        self.given = self.given.saturating_add(place.packed);
        if self.given > self.length {
            return Err(io::Error::other("the archive's entries lie upon each other; this is no mailbox"));
        }
        let (file, read) = (Arc::clone(&self.file), Arc::clone(&self.read));
        let packed = self.measure.packed(Stretch { file, next: start, end, read });
        let unpacked: Box<dyn Read + Send> = match place.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            _ => return Err(io::Error::other("it is packed in an unusual way; unpack the archive first")),
        };
        let checked = Checked { inner: self.measure.unpacked(unpacked), sum: Crc::new(), left: place.size, place };
        Ok(Box::new(checked))
    }
}

/// ZIP64's directory, where its locator stands before the end record (4.3.14, 4.3.15).
fn large_directory(file: &File, end_at: u64) -> io::Result<Option<Directory>> {
    let Some(at) = end_at.checked_sub(20) else { return Ok(None) };
    let mut locator = [0; 20];
    file.read_exact_at(&mut locator, at)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    let mut record = [0; 56];
    file.read_exact_at(&mut record, large(&locator, 8).unwrap_or(u64::MAX)).map_err(|_| damaged())?;
    let directory =
        || Some(Directory { entries: large(&record, 32)?, size: large(&record, 40)?, start: large(&record, 48)? });
    if record.starts_with(b"PK\x06\x06") { Ok(directory()) } else { Err(damaged()) }
}

/// Checks an entry's length and sum as it is read.
struct Checked<R> {
    inner: R,
    sum: Crc,
    left: u64,
    place: Place,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.sum.update(buffer.get(..read).unwrap_or_default());
        let left = u64::try_from(read).ok().and_then(|read| self.left.checked_sub(read)).ok_or_else(damaged)?;
        self.left = left;
        if read == 0 && (left > 0 || u64::from(self.sum.sum()) != self.place.sum) {
            return Err(damaged());
        }
        Ok(read)
    }
}
