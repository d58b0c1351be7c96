//! The command line of the review queue.

use clap::{Args, Subcommand};
use model::review::Ruling;
use model::{NoticeId, OrderId};

use super::OfAccount;

/// `review …`.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Show what waits for a decision, newest first
    List(OfAccount),
    /// Show one notice: why it waits, and its text
    Show(NoticeNamed),
    /// Decide what a notice is
    Decide(DecideArguments),
    /// Take the last decision about a notice back: it waits again, and holds until then
    Undo(NoticeNamed),
    /// Show the forms that decisions taught
    Forms(OfAccount),
    /// Forget the form that a notice taught
    Forget(NoticeNamed),
}

/// A notice of an account's.
#[derive(Debug, Args)]
pub struct NoticeNamed {
    /// The notice's id, as `abide review list` shows it
    #[arg(value_name = "NOTICE")]
    pub notice: NoticeId,
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
}

/// `review decide`.
#[derive(Debug, Args)]
pub struct DecideArguments {
    /// The notice.
    #[command(flatten)]
    pub named: NoticeNamed,
    /// What it is: opt_out, refund, return_request, cancellation_request, claim, buyer_message, restriction or nothing
    #[arg(long = "as", value_name = "WHAT")]
    pub ruling: Ruling,
    /// An order that it is about; again for more. Without it: those that were read
    #[arg(long = "order", value_name = "ORDER")]
    pub orders: Vec<OrderId>,
    /// Take later mails of the same form in the same way, without asking
    #[arg(long)]
    pub teach: bool,
    /// Why; the ledger keeps it
    #[arg(long, default_value = "")]
    pub note: String,
}
