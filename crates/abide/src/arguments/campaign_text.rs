//! The command line of campaigns as text: export, versions, clone.

use std::path::PathBuf;

use clap::Args;

use super::OfAccount;

/// A campaign of an account's.
#[derive(Debug, Args)]
pub struct CampaignNamed {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The campaign's name
    pub name: String,
}

/// `campaign export`.
#[derive(Debug, Args)]
pub struct CampaignExport {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The campaign whose text goes to standard output
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    pub name: Option<String>,
    /// All of them, each into a file of its own
    #[arg(long, requires = "to")]
    pub all: bool,
    /// The folder for them; a file that is there and says something else is not touched
    #[arg(long, value_name = "DIR", requires = "all")]
    pub to: Option<PathBuf>,
}

/// `campaign show`.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct CampaignShow {
    /// Which.
    #[command(flatten)]
    pub campaign: CampaignNamed,
    /// An earlier version, as `abide campaign versions` lists them [the one in use]
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
}

/// `campaign versions`.
#[derive(Debug, Args)]
pub struct CampaignVersions {
    /// Which.
    #[command(flatten)]
    pub campaign: CampaignNamed,
    /// What changed in the text from one version to another, line by line
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    pub diff: Vec<u32>,
}

/// `campaign clone`.
#[derive(Debug, Args)]
pub struct CampaignClone {
    /// Which.
    #[command(flatten)]
    pub campaign: CampaignNamed,
    /// The new campaign's name
    #[arg(long = "as", value_name = "NEW")]
    pub new_name: String,
}
