//! The command line of sending for real: a store's sender, the step to live, the stop, and the
//! outbox.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::message::Settlement;
use model::sender::{Security, SenderAddress, SenderLimits};
use model::{Handle, Marketplace, MessageId};

use super::OfAccount;

/// `outbox …`.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Show all messages, newest first
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// How many messages wait for a day with room under the daily cap, and for how many days that lasts
    Backlog {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Show one message: its attempts, its Message-ID and what the server said
    Show {
        /// The message's id, as `outbox list` shows it
        id: MessageId,
    },
    /// Say what became of a message that was lost on its way
    Resolve {
        /// The message's id, as `outbox list` shows it
        id: MessageId,
        /// Whether it left
        #[arg(value_name = "sent|not_sent")]
        settlement: Settlement,
        /// How you know; kept in the ledger
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
}

/// Which store of which account.
#[derive(Debug, Args)]
pub struct OfStore {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The store by its country code
    #[arg(long, value_name = "STORE", value_parser = Marketplace::from_code)]
    pub store: Marketplace,
}

/// `sender …`.
#[derive(Debug, Subcommand)]
pub enum SenderCommand {
    /// Set how a store's messages leave; nothing leaves by that
    Set(SenderSet),
    /// Show how a store's messages leave, without the password
    Show {
        /// The store.
        #[command(flatten)]
        at: OfStore,
    },
    /// Forget how a store's messages leave; a live store then waits
    Remove {
        /// The store.
        #[command(flatten)]
        at: OfStore,
    },
    /// Connect to the store's server and sign in, without sending anything
    Test {
        /// The store.
        #[command(flatten)]
        at: OfStore,
    },
}

/// `sender set`.
#[derive(Debug, Args)]
pub struct SenderSet {
    /// The store.
    #[command(flatten)]
    pub at: OfStore,
    /// The From address: one that is approved in Seller Central
    #[arg(long, value_name = "ADDRESS")]
    pub from: SenderAddress,
    /// The name beside it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The submission server
    #[arg(long, value_name = "HOST")]
    pub server: String,
    /// Its port; mostly 465 for tls, 587 for starttls
    #[arg(long)]
    pub port: u16,
    /// How the connection is protected: tls, starttls, or none for a server on this machine
    #[arg(long, value_name = "tls|starttls|none")]
    pub security: Security,
    /// The user to sign in as
    #[arg(long, value_name = "USER", requires = "password_file")]
    pub user: Option<String>,
    /// The file with the password, one line; - is standard input
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,
    /// Connections at the same time from one process, 1 to 10
    #[arg(long, value_name = "N", default_value_t = SenderLimits::default().connections,
          value_parser = clap::value_parser!(u8).range(1..=10))]
    pub connections: u8,
    /// Messages a minute at most, over all processes, 1 to 6000
    #[arg(long, value_name = "N", default_value_t = SenderLimits::default().per_minute,
          value_parser = clap::value_parser!(u16).range(1..=6000))]
    pub per_minute: u16,
}

/// `store …`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Let a store's messages leave; shows first what would
    Live {
        /// The store.
        #[command(flatten)]
        at: OfStore,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Capture a store's messages again: they are kept and nothing leaves
    Capture {
        /// The store.
        #[command(flatten)]
        at: OfStore,
    },
    /// Let critical messages of a store go by e-mail under Amazon's [Important], or not; without on or off, say which. Amazon
    /// announced the end of that word in 2025: Seller Central is the sure way
    Important {
        /// The store.
        #[command(flatten)]
        at: OfStore,
        /// What it is to be
        state: Option<OnOrOff>,
    },
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOrOff {
    /// On
    On,
    /// Off
    Off,
}

/// What is stopped: a store, an account, or all of the installation.
#[derive(Debug, Args)]
pub struct StopScope {
    /// Only this account
    #[arg(long, value_name = "A")]
    pub account: Option<Handle>,
    /// Only this store of the account
    #[arg(long, value_name = "STORE", requires = "account", value_parser = Marketplace::from_code)]
    pub store: Option<Marketplace>,
}

/// `sending …`.
#[derive(Debug, Subcommand)]
pub enum SendingCommand {
    /// Stop live sending at once; what is under way ends within seconds
    Stop {
        /// What is stopped.
        #[command(flatten)]
        scope: StopScope,
        /// Why; kept in the account's ledger
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Let live sending go on
    Resume {
        /// What goes on.
        #[command(flatten)]
        scope: StopScope,
        /// Why; kept in the account's ledger
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Show which stores are live, what is stopped, and which servers give trouble
    Status,
}
