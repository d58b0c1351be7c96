//! Orders that another tool has messaged before Abide came: lists of them, what importing one did, and what stands of
//! an order. Such an order has had its one message, so Abide sends it no proactive one.

use crate::{MessagedListId, OrderId, Timestamp};

/// An order on such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagedOrder {
    /// The order.
    pub order_id: OrderId,
    /// When the other tool wrote, where the list says so.
    pub messaged_at: Option<Timestamp>,
}

/// What importing a part of a list did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessagedChange {
    /// Orders that are new on the list.
    pub changed: u64,
    /// Orders that stood on it already.
    pub unchanged: u64,
    /// Messages withdrawn by it.
    pub withdrawn: u64,
    /// Messages that were already leaving.
    pub already_leaving: u64,
}

impl MessagedChange {
    /// Adds what another part did.
    pub const fn add(&mut self, more: Self) {
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.withdrawn += more.withdrawn;
        self.already_leaving += more.already_leaving;
    }
}

/// What is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagedTarget {
    /// A whole list.
    List(MessagedListId),
    /// One order, on whatever lists it stands.
    Order(OrderId),
}

/// A list as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagedList {
    /// The list.
    pub id: MessagedListId,
    /// When it was imported.
    pub entered_at: Timestamp,
    /// By whom, as the ledger names him.
    pub by: String,
    /// Orders on it.
    pub orders: u64,
    /// When it was taken back, and by whom.
    pub removed: Option<(Timestamp, String)>,
}

/// What stands of one order: another tool has messaged it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagedElsewhere {
    /// The list that says so.
    pub list: MessagedListId,
    /// When that list was imported.
    pub entered_at: Timestamp,
    /// When the other tool wrote, where the list says so.
    pub messaged_at: Option<Timestamp>,
}
