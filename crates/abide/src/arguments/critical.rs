//! The command line of critical messages: one text to one buyer about one order, never from a list.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{CriticalId, CriticalReason, OrderId};

use super::OfAccount;

/// `critical …`.
#[derive(Debug, Subcommand)]
pub enum CriticalCommand {
    /// List what a critical message may be about
    Reasons,
    /// Hold a text against its reason; exit code 1 if the text may not leave
    Check(CriticalCheck),
    /// Record one for an order and show how to send it in Seller Central; nothing leaves by that, unless by --by-email
    Write(CriticalWrite),
    /// Show those of an account, newest first
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Show one, with its text and how to send it
    Show {
        /// Its id, as `critical list` shows it
        id: CriticalId,
    },
    /// Take one back that was not sent; it counts towards no limit any more
    Withdraw {
        /// Its id, as `critical list` shows it
        id: CriticalId,
    },
    /// Say that one was sent in Seller Central
    Done {
        /// Its id, as `critical list` shows it
        id: CriticalId,
    },
}

/// `critical write`.
#[derive(Debug, Args)]
pub struct CriticalWrite {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The order, whose id must stand in the text or its subject
    #[arg(long, value_name = "ID")]
    pub order: OrderId,
    /// What it is about: customization, delivery_scheduling, shipping_address
    #[arg(long, value_name = "REASON")]
    pub reason: CriticalReason,
    /// The text, UTF-8; `-` reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub text: PathBuf,
    /// The subject
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub subject: String,
    /// The language of the text; without it, the first of the order's store
    #[arg(long, value_name = "xx")]
    pub language: Option<String>,
    /// Send it by e-mail under Amazon's [Important], where the operator has switched that on for the store
    #[arg(long)]
    pub by_email: bool,
    /// As an owner: write it beyond 2 an order or 20 an account and day
    #[arg(long)]
    pub confirm_limit: bool,
    /// Write it though a member blocked the buyer or stopped the order
    #[arg(long)]
    pub confirm_block: bool,
}

/// `critical check`.
#[derive(Debug, Args)]
pub struct CriticalCheck {
    /// The text, UTF-8; `-` reads standard input
    pub file: PathBuf,
    /// The order, whose id must stand in the text or its subject
    #[arg(long, value_name = "ID")]
    pub order: OrderId,
    /// What it is about: customization, delivery_scheduling, shipping_address
    #[arg(long, value_name = "REASON")]
    pub reason: CriticalReason,
    /// The subject
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub subject: String,
    /// The language that the text is in (en, de, fr …); without it, the language is not checked
    #[arg(long, value_name = "xx")]
    pub language: Option<String>,
}
