//! Critical messages: what completes an order and may reach a buyer who opted out. They come from the guided form alone.

use crate::word::words;
use crate::{CriticalId, Marketplace, MessageId, OrderId, Timestamp};

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
        /// By e-mail with Amazon's word for it before the subject, where the operator has switched that on for the store.
        ImportantEmail = "important_email",
    }
}

words! {
    /// Where a critical message stands.
    CriticalState ("state") {
        /// It was handed to the member, who has still to send it.
        Handed = "handed",
        /// The member says that he sent it.
        Sent = "sent",
        /// It is a message of the outbox, which says how far it is.
        InOutbox = "in_outbox",
        /// It was taken back before it was sent.
        Withdrawn = "withdrawn",
    }
}

/// Amazon's word before the subject of a critical e-mail, by the text's language (Amazon's notices of 2018 to 2026; none is
/// known for other languages).
///
/// It was announced as withdrawn in April 2025 (eDesk), and an Italian notice of September 2026 still teaches it. So nothing is
/// sent by it unless the operator switched that on, and Seller Central stays the sure way.
pub fn important_word(language: &str) -> Option<&'static str> {
    match language {
        "en" | "fr" => Some("[Important]"),
        "de" => Some("[Wichtig]"),
        "es" | "it" => Some("[Importante]"),
        "ja" => Some("[重要]"),
        _ => None,
    }
}

/// What bears on the route of a critical message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read from its own row")]
pub struct RouteFacts {
    /// The operator has switched e-mail on for critical messages of the store.
    pub switched_on: bool,
    /// The store lets its messages leave.
    pub live: bool,
    /// The store has a sender.
    pub has_sender: bool,
    /// The order's relay address is known and is one buyer's own.
    pub has_alias: bool,
}

/// Why a critical message can't go by e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteRefusal {
    /// The operator's switch.
    #[error(
        "critical messages by e-mail are not switched on for this store; send it in Seller Central, or ask the operator"
    )]
    NotSwitchedOn,
    /// Capture mode.
    #[error("the store keeps its messages, so nothing would leave by e-mail; send it in Seller Central")]
    Captures,
    /// No sender.
    #[error("the store has no sender, so nothing can leave by e-mail; send it in Seller Central")]
    NoSender,
    /// No alias of his own.
    #[error("no relay address of this buyer's own is known; send it in Seller Central, or import a report with it")]
    NoAlias,
    /// No word.
    #[error(
        "Amazon's word for important messages is known in English, German, French, Spanish, Italian and Japanese only; send it in Seller Central"
    )]
    NoWord,
}

/// The route of a critical message: Seller Central for whoever wishes nothing else, e-mail where all that it needs is there.
/// (A typed message of the SP-API comes before both once the Amazon connection stands.)
///
/// # Errors
/// What stands against the e-mail that was wished for.
pub fn route(wished: CriticalRoute, facts: RouteFacts, language: Option<&str>) -> Result<CriticalRoute, RouteRefusal> {
    if wished == CriticalRoute::SellerCentral {
        return Ok(wished);
    }
    if !facts.switched_on {
        return Err(RouteRefusal::NotSwitchedOn);
    }
    if !facts.live {
        return Err(RouteRefusal::Captures);
    }
    if !facts.has_sender {
        return Err(RouteRefusal::NoSender);
    }
    if !facts.has_alias {
        return Err(RouteRefusal::NoAlias);
    }
    language.and_then(important_word).map(|_| wished).ok_or(RouteRefusal::NoWord)
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
    /// The outbox message that carries it, where it goes by e-mail.
    pub message: Option<MessageId>,
}

impl std::fmt::Debug for CriticalMessage {
    /// Without the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CriticalMessage").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seller_central_is_always_there_and_e_mail_only_where_nothing_is_missing() {
        let languages = [None, Some("en"), Some("de"), Some("ja"), Some("nl")];
        for bits in 0..16_u8 {
            let has = |bit: u8| bits & (1 << bit) != 0;
            let facts = RouteFacts { switched_on: has(0), live: has(1), has_sender: has(2), has_alias: has(3) };
            for language in languages {
                assert_eq!(route(CriticalRoute::SellerCentral, facts, language), Ok(CriticalRoute::SellerCentral));
                let by_email = route(CriticalRoute::ImportantEmail, facts, language);
                let may = bits == 15 && matches!(language, Some("en" | "de" | "ja"));
                assert_eq!(by_email.is_ok(), may, "{facts:?} {language:?}");
                if !facts.switched_on {
                    assert_eq!(by_email, Err(RouteRefusal::NotSwitchedOn), "the switch is said first");
                }
            }
        }
    }
}
