//! Why an order gets a message, has had one, or gets none: what pages and `abide explain` show (law 5).

use crate::critical::CriticalMessage;
use crate::message::OutboxRow;
use crate::messaged::MessagedElsewhere;
use crate::suppression::SuppressionRow;
use crate::{CampaignState, Channel, Order, OrderId, Reason, Timestamp};

/// Everything that bears on one order's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The order.
    pub order_id: OrderId,
    /// What is known of it; none where no report has named it.
    pub order: Option<Order>,
    /// The answer in one plain sentence.
    pub summary: String,
    /// The entries of the suppression list that cover the order or its buyer, removed ones among them.
    pub suppressions: Vec<SuppressionRow>,
    /// A list that says that another tool has messaged it.
    pub messaged_elsewhere: Option<MessagedElsewhere>,
    /// Its messages, newest first.
    pub messages: Vec<OutboxRow>,
    /// Its critical messages, newest first, without their text.
    pub critical: Vec<CriticalMessage>,
    /// What each campaign makes of it, by name.
    pub campaigns: Vec<CampaignExplanation>,
}

/// What one campaign makes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignExplanation {
    /// The campaign's name.
    pub campaign: String,
    /// The version that was asked.
    pub version: u32,
    /// Whether it writes to buyers.
    pub state: CampaignState,
    /// How its messages leave.
    pub channel: Channel,
    /// What follows.
    pub outcome: PlannedAs,
    /// Why there is no message, or none yet.
    pub reason: Option<Reason>,
    /// When the message is due.
    pub due: Option<Timestamp>,
    /// When its window closes.
    pub closes: Option<Timestamp>,
    /// When an order that waits is looked at again.
    pub next_try: Option<Timestamp>,
    /// Each condition with what the order says.
    pub steps: Vec<ExplainedStep>,
}

crate::word::words! {
    /// What a campaign makes of an order.
    PlannedAs ("outcome of a plan") {
        /// A message.
        Message = "message",
        /// Perhaps later.
        Waits = "waits",
        /// None.
        No = "no",
    }
}

/// One condition that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedStep {
    /// What was asked.
    pub condition: String,
    /// What the order says, without personal data.
    pub value: String,
    /// `met`, `not_met` or `waits`.
    pub outcome: &'static str,
    /// One plain sentence.
    pub sentence: String,
}
