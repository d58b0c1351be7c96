//! What can stop the planner or a worker. A single message never does: it is refused or waits, with its reason.

use channel::TrustFault;
use store::StoreError;

/// Why a pass did not end.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// TLS can't be set up.
    #[error(transparent)]
    Trust(#[from] TrustFault),
}

impl DeliveryError {
    /// Whether the same pass may succeed later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}
