//! What can be shown to somebody who asks what was done about one entry of the list: since when it stands, by whose word, who
//! changed it, and every message to the orders that it covers, with where the ledger speaks of it.

use crate::ledger::Head;
use crate::message::OutboxRow;
use crate::suppression::{Origin, SuppressionReason, SuppressionState};
use crate::{MailId, MessageState, OrderId, Purpose, SuppressionId, Timestamp};

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

/// All about one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionReport {
    /// The entry.
    pub id: SuppressionId,
    /// The order it covers.
    pub order_id: Option<OrderId>,
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

    /// Messages that it kept from leaving, or that were kept for another reason.
    pub fn kept_back(&self) -> usize {
        let kept = |row: &&OutboxRow| matches!(row.state, MessageState::Refused | MessageState::Withdrawn);
        self.messages.iter().filter(kept).count()
    }
}
