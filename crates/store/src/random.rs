//! Random bytes, of the system's own and no other kind: where it gives none, the step fails.

use crate::error::StoreError;

/// So many random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Fills these with random bytes.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|_| StoreError::unexpected("the system gives no random bytes"))
}
