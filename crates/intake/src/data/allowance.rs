//! The memory set apart for mails that are being received, shared by all connections. A mail that finds
//! none left is asked to come again; nothing ever waits for memory, so nothing can wait for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes for all mails in flight.
#[derive(Debug)]
pub struct Allowance {
    free: AtomicUsize,
}

impl Allowance {
    /// An allowance of `bytes`.
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(bytes) })
    }

    /// The bytes that are free now.
    pub fn free(&self) -> usize {
        self.free.load(Ordering::Acquire)
    }

    fn take(&self, bytes: usize) -> bool {
        self.free.fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(bytes)).is_ok()
    }
}

/// What one mail has of an allowance; given back when dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<Allowance>,
    bytes: usize,
}

impl Share {
    /// A share of nothing yet.
    pub fn none(of: &Arc<Allowance>) -> Self {
        Self { of: Arc::clone(of), bytes: 0 }
    }

    /// A share of nothing yet, of the same allowance.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::none(&self.of)
    }

    /// Grows to `bytes` in all; false, and unchanged, where not so much is free.
    #[must_use]
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let taken = self.of.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// Gives all of it back.
    pub fn give_back(&mut self) {
        self.of.free.fetch_add(self.bytes, Ordering::AcqRel);
        self.bytes = 0;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}
