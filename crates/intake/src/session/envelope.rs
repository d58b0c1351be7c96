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
    /// What each RCPT that was answered by 250 stands for, in their order.
    pub(super) accepted: Vec<Accepted>,
}

/// What a recipient that was accepted stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    /// The inbound address at this place of the recipients.
    Address(usize),
    /// The postmaster.
    Postmaster,
}

impl Transaction {
    pub(super) fn accept(&mut self, recipient: Recipient) {
        let known = self.recipients.iter().position(|known| known.address == recipient.address);
        let place = known.unwrap_or(self.recipients.len());
        if known.is_none() {
            self.recipients.push(recipient);
        }
        self.accepted.push(Accepted::Address(place));
    }

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

/// The answer to [`super::Demand::Record`]: what became of the mail for each recipient, in the order of
/// [`ReceivedMail::recipients`], and for the postmaster. A place that is missing counts as not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFor {
    /// For each inbound address.
    pub recipients: Vec<Recording>,
    /// For the postmaster, where it was for him.
    pub postmaster: Option<Recording>,
}

impl RecordedFor {
    pub(super) fn of(&self, accepted: Accepted) -> Recording {
        let outcome = match accepted {
            Accepted::Address(place) => self.recipients.get(place).copied(),
            Accepted::Postmaster => self.postmaster,
        };
        outcome.unwrap_or(Recording::TryAgain)
    }
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// The mail and its effects are on stable storage, for every recipient.
    Durable,
    /// The storage is full.
    StorageFull,
    /// Not recorded for every recipient; the peer should send it again.
    TryAgain,
}

impl Recording {
    /// The worse of two: what asks for another try outweighs a full storage, and both outweigh a success.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::TryAgain, _) | (_, Self::TryAgain) => Self::TryAgain,
            (Self::StorageFull, _) | (_, Self::StorageFull) => Self::StorageFull,
            (Self::Durable, Self::Durable) => Self::Durable,
        }
    }
}
