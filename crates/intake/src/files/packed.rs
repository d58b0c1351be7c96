//! What is packed comes out piece by piece and never without bound: more than a mailbox can unpack to, for what went
//! in, is a bomb and ends the file.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked bytes that any archive may have …
const UNPACKED_ANYWAY: u64 = 16 * 1024 * 1024;
/// … and beyond them for each packed byte. Mail packs to a third or a tenth; deflate can reach a thousand.
const RATIO: u64 = 200;
/// Packed bytes that may come to nothing …
const PACKED_ANYWAY: u64 = 1024 * 1024;
/// … beyond which each must come to something: empty members can be strung together without end.
const LEAST_UNPACKED: u64 = 2;

/// How much of one archive was read and what it came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Measure {
    packed: Arc<AtomicU64>,
    unpacked: Arc<AtomicU64>,
}

impl Measure {
    /// The side from which packed bytes are taken.
    pub(super) fn packed<R: Read>(&self, inner: R) -> Packed<R> {
        Packed { inner, measure: self.clone() }
    }

    /// The side on which they come out.
    pub(super) fn unpacked<R: Read>(&self, inner: R) -> Unpacked<R> {
        Unpacked { inner, measure: self.clone() }
    }

    fn is_bomb(&self) -> bool {
        let packed = self.packed.load(Ordering::Relaxed);
        self.unpacked.load(Ordering::Relaxed) > UNPACKED_ANYWAY.saturating_add(packed.saturating_mul(RATIO))
    }

    fn comes_to_nothing(&self) -> bool {
        let unpacked = self.unpacked.load(Ordering::Relaxed);
        self.packed.load(Ordering::Relaxed) > PACKED_ANYWAY.saturating_add(unpacked.saturating_mul(LEAST_UNPACKED))
    }
}

fn count(of: &AtomicU64, bytes: usize) {
    of.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
}

pub(super) struct Packed<R> {
    inner: R,
    measure: Measure,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        count(&self.measure.packed, read);
        if self.measure.comes_to_nothing() {
            return Err(io::Error::other("it unpacks to nothing; this is no mailbox"));
        }
        Ok(read)
    }
}

pub(super) struct Unpacked<R> {
    inner: R,
    measure: Measure,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        count(&self.measure.unpacked, read);
        if self.measure.is_bomb() {
            return Err(io::Error::other("it unpacks to more than any mailbox does; the rest was left out"));
        }
        Ok(read)
    }
}
