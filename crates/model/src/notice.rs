//! What Abide understood of a mail: the readings, one for the mail itself and one for each mail attached to
//! it, each with the evidence it rests on.

use jiff::civil::Date;

use crate::delivery_report::DeliveryReport;
use crate::self_test::SelfTestMarker;
use crate::word::words;
use crate::{Alias, Marketplace, Money, OrderId};

words! {
    /// What a mail is, in the contract's words.
    NoticeKind ("kind of notice") {
        /// Amazon blocked a message because the buyer opted out.
        OptOut = "opt_out",
        /// A refund was issued.
        Refund = "refund",
        /// The buyer asked to return something.
        ReturnRequest = "return_request",
        /// The buyer asked to cancel.
        CancellationRequest = "cancellation_request",
        /// An A-to-z claim or a chargeback was opened.
        ClaimOpened = "claim_opened",
        /// An A-to-z claim or a chargeback was decided.
        ClaimDecided = "claim_decided",
        /// A message from a buyer, whatever it says.
        BuyerMessage = "buyer_message",
        /// Amazon's copy of a message the seller sent in Seller Central.
        OwnMessageCopy = "own_message_copy",
        /// An order came in.
        OrderPlaced = "order_placed",
        /// The account may not send proactive messages.
        Restriction = "restriction",
        /// One message was blocked for its content.
        ContentBlocked = "content_blocked",
        /// A mailbox provider asks to confirm a forwarding rule.
        ForwardingConfirmation = "forwarding_confirmation",
        /// A bounce or another report on delivery.
        DeliveryFailure = "delivery_failure",
        /// From Amazon, of a kind not known.
        UnrecognisedAmazon = "unrecognised_amazon",
        /// Nothing of Amazon's.
        NotAmazon = "not_amazon",
    }
}

impl NoticeKind {
    /// Whether it is one of Amazon's notices that Abide knows, as the health of a way in counts them.
    pub const fn is_notice(self) -> bool {
        !matches!(
            self,
            Self::NotAmazon | Self::UnrecognisedAmazon | Self::DeliveryFailure | Self::ForwardingConfirmation
        )
    }
}

words! {
    /// How the notice came into this mail.
    Forwarded ("way of forwarding") {
        /// As Amazon sent it, or re-sent with its headers kept and nothing to show it.
        None = "none",
        /// By a mailbox rule: headers kept, traces of the forwarding added.
        Auto = "auto",
        /// By hand, quoted in the text of another mail.
        Inline = "inline",
        /// By hand, as an attached mail.
        Attached = "attached",
    }
}

words! {
    /// What decided the kind.
    MatchedBy ("evidence") {
        /// Amazon's type header.
        Header = "header",
        /// Amazon's wording in a known language.
        Wording = "wording",
        /// The build of the mail alone; holds, and a member decides.
        Structure = "structure",
        /// Its form, which a member of the account taught.
        Taught = "taught",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// How far a mail is shown to come from Amazon.
    Provenance ("provenance") {
        /// Amazon's own signature covers it.
        Proven = "proven",
        /// Someone the account trusts says so.
        Vouched = "vouched",
        /// Neither.
        Unproven = "unproven",
    }
}

/// An ISO 639-1 language code, such as `it`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language([u8; 2]);

impl Language {
    /// From two ASCII letters in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        let lower = bytes.map(|byte| byte.to_ascii_lowercase());
        lower.iter().all(u8::is_ascii_lowercase).then_some(Self(lower))
    }

    /// The two letters, lower case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What tells one notice from another of the same kind about the same order (law 9).
///
/// The store compares: equal Message-IDs are the same notice; where either side lacks one, an equal
/// sentence with a known date at most a day apart is the same; equal digests always are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Amazon's Message-ID without brackets, where the mail or the attached mail still carries it.
    pub message_id: Option<String>,
    /// SHA-256 over the deciding sentence (or the subject, where a header decided), normalised.
    pub sentence: Option<[u8; 32]>,
    /// The day Amazon wrote the notice, as its own or its quoted `Date` says.
    pub date: Option<Date>,
    /// SHA-256 over the raw bytes of the mail or the attached mail.
    pub digest: [u8; 32],
}

words! {
    /// Something about a reading that a person should know.
    Remark ("remark") {
        /// More than one order id in the deciding text: all are held.
        SeveralOrders = "several_orders",
        /// The type header and the wording disagree.
        HeaderAgainstWording = "header_against_wording",
        /// Type code in `X-Space-Notification-Type` that is not known.
        UnknownTypeCode = "unknown_type_code",
        /// A bare CR or LF stood among CRLF line ends.
        MixedLineEnds = "mixed_line_ends",
        /// Nested deeper, or with more parts, than is opened.
        TooDeep = "too_deep",
        /// A part that can't be opened, such as winmail.dat or an encrypted body.
        Unopened = "unopened",
        /// A body longer than is read for wording.
        Truncated = "truncated",
        /// More than one distinct buyer alias.
        SeveralAliases = "several_aliases",
    }
}

impl Remark {
    /// One plain sentence for the person who looks at the mail.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SeveralOrders => "It names more than one order where one is meant.",
            Self::HeaderAgainstWording => "Its type and its words do not agree; the type counted.",
            Self::UnknownTypeCode => "Amazon gave it a type that Abide does not know.",
            Self::MixedLineEnds => "Its lines end in different ways, as in mails that hide something.",
            Self::TooDeep => "It holds more, or deeper nested, mails and parts than are opened.",
            Self::Unopened => "A part of it can't be opened, such as winmail.dat or an encrypted text.",
            Self::Truncated => "Its text is longer than is read.",
            Self::SeveralAliases => "It names more than one relay address.",
        }
    }
}

/// What Abide understood of one mail or of one attached mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// 0 for the mail itself, 1 and up for attached mails in their order.
    pub part: u32,
    /// What it is.
    pub kind: NoticeKind,
    /// The distinct order ids of the deciding text, in their order.
    pub order_ids: Vec<OrderId>,
    /// The buyer's alias, where exactly one is named.
    pub alias: Option<Alias>,
    /// The store, by Amazon's header, else by the alias's or sender's domain.
    pub marketplace: Option<Marketplace>,
    /// The language of the wording.
    pub language: Option<Language>,
    /// How it came into this mail.
    pub forwarded: Forwarded,
    /// What decided the kind.
    pub matched_by: MatchedBy,
    /// What tells it from another notice.
    pub identity: Identity,
    /// What a person should know, each at most once.
    pub remarks: Vec<Remark>,
    /// What stays the same from one mail of this form to the next (SHA-256), where its words are not known: a member's
    /// decision can teach it.
    pub form: Option<[u8; 32]>,
    /// The amount of a refund, where exactly one is named.
    pub refunded: Option<Money>,
    /// What it reports on the delivery of a message of the seller's, where it is such a report or answers to one.
    pub report: Option<DeliveryReport>,
}

impl Reading {
    /// The order, where exactly one is named.
    pub fn order_id(&self) -> Option<OrderId> {
        match self.order_ids.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// A mail as it was read: its readings and what the inbound log shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRead {
    /// The decoded subject, at most 300 characters; personal data.
    pub subject: Option<String>,
    /// The domain of the `From` header; not believed, only shown.
    pub from_domain: Option<String>,
    /// One or more, the mail itself first; a mail with nothing to report has one.
    pub readings: Vec<Reading>,
    /// The mark of a self-test, where it stands in the subject; it is no reading and has no other effect.
    pub self_test: Option<SelfTestMarker>,
}
