//! The envelope of one mail, and what crosses the seam for it. The sender's address is checked and forgotten:
//! nothing is ever sent back, and no header is believed that is not covered by a proof (law 10).

use crate::Recipient;
use crate::data::Share;

/// A mail begun with MAIL.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// Whether the peer declared SMTPUTF8.
    pub(super) utf8: bool,
    /// Distinct addresses.
    pub(super) recipients: Vec<Recipient>,
    /// Whether it is for the postmaster, alone or too.
    pub(super) postmaster: bool,
}

impl Transaction {
    pub(super) fn has_recipient(&self) -> bool {
        self.postmaster || !self.recipients.is_empty()
    }
}

/// A mail that was received whole, and is not yet acknowledged.
#[derive(Debug)]
pub struct ReceivedMail {
    /// The inbound addresses, each once.
    pub recipients: Vec<Recipient>,
    /// Whether it is for the postmaster, alone or too.
    pub postmaster: bool,
    /// The bytes as the sender wrote them.
    pub raw: Vec<u8>,
    /// Whether a bare CR or a bare LF stands in it.
    pub mixed_line_ends: bool,
    /// The memory it holds; to be dropped after `raw`.
    pub share: Share,
}

/// The answer to [`super::Demand::FindRecipient`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// It takes mail.
    Known(Recipient),
    /// There is none, or it takes no more mail.
    Unknown,
    /// It has had more mail without proof than is believable.
    Flooded,
    /// It could not be told now.
    Unavailable,
}

/// The answer to [`super::Demand::Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// The mail and its effects are on stable storage, for every recipient.
    Durable,
    /// The storage is full.
    StorageFull,
    /// Not recorded for every recipient; the peer should send it again.
    TryAgain,
}
