//! The command line of watched mail folders.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::Marketplace;
use model::mail_folder::{FolderName, FolderStart};
use model::sender::Security;

use super::OfAccount;

/// An account, or one store of it.
#[derive(Debug, Args)]
pub struct Watched {
    /// The account.
    #[command(flatten)]
    pub of: OfAccount,
    /// The store that the folder's mail is for; all of the account's where it is left out
    #[arg(long, value_name = "STORE", value_parser = Marketplace::from_code)]
    pub store: Option<Marketplace>,
}

/// `folder …`.
#[derive(Debug, Subcommand)]
pub enum FolderCommand {
    /// Watch a folder of the seller's mailbox; one for an account and one for each of its stores
    Set(FolderSet),
    /// List an account's folders and how they fare
    List {
        /// The account.
        #[command(flatten)]
        of: OfAccount,
    },
    /// Watch a folder no more; the mailbox is left as it is
    Remove {
        /// Which.
        #[command(flatten)]
        at: Watched,
    },
    /// Connect, sign in and open the folder read-only, nothing else
    Test {
        /// Which.
        #[command(flatten)]
        at: Watched,
    },
}

/// `folder set`.
#[derive(Debug, Args)]
pub struct FolderSet {
    /// Which.
    #[command(flatten)]
    pub at: Watched,
    /// The IMAP server
    #[arg(long, value_name = "HOST")]
    pub server: String,
    /// Its port [993 with TLS, else 143]
    #[arg(long)]
    pub port: Option<u16>,
    /// tls, starttls, or none for a server on this machine
    #[arg(long, value_name = "tls|starttls|none", default_value = "tls")]
    pub security: Security,
    /// The user's name there
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// How to sign in.
    #[command(flatten)]
    pub proof: ProofFiles,
    /// The folder, as the mail program shows it
    #[arg(long, default_value = "INBOX")]
    pub folder: FolderName,
    /// Move mails with notices to this folder once they are recorded; without it nothing is touched
    #[arg(long, value_name = "FOLDER")]
    pub move_to: Option<FolderName>,
    /// Where to begin: recent (60 days), whole, or now
    #[arg(long, value_name = "recent|whole|now", default_value = "recent")]
    pub start: FolderStart,
}

/// Exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ProofFiles {
    /// A file with the password or app password; - is standard input. It is sealed in the database
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// A file with an OAuth access token that another program renews; it is read at each sign-in
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}
