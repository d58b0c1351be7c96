//! What a report on the delivery of one of the account's own messages says (RFC 3464, and the older forms). It is
//! evidence about a message, never about a buyer's wish, and anybody can write one.

use crate::word::words;
use crate::{MessageId, Timestamp};

words! {
    /// What became of the message, in RFC 3464's words.
    DeliveryAction ("delivery action") {
        /// It could not be delivered (2.3.3).
        Failed = "failed",
        /// It is late, and tried on.
        Delayed = "delayed",
        /// It was delivered, handed on or split up.
        Delivered = "delivered",
        /// The report does not say.
        NotSaid = "not_said",
    }
}

/// A report, as far as it is about a message of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// What became of the message.
    pub action: DeliveryAction,
    /// The enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    /// What the other server said, at most 500 bytes; may hold personal data.
    pub said: Option<String>,
    /// The messages of ours that the returned headers name; anybody can write such a name, but hardly guess it.
    pub messages: Vec<MessageId>,
    /// Whether the returned headers name a message that is none of ours.
    pub names_another: bool,
    /// When the returned mail was written, by its own `Date`.
    pub written_at: Option<Timestamp>,
}

impl std::fmt::Debug for DeliveryReport {
    /// Without the other server's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeliveryReport")
            .field("action", &self.action)
            .field("status", &self.status)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}
