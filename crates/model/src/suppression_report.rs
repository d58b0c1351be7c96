//! What can be shown to somebody who asks what was done about one entry of the list: since when it stands, by whose word, who
//! changed it, and every message to the orders that it covers, with where the ledger speaks of it.

use crate::ledger::Head;
use crate::message::OutboxRow;
use crate::suppression::{Origin, SuppressionReason, SuppressionState};
use crate::{MailId, Marketplace, MessageState, OrderId, Purpose, Reason, SuppressionId, Timestamp};

/// A decision about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionDecision {
    /// `confirmed` or `removed`.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// By whom, as the ledger names him.
    pub by: String,
    /// The ledger's entry.
    pub ledger_number: u64,
}

/// What became of a message by an entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoneTo {
    /// It waited and was taken back.
    Withdrawn,
    /// It came before the gate and was refused.
    Refused,
    /// It had left before: the entry came too late for it.
    TooLate,
    /// It left afterwards: its permit was given before (law 2), or the entry did not act.
    LeftAfter,
    /// Nobody can tell whether it left.
    InDoubt,
    /// The entry did nothing to it.
    Nothing,
}

impl DoneTo {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::LeftAfter, Self::InDoubt, Self::Withdrawn, Self::Refused, Self::TooLate, Self::Nothing];
}

/// All about one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionReport {
    /// The entry.
    pub id: SuppressionId,
    /// The order it covers.
    pub order_id: Option<OrderId>,
    /// The order's store, or the one that the notice named; none where neither is known.
    pub store: Option<Marketplace>,
    /// How many buyers it covers.
    pub buyers: u64,
    /// Why it stands.
    pub reason: SuppressionReason,
    /// By whose word.
    pub origin: Origin,
    /// Whether it acts now.
    pub state: SuppressionState,
    /// Since when the buyer wants it, as it was said.
    pub since: Timestamp,
    /// When Abide entered it.
    pub entered_at: Timestamp,
    /// The mail that it came by.
    pub mail: Option<MailId>,
    /// The ledger's entry of it.
    pub ledger_number: u64,
    /// What members decided about it, the oldest first.
    pub decisions: Vec<SuppressionDecision>,
    /// Messages to the orders that it covers: those that left after it was entered, those in doubt, the others; each newest first.
    pub messages: Vec<OutboxRow>,
    /// There are more than are told here.
    pub more: bool,
    /// The head of the account's ledger.
    pub head: Head,
}

impl SuppressionReport {
    /// Unsolicited messages that left after it was entered. There should be none while it acts.
    pub fn left_after(&self) -> Vec<&OutboxRow> {
        let left = |row: &&OutboxRow| {
            row.purpose == Purpose::Proactive
                && row.sent_at.is_some_and(|at| at > self.entered_at)
                && row.state == MessageState::Sent
        };
        self.messages.iter().filter(left).collect()
    }

    /// Messages of which nobody can tell whether they left.
    pub fn in_doubt(&self) -> Vec<&OutboxRow> {
        let doubtful = |row: &&OutboxRow| matches!(row.state, MessageState::Unknown | MessageState::Sending);
        self.messages.iter().filter(doubtful).collect()
    }

    /// The outbox's word for it.
    pub const fn word(&self) -> Reason {
        match self.reason {
            SuppressionReason::OptOut => Reason::OptedOut,
            SuppressionReason::Block => Reason::Blocked,
            SuppressionReason::OrderStop => Reason::OrderStopped,
        }
    }

    /// What became of a message by it. An entry of the same reason for the same buyer may have done the same before.
    pub fn done_to(&self, row: &OutboxRow) -> DoneTo {
        let by_it = row.reason == Some(self.word());
        match row.state {
            MessageState::Withdrawn if by_it => DoneTo::Withdrawn,
            MessageState::Refused if by_it => DoneTo::Refused,
            MessageState::Unknown | MessageState::Sending => DoneTo::InDoubt,
            MessageState::Sent if row.purpose != Purpose::Proactive => DoneTo::Nothing,
            MessageState::Sent if row.sent_at.is_some_and(|at| at > self.entered_at) => DoneTo::LeftAfter,
            MessageState::Sent => DoneTo::TooLate,
            _ => DoneTo::Nothing,
        }
    }

    /// The messages of which that is told, in the order of the report.
    pub fn messages_done(&self, done: DoneTo) -> Vec<&OutboxRow> {
        self.messages.iter().filter(|row| self.done_to(row) == done).collect()
    }

    /// Messages that it kept from leaving, or that were kept for another reason.
    pub fn kept_back(&self) -> usize {
        let kept = |row: &&OutboxRow| matches!(row.state, MessageState::Refused | MessageState::Withdrawn);
        self.messages.iter().filter(kept).count()
    }
}
