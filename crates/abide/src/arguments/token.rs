//! The command line of the ways in by HTTP.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OfAccount;

/// `account token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Open a way in; prints its token, once
    Add(TokenAdd),
    /// List the ways in
    List(OfAccount),
    /// Close a way in for good
    Revoke(TokenNamed),
}

/// A way in of an account's.
#[derive(Debug, Args)]
pub struct TokenNamed {
    /// What it is called
    #[arg(long, value_name = "N")]
    pub name: String,
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
}

/// `account token add`.
#[derive(Debug, Args)]
pub struct TokenAdd {
    /// Which.
    #[command(flatten)]
    pub named: TokenNamed,
    /// For a service that takes mail from anybody, as SendGrid does: nothing that comes is vouched for
    #[arg(long, conflicts_with = "mailgun")]
    pub relay: bool,
    /// For a route of Mailgun's, which signs what it posts
    #[arg(long, requires = "secret_file")]
    pub mailgun: bool,
    /// The file with Mailgun's HTTP webhook signing key
    #[arg(long, value_name = "F", requires = "mailgun")]
    pub secret_file: Option<PathBuf>,
}
