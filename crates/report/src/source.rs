//! The bytes of a report, unpacked. The raw bytes are counted for the progress bar, and gzip may unpack only so
//! far, so that a bomb ends in an error and never in memory.

use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::error::{FileKind, ReportError};

/// The most that is looked at before the first row is read.
pub(crate) const PREFIX: usize = 64 * 1024;
/// The most that packed bytes may unpack to, as a multiple; order reports reach about 15, deflate about 1030.
pub(crate) const RATIO: u64 = 200;
/// Unpacked bytes that are allowed whatever the ratio.
const ALLOWANCE: u64 = 16 * 1024 * 1024;
/// The most packed bytes for one unpacked: gzip makes text smaller, and only members of a few letters larger.
const HOLLOW_RATIO: u64 = 2;
/// Packed bytes that are allowed whatever they unpack to: some 50,000 empty members.
const HOLLOW_ALLOWANCE: u64 = 1024 * 1024;

/// How many bytes of the file have been read; shared with whoever draws the progress bar.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Bytes of the file as it lies on disk (packed, if it is).
    pub fn bytes_consumed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts what it hands on.
struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.progress.0.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// The packed bytes, which end in an error where they come to far more than what they unpack to. The decoder goes
/// on to the next gzip member by itself, so that only from below can it be stopped among members without content.
struct Packed<R> {
    inner: R,
    progress: Progress,
    produced: Arc<AtomicU64>,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = HOLLOW_ALLOWANCE + HOLLOW_RATIO * self.produced.load(Ordering::Relaxed);
        if self.progress.bytes_consumed() > most {
            return Err(io::Error::other(Damaged(io::ErrorKind::InvalidData.into())));
        }
        self.inner.read(buffer)
    }
}

/// Unpacks, and stops where the unpacked size can't be a report's.
struct Unpacked<R> {
    inner: MultiGzDecoder<BufReader<Packed<R>>>,
    progress: Progress,
    produced: Arc<AtomicU64>,
}

/// Marks the error of [`Unpacked`] inside an `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("unpacks too far")]
struct TooFar;

/// Marks an error of the gzip format inside an `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("damaged gzip")]
struct Damaged(#[source] io::Error);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                io::Error::other(Damaged(error))
            }
            _ => error,
        })?;
        let produced = self.produced.fetch_add(got as u64, Ordering::Relaxed) + got as u64;
        if produced > ALLOWANCE + RATIO * self.progress.bytes_consumed() {
            return Err(io::Error::other(TooFar));
        }
        Ok(got)
    }
}

/// A report's bytes, unpacked, and the first of them once more for looking at.
pub(crate) struct Source<'r> {
    pub(crate) bytes: Box<dyn Read + Send + 'r>,
    pub(crate) prefix: Vec<u8>,
    pub(crate) progress: Progress,
}

/// Opens a report: counts, unpacks, and turns away what is plainly no text.
pub(crate) fn open<'r>(read: impl Read + Send + 'r) -> Result<Source<'r>, ReportError> {
    let progress = Progress::default();
    let (packed, bytes) = peek(Counted { inner: read, progress: progress.clone() })?;
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return checked(packed, Box::new(bytes), progress);
    }
    let produced = Arc::new(AtomicU64::new(0));
    let packed = Packed { inner: bytes, progress: progress.clone(), produced: produced.clone() };
    let inner = MultiGzDecoder::new(BufReader::new(packed));
    let unpacked = Unpacked { inner, progress: progress.clone(), produced };
    let (prefix, bytes) = peek(unpacked)?;
    if prefix.starts_with(&[0x1f, 0x8b]) {
        return Err(ReportError::NotAReport(FileKind::NestedGzip));
    }
    checked(prefix, Box::new(bytes), progress)
}

fn checked<'r>(
    prefix: Vec<u8>,
    bytes: Box<dyn Read + Send + 'r>,
    progress: Progress,
) -> Result<Source<'r>, ReportError> {
    match foreign_kind(&prefix) {
        Some(kind) => Err(ReportError::NotAReport(kind)),
        None => Ok(Source { bytes, prefix, progress }),
    }
}

/// A reader whose first bytes were looked at and come once more.
type Again<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads up to [`PREFIX`] bytes and gives them back together with a reader that has them once more.
fn peek<R: Read>(mut read: R) -> Result<(Vec<u8>, Again<R>), ReportError> {
    let mut prefix = Vec::new();
    read.by_ref().take(PREFIX as u64).read_to_end(&mut prefix).map_err(fault)?;
    Ok((prefix.clone(), Cursor::new(prefix).chain(read)))
}

/// Tells a failed read by its cause.
pub(crate) fn fault(error: io::Error) -> ReportError {
    let Some(cause) = error.get_ref() else { return ReportError::Io(error) };
    if cause.is::<TooFar>() {
        ReportError::Bomb { ratio: RATIO }
    } else if cause.is::<Damaged>() {
        ReportError::DamagedGzip(error)
    } else {
        ReportError::Io(error)
    }
}

/// Files that people take for a report, by their first bytes.
fn foreign_kind(prefix: &[u8]) -> Option<FileKind> {
    let magics: [(&[u8], FileKind); 9] = [
        (b"%PDF", FileKind::Pdf),
        (b"\xd0\xcf\x11\xe0", FileKind::Xls),
        (b"7z\xbc\xaf", FileKind::OtherArchive),
        (b"BZh", FileKind::OtherArchive),
        (b"\xfd7zXZ\0", FileKind::OtherArchive),
        (b"\x28\xb5\x2f\xfd", FileKind::OtherArchive),
        (b"Rar!", FileKind::OtherArchive),
        (b"\x89PNG", FileKind::Binary),
        (b"\xff\xd8\xff", FileKind::Binary),
    ];
    if let Some((_, kind)) = magics.iter().find(|(magic, _)| prefix.starts_with(magic)) {
        return Some(*kind);
    }
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(b"PK\x05\x06") {
        let workbook = memchr::memmem::find(prefix, b"[Content_Types].xml").is_some()
            || memchr::memmem::find(prefix, b"xl/").is_some();
        return Some(if workbook { FileKind::Xlsx } else { FileKind::Zip });
    }
    // Marked-up text, perhaps in UTF-16: look at its first letters without the NULs.
    let letters: Vec<u8> = prefix
        .iter()
        .filter(|byte| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) && !byte.is_ascii_whitespace())
        .take(9)
        .map(u8::to_ascii_lowercase)
        .collect();
    match letters.as_slice() {
        [b'<', b'!' | b'h' | b'b' | b's' | b'd' | b't' | b'm', ..] => Some(FileKind::Html),
        [b'<', ..] => Some(FileKind::Xml),
        [b'{', b'"' | b'}', ..] | [b'[', b'{' | b'"' | b']', ..] => Some(FileKind::Json),
        _ => None,
    }
}
