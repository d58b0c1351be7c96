//! The ledger's words: the kinds of entries and the head that proves where the record stands.

use crate::word::words;
use crate::{Handle, Timestamp};

words! {
    /// What an entry records. Only changes of state are entries.
    LedgerKind ("kind of ledger entry") {
        /// The account was made.
        AccountAdded = "account_added",
        /// The account was deleted: the last entry before all of it is erased.
        AccountDeleted = "account_deleted",
        /// An inbound address was issued, replaced or revoked.
        AddressChanged = "address_changed",
        /// A notice was recorded, with what it did.
        Notice = "notice",
        /// A mail was graded after it had been recorded, with what that changed.
        Graded = "graded",
        /// An entry was added to the suppression list.
        SuppressionAdded = "suppression_added",
        /// A suppression came to cover a buyer whose alias became known.
        BuyerLearnt = "buyer_learnt",
        /// An entry was removed from the suppression list.
        SuppressionRemoved = "suppression_removed",
        /// A member decided about a held entry.
        HeldDecided = "held_decided",
        /// An attempt to send was permitted.
        Attempt = "attempt",
        /// The gate refused a message.
        Refusal = "refusal",
        /// A message was withdrawn.
        Withdrawal = "withdrawal",
        /// What became of an attempt.
        Outcome = "outcome",
        /// A campaign was added, changed or switched.
        CampaignChanged = "campaign_changed",
        /// A setting was changed.
        SettingChanged = "setting_changed",
        /// A store's sender was set or removed, live sending was switched, stopped or resumed.
        SendingChanged = "sending_changed",
        /// A member settled a message that was lost on its way.
        Settled = "settled",
        /// A member was added, removed or given another role.
        MemberChanged = "member_changed",
        /// Orders were imported.
        OrdersImported = "orders_imported",
        /// A list said that another tool has messaged orders.
        OrdersMessagedElsewhere = "orders_messaged_elsewhere",
        /// A member took such a list, or what it says of an order, back.
        MessagedElsewhereRemoved = "messaged_elsewhere_removed",
        /// A backup was restored.
        Restored = "restored",
        /// A mail was recorded whose reading changes nothing but must be looked at.
        Review = "review",
        /// A member decided about a notice that waited for it, or took such a decision back.
        ReviewDecided = "review_decided",
        /// A member said that a buyer's question is answered.
        QuestionClosed = "question_closed",
        /// A critical message was written for an order, or said to be sent.
        Critical = "critical",
        /// An owner or the operator took an export of everything.
        Exported = "exported",
    }
}

/// The last entry of an account's ledger: number and code, so that a cut-off tail shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The account.
    pub account: Handle,
    /// The number of its last entry; 0 before the first.
    pub number: u64,
    /// The entry's authentication code.
    pub mac: [u8; 32],
}

/// A text that is not a ledger head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a ledger head; they look like blue-widgets:42:9f3c… with 64 hexadecimal digits")]
pub struct InvalidHead;

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.account, self.number, data_encoding::HEXLOWER.encode(&self.mac))
    }
}

impl std::str::FromStr for Head {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = text.trim().split(':');
        let (Some(account), Some(number), Some(mac), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(InvalidHead);
        };
        let mac = data_encoding::HEXLOWER_PERMISSIVE.decode(mac.as_bytes()).map_err(|_| InvalidHead)?;
        Ok(Self {
            account: account.parse().map_err(|_| InvalidHead)?,
            number: number.parse().map_err(|_| InvalidHead)?,
            mac: mac.try_into().map_err(|_| InvalidHead)?,
        })
    }
}

/// An entry as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its number, from 1.
    pub number: u64,
    /// When it was written: never before its predecessor.
    pub time: Timestamp,
    /// The clock that was given, where one was.
    pub as_of: Option<Timestamp>,
    /// What it records.
    pub kind: LedgerKind,
    /// What it says, as JSON; none once erased.
    pub payload: Option<String>,
}
