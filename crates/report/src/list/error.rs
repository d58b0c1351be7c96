//! Why a list could not be read, or not be understood, each with what to do. Nothing of a row is ever in it.

use crate::error::{FileKind, ReportError};
use crate::list::column::ColumnAt;

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// It is something else altogether.
    #[error("this is {0}, not a list; save the list as CSV or plain text and import that")]
    NotAList(FileKind),
    /// Nothing in it.
    #[error("this file is empty")]
    Empty,
    /// More than is taken at once.
    #[error("this list has more than {most} rows; split it")]
    TooManyRows {
        /// The most.
        most: usize,
    },
    /// Wider than any list.
    #[error("this file has more than {most} columns, which no list has; export the order ids alone")]
    TooManyColumns {
        /// The most.
        most: usize,
    },
    /// More bytes than are taken at once.
    #[error("this list has more than {most} MiB; split it")]
    TooLarge {
        /// The most.
        most: u64,
    },
    /// The packing is damaged, or unpacks to far more than a list can.
    #[error("this gzip file is damaged, cut off, or unpacks to far more than a list can; export the list again")]
    Damaged,
    /// Reading failed.
    #[error("the file could not be read to its end; try again")]
    Io(#[source] std::io::Error),
}

impl From<ReportError> for ListError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotAReport(kind) => Self::NotAList(kind),
            ReportError::Bomb { .. } | ReportError::DamagedGzip(_) => Self::Damaged,
            ReportError::Io(error) => Self::Io(error),
            _ => Self::Empty,
        }
    }
}

/// Why it can't be told what the list's columns are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickError {
    /// A column was named that is not there.
    #[error("the list has no column {asked}; name a column as it is written, or by its number:{columns}")]
    NoSuchColumn {
        /// What was asked for.
        asked: ColumnAt,
        /// The columns.
        columns: String,
    },
    /// The column that was picked holds none of what it was picked for.
    #[error("column {asked} holds no {what} in any row:{columns}")]
    NothingInIt {
        /// What was asked for.
        asked: ColumnAt,
        /// Order ids, relay addresses or dates.
        what: &'static str,
        /// The columns.
        columns: String,
    },
    /// Several columns hold order ids.
    #[error("several columns hold order ids; say which counts with --order-column, by name or number:{columns}")]
    SeveralOrderColumns {
        /// The columns.
        columns: String,
    },
    /// No column holds what the list is for.
    #[error("no row of the list holds {what}; its columns are:{columns}")]
    Nothing {
        /// What was looked for.
        what: &'static str,
        /// The columns.
        columns: String,
    },
}
