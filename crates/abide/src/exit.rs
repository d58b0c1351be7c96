//! How the program ends: the four exit codes of the contract, and the one sentence that a person gets where
//! something went wrong. Every inner error becomes one of these here and nowhere else; none holds a secret.

use intake::IntakeError;
use store::StoreError;

/// How a command ended that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// All of it was done.
    Done,
    /// A part could not be done; each is named.
    Partly,
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub enum Failure {
    /// What was asked can't be done as it was asked: arguments, names, or the content of a given file.
    Usage(String),
    /// It could not run: database, disk, port, keys.
    CouldNotRun(String),
    /// Whoever read the output has closed it; nothing is left to say.
    OutputClosed,
}

impl Failure {
    /// The user must ask differently.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::Usage(sentence.into())
    }

    /// Something outside must be put right.
    pub fn could_not_run(sentence: impl Into<String>) -> Self {
        Self::CouldNotRun(sentence.into())
    }

    /// The sentence, where there is one.
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::Usage(sentence) | Self::CouldNotRun(sentence) => Some(sentence),
            Self::OutputClosed => None,
        }
    }

    /// The exit code of the contract.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::CouldNotRun(_) => 3,
            Self::OutputClosed => 0,
        }
    }
}

impl Ended {
    /// `Partly` where anything was left undone.
    pub const fn with_faults(any: bool) -> Self {
        if any { Self::Partly } else { Self::Done }
    }

    /// The exit code of the contract.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Partly => 1,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let sentence = error.to_string();
        match error {
            StoreError::UnknownAccount(_)
            | StoreError::UnknownStore(..)
            | StoreError::NotFound(_)
            | StoreError::Conflict(_)
            | StoreError::NotAllowed(_)
            | StoreError::Backup(_) => Self::Usage(sentence),
            _ => Self::CouldNotRun(sentence),
        }
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        Self::CouldNotRun(in_full(&error))
    }
}

/// An error with its sources, as one sentence.
pub fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}
