//! The facts the gate looks at, as `begin_attempt` has just read them under the account's lock.

use model::order::{OrderMark, OrderStatus};
use model::suppression::SuppressionReason;
use model::{AccountId, Alias, Channel, Clock, Delivery, Marketplace, MessageId, OrderId, Purpose, Span, Timestamp};

use crate::CapUse;

/// Everything that bears on one attempt to send one message.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read from its own row")]
pub struct Facts {
    /// The message.
    pub message: MessageId,
    /// Its account.
    pub account: AccountId,
    /// Its order.
    pub order_id: OrderId,
    /// The order's store.
    pub store: Marketplace,
    /// How it is to leave.
    pub channel: Channel,
    /// Why it is sent.
    pub purpose: Purpose,
    /// The store's mode.
    pub delivery: Delivery,
    /// When it is due; none while that can't be told.
    pub due: Option<Timestamp>,
    /// When its window closes.
    pub closes: Option<Timestamp>,
    /// The clocks.
    pub clock: Clock,
    /// The time of the account's last ledger entry.
    pub ledger_time: Timestamp,
    /// A backup was restored and nobody has looked yet.
    pub restored: bool,
    /// Amazon restricts the account.
    pub restricted: bool,
    /// The notices' way in is known to be broken.
    pub feed_broken: bool,
    /// The campaign still runs.
    pub campaign_active: bool,
    /// The marks that the campaign lets an order pass by with; the others withhold.
    pub withholding_marks: Vec<OrderMark>,
    /// Orders without alias may get Amazon's own review request.
    pub solicit_without_alias: bool,
    /// The order, where it is in the list.
    pub order: Option<OrderFacts>,
    /// Every entry that covers the order or its buyer and was not removed.
    pub suppressions: Vec<SuppressionFact>,
    /// Another message took the order's one slot.
    pub slot_taken: bool,
    /// A list says that another tool has messaged the order.
    pub messaged_elsewhere: bool,
    /// The daily cap.
    pub cap: CapUse,
    /// The campaign's priority, 1 to 100.
    pub priority: u8,
    /// A member confirmed that this critical message is to leave though a member blocked the buyer or stopped the order.
    pub block_confirmed: bool,
    /// The operator has switched critical messages by e-mail on for the store.
    pub important_by_email: bool,
    /// Live sending is stopped for the store, the account or the installation.
    pub stopped: bool,
    /// The store has a sender: a From address and a server.
    pub has_sender: bool,
    /// How long the store's limit a minute lets no further message leave; none where one may leave now.
    pub paced_for: Option<Span>,
}

/// What the gate needs to know of the order.
#[derive(Debug, Clone)]
pub struct OrderFacts {
    /// How far it is.
    pub status: Option<OrderStatus>,
    /// A row of it could not be read.
    pub incomplete: bool,
    /// What notices marked it with.
    pub marks: Vec<OrderMark>,
    /// The buyer's alias, while it is kept.
    pub alias: Option<Alias>,
    /// Whether many buyers share it (law 6).
    pub alias_shared: bool,
}

/// One entry of the suppression list that bears on the order or its buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuppressionFact {
    /// Why it stands there.
    pub reason: SuppressionReason,
    /// A member must still decide about it.
    pub held: bool,
}
