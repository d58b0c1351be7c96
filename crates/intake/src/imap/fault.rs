//! What keeps a folder from being read: the word that is kept, a sentence for whoever set it up, and the server's own
//! words, which only he sees. Neither `Display` nor `Debug` shows a name, a secret or the server's words.

use connection::ConnectFault;
use model::mail_folder::FolderTrouble;

/// Why a step of the dialogue failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ImapFault {
    /// The word for it.
    pub trouble: FolderTrouble,
    /// One plain sentence.
    pub sentence: &'static str,
    /// What the server said. It may name the user: for the person who set the folder up, never for a log.
    pub said: Option<String>,
}

impl ImapFault {
    /// With the trouble's own sentence.
    pub(super) fn of(trouble: FolderTrouble) -> Self {
        Self { trouble, sentence: trouble.sentence(), said: None }
    }

    pub(super) fn why(trouble: FolderTrouble, sentence: &'static str) -> Self {
        Self { trouble, sentence, said: None }
    }

    pub(super) fn saying(self, words: &str) -> Self {
        Self { said: Some(words.to_owned()).filter(|words| !words.is_empty()), ..self }
    }

    pub(super) fn misbehaved() -> Self {
        Self::of(FolderTrouble::Misbehaved)
    }

    pub(super) fn lost() -> Self {
        Self::why(FolderTrouble::Lost, "the server closed the connection")
    }

    pub(super) fn too_slow() -> Self {
        Self::why(FolderTrouble::Lost, "the server did not answer in time")
    }
}

impl From<ConnectFault> for ImapFault {
    fn from(fault: ConnectFault) -> Self {
        match fault {
            ConnectFault::NoAddress => {
                Self::why(FolderTrouble::Unreachable, "the mail server's name leads to no address")
            }
            ConnectFault::NoConnection => {
                Self::why(FolderTrouble::Unreachable, "the mail server takes no connection on this port")
            }
            ConnectFault::TooSlow => Self::why(FolderTrouble::Unreachable, "the mail server did not answer in time"),
            ConnectFault::Lost => Self::lost(),
            ConnectFault::Tls => Self::why(
                FolderTrouble::NotSecure,
                "the mail server and Abide could not agree on TLS; check port and security (tls, starttls)",
            ),
            ConnectFault::Certificate => Self::why(
                FolderTrouble::NotSecure,
                "the mail server's certificate is not to be believed: wrong name, expired, or from an unknown authority",
            ),
        }
    }
}

impl std::fmt::Debug for ImapFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImapFault")
            .field("trouble", &self.trouble)
            .field("sentence", &self.sentence)
            .finish_non_exhaustive()
    }
}
