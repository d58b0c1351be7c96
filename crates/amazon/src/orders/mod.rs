//! Orders: of the API of 2026-01-01, and of its older form, which Amazon ends in March 2027. What an answer tells is put into
//! the model's [`ImportedOrder`], as a report's rows are; what it does not tell stays unknown.
//!
//! An order that can't be read is named and keeps no other from being read, and an order whose date or line can't be read is
//! marked incomplete, so that it waits.

mod found;
mod included;
mod search;
pub mod v0;
pub(crate) mod value;
mod window;

use model::OrderId;
use model::Timestamp;
use model::order::ImportedOrder;

pub use included::IncludedData;
pub use search::{GetOrder, SearchOrders};
pub use window::{InvalidWindow, OrderWindow};

use crate::PageToken;

/// The most lines that are kept of one order, as with reports.
pub(crate) const MOST_LINES: usize = 200;

/// One page of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPage<O = ImportedOrder> {
    /// Those that were read.
    pub orders: Vec<O>,
    /// Those that were not.
    pub unread: Vec<UnreadOrder>,
    /// Orders from outside Amazon's shop, which Abide has nothing to do with.
    pub elsewhere: u32,
    /// The token of the next page; none on the last. It holds for 24 hours.
    pub next: Option<PageToken>,
    /// Up to when Amazon looked, by the time that was asked for (of change or of purchase), where it says so.
    pub up_to: Option<Timestamp>,
}

/// An order that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadOrder {
    /// The order, where at least that is known.
    pub order_id: Option<OrderId>,
    /// What is missing or other than the model says.
    pub what: &'static str,
}

/// What became of one order of an answer.
pub(crate) enum Read<O> {
    Order(O),
    Elsewhere,
    Unread(UnreadOrder),
}

impl<O> OrderPage<O> {
    pub(crate) fn of(
        orders: impl IntoIterator<Item = Read<O>>,
        next: Option<PageToken>,
        up_to: Option<Timestamp>,
    ) -> Self {
        let mut page = Self { orders: Vec::new(), unread: Vec::new(), elsewhere: 0, next, up_to };
        for order in orders {
            match order {
                Read::Order(order) => page.orders.push(order),
                Read::Elsewhere => page.elsewhere = page.elsewhere.saturating_add(1),
                Read::Unread(unread) => page.unread.push(unread),
            }
        }
        page
    }
}
