//! What comes out of a report: orders, rows that could not be read, rows of other sales, and the counts of each.

use model::OrderId;
use model::order::ImportedOrder;

/// One thing that a report said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An order, its adjacent rows gathered. An order whose rows lie apart comes once for each group.
    Order(Box<ImportedOrder>),
    /// A row that could not be read in full. Where its order id could, the order follows, marked incomplete.
    Bad {
        /// The line in the file, the header being line 1.
        line: u64,
        /// Its order, where that could be read.
        order_id: Option<OrderId>,
        /// The column at fault, where there is one.
        column: Option<&'static str>,
        /// What is wrong.
        problem: Problem,
    },
    /// An order that did not come from Amazon's shop (Multi-Channel Fulfilment): skipped.
    SkippedMcf {
        /// The line in the file.
        line: u64,
    },
}

/// Why a row could not be read. Its sentence holds nothing from the row, which may be personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No order id, or none of Amazon's form.
    #[error("there is no Amazon order id in the row; they look like 123-1234567-1234567")]
    NoOrderId,
    /// Longer than a row can be.
    #[error("the row is longer than {} KiB", crate::line::LONGEST / 1024)]
    TooLong,
    /// Ends before a column that is needed.
    #[error("the row ends after {found} of {expected} columns; the file may be cut off")]
    TooShort {
        /// Columns in the row.
        found: usize,
        /// Columns in the header.
        expected: usize,
    },
    /// Has more columns than the header, so that none of them can be trusted.
    #[error("the row has {found} columns where the header has {expected}; a separator may stand inside a field")]
    TooManyFields {
        /// Columns in the row.
        found: usize,
        /// Columns in the header.
        expected: usize,
    },
    /// A quoted field without its end.
    #[error("a quotation mark opens a field in this row and none closes it")]
    OpenQuote,
    /// A date in no known form.
    #[error(
        "this is not a date as Amazon writes it, such as 2026-08-20T12:00:00+00:00; a spreadsheet may have changed it, so import the original file"
    )]
    NotADate,
    /// More lines than an order can have here.
    #[error("the order has more than {} different items; the rest was not kept", crate::gather::MOST_ITEMS)]
    TooManyItems,
}

/// What was met so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows under the header, blank ones left out.
    pub rows: u64,
    /// Orders given out, groups of rows that lie apart counted singly.
    pub orders: u64,
    /// Bad rows.
    pub bad: u64,
    /// Rows of orders that did not come from Amazon's shop.
    pub skipped_mcf: u64,
    /// Rows whose order status is not known to Abide; the order goes on without one.
    pub unknown_status: u64,
    /// Rows whose sales channel is no store that Abide knows; the order goes on without a store.
    pub unknown_channel: u64,
    /// Rows whose buyer address is no relay address of Amazon's; it is not kept.
    pub unusable_alias: u64,
    /// Rows with a flag that says neither yes nor no; it counts as not known.
    pub unknown_flag: u64,
    /// Rows that are not UTF-8 and were read as Shift_JIS or Windows-1252.
    pub other_encoding: u64,
}
