//! The suppression list: who must not be written to, about what, why, by whose word and since when. An
//! entry is never edited; a removal or a decision is a new fact beside it (law 7).

use crate::word::words;
use crate::{Alias, Marketplace, OrderId, SuppressionId, Timestamp};

words! {
    /// Why an entry stands in the list.
    SuppressionReason ("reason of a suppression") {
        /// Amazon's notice.
        OptOut = "opt_out",
        /// A member blocked the buyer.
        Block = "block",
        /// A member stopped the order.
        OrderStop = "order_stop",
    }
}

words! {
    /// Where an entry came from.
    Origin ("origin") {
        /// A notice of Amazon's.
        Notice = "notice",
        /// A member, by command or page.
        Member = "member",
        /// A list from another tool.
        Import = "import",
        /// The JSON API.
        Api = "api",
    }
}

words! {
    /// Whether an entry holds messages back.
    SuppressionState ("state of a suppression") {
        /// It does.
        Active = "active",
        /// It does until a member has decided.
        Held = "held",
        /// It did.
        Removed = "removed",
    }
}

/// What a member or a list wants suppressed or released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One order, and its buyer where the entry is an opt-out and the alias is known.
    Order(OrderId),
    /// One buyer.
    Buyer(Alias),
}

/// An entry as lists show it: one row for each entry and each buyer it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    /// The entry.
    pub id: SuppressionId,
    /// The order it covers.
    pub order_id: Option<OrderId>,
    /// The order's store, or the one that the notice named; none where neither is known.
    pub store: Option<Marketplace>,
    /// The buyer it covers, while the alias is still kept (law 8).
    pub alias: Option<Alias>,
    /// Whether it covers a buyer, known by hash even after the alias was purged.
    pub covers_buyer: bool,
    /// Why.
    pub reason: SuppressionReason,
    /// By whose word.
    pub origin: Origin,
    /// Since when.
    pub since: Timestamp,
    /// Whether it holds messages back.
    pub state: SuppressionState,
}

impl SuppressionRow {
    /// The columns of the list as it is exported, in their order; an import finds them again.
    pub const COLUMNS: [&str; 6] = ["order_id", "alias", "reason", "since", "origin", "state"];

    /// The row as its cells in that order.
    pub fn cells(&self) -> [String; 6] {
        [
            self.order_id.map(|order| order.to_string()).unwrap_or_default(),
            self.alias.as_ref().map(|alias| alias.as_str().to_owned()).unwrap_or_default(),
            self.reason.to_string(),
            self.since.to_string(),
            self.origin.to_string(),
            self.state.to_string(),
        ]
    }
}

/// One line of a list that is imported: at least one of the two is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedSuppression {
    /// What it covers.
    pub target: Target,
    /// The reason it is entered with.
    pub reason: SuppressionReason,
    /// Since when, where the list says so.
    pub since: Option<Timestamp>,
}

/// What adding or removing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SuppressionChange {
    /// Entries added or removed.
    pub changed: u64,
    /// Entries that stood so already.
    pub unchanged: u64,
    /// Messages withdrawn by it.
    pub withdrawn: u64,
    /// Messages that were already leaving.
    pub already_leaving: u64,
}
