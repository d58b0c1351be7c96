//! All that is kept: accounts, inbound mail, suppressions, orders, campaigns, the outbox, the ledger, members.
//!
//! One [`Store`], two engines. A public function is a whole business step in one transaction, named for what
//! it means; when it returns `Ok`, the step is durable (law 1). SQL stands in this crate and nowhere else.

mod accounts;
mod addresses;
mod alert_mail;
mod alerts;
mod attempt;
mod attempt_facts;
mod attempt_lease;
mod backlog;
mod backup;
mod bounces;
mod breaker;
mod campaign_attachments;
mod campaign_tests;
mod campaigns;
mod confirmations;
mod contact_notes;
mod critical;
mod critical_by_email;
mod deletion;
mod digests;
mod engine;
mod error;
mod export;
mod feed_breaks;
mod feed_health;
mod flood;
mod forwarders;
mod grading;
mod half_sign_in;
mod held;
mod http_doors;
mod identity;
mod inbound;
mod inbound_effects;
mod inbound_kept;
mod inbound_log;
mod inbound_many;
mod installation;
mod keys;
mod ledger;
mod ledger_head;
mod list_uploads;
mod live_summary;
mod mail_folder_watch;
mod mail_folders;
mod mailgun_posts;
mod member_mail;
mod members;
mod message_detail;
mod messaged_elsewhere;
mod migrations;
mod numbers;
mod one_time_links;
mod order_recording;
mod orders;
mod outbox;
mod outbox_search;
mod pacing;
mod planning;
mod proving;
mod random;
mod recent_orders;
mod refunds;
mod retention;
mod review_queue;
mod reviewing;
mod second_factor;
mod self_tests;
mod sender_trials;
mod senders;
mod sending_stops;
mod sessions;
mod settling;
mod split_results;
mod stores;
mod suppressing;
mod suppression_report;
mod suppression_search;
mod suppressions;
mod taught_forms;
mod totp;

use std::sync::Arc;

pub use alert_mail::AlertsMailed;
pub use attempt::{Attempt, Foreseen, Handover};
pub use backup::{BackedUp, Restored};
pub use campaign_tests::{DueTest, TEST_LETTERS_A_DAY, TestLetter};
pub use campaigns::{NewCampaign, Switch};
pub use confirmations::WaitingConfirmation;
pub use contact_notes::{CONTACT_NOTES, ContactNote};
pub use critical::{CRITICAL_BLOCKED, CRITICAL_CANCELLED, CRITICAL_OF_DAY, CRITICAL_OF_ORDER};
pub use deletion::{Erased, Tombstone};
pub use digests::DigestTold;
pub use error::StoreError;
pub use export::Exported;
pub use flood::UNPROVEN_AN_HOUR;
pub use forwarders::Forwarder;
pub use half_sign_in::HALF_SIGN_IN_LASTS;
pub use http_doors::{DoorKey, HttpDoor};
pub use inbound_log::InboundFilter;
pub use inbound_many::MAILS_AT_ONCE;
pub use installation::{Database, Options};
pub use keys::{BuyerHash, Keys};
pub use ledger::Verified;
pub use mail_folder_watch::{FEED_BROKEN_AFTER, FOLDER_LEASE};
pub use mailgun_posts::Post;
pub use member_mail::{ClaimedMemberMail, MEMBER_MAIL_TRIES, MEMBER_MAILS_A_DAY, MemberMailEnd};
pub use messaged_elsewhere::{MOST_MESSAGED, messaged_list_digest};
pub use numbers::MOST_CAMPAIGNS;
pub use one_time_links::LINK_GOOD_FOR;
pub use order_recording::{PreparedOrder, RECORDED_AT_ONCE};
pub use outbox::{CLAIMED_AT_ONCE, LEASE, OutboxFilter};
pub use outbox_search::{LOOKED_AT_ONCE, OutboxSearch};
pub use planning::{PLANNED_AT_ONCE, Planned, PlannedOutcome, QueuedOrder};
pub use recent_orders::{Before, RECENT_AT_ONCE};
pub use retention::Purged;
pub use second_factor::RECOVERY_CODES;
pub use sender_trials::{ClaimedTrial, TRIAL_LEASE};
pub use sessions::{ATTEMPTS_FOR_ALL, ATTEMPTS_FOR_ONE, ATTEMPTS_WINDOW, SESSION_IDLE, SESSION_LONGEST};
pub use suppression_search::SuppressionSearch;
pub use suppressions::{IMPORTED_AT_ONCE, SuppressionFilter};

use engine::{Engine, Running, Tx};
use model::AccountId;

/// The store of one installation. Cheap to share behind an `Arc`.
pub struct Store {
    engine: Engine,
    keys: Arc<Keys>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// A step that changes something; the keys are at hand in it.
    pub(crate) async fn write<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t Keys) -> Running<'t, R> + Send + 'static,
    {
        let keys = Arc::clone(&self.keys);
        self.engine.write(move |tx| Box::pin(async move { step(tx, &keys).await })).await
    }

    /// A step that begins by locking this account's ledger head, and of which many wait at once: it may share its
    /// commit with others of the account.
    pub(crate) async fn write_together<R, F>(&self, account: AccountId, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t Keys) -> Running<'t, R> + Send + 'static,
    {
        let keys = Arc::clone(&self.keys);
        let account = *account.as_bytes();
        self.engine.write_together(account, move |tx| Box::pin(async move { step(tx, &keys).await })).await
    }

    /// A step that changes much, as an import does: it shares its commit with no other.
    pub(crate) async fn write_alone<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t Keys) -> Running<'t, R> + Send + 'static,
    {
        let keys = Arc::clone(&self.keys);
        self.engine.write_alone(move |tx| Box::pin(async move { step(tx, &keys).await })).await
    }

    /// A step that only looks.
    pub(crate) async fn read<R, F>(&self, step: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t Keys) -> Running<'t, R> + Send + 'static,
    {
        let keys = Arc::clone(&self.keys);
        self.engine.read(move |tx| Box::pin(async move { step(tx, &keys).await })).await
    }

    /// The keys, for what is sealed or hashed outside a step.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}
