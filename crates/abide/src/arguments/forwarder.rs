//! The command line of confirmed forwarders.

use clap::{Args, Subcommand};

use super::OfAccount;

/// `account forwarder …`.
#[derive(Debug, Subcommand)]
pub enum ForwarderCommand {
    /// Confirm a mailbox
    Add(ForwarderNamed),
    /// Take a mailbox back
    Remove(ForwarderNamed),
    /// List the confirmed mailboxes
    List(OfAccount),
}

/// A mailbox of an account's.
#[derive(Debug, Args)]
pub struct ForwarderNamed {
    /// Its address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
}
