//! How a permitted message leaves. Everything here takes a [`Permit`] by value and can send nothing else
//! (law 3). Today a store captures: the text is kept and nothing leaves; sending by SMTP comes with live stores.

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

/// How soon a permit that ran out is asked for anew.
pub const ASK_ANEW: Span = Span::seconds(30);

/// How soon a store without a way of sending is asked about again.
pub const NO_WAY_YET: Span = Span::hours(1);

/// Hands over one message, if its permit still holds at `now`: the check stands last, before the first byte.
#[expect(clippy::needless_pass_by_value, reason = "a permit is used up by sending (law 3)")]
pub fn hand_over(permit: Permit, now: Timestamp) -> Sent {
    if !permit.holds_at(now) {
        return Sent::NotSent { reason: Reason::PermitExpired, reply: None };
    }
    match permit.delivery() {
        Delivery::Capture => Sent::Captured,
        Delivery::Live => Sent::NotSent { reason: Reason::ChannelUnavailable, reply: None },
    }
}
