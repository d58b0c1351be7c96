//! The command line of campaigns: kept, switched, tried out over a report, and compared. As texts they are in
//! `campaign_text`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{Marketplace, Timestamp};

use super::{CampaignClone, CampaignExport, CampaignShow, CampaignVersions, NewFromStarter, OfAccount};

/// `campaign …`.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Add a campaign, or a new version of the one with that name
    Add {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The campaign's TOML file
        file: PathBuf,
        /// Switch it on also where it is for none of the last orders
        #[arg(long)]
        anyway: bool,
        /// Only try it out: nothing to buyers, a few letters a day to the account's members
        #[arg(long, conflicts_with = "anyway")]
        test: bool,
    },
    /// List an account's campaigns
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Switch a campaign on
    On {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The campaign's name
        name: String,
        /// Switch it on also where it is for none of the last orders
        #[arg(long)]
        anyway: bool,
    },
    /// Try a campaign out: nothing leaves to buyers, and at most three letters a day, as buyers would get them, go to the
    /// account's owners and managers
    Test {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The campaign's name
        name: String,
    },
    /// List the campaign files to begin with
    Starters,
    /// Write a campaign file to begin with to standard output
    New(NewFromStarter),
    /// Name every mistake of a campaign file and each rule that its words break; nothing is kept. Exit code 1 if it
    /// could not be put to use
    Check {
        /// The campaign's TOML file
        file: PathBuf,
    },
    /// Write campaigns out as they were given: one to standard output, or all into a folder
    Export(CampaignExport),
    /// Write a campaign's text to standard output, in the version in use or an earlier one
    Show(CampaignShow),
    /// List a campaign's versions, or tell two of them apart; each message names the version that made it
    Versions(CampaignVersions),
    /// Keep a copy of a campaign under another name, switched off
    Clone(CampaignClone),
    /// Dry run: what campaign files would make of the orders of a report at one time; nothing is read or written but that
    Plan(PlanCampaigns),
    /// Dry run of two versions of a campaign over the same orders: which orders change, and why
    Diff {
        /// The older file
        old: PathBuf,
        /// The newer file
        new: PathBuf,
        /// The orders.
        #[command(flatten)]
        over: OrdersAt,
    },
    /// Compare the arms of a campaign's split test: sent, refused, opted out, reviewed where known
    #[command(disable_version_flag = true)]
    Results {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The campaign's name
        name: String,
        /// Which of its versions [the newest]
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Switch a campaign off; nothing it has planned leaves
    Off {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
        /// The campaign's name
        name: String,
    },
}

/// `campaign plan`.
#[derive(Debug, Args)]
pub struct PlanCampaigns {
    /// The campaigns' TOML files; where two messages are due at once, the first file's goes
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The orders.
    #[command(flatten)]
    pub over: OrdersAt,
}

/// Orders of reports, at one time.
#[derive(Debug, Args)]
pub struct OrdersAt {
    /// Order reports as Amazon gives them, plain or gzip; - is standard input
    #[arg(long, required = true, num_args = 1.., value_name = "REPORT")]
    pub orders: Vec<PathBuf>,
    /// The time of the run, such as 2026-11-01T12:00:00Z [now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// The store of rows that name none
    #[arg(long, value_parser = Marketplace::from_code)]
    pub store: Option<Marketplace>,
    /// Days from shipping to delivery, where a report has no delivery date
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u8).range(1..=60))]
    pub delivery_days: Option<u8>,
    /// Orders that are named; the others are only counted (with --json all are named)
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub show: u64,
}
