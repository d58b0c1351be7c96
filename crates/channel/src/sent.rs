//! What became of a permitted message. Whoever sends must end in exactly one of these; in doubt it is `Lost`,
//! which nobody sends again by himself.

use model::sender::ServerReply;
use model::{Delivery, Reason, Span, Timestamp};
use policy::Permit;

/// What became of a permitted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was kept and nothing left.
    Captured,
    /// The server took it over (250 after the data).
    Sent(ServerReply),
    /// It certainly did not leave; a new gate is asked.
    NotSent {
        /// Why.
        reason: Reason,
        /// The server's words, if it said any.
        reply: Option<ServerReply>,
    },
    /// The server refused it for good (5yz); it did not leave.
    Rejected(ServerReply),
    /// The connection was lost between the first data byte and the final reply: it may or may not have left.
    Lost,
}

impl Sent {
    pub(crate) const fn not_sent(reason: Reason) -> Self {
        Self::NotSent { reason, reply: None }
    }
}

/// How soon a permit that ran out is asked for anew.
pub const ASK_ANEW: Span = Span::seconds(30);

/// How soon a store without a way of sending is asked about again.
pub const NO_WAY_YET: Span = Span::hours(1);

/// Keeps a captured message, if its permit still holds at `now`. A live one needs a [`crate::Line`]; here it is told
/// that there is none.
#[expect(clippy::needless_pass_by_value, reason = "a permit is used up by sending (law 3)")]
pub fn capture(permit: Permit, now: Timestamp) -> Sent {
    if !permit.holds_at(now) {
        return Sent::not_sent(Reason::PermitExpired);
    }
    match permit.delivery() {
        Delivery::Capture => Sent::Captured,
        Delivery::Live => Sent::not_sent(Reason::ChannelUnavailable),
    }
}
