//! The command line: names, options and their help. The contract stands in `docs/`; what is parsed here is
//! checked already (order ids, aliases, stores, times), and clap ends with 2 where it isn't.

mod account;
mod campaign;
mod campaign_text;
mod critical;
mod feed;
mod folder;
mod forwarder;
mod live_sending;
mod review;
mod token;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::ledger::Head;
use model::member::Role;
use model::{Alias, Handle, MailId, Marketplace, MessagedListId, OrderId, Timestamp};

pub use account::{AccountCommand, AccountDelete, AccountExport, AccountSet, DeliveryDays};
pub use campaign::{CampaignCommand, OrdersAt, PlanCampaigns};
pub use campaign_text::{CampaignClone, CampaignExport, CampaignNamed, CampaignShow, CampaignVersions};
pub use critical::{CriticalCheck, CriticalCommand, CriticalWrite};
pub use feed::{FeedCommand, FeedTest};
pub use folder::{FolderCommand, FolderSet, Watched};
pub use forwarder::ForwarderCommand;
pub use live_sending::{
    OfStore, OnOrOff, OutboxCommand, SenderCommand, SenderSet, SendingCommand, StopScope, StoreCommand,
};
pub use review::{DecideArguments, NoticeNamed, ReviewCommand};
pub use token::{TokenAdd, TokenCommand};
pub use words::{NewFromStarter, TemplateCommand};

/// Sends Amazon sellers' order messages, and never again to a buyer who opted out.
#[derive(Debug, Parser)]
#[command(name = "abide", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Begin with `abide demo`, or with `abide account add NAME --store US`.")]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub everywhere: Everywhere,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command, before or after its name.
#[derive(Debug, Args)]
pub struct Everywhere {
    /// Write one JSON object a line, and nothing else, to standard output
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub json: bool,
    /// Folder of keys, configuration and the SQLite file [or ABIDE_DATA; else ~/.local/share/abide]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Options everywhere")]
    pub data: Option<PathBuf>,
    /// PostgreSQL in place of the SQLite file: postgres://USER@HOST/NAME [or ABIDE_DATABASE]
    #[arg(long, global = true, value_name = "URL", help_heading = "Options everywhere")]
    pub database: Option<String>,
    /// Configuration file [or ABIDE_CONFIG; else DIR/abide.toml]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Options everywhere")]
    pub config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole thing at work: sample account, real SMTP, a dashboard; no set-up and no network
    Demo(Demo),
    /// Make and list accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// List and re-issue inbound addresses
    #[command(subcommand)]
    Address(AddressCommand),
    /// Watch folders of sellers' mailboxes by IMAP
    #[command(subcommand)]
    Folder(FolderCommand),
    /// Show how the ways in fare by which notices come, and test one
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Import order reports
    #[command(subcommand)]
    Orders(OrdersCommand),
    /// Add, list and switch campaigns
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// Take over templates of other tools
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Receive notices, serve the dashboard and work through the outbox, until stopped
    Serve(Serve),
    /// Run one pass of planner and outbox
    Run(Run),
    /// Say what mails are, without any effect
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Take in mails from files, with the effect they have by SMTP
    #[command(subcommand)]
    Intake(IntakeCommand),
    /// The list of who must not be written to
    #[command(subcommand)]
    Suppression(SuppressionCommand),
    /// What waits for a member's decision
    #[command(subcommand)]
    Review(ReviewCommand),
    /// All messages and where they stand
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// How a store's messages leave: From address, server, sign-in, limits
    #[command(subcommand)]
    Sender(SenderCommand),
    /// Whether a store's messages leave or are captured
    #[command(subcommand)]
    Store(StoreCommand),
    /// Stop live sending at once, and let it go on
    #[command(subcommand)]
    Sending(SendingCommand),
    /// Hold a text against Amazon's rules for messages to buyers
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Write what completes an order to a buyer who opted out
    #[command(subcommand)]
    Critical(CriticalCommand),
    /// Say why an order did or did not get a message
    Explain(Explain),
    /// The record that proves itself
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Write a backup of all data, without the keys
    Backup(BackupFile),
    /// Put a backup in the place of an empty installation's data; sending stays off afterwards
    Restore(Restore),
    /// Look whether everything is in order, and say what to do where it isn't
    Doctor(Doctor),
    /// People who sign in to the dashboard
    #[command(subcommand)]
    Member(MemberCommand),
}

/// Which account.
#[derive(Debug, Args)]
pub struct OfAccount {
    /// The account's handle
    #[arg(long, value_name = "A")]
    pub account: Handle,
}

/// Where to listen.
#[derive(Debug, Args)]
pub struct Listening {
    /// Where to take mail [or ABIDE_SMTP; else 127.0.0.1:2525]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub smtp: Option<String>,
    /// Where to serve the dashboard [or ABIDE_HTTP; else 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub http: Option<String>,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen.
    #[command(flatten)]
    pub listening: Listening,
    /// End after the last step, in place of keeping the dashboard open
    #[arg(long)]
    pub exit: bool,
}

/// `address …`.
#[derive(Debug, Subcommand)]
pub enum AddressCommand {
    /// List an account's inbound addresses
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Show the requests of mailbox providers to confirm a forwarding rule to one of the addresses
    Confirmations {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Put a new address in the place of one; the old one is taken for 90 more days
    Reissue {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The address to replace, with or without its domain
        address: String,
    },
    /// Issue one more address
    Add {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The store; without it, one for all stores
        #[arg(long, value_parser = Marketplace::from_code)]
        store: Option<Marketplace>,
        /// any, opt_out or refund
        #[arg(long, default_value = "any")]
        kind: model::AddressKind,
    },
    /// Revoke an address at once; where it was a store's last way in, its messages wait
    Revoke {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The address to revoke, with or without its domain
        address: String,
    },
}

/// `orders …`.
#[derive(Debug, Subcommand)]
pub enum OrdersCommand {
    /// Import order reports as Amazon gives them, plain or gzip
    Import {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The store of rows that name none
        #[arg(long, value_parser = Marketplace::from_code)]
        store: Option<Marketplace>,
        /// The reports; - is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Orders that another tool has messaged: Abide sends them no message of a campaign
    #[command(subcommand)]
    Messaged(MessagedCommand),
}

/// `orders messaged …`.
#[derive(Debug, Subcommand)]
pub enum MessagedCommand {
    /// Take over a list of orders that another tool has messaged: order ids, one a line, or CSV in any form
    Import {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The columns.
        #[command(flatten)]
        columns: ListColumns,
        /// The list; - is standard input
        file: PathBuf,
    },
    /// Show the lists that were taken over, newest first
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Take a list back, or what all lists say of one order; recorded, and what was withdrawn stays so
    Remove {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// What.
        #[command(flatten)]
        what: OrderOrList,
        /// Why; kept in the ledger
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}

/// What of the messaged orders is taken back.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct OrderOrList {
    /// One order
    #[arg(long, value_name = "ID")]
    pub order: Option<OrderId>,
    /// A list, as `abide orders messaged list` shows it
    #[arg(long, value_name = "LIST")]
    pub list: Option<MessagedListId>,
}

/// Which columns of a list hold what, where their names and contents don't tell.
#[derive(Debug, Args)]
pub struct ListColumns {
    /// The column with the order ids, by its name or its number from 1
    #[arg(long = "order-column", id = "order-column", visible_alias = "column", value_name = "COLUMN")]
    pub order: Option<String>,
    /// The column with the buyers' relay addresses
    #[arg(long = "alias-column", id = "alias-column", value_name = "COLUMN")]
    pub alias: Option<String>,
    /// The column with the dates
    #[arg(long = "date-column", id = "date-column", value_name = "COLUMN")]
    pub date: Option<String>,
}

/// A part of the work that one process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// Take mail by SMTP and LMTP, and from watched folders
    Intake,
    /// Serve the dashboard
    Web,
    /// Plan and send messages
    Worker,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// What this process does; all of it by default
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    pub roles: Vec<Work>,
    /// Where to listen.
    #[command(flatten)]
    pub listening: Listening,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// One pass, then end (the only way; `abide serve` goes on)
    #[arg(long, required = true)]
    pub once: bool,
    /// Go by this time, as a trial; what it does stays. Refused where a store sends for real, or 2 years off
    ///
    /// Messages that it captures or refuses stay so, and what was too old by that time is purged. To try out
    /// without a trace, restore a backup into a folder of its own and run there.
    #[arg(long, value_name = "TIME")]
    pub now: Option<Timestamp>,
}

/// `notice …`.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Read .eml and mbox files, folders and Maildirs, or - for standard input
    Read {
        /// The files
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Show what came of a mail that was taken in, how far it is shown to come from Amazon, and why
    Show {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The mail's id, as the inbound log and the ledger show it; without one, the newest mails
        #[arg(value_name = "MAIL")]
        mail: Option<MailId>,
    },
}

/// `intake …`.
#[derive(Debug, Subcommand)]
pub enum IntakeCommand {
    /// Take in mails: .eml, .emlx and mbox files, folders and Maildirs, these in ZIP or gzip, or - for standard input.
    /// One that broke off is simply begun again: what is recorded is passed over
    Import {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// Read mails again that were taken from files before, as after an update that understands more
        #[arg(long)]
        anew: bool,
        /// The files
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// What an entry of the list is about.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct OrderOrAlias {
    /// One order
    #[arg(long, value_name = "ID")]
    pub order: Option<OrderId>,
    /// One buyer, by his relay address
    #[arg(long, value_name = "ADDRESS")]
    pub alias: Option<Alias>,
}

/// `suppression …`.
#[derive(Debug, Subcommand)]
pub enum SuppressionCommand {
    /// Show the list, newest first
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Stop an order, or block a buyer
    Add {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// What.
        #[command(flatten)]
        what: OrderOrAlias,
        /// Why; kept in the ledger
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Remove what stands about an order or a buyer; the removal is recorded
    Remove {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// What.
        #[command(flatten)]
        what: OrderOrAlias,
        /// Why; kept in the ledger
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Take over a list of order ids or relay addresses that another tool kept: one a line, or CSV in any form
    Import {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The columns.
        #[command(flatten)]
        columns: ListColumns,
        /// The list; - is standard input
        file: PathBuf,
    },
    /// Write the whole list as CSV to standard output
    Export {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
}

/// `policy …`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Name each place of a text that breaks a rule, and what to do instead; exit code 1 if the text may not leave
    Check(PolicyCheck),
}

/// `policy check`.
#[derive(Debug, Args)]
pub struct PolicyCheck {
    /// The text, UTF-8; `-` reads standard input
    pub file: PathBuf,
    /// The language that the text is in (en, de, fr …); without it, the language is not checked
    #[arg(long, value_name = "xx")]
    pub language: Option<String>,
    /// The order that the text must name; without it, any order id will do
    #[arg(long, value_name = "ID")]
    pub order_id: Option<OrderId>,
    /// Read the text as a template: tags are no words, and `{{ order_id }}` names the order
    #[arg(long)]
    pub template: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The order's id
    pub order: OrderId,
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
}

/// `ledger …`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Check every entry against its predecessor, and print the heads
    Verify {
        /// One account; all of them by default
        #[arg(long, value_name = "A")]
        account: Option<Handle>,
        /// A head noted earlier, which must be found again
        #[arg(long, value_name = "H")]
        head: Option<Head>,
    },
}

/// A backup's file.
#[derive(Debug, Args)]
pub struct BackupFile {
    /// The backup
    pub file: PathBuf,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(required_unless_present = "acknowledge", conflicts_with = "acknowledge")]
    pub file: Option<PathBuf>,
    /// Say that what came in since the backup was imported again, so that sending may go on
    #[arg(long)]
    pub acknowledge: bool,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Say that the keys have a backup of their own, in another place
    #[arg(long)]
    pub keys_backed_up: bool,
    /// Connect to the servers of live stores and of watched folders and sign in there, without sending or changing anything; ask the name servers
    #[arg(long)]
    pub connect: bool,
}

/// `member …`.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Give a person a role in an account; prints a one-time link
    Add {
        /// The e-mail address he signs in with
        email: String,
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// owner, manager, agent or viewer
        #[arg(long)]
        role: Role,
    },
    /// List the people of an account with their roles
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Print a new one-time link for a member who never set or forgot his password
    Link {
        /// The e-mail address he signs in with
        email: String,
    },
    /// Take away the second step of a member who lost his device; ends his sessions
    NoSecondStep {
        /// The e-mail address he signs in with
        email: String,
    },
    /// Print a one-time link by which the operator sets his password
    Operator {
        /// The e-mail address he signs in with
        email: Option<String>,
    },
}
