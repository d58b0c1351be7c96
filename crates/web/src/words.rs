//! The house's words as members read them, and the times and badges they stand in. A word looks the same on every
//! page.

use std::borrow::Borrow;
use std::fmt;

use model::account::{AddressKind, AddressState, Delivery};
use model::critical::CriticalState;
use model::explain::PlannedAs;
use model::inbound::{Door, Outcome};
use model::ledger::LedgerKind;
use model::member::Role;
use model::order::{DeliveryBasis, Fulfilment, OrderMark, OrderStatus};
use model::review::Ruling;
use model::suppression::{Origin, SuppressionReason, SuppressionState};
use model::{
    CampaignState, Channel, Forwarded, Marketplace, MatchedBy, MessageState, NoticeKind, Provenance, Purpose,
    SelfTestState, Timestamp,
};

use crate::when::When;

/// How much a word asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Wait,
    Stop,
    Note,
}

/// A word in its colour. Every text in it is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Badge(pub Tone, pub &'static str);

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tone = match self.0 {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Wait => "wait",
            Tone::Stop => "stop",
            Tone::Note => "note",
        };
        write!(f, "<span class=\"badge badge-{tone}\">{}</span>", self.1)
    }
}

impl askama::filters::HtmlSafe for Badge {}

/// A word that pages show in its colour.
pub(crate) trait Coloured {
    fn badge(&self) -> Badge;
}

/// A word that pages show as text.
pub(crate) trait Worded {
    fn words(&self) -> &'static str;
}

/// A time that pages show.
pub(crate) trait Timed {
    fn when(&self) -> When;
    fn day(&self) -> When;
    /// With the store's zone; templates hand over references.
    fn at_store(&self, store: impl Borrow<Marketplace>) -> When;
}

impl Timed for Timestamp {
    fn when(&self) -> When {
        When::new(*self)
    }
    fn day(&self) -> When {
        When::day(*self)
    }
    fn at_store(&self, store: impl Borrow<Marketplace>) -> When {
        When::of_store(*self, *store.borrow())
    }
}

macro_rules! worded {
    ($($name:ident { $($variant:ident => $text:literal),+ $(,)? })+) => {
        $(impl Worded for $name {
            fn words(&self) -> &'static str {
                crate::language::say(match self { $(Self::$variant => $text),+ })
            }
        })+
    };
}

macro_rules! coloured {
    ($($name:ident { $($variant:ident => $tone:ident $text:literal),+ $(,)? })+) => {
        $(impl Coloured for $name {
            fn badge(&self) -> Badge {
                match self { $(Self::$variant => Badge(Tone::$tone, crate::language::say($text))),+ }
            }
        })+
    };
}

coloured! {
    SelfTestState {
        Waiting => Wait "self-test under way",
        Passed => Good "self-test passed",
        Failed => Stop "self-test failed",
        Late => Wait "self-test came late",
        Unsent => Stop "self-test not sent",
        Ended => Plain "self-test given up",
    }
    MessageState {
        Planned => Plain "planned",
        Waiting => Wait "waiting",
        Sending => Note "sending",
        Sent => Good "sent",
        Captured => Good "captured",
        Refused => Stop "refused",
        Failed => Stop "failed",
        Withdrawn => Stop "withdrawn",
        Unknown => Wait "unknown",
    }
    CriticalState {
        Handed => Wait "to be sent in Seller Central",
        Sent => Good "sent in Seller Central",
        InOutbox => Note "by e-mail",
        Withdrawn => Plain "taken back",
    }
    CampaignState {
        Active => Good "on",
        Test => Note "in test",
        Off => Plain "off",
    }
    SuppressionState {
        Active => Stop "active",
        Held => Wait "held",
        Removed => Plain "removed",
    }
    Outcome {
        Suppressed => Stop "suppressed",
        Held => Wait "held",
        Repeated => Plain "came again",
        Marked => Note "order marked",
        Restricted => Stop "account restricted",
        Noted => Plain "noted",
        Review => Wait "please review",
        Ignored => Plain "ignored",
        Unread => Wait "unread",
    }
    AddressState {
        Active => Good "active",
        Replaced => Wait "replaced",
        Revoked => Plain "revoked",
    }
    Delivery {
        Capture => Plain "capture",
        Live => Good "live",
    }
    OrderMark {
        Refunded => Stop "refunded",
        Returned => Stop "return asked for",
        CancellationRequested => Stop "cancellation asked for",
        Claim => Stop "claim opened",
        OpenQuestion => Wait "buyer wrote",
    }
    PlannedAs {
        Message => Note "plans a message",
        Waits => Wait "waits",
        No => Stop "no message",
    }
}

worded! {
    SuppressionReason {
        OptOut => "opt-out (Amazon)",
        Block => "block",
        OrderStop => "order stop",
    }
    Origin {
        Notice => "notice",
        Member => "member",
        Import => "import",
        Api => "API",
    }
    NoticeKind {
        OptOut => "opt-out",
        Refund => "refund",
        ReturnRequest => "return request",
        CancellationRequest => "cancellation request",
        ClaimOpened => "claim opened",
        ClaimDecided => "claim decided",
        BuyerMessage => "buyer message",
        OwnMessageCopy => "copy of your message",
        OrderPlaced => "order placed",
        Restriction => "restriction",
        ContentBlocked => "message blocked",
        ForwardingConfirmation => "forwarding to confirm",
        DeliveryFailure => "delivery failure",
        UnrecognisedAmazon => "Amazon, kind not known",
        NotAmazon => "not from Amazon",
    }
    Ruling {
        OptOut => "opt-out",
        Refund => "refund",
        ReturnRequest => "return request",
        CancellationRequest => "cancellation request",
        Claim => "claim",
        BuyerMessage => "buyer's message",
        Restriction => "restriction",
        Nothing => "nothing follows",
    }
    Forwarded {
        None => "as Amazon sent it",
        Auto => "forwarded by a rule",
        Inline => "forwarded in the text",
        Attached => "forwarded as attachment",
    }
    MatchedBy {
        Header => "type header",
        Wording => "wording",
        Structure => "structure only",
        Taught => "a form you taught",
        None => "nothing",
    }
    Provenance {
        Proven => "proven",
        Vouched => "vouched",
        Unproven => "unproven",
    }
    Door {
        Smtp => "SMTP", Lmtp => "LMTP",
        Imap => "mail folder",
        Http => "HTTP",
        Relay => "HTTP, from a service",
        Mailgun => "Mailgun",
        File => "file",
        Upload => "upload",
    }
    Channel {
        Email => "e-mail",
        Messaging => "Amazon messaging",
        Solicitation => "review request",
    }
    Purpose {
        Proactive => "proactive",
        Critical => "critical",
    }
    AddressKind {
        Any => "all notices",
        OptOut => "opt-outs",
        Refund => "refunds, returns, claims",
    }
    OrderStatus {
        Pending => "pending",
        Unshipped => "unshipped",
        PartiallyShipped => "shipped in part",
        Shipped => "shipped",
        Cancelled => "cancelled",
    }
    Fulfilment {
        Amazon => "Amazon (FBA)",
        Merchant => "seller (FBM)",
    }
    DeliveryBasis {
        EstimatedArrival => "estimated arrival",
        DeliveryWindow => "delivery window",
        PromiseDate => "promise date",
        ShippingAndDays => "shipping day and the account's delivery days",
    }
    Role {
        Owner => "owner",
        Manager => "manager",
        Agent => "agent",
        Viewer => "viewer",
    }
    LedgerKind {
        AccountAdded => "Account added",
        AccountDeleted => "Account deleted",
        AddressChanged => "Inbound address changed",
        Notice => "Notice recorded",
        SuppressionAdded => "Suppression added",
        BuyerLearnt => "Buyer learnt",
        SuppressionRemoved => "Suppression removed",
        HeldDecided => "Held entry decided",
        Graded => "Mail graded",
        Attempt => "Attempt permitted",
        Refusal => "Message refused",
        Withdrawal => "Message withdrawn",
        Outcome => "Outcome of an attempt",
        CampaignChanged => "Campaign changed",
        SettingChanged => "Setting changed",
        SendingChanged => "Sending changed",
        Settled => "Message settled",
        MemberChanged => "Member changed",
        OrdersImported => "Orders imported",
        OrdersMessagedElsewhere => "Orders messaged elsewhere",
        MessagedElsewhereRemoved => "Messaged elsewhere taken back",
        Restored => "Backup restored",
        Review => "Mail to review",
        ReviewDecided => "Review decided",
        QuestionClosed => "Question closed",
        Critical => "Critical message",
        Exported => "Everything exported",
    }
}
