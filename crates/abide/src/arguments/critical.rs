//! The command line of critical messages: one text to one buyer about one order, never from a list.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{CriticalReason, OrderId};

/// `critical …`.
#[derive(Debug, Subcommand)]
pub enum CriticalCommand {
    /// List what a critical message may be about
    Reasons,
    /// Hold a text against its reason; exit code 1 if the text may not leave
    Check(CriticalCheck),
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
