//! Mail that came in: by which door, what was understood of it, and the named outcome in which each reading
//! ends (law 5).

use crate::notice::Remark;
use crate::review::ReviewReason;
use crate::word::words;
use crate::{
    AccountId, AddressId, Alias, Forwarded, Grade, MailId, MailRead, Marketplace, MatchedBy, NoticeId, NoticeKind,
    OrderId, Provenance, Source, Timestamp,
};

words! {
    /// The door a mail came in by.
    Door ("door") {
        /// SMTP at an inbound address.
        Smtp = "smtp",
        /// LMTP at an inbound address, from a mail server of one's own.
        Lmtp = "lmtp",
        /// A file given to the program.
        File = "file",
        /// A file given on a page.
        Upload = "upload",
        /// A folder of the seller's mailbox, read by IMAP.
        Imap = "imap",
        /// HTTP with a token that vouches: only the account's own programs hand mail in.
        Http = "http",
        /// HTTP with the token of a service that takes mail from anybody.
        Relay = "relay",
        /// A route of Mailgun's, to which anybody can write.
        Mailgun = "mailgun",
    }
}

impl Door {
    /// Its name for a person.
    pub const fn spoken(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Lmtp => "LMTP",
            Self::File => "a file",
            Self::Upload => "a file given on a page",
            Self::Imap => "IMAP",
            Self::Http => "HTTP",
            Self::Relay => "a mail service's HTTP",
            Self::Mailgun => "Mailgun",
        }
    }

    /// Whether only someone who signed in can hand a mail in by it: such a mail is vouched for at once.
    pub const fn signs_in(self) -> bool {
        match self {
            // Whoever writes to the mailbox lands in the folder: only the provider's own check could vouch.
            Self::Smtp | Self::Lmtp | Self::Imap | Self::Relay | Self::Mailgun => false,
            Self::File | Self::Upload | Self::Http => true,
        }
    }

    /// Whether only what is meant for Abide comes in by it: then a mail that names an order and tells nothing is worth
    /// a member's look. A person's mailbox and archives are full of such.
    pub const fn is_for_notices(self) -> bool {
        match self {
            Self::Smtp | Self::Lmtp | Self::Http | Self::Relay | Self::Mailgun => true,
            Self::File | Self::Upload | Self::Imap => false,
        }
    }
}

words! {
    /// What a way in by HTTP is.
    HttpDoorKind ("kind of way in") {
        /// A token of the account's own programs, which vouch for what they hand in.
        Token = "token",
        /// A token of a service that takes mail from anybody: it vouches for nothing.
        Relay = "relay",
        /// A route of Mailgun's.
        Mailgun = "mailgun",
    }
}

impl HttpDoorKind {
    /// The door of mails that come by it.
    pub const fn door(self) -> Door {
        match self {
            Self::Token => Door::Http,
            Self::Relay => Door::Relay,
            Self::Mailgun => Door::Mailgun,
        }
    }
}

words! {
    /// What became of a reading.
    Outcome ("outcome of a reading") {
        /// An order, a buyer or both came onto the list.
        Suppressed = "suppressed",
        /// They are held until a member decides.
        Held = "held",
        /// The same notice came before: nothing changed.
        Repeated = "repeated",
        /// The order was marked.
        Marked = "marked",
        /// Proactive messages of the account were stopped.
        Restricted = "restricted",
        /// Known, and nothing follows from it.
        Noted = "noted",
        /// A member must look at it.
        Review = "review",
        /// Nothing of Amazon's; kept only as a count and a line of the log.
        Ignored = "ignored",
        /// The mail could not be read; it is kept and a member must look at it.
        Unread = "unread",
    }
}

/// A mail at the store's door, read and not yet recorded.
#[derive(Clone)]
pub struct IncomingMail {
    /// The account whose address or command it came by.
    pub account: AccountId,
    /// The inbound address, where it came by one.
    pub address: Option<AddressId>,
    /// The watched folder or the way in by HTTP, where it came by one.
    pub source: Option<Source>,
    /// The door.
    pub door: Door,
    /// When it was received (for a file: when it was given).
    pub received_at: Timestamp,
    /// When the mail says it was written, where that can be told; decides whether it is too old to keep.
    pub written_at: Option<Timestamp>,
    /// SHA-256 of the raw bytes.
    pub digest: [u8; 32],
    /// The raw bytes, RFC 5322.
    pub raw: Vec<u8>,
    /// What was understood; none where reading it failed (outcome `unread`).
    pub read: Option<MailRead>,
    /// How far it is shown to come from Amazon.
    pub provenance: Provenance,
    /// Whether a signature or a seal stands in it, or in a mail attached to it, that is still to be looked at.
    pub may_be_proven: bool,
}

impl std::fmt::Debug for IncomingMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingMail")
            .field("account", &self.account)
            .field("door", &self.door)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// What recording one reading did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReading {
    /// Which mail within the mail.
    pub part: u32,
    /// What it is.
    pub kind: NoticeKind,
    /// The orders it names.
    pub order_ids: Vec<OrderId>,
    /// What became of it.
    pub outcome: Outcome,
    /// Messages withdrawn by it.
    pub withdrawn: Vec<crate::MessageId>,
    /// Messages whose attempt had committed before it (law 2).
    pub already_leaving: Vec<crate::MessageId>,
    /// Whether a buyer is covered, not the order alone.
    pub covers_buyer: bool,
    /// Why a member must look at it; none where nobody has to.
    pub review: Option<ReviewReason>,
}

/// What recording one mail did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedMail {
    /// The row of the inbound log.
    pub id: MailId,
    /// Its readings in their order.
    pub readings: Vec<RecordedReading>,
}

/// A row of the inbound log.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundRow {
    /// The mail.
    pub id: MailId,
    /// When it was received.
    pub received_at: Timestamp,
    /// By which door.
    pub door: Door,
    /// The inbound address, where it came by one.
    pub address: Option<AddressId>,
    /// Bytes of the raw mail.
    pub size: u64,
    /// The subject, while it is kept; personal data.
    pub subject: Option<String>,
    /// The domain of `From`; not believed.
    pub from_domain: Option<String>,
    /// How far it is shown to come from Amazon.
    pub provenance: Provenance,
    /// What became of each reading.
    pub readings: Vec<InboundReading>,
}

/// A reading in the inbound log.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundReading {
    /// Which mail within the mail.
    pub part: u32,
    /// What it is.
    pub kind: NoticeKind,
    /// The orders it names.
    pub order_ids: Vec<OrderId>,
    /// The alias, while it is kept.
    pub alias: Option<Alias>,
    /// The store.
    pub marketplace: Option<Marketplace>,
    /// How it came into the mail.
    pub forwarded: Forwarded,
    /// What decided.
    pub matched_by: MatchedBy,
    /// What became of it.
    pub outcome: Outcome,
    /// How far it is shown to come from Amazon, and why; none while that is still looked at.
    pub grade: Option<Grade>,
    /// The notice, by which the review queue names it.
    pub notice: NoticeId,
    /// Why it waits for a member; none where it does not.
    pub review: Option<ReviewReason>,
    /// What a person should know of it.
    pub remarks: Vec<Remark>,
}
