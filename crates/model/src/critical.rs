//! Critical messages: what completes an order and may reach a buyer who opted out. They come from the guided form alone.

use crate::word::words;
use crate::{CriticalId, Marketplace, OrderId, Timestamp};

words! {
    /// What a critical message is about; Amazon knows these three (its moderators' answers in the seller forums).
    CriticalReason ("critical reason") {
        /// A question about the customization of the product that was ordered.
        Customization = "customization",
        /// The delivery must be scheduled with the buyer.
        DeliveryScheduling = "delivery_scheduling",
        /// Something is wrong with the shipping address.
        ShippingAddress = "shipping_address",
    }
}

impl CriticalReason {
    /// What it is about, for a list to choose from.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Customization => {
                "A question about the customization of the product: the engraving, the colour chosen, the size made to measure."
            }
            Self::DeliveryScheduling => {
                "The delivery has to be scheduled with the buyer: a day, a time, an appointment."
            }
            Self::ShippingAddress => {
                "The shipping address has a problem: it is incomplete, wrong, or the carrier can't deliver there."
            }
        }
    }
}

words! {
    /// How a critical message reaches the buyer.
    CriticalRoute ("route") {
        /// A member sends it by hand in Seller Central, with the contact reason of Amazon's.
        SellerCentral = "seller_central",
    }
}

words! {
    /// Where a critical message stands.
    CriticalState ("state") {
        /// It was handed to the member, who has still to send it.
        Handed = "handed",
        /// The member says that he sent it.
        Sent = "sent",
    }
}

/// The contact reason to choose in Seller Central, in Amazon's English. Only this wording is known for sure; stores in
/// other languages may show it translated.
pub const CONTACT_REASON: &str = "Additional Information Required";

/// The most critical messages of one order that need no owner's word.
pub const MOST_CRITICAL_OF_AN_ORDER: u64 = 2;
/// The most of an account on one day (UTC) that need no owner's word.
pub const MOST_CRITICAL_OF_A_DAY: u64 = 20;

/// What whoever writes a critical message confirms of his own accord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CriticalConfirmations {
    /// An owner: it may be beyond the limits.
    pub limit: bool,
    /// The block or stop of a member's own is known, and it is to be written all the same.
    pub block: bool,
}

/// A critical message as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct CriticalMessage {
    /// Its id.
    pub id: CriticalId,
    /// The order.
    pub order_id: OrderId,
    /// The order's store.
    pub store: Marketplace,
    /// What it is about.
    pub reason: CriticalReason,
    /// The language that its text is said to be in, ISO 639.
    pub language: Option<String>,
    /// How it reaches the buyer.
    pub route: CriticalRoute,
    /// Where it stands.
    pub state: CriticalState,
    /// Who wrote it, as the ledger names him.
    pub by: String,
    /// When.
    pub created_at: Timestamp,
    /// When he said that he sent it.
    pub done_at: Option<Timestamp>,
    /// What it needed confirmed.
    pub confirmed: CriticalConfirmations,
    /// The entry of the ledger that tells it.
    pub ledger_number: u64,
    /// Subject and text; none once erased (law 8).
    pub content: Option<(String, String)>,
}

impl std::fmt::Debug for CriticalMessage {
    /// Without the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CriticalMessage").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}
