//! Lists that other tools kept: any table of comma, semicolon or tab, with or without a row of names, in whatever
//! encoding and packing. Only what can matter is kept of it: order ids, relay addresses, dates, and the words of a
//! list of Abide's own; names, addresses and texts are passed over and never held.
//!
//! # Which column is which
//! A column is known by its name where that is a usual one, and by what stands in it. The person may say it instead,
//! by name or by number from 1. Where it can't be told, the error lists the columns with what was found in each, and
//! shows nothing of the rows.

mod cell;
mod column;
mod error;
mod meaning;
mod pack;
mod read;

pub use column::{ColumnAt, ColumnUse, ListColumn, Picks};
pub use error::{ListError, PickError};
pub use meaning::{MessagedFile, OptOutFile};
pub use read::{ListTable, MOST_COLUMNS, MOST_ROWS, read};
