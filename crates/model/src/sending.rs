//! Live sending as members see and steer it: who stopped it and where, how a store's server fares, what would
//! leave once a store is live, and what became of one message.

use crate::message::OutboxRow;
use crate::sender::{SenderAddress, ServerReply, SubmissionServer};
use crate::{AccountId, CampaignId, Delivery, Marketplace, Reason, Timestamp};

/// Where live sending is stopped. A stop concerns live sending alone: what is captured goes on being captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopScope {
    /// Everywhere.
    Installation,
    /// In all stores of an account.
    Account(AccountId),
    /// In one store.
    Store(AccountId, Marketplace),
}

/// A stop that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingStop {
    /// Where.
    pub scope: StopScope,
    /// Since when.
    pub since: Timestamp,
    /// Who stopped it, as the ledger names him.
    pub by: String,
}

/// Why a store's lane pauses: its server can't be reached, puts off or refuses the sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTrouble {
    /// What is wrong.
    pub reason: Reason,
    /// The server's words, where it said any.
    pub reply: Option<ServerReply>,
    /// Since when it has been so, without a success between.
    pub since: Timestamp,
    /// When the server is tried again.
    pub paused_until: Timestamp,
}

/// How many there are, counted up to [`Counted::MOST`] so that no page ever counts a whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// That many …
    pub n: u64,
    /// … or more.
    pub or_more: bool,
}

impl Counted {
    /// Nothing is counted further than this.
    pub const MOST: u32 = 10_000;
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.n, if self.or_more { " or more" } else { "" })
    }
}

/// What of one campaign waits to leave a store, by when it comes before the gate next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The campaign; none for critical messages.
    pub campaign: Option<CampaignId>,
    /// Its name.
    pub name: Option<String>,
    /// Now.
    pub now: u64,
    /// Within 24 hours.
    pub in_a_day: u64,
    /// Within seven days, after these 24 hours.
    pub in_a_week: u64,
    /// Later, or at a time that is not known yet.
    pub later: u64,
}

/// What a store would do, or does, once it is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSummary {
    /// The store.
    pub store: Marketplace,
    /// Its mode.
    pub delivery: Delivery,
    /// The From address and the server; none where it has no sender.
    pub sender: Option<(SenderAddress, SubmissionServer)>,
    /// What is wrong with the server, where something is.
    pub trouble: Option<SenderTrouble>,
    /// What waits to leave, by campaign, the most first. Of a longer queue than [`Counted::MOST`] messages only the
    /// first are counted; `queue_goes_on` says so.
    pub upcoming: Vec<Upcoming>,
    /// What of it waits for a reason.
    pub waiting: Vec<(Reason, u64)>,
    /// Whether the queue is longer than what was counted.
    pub queue_goes_on: bool,
    /// Messages of the account that were lost on their way and that a member must settle.
    pub unknown: Counted,
    /// Entries of the account's list about which a member must decide.
    pub held: Counted,
    /// Entries of the account's list, removed ones not among them.
    pub suppressions: Counted,
    /// When the last notice came in by the store's or the account's ways in; none where none ever did.
    pub last_notice_at: Option<Timestamp>,
    /// When a backup was restored of which nobody has said yet that the rest was imported again.
    pub restored_at: Option<Timestamp>,
    /// Since when Amazon restricts the account.
    pub restricted_since: Option<Timestamp>,
    /// Since when the notices' way in is known to be broken.
    pub feed_broken_since: Option<Timestamp>,
    /// What stops live sending in this store, the widest first.
    pub stops: Vec<SendingStop>,
    /// Proactive messages that may leave the account today (UTC).
    pub cap: u64,
    /// Those that took their turn today.
    pub used_today: u64,
    /// Messages of the account captured in the last 30 days.
    pub captured_in_30_days: u64,
    /// Stands for what was shown; given back with the switch, it proves that nothing of weight changed meanwhile.
    pub token: SummaryToken,
}

impl LiveSummary {
    /// Why the store can't be switched to live now; empty where it can.
    pub fn obstacles(&self) -> Vec<Reason> {
        let found = [
            (self.sender.is_none(), Reason::ChannelUnavailable),
            (self.restored_at.is_some(), Reason::Restored),
            (self.restricted_since.is_some(), Reason::AccountRestricted),
            (self.feed_broken_since.is_some(), Reason::FeedBroken),
        ];
        found.into_iter().filter(|(found, _)| *found).map(|(_, reason)| reason).collect()
    }
}

/// Stands for the state that a [`LiveSummary`] showed: sender, mode, restrictions and stops, not the counts, which
/// change by themselves. 32 hexadecimal digits, fit for a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryToken(pub String);

/// All that is known of one message.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageDetail {
    /// As lists show it.
    pub row: OutboxRow,
    /// How often it was permitted to leave.
    pub attempts: u32,
    /// When it was planned first.
    pub created_at: Timestamp,
    /// When a member settled it, where it had been lost.
    pub settled_at: Option<Timestamp>,
    /// What the server answered last, while it is kept.
    pub reply: Option<ServerReply>,
    /// Its `Message-ID` as it stood or will stand in the mail; none for other channels or without a sender.
    pub message_id: Option<String>,
    /// Subject and text, while they are kept.
    pub content: Option<(String, String)>,
    /// Names and sizes in bytes of the files that went with it, or would have.
    pub attachments: Vec<(String, u64)>,
    /// The number of the ledger entry of its last attempt.
    pub attempt_entry: Option<u64>,
    /// The number of the last ledger entry about it.
    pub last_entry: Option<u64>,
}

impl std::fmt::Debug for MessageDetail {
    /// Without what was said.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageDetail")
            .field("row", &self.row)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Messages that wait for a day with room under the daily cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Messages, counted up to 100,000.
    pub waiting: u64,
    /// Proactive messages that may leave a day.
    pub a_day: u64,
    /// Days that they take.
    pub days: u64,
}
