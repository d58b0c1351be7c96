//! What waits for a member's decision about a notice, why, and what he may decide. A decision is never the last word:
//! it can be undone, and undoing it holds again what it had let go (law 4).

use crate::word::words;
use crate::{NoticeId, NoticeKind, OrderId, Timestamp};

words! {
    /// Why a notice waits for a member.
    ReviewReason ("reason of a review") {
        /// From Amazon, and no rule knows what it is.
        UnknownKind = "unknown_kind",
        /// Not known as Amazon's, but it names an order and came to a place that is meant for notices.
        OrderWithoutVerdict = "order_without_verdict",
        /// Its kind is known, but it names no order that it could be about.
        NoOrder = "no_order",
        /// Known by its build alone, not by its words: what it says is held.
        Unclear = "unclear",
        /// More than one order is named in what decides: all are held.
        SeveralOrders = "several_orders",
        /// An opt-out that is not shown to come from Amazon: it is held.
        Unproven = "unproven",
        /// A restriction that is not shown to come from Amazon: free text pauses.
        RestrictionUnproven = "restriction_unproven",
        /// Notice and order name different aliases: both are suppressed (law 6).
        AliasesDiffer = "aliases_differ",
        /// It names an alias that many buyers share, and no order (law 6).
        SharedAlias = "shared_alias",
        /// A mailbox provider asks to confirm a forwarding rule.
        Confirmation = "confirmation",
        /// An answer to a message of the account's or a report on its delivery, of which it can't be told which is meant
        /// or what became of it.
        AmbiguousReport = "ambiguous_report",
        /// A part of it could not be opened.
        Unopened = "unopened",
        /// It could not be read.
        Unread = "unread",
    }
}

impl ReviewReason {
    /// One plain sentence for the member who is to decide.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::UnknownKind => "It comes from Amazon, but no rule knows what it is.",
            Self::OrderWithoutVerdict => "It names an order, but Abide can't tell what it says or that it is Amazon's.",
            Self::NoOrder => "It names no order, so nothing could follow from it.",
            Self::Unclear => {
                "It is built like a notice of this kind, but its words are not known; nothing leaves until you decide."
            }
            Self::SeveralOrders => {
                "It names more than one order where one is meant; nothing leaves to any of them until you decide."
            }
            Self::Unproven => "It is not shown to come from Amazon; nothing leaves to that buyer until you decide.",
            Self::RestrictionUnproven => {
                "It says that Amazon restricted the account, but is not shown to come from Amazon; own texts pause until you decide."
            }
            Self::AliasesDiffer => "It and its order name different relay addresses; both are suppressed.",
            Self::SharedAlias => {
                "It names a relay address that many buyers share, and no order: nobody could be suppressed."
            }
            Self::Confirmation => "A mailbox provider asks to confirm a forwarding rule to one of your addresses.",
            Self::AmbiguousReport => {
                "It answers a message of yours or reports on its delivery; which one, or what became of it, can't be told."
            }
            Self::Unopened => {
                "A part of it can't be opened, such as winmail.dat or an encrypted text; look at it in your mail program."
            }
            Self::Unread => "It could not be read at all; look at it in your mail program.",
        }
    }
}

words! {
    /// What a member may say that a notice is.
    Ruling ("decision") {
        /// Amazon's opt-out: the orders, and their buyers where they are known, are suppressed.
        OptOut = "opt_out",
        /// A refund.
        Refund = "refund",
        /// A return.
        ReturnRequest = "return_request",
        /// A request to cancel.
        CancellationRequest = "cancellation_request",
        /// A claim.
        Claim = "claim",
        /// A buyer's message.
        BuyerMessage = "buyer_message",
        /// A restriction of the account.
        Restriction = "restriction",
        /// Nothing that anything follows from: what it held is let go.
        Nothing = "nothing",
    }
}

impl Ruling {
    /// The kind of notice that the ruling stands for; none where nothing follows.
    pub const fn kind(self) -> Option<NoticeKind> {
        match self {
            Self::OptOut => Some(NoticeKind::OptOut),
            Self::Refund => Some(NoticeKind::Refund),
            Self::ReturnRequest => Some(NoticeKind::ReturnRequest),
            Self::CancellationRequest => Some(NoticeKind::CancellationRequest),
            Self::Claim => Some(NoticeKind::ClaimOpened),
            Self::BuyerMessage => Some(NoticeKind::BuyerMessage),
            Self::Restriction => Some(NoticeKind::Restriction),
            Self::Nothing => None,
        }
    }

    /// Whether it is about orders, so that at least one must be named.
    pub const fn needs_order(self) -> bool {
        !matches!(self, Self::Restriction | Self::Nothing)
    }

    /// What follows from it, in one plain sentence.
    pub const fn effect(self) -> &'static str {
        match self {
            Self::OptOut => "The order, and its buyer where he is known, gets no unsolicited message any more.",
            Self::Refund => "The order is marked as refunded.",
            Self::ReturnRequest => "The order is marked as returned.",
            Self::CancellationRequest => "The order is marked as asked to be cancelled.",
            Self::Claim => "The order is marked with a claim.",
            Self::BuyerMessage => "The order is marked with an open question of the buyer's.",
            Self::Restriction => "Own texts of this account stop until an owner or a manager lifts the restriction.",
            Self::Nothing => "Nothing follows from it, and what it held is let go.",
        }
    }
}

/// What a member decides about one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewDecision {
    /// What it is.
    pub ruling: Ruling,
    /// The orders it is about, where the ruling needs any; empty: those that were read.
    pub orders: Vec<OrderId>,
    /// Whether later mails of the same form are to be taken in the same way without asking.
    pub teach: bool,
    /// Why, in the member's words; sealed. At most [`ReviewDecision::NOTE_CHARS`] characters.
    pub note: String,
}

impl ReviewDecision {
    /// The longest note.
    pub const NOTE_CHARS: usize = 1000;
}

/// What a decision, or undoing one, did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewEffect {
    /// Entries of the list that act now and did not before.
    pub suppressed: u64,
    /// Entries that held messages and do no more.
    pub released: u64,
    /// Entries that hold messages until the notice is decided again.
    pub held: u64,
    /// Orders that were marked, or whose mark was taken back.
    pub marked: u64,
    /// Messages withdrawn by it.
    pub withdrawn: u64,
    /// Messages that were already leaving (law 2).
    pub already_leaving: u64,
    /// Whether the account's own texts stop now, or may leave again.
    pub restriction: Option<bool>,
    /// Whether the form was taught, or forgotten.
    pub taught: bool,
}

/// A notice in the review queue, or one that was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewItem {
    /// The notice.
    pub notice: NoticeId,
    /// The mail it came in.
    pub mail: crate::MailId,
    /// When that was received.
    pub received_at: Timestamp,
    /// Why it waits; none where it was decided.
    pub reason: Option<ReviewReason>,
    /// What it is taken for.
    pub kind: NoticeKind,
    /// The orders it names.
    pub order_ids: Vec<OrderId>,
    /// The mail's subject, while it is kept; personal data.
    pub subject: Option<String>,
    /// When its mail is erased (law 8); none where that has happened, or it was never kept.
    pub erased_at: Option<Timestamp>,
    /// Whether later mails of its form can be told, so that one decision may teach it.
    pub teachable: bool,
    /// What was decided last, and not undone.
    pub decided: Option<Decided>,
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What it said.
    pub ruling: Ruling,
    /// By whom, as the ledger names him.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A form that a member taught: later mails built and worded like it are taken in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaughtForm {
    /// The notice by which it was taught.
    pub notice: NoticeId,
    /// What such mails are.
    pub ruling: Ruling,
    /// By whom, as the ledger names him.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
