//! The command line of accounts and their settings.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{Handle, Marketplace};

use super::{ForwarderCommand, OfAccount, TokenCommand};

/// `account …`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account; prints its inbound addresses
    Add {
        /// The seller's name
        name: String,
        /// A store by its country code; may be given several times
        #[arg(long = "store", value_name = "STORE", required = true, value_parser = Marketplace::from_code)]
        stores: Vec<Marketplace>,
        /// Its short name, where the name gives none
        #[arg(long)]
        handle: Option<Handle>,
    },
    /// List all accounts
    List,
    /// Change an account's settings
    Set(AccountSet),
    /// Write everything of an account into one ZIP file, in formats that any program opens
    Export(AccountExport),
    /// Delete an account for ever: all of it but a tombstone that names nobody
    Delete(AccountDelete),
    /// List the tombstones of deleted accounts, the newest first
    Deleted,
    /// Mailboxes from which members forward notices by hand: what their own domain signed is vouched for
    #[command(subcommand)]
    Forwarder(ForwarderCommand),
    /// Ways in by HTTP: tokens by which mail is posted, and Mailgun's routes
    #[command(subcommand)]
    Token(TokenCommand),
}

/// `account set`.
#[derive(Debug, Args)]
pub struct AccountSet {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// What to change.
    #[command(flatten)]
    pub choices: AccountChoices,
}

/// `account export`.
#[derive(Debug, Args)]
pub struct AccountExport {
    /// The account's short name
    pub account: Handle,
    /// The file to write; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// `account delete`.
#[derive(Debug, Args)]
pub struct AccountDelete {
    /// The account's short name
    pub account: Handle,
    /// The same name once more, so that it is not done by mistake
    #[arg(long, value_name = "ACCOUNT")]
    pub confirm: Handle,
}

/// At least one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct AccountChoices {
    /// Days from shipping to delivery, 1 to 30, for orders whose reports hold no delivery date; or none
    #[arg(long, value_name = "DAYS", value_parser = DeliveryDays::parse)]
    pub delivery_days: Option<DeliveryDays>,
    /// Whether an opt-out at this account's secret addresses counts at once, also where nothing proves its sender
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no, action = clap::ArgAction::Set)]
    pub trust_addresses: Option<bool>,
    /// Whether orders whose buyer is not known may get Amazon's own review request
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no, action = clap::ArgAction::Set)]
    pub solicit_without_alias: Option<bool>,
    /// Say that Amazon's restriction was reviewed and settled, so that messages may leave again
    #[arg(long)]
    pub lift_restriction: bool,
}

/// Days from shipping to delivery, or that none are assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryDays(pub Option<u8>);

impl DeliveryDays {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self(None)),
            (_, Ok(days @ 1..=30)) => Ok(Self(Some(days))),
            _ => Err("write a number of days from 1 to 30, or none"),
        }
    }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no"),
    }
}
