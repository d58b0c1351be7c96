//! A message: one intended mail or API call to one buyer about one order, the way it leaves and the states
//! it passes through in the outbox.

use crate::word::words;
use crate::{AccountId, CampaignId, Delivery, Marketplace, MessageId, OrderId, Reason, Timestamp};

words! {
    /// How a message leaves.
    Channel ("channel") {
        /// Buyer-Seller Messaging by SMTP, to the buyer's alias.
        Email = "email",
        /// SP-API Messaging.
        Messaging = "messaging",
        /// SP-API Solicitations, "Request a Review".
        Solicitation = "solicitation",
    }
}

words! {
    /// Why a message is sent. Campaigns are always proactive.
    Purpose ("purpose") {
        /// Unsolicited, if allowed.
        Proactive = "proactive",
        /// Needed to complete the order; only from the guided form.
        Critical = "critical",
    }
}

words! {
    /// Where a message stands in the outbox.
    MessageState ("state") {
        /// Its time has not come.
        Planned = "planned",
        /// It can't leave now and is tried again at `next_try`.
        Waiting = "waiting",
        /// An attempt was begun.
        Sending = "sending",
        /// It left.
        Sent = "sent",
        /// The store captures: the text is kept, nothing left.
        Captured = "captured",
        /// The gate said no, for good.
        Refused = "refused",
        /// It could not be handed over, for good.
        Failed = "failed",
        /// Taken back before it left.
        Withdrawn = "withdrawn",
        /// Lost between the first data byte and the final reply; a member settles it.
        Unknown = "unknown",
    }
}

/// Where a campaign's message for an order stands, as another campaign for the same order sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiblingMessage {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its state.
    pub state: MessageState,
    /// Why it waits or ended.
    pub reason: Option<Reason>,
}

words! {
    /// How a member settles a message that was lost on its way.
    Settlement ("settlement") {
        /// It left: it keeps the order's slot.
        Sent = "sent",
        /// It did not leave: it comes before the gate anew while its window is open.
        NotSent = "not_sent",
    }
}

impl MessageState {
    /// Whether nothing more will happen by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Planned | Self::Waiting | Self::Sending)
    }
}

/// A row of the outbox as pages and lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The message.
    pub id: MessageId,
    /// Its order.
    pub order_id: OrderId,
    /// The order's store.
    pub store: Marketplace,
    /// How it leaves.
    pub channel: Channel,
    /// Why it is sent.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: MessageState,
    /// Why it stands there, where there is a reason to give.
    pub reason: Option<Reason>,
    /// When it was or is due; unknown while the delivery date is.
    pub due: Option<Timestamp>,
    /// When it is tried next; none once it is final.
    pub next_try: Option<Timestamp>,
    /// When it left or was captured.
    pub sent_at: Option<Timestamp>,
    /// The campaign's name; none for a critical message.
    pub campaign: Option<String>,
    /// The version of the campaign that made it.
    pub campaign_version: Option<u32>,
}

/// A message that one worker holds for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// The message.
    pub id: MessageId,
    /// Its account.
    pub account: AccountId,
    /// Its order.
    pub order_id: OrderId,
    /// The order's store.
    pub store: Marketplace,
    /// The store's mode when it was claimed. The gate reads it anew: this only says which way to prepare.
    pub delivery: Delivery,
    /// How often it was permitted to leave before.
    pub attempts: u32,
    /// How it is to leave.
    pub channel: Channel,
    /// Why it is sent.
    pub purpose: Purpose,
    /// The campaign it comes from.
    pub campaign: Option<CampaignId>,
    /// The campaign's version that planned it.
    pub campaign_version: Option<u32>,
    /// The lease: `begin_attempt` refuses another worker's.
    pub lease: Lease,
}

/// A worker's hold on a message, until the database's clock passes its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(pub [u8; 16]);
