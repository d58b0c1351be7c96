//! Order reports in, orders out: Amazon's flat-file layouts by column name, in whatever encoding and packing they
//! arrive, read as a stream in memory that does not grow with the file. Only the columns Abide needs are kept; a
//! row that can't be read is named and holds its order back.
//!
//! # How a file is read
//! - **Packing**: gzip is known by its first bytes and unpacked up to 200 times its size ([`ReportError::Bomb`]).
//!   Where it unpacks to next to nothing, member after member, it counts as damaged.
//! - **Encoding**: UTF-8 and UTF-16 by their marks, UTF-16 also by its form. Otherwise each row is taken as UTF-8
//!   where it is valid, else as Shift_JIS or Windows-1252, whichever its bytes (and an Amazon.co.jp on it) speak
//!   for: a wrong guess can spoil a product name, never an id, a date or an alias, which are ASCII.
//! - **Separator**: a tab if the header row has one, else the more frequent of semicolon and comma.
//! - **Quotes**: between tabs Amazon writes none, so a quote is a letter, unless it encloses a whole field and every
//!   quote inside is doubled, as spreadsheets write it; tabs and line ends always separate. Between commas and
//!   semicolons a field that begins with a quote is quoted as in RFC 4180, over at most 20 lines; a quote that is
//!   not closed by then spoils its own line alone.
//! - **Dates**: ISO 8601. Without an offset they are UTC, without a time midnight.
//!
//! ```
//! let file = "amazon-order-id\tpurchase-date\tsales-channel\n\
//!             111-1234567-1234567\t2026-08-01T10:12:13+00:00\tAmazon.com\n";
//! let mut reader = report::Reader::new(file.as_bytes(), report::Defaults::default())?;
//! let Some(Ok(report::Row::Order(order))) = reader.next() else { unreachable!() };
//! assert_eq!(order.store, Some(model::Marketplace::Us));
//! # Ok::<(), report::ReportError>(())
//! ```

mod column;
mod encoding;
mod error;
mod gather;
mod line;
pub mod list;
mod reader;
mod record;
mod row;
mod source;
mod value;

pub use error::{FileKind, ReportError};
pub use reader::{Defaults, Reader};
pub use row::{Counts, Problem, Row};
pub use source::Progress;
