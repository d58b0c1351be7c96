//! Why a file, or a mail in one, can't be taken: the place, and one sentence that says what to do (law 5).

use std::io;

/// A file, or a mail in one, that can't be taken.
#[derive(Debug, thiserror::Error)]
#[error("{origin}{}: {fault}", at_byte(*.offset))]
pub struct FileProblem {
    /// Where, written as in [`FileMail::source`](super::FileMail::source).
    pub origin: String,
    /// At which byte of the file (of what is unpacked, where it is packed); 0 for the whole of it.
    pub offset: u64,
    /// Why.
    pub fault: FileFault,
}

fn at_byte(offset: u64) -> String {
    if offset == 0 { String::new() } else { format!(" (at byte {offset})") }
}

/// Why a file or a mail can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("there is no such file or folder")]
    Missing,
    /// It can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(io::Error),
    /// Nothing is in it.
    #[error("it is empty")]
    Empty,
    /// A folder without mail in it.
    #[error("there is no mail in this folder, neither single mails nor an mbox, a Maildir or a ZIP archive of them")]
    NoMailInFolder,
    /// A mail beyond the limit.
    #[error("the mail is larger than {limit_mib} MiB, more than any notice of Amazon's; it was left out")]
    TooLarge {
        /// The limit in MiB.
        limit_mib: usize,
    },
    /// Something else than mail.
    #[error("{0}")]
    NotMail(&'static str),
}

impl FileFault {
    pub(super) fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}
