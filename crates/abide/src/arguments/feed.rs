//! The command line of the feed: how the ways in fare, and their self-test.

use clap::{Args, Subcommand};
use model::Marketplace;

use super::OfAccount;

/// `feed …`.
#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// Show how each way in fares: last mail, last notice and its grade, last self-test, what is known to be broken
    Show {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Send a marked mail to a member, whose mailbox must bring it in again by that way within a day
    Test(FeedTest),
}

/// `feed test`.
#[derive(Debug, Args)]
pub struct FeedTest {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The member whose mailbox passes notices on; may be left out where the account has one member
    #[arg(long, value_name = "EMAIL")]
    pub to: Option<String>,
    /// What is tested.
    #[command(flatten)]
    pub way: TestedWay,
}

/// One way in.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TestedWay {
    /// An inbound address, with or without its domain
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The watched folder of a store, or `all` for the whole account's
    #[arg(long, value_name = "STORE|all", value_parser = folder_of)]
    pub folder: Option<WatchedFolder>,
    /// A way in by HTTP, by its name
    #[arg(long, value_name = "NAME")]
    pub token: Option<String>,
}

/// The watched folder of a store; none: the whole account's.
#[derive(Debug, Clone, Copy)]
pub struct WatchedFolder(pub Option<Marketplace>);

fn folder_of(text: &str) -> Result<WatchedFolder, String> {
    if text == "all" {
        return Ok(WatchedFolder(None));
    }
    let store = Marketplace::from_code(text).map_err(|error| format!("{error}; or `all`"))?;
    Ok(WatchedFolder(Some(store)))
}
