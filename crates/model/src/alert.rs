//! Alerts: what a member should look at. The same thing alerts at most once a day, so that a flood of mail
//! can't become a flood of alerts.

use crate::word::words;
use crate::{AccountId, AlertId, Timestamp};

words! {
    /// What an alert is about.
    AlertKind ("kind of alert") {
        /// A notice named an alias that many buyers share: only its order is suppressed (law 6).
        SharedAlias = "shared_alias",
        /// Notice and order name different aliases: both are suppressed (law 6).
        AliasConflict = "alias_conflict",
        /// Amazon restricts the account.
        Restriction = "restriction",
        /// A restriction that is not shown to come from Amazon: free text pauses until it is reviewed.
        RestrictionUnproven = "restriction_unproven",
        /// A mail could not be read and is kept for review.
        UnreadMail = "unread_mail",
        /// A mail of Amazon's that no rule knows.
        UnrecognisedMail = "unrecognised_mail",
        /// More unproven notices at one address than are believable.
        UnprovenFlood = "unproven_flood",
        /// A notice known by its structure alone is held until a member decides.
        StructureHeld = "structure_held",
        /// An opt-out that is not shown to come from Amazon is held until a member decides.
        UnprovenHeld = "unproven_held",
        /// Mail came to an address that was replaced.
        ReplacedAddressUsed = "replaced_address_used",
        /// A notice came to the address of another store than its own.
        NoticeAtOtherStore = "notice_at_other_store",
        /// A notice came while a message to that buyer was already leaving (law 2).
        AlreadyLeaving = "already_leaving",
        /// A message was lost on its way; a member settles whether it left.
        LostInFlight = "lost_in_flight",
        /// The mail server of a store refuses the sign-in.
        SignInFailed = "sign_in_failed",
        /// A way by which notices come in is known to be broken; messages wait (law 4).
        FeedBroken = "feed_broken",
        /// Messages go out, and for long no mail came in by any way.
        Silence = "silence",
        /// A backup was restored.
        Restored = "restored",
        /// Mail is about to be purged that nobody could connect with an order (law 8).
        PurgeSoon = "purge_soon",
        /// Somebody wrote to the operator from the help page.
        ContactNote = "contact_note",
    }
}

impl AlertKind {
    /// One plain sentence for the member who reads it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SharedAlias => {
                "A notice names a relay address that many buyers share; its order is suppressed, the buyer can't be."
            }
            Self::AliasConflict => {
                "A notice and its order name different relay addresses; both are suppressed. Please review."
            }
            Self::Restriction => "Amazon restricted this account's messages; nothing leaves until a member reviews it.",
            Self::RestrictionUnproven => {
                "A mail says that Amazon restricted this account, but is not shown to come from Amazon; please review it."
            }
            Self::UnreadMail => "A mail could not be read. It is kept; please look at it.",
            Self::UnrecognisedMail => "A mail of Amazon's is of no known kind. It is kept; please look at it.",
            Self::UnprovenFlood => {
                "Unusually many mails came in at one address without proof that they are Amazon's; further ones are asked to come back later."
            }
            Self::StructureHeld => {
                "A mail looks like an opt-out, but its words are not known; nothing leaves to that buyer until a member decides."
            }
            Self::UnprovenHeld => {
                "An opt-out is not shown to come from Amazon; nothing leaves to that buyer until a member decides."
            }
            Self::ReplacedAddressUsed => {
                "Mail still comes in at an inbound address that was replaced; put the new one into Seller Central before the old one ends."
            }
            Self::NoticeAtOtherStore => {
                "A notice came in at the inbound address of another store; it counts all the same."
            }
            Self::AlreadyLeaving => {
                "A buyer opted out while a message to him was already leaving; it may have arrived."
            }
            Self::LostInFlight => "A message was lost while it was leaving; please settle whether it left.",
            Self::SignInFailed => {
                "The mail server of a store refuses the sign-in; correct its user name or password, nothing leaves until then."
            }
            Self::FeedBroken => {
                "A way by which Amazon's notices come in is known to be broken; messages wait until it is mended."
            }
            Self::Silence => {
                "Messages go out, and no mail has come in for two weeks by any way; test whether notices still reach Abide."
            }
            Self::Restored => {
                "A backup was restored; import what came in since it was made, then switch sending on again."
            }
            Self::PurgeSoon => "A mail without an order is erased soon; look at it before that.",
            Self::ContactNote => "Somebody wrote to you from the help page; the note stands under Accounts.",
        }
    }
}

/// An alert as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Its account; none for the whole installation.
    pub account: Option<AccountId>,
    /// What it is about.
    pub kind: AlertKind,
    /// When it was raised.
    pub at: Timestamp,
    /// What exactly: an order id, a store, an address's id; never an alias or a name.
    pub detail: String,
    /// When a member said that he has seen it.
    pub seen_at: Option<Timestamp>,
}
