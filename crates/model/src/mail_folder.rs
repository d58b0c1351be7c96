//! A folder of the seller's own mailbox that Abide watches by IMAP: the server, the sign-in, the folder, where the
//! cursor stands, and how it fares. Whatever exists here is well formed; whether the server answers is seen later.

use std::path::PathBuf;

use crate::sender::{Secret, SubmissionServer};
use crate::word::words;
use crate::{AccountId, Marketplace, Span, Timestamp};

/// The name of a folder as people write it; at most 200 characters, none of them a control character.
#[derive(Clone, PartialEq, Eq)]
pub struct FolderName(String);

/// A text that can't name a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a folder's name is one line of 1 to 200 letters, such as INBOX or Amazon/Notices")]
pub struct InvalidFolderName;

impl FolderName {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for FolderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FolderName(…)")
    }
}

impl std::str::FromStr for FolderName {
    type Err = InvalidFolderName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        // A wildcard would name many folders to some servers.
        if !(1..=200).contains(&length) || text.chars().any(|c| c.is_control() || c == '*' || c == '%') {
            return Err(InvalidFolderName);
        }
        // RFC 3501, 5.1: INBOX in any case is the same folder.
        let name = if text.eq_ignore_ascii_case("inbox") { "INBOX" } else { text };
        Ok(Self(name.to_owned()))
    }
}

words! {
    /// Where reading of a folder begins that was never read.
    FolderStart ("beginning of a folder") {
        /// With what came in during the last [`FolderStart::RECENT`].
        Recent = "recent",
        /// With its first mail.
        Whole = "whole",
        /// With what comes in from now on.
        Now = "now",
    }
}

impl FolderStart {
    /// Two months. What is older leaves no more than its effect (law 8), and a mailbox may hold many years: those come
    /// in as an archive.
    pub const RECENT: Span = Span::days(60);
}

/// What Abide shows at sign-in.
#[derive(Clone, PartialEq, Eq)]
pub enum FolderProof {
    /// A password or app password.
    Password(Secret),
    /// A file that holds an OAuth access token, read anew at every sign-in, since such a token lasts an hour or so and
    /// another program renews it (XOAUTH2).
    TokenFile(PathBuf),
}

impl std::fmt::Debug for FolderProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FolderProof(…)")
    }
}

/// A folder that is watched.
#[derive(Clone, PartialEq, Eq)]
pub struct MailFolder {
    /// The IMAP server.
    pub server: SubmissionServer,
    /// The user's name there.
    pub user: String,
    /// What is shown at sign-in.
    pub proof: FolderProof,
    /// The folder.
    pub folder: FolderName,
    /// Where mails go that were taken; none to leave everything as it is.
    pub move_to: Option<FolderName>,
    /// Where the first reading begins.
    pub start: FolderStart,
}

impl std::fmt::Debug for MailFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailFolder").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How far a folder was read: every mail up to this UID is recorded, under this UIDVALIDITY (RFC 3501, 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderCursor {
    /// The folder's UIDVALIDITY.
    pub validity: u32,
    /// The last UID that was taken.
    pub uid: u32,
}

words! {
    /// What keeps a folder from being read.
    FolderTrouble ("trouble of a folder") {
        /// No connection.
        Unreachable = "unreachable",
        /// The connection was lost, or the server fell silent.
        Lost = "lost",
        /// No TLS, or a certificate that is not believed.
        NotSecure = "not_secure",
        /// The server refuses the sign-in.
        SignInRefused = "sign_in_refused",
        /// The token's file can't be read.
        NoToken = "no_token",
        /// The folder can't be opened.
        NoFolder = "no_folder",
        /// The server said something that is no IMAP.
        Misbehaved = "misbehaved",
        /// A mail was recorded and could not be moved.
        NotMoved = "not_moved",
        /// Abide's own storage could not take a mail.
        NotRecorded = "not_recorded",
    }
}

impl FolderTrouble {
    /// One plain sentence for whoever set the folder up.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Unreachable => "the server can't be reached",
            Self::Lost => "the connection was lost or the server fell silent",
            Self::NotSecure => "the server offers no TLS, or its certificate is not believed",
            Self::SignInRefused => {
                "the server refuses the sign-in; with Gmail, Yahoo and iCloud an app password is needed"
            }
            Self::NoToken => "the file with the OAuth token can't be read",
            Self::NoFolder => "the server doesn't open that folder; is its name right?",
            Self::Misbehaved => "the server answered something that is no IMAP",
            Self::NotMoved => "mails are recorded, but the server doesn't move them to the other folder",
            Self::NotRecorded => "Abide's own storage could not take a mail; nothing was passed over",
        }
    }

    /// Whether only a person can mend it, so that notices surely don't come in meanwhile.
    pub const fn breaks_feed(self) -> bool {
        matches!(self, Self::SignInRefused | Self::NoToken | Self::NoFolder)
    }
}

/// How a folder fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderStatus {
    /// How far it was read.
    pub cursor: Option<FolderCursor>,
    /// When it was last seen to be up to date.
    pub read_at: Option<Timestamp>,
    /// When the last mail was taken from it.
    pub last_mail_at: Option<Timestamp>,
    /// When the last notice was.
    pub last_notice_at: Option<Timestamp>,
    /// What is wrong, and since when.
    pub trouble: Option<(FolderTrouble, Timestamp)>,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
}

/// What was read of a folder, all of it on stable storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderProgress {
    /// How far.
    pub cursor: FolderCursor,
    /// When a mail was taken, if one was.
    pub mail_at: Option<Timestamp>,
    /// Whether nothing was left to read.
    pub up_to_date: bool,
}

/// A folder that one node watches alone for a while.
#[derive(Debug, Clone)]
pub struct ClaimedFolder {
    /// Its account.
    pub account: AccountId,
    /// The store it is for; none for all of the account's.
    pub store: Option<Marketplace>,
    /// The folder.
    pub folder: MailFolder,
    /// How far it was read.
    pub cursor: Option<FolderCursor>,
    /// When it was last seen to be up to date.
    pub read_at: Option<Timestamp>,
    /// How often in a row it failed.
    pub failures: u32,
    /// The lease.
    pub lease: [u8; 16],
    /// Which setting of the folder it is.
    pub version: [u8; 16],
}
