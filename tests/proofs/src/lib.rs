//! Proofs of Abide's laws from outside: the built program, real sockets, real files, a real database, and what
//! stands there after the worst moment. Nothing here is linked into the program; what is read back is read by the
//! program's own commands or, read-only, through the store.

pub mod house;
pub mod import;
pub mod kill;
pub mod letters;
mod program;
pub mod random;
pub mod sink;
pub mod smtp;
pub mod trace;

/// Why a proof failed or could not be made.
///
/// It is no `Error` itself, so that `?` takes every error into it.
pub struct Fault(pub String);

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fault from a sentence.
pub fn fault(sentence: impl Into<String>) -> Fault {
    Fault(sentence.into())
}
