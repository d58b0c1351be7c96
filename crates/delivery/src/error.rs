//! What can stop the planner or a worker. A single message never does: it is refused or waits, with its reason.

use store::StoreError;

/// Why a pass did not end.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeliveryError {
    /// Whether the same pass may succeed later.
    pub const fn is_transient(&self) -> bool {
        let Self::Store(error) = self;
        error.is_transient()
    }
}
