//! The reader that the program uses: Amazon's notices, by the `notice` crate.

use std::sync::Arc;

use super::{ReadOut, Reader};

/// Reads mails as `notice` understands them.
pub fn reader_of_notices() -> Arc<Reader> {
    // The wording is compiled once, here, and not while the first peer waits.
    notice::Wording::built_in();
    Arc::new(|raw: &[u8]| ReadOut { read: notice::read(raw), written_at: notice::written_at(raw) })
}
