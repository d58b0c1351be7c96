//! An account: one seller, the tenant. Its stores, its inbound addresses and its settings.

use crate::word::words;
use crate::{AccountId, AddressId, Handle, Marketplace, Timestamp};

words! {
    /// A store's mode.
    Delivery ("delivery mode") {
        /// Texts are kept and nothing leaves: the default.
        Capture = "capture",
        /// Messages leave.
        Live = "live",
    }
}

words! {
    /// What an inbound address is meant for. A notice is read the same at each of them.
    AddressKind ("kind of inbound address") {
        /// Everything, for a forwarding rule of the seller's own.
        Any = "any",
        /// Buyer Opt-Out in the notification preferences.
        OptOut = "opt_out",
        /// Return and Claim Notifications in the notification preferences.
        Refund = "refund",
    }
}

words! {
    /// Whether an inbound address takes mail.
    AddressState ("state of an inbound address") {
        /// It does.
        Active = "active",
        /// It was re-issued: taken for 90 more days, and flagged.
        Replaced = "replaced",
        /// It does not.
        Revoked = "revoked",
    }
}

/// One seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its short name.
    pub handle: Handle,
    /// Its name as the seller writes it.
    pub name: String,
    /// Its stores.
    pub sellers: Vec<Seller>,
    /// What was chosen for it.
    pub settings: AccountSettings,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account in one marketplace: what sellers call a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seller {
    /// The marketplace.
    pub store: Marketplace,
    /// Whether messages leave.
    pub delivery: Delivery,
}

/// What was chosen for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSettings {
    /// Header and wording act at once even where a mail is unproven.
    pub trust_addresses: bool,
    /// Orders without alias may get Amazon's own review request (law 6).
    pub solicit_without_alias: bool,
    /// Days from shipping to delivery where a report gives no date; 1 to 30, or unknown.
    pub delivery_days: Option<u8>,
    /// Set while Amazon restricts the account: nothing free leaves.
    pub restricted_since: Option<Timestamp>,
    /// Set while the notices' way in is known to be broken.
    pub feed_broken_since: Option<Timestamp>,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            trust_addresses: true,
            solicit_without_alias: true,
            delivery_days: None,
            restricted_since: None,
            feed_broken_since: None,
        }
    }
}

/// A secret address at which notices come in.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundAddress {
    /// Its id.
    pub id: AddressId,
    /// Its account.
    pub account: AccountId,
    /// Its store; none for the whole account.
    pub store: Option<Marketplace>,
    /// What it is meant for.
    pub kind: AddressKind,
    /// The part before `@`, with at least 80 random bits.
    pub local_part: String,
    /// Whether it takes mail.
    pub state: AddressState,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Until when a replaced address is still taken.
    pub accepted_until: Option<Timestamp>,
    /// When the last mail came in.
    pub last_mail_at: Option<Timestamp>,
    /// When the last notice came in.
    pub last_notice_at: Option<Timestamp>,
}

impl std::fmt::Debug for InboundAddress {
    /// Without the local part, which is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundAddress")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("store", &self.store)
            .field("kind", &self.kind)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
