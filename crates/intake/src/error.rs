//! What can keep a door from opening, each with the sentence a person needs. Faults of single mails are not
//! here: they end in a reply to the peer or in a [`crate::files::FileFault`].

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a door could not be opened or kept open.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Another program listens there already.
    #[error("{0} is taken by another program; stop it, or choose another address with ABIDE_SMTP")]
    PortTaken(SocketAddr),
    /// A port below 1024 without the right to it.
    #[error("no right to listen on {0}; choose a port above 1023 with ABIDE_SMTP, or grant CAP_NET_BIND_SERVICE")]
    PortForbidden(SocketAddr),
    /// Anything else that keeps a socket from being opened.
    #[error("can't listen on {address}; is it an address of this machine?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder of the receiver can't be read or written.
    #[error("can't {doing} {}", path.display())]
    Folder {
        /// What was attempted, such as "write".
        doing: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A certificate or key file that can't be used.
    #[error("{} holds no usable {what}: give PEM files, the certificate with its chain and its private key", path.display())]
    TlsFile {
        /// "certificate" or "private key".
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// What was wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A certificate and key that can't be used together.
    #[error("the TLS certificate and its key can't be used together")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The threads that read mails could not be started, or are gone.
    #[error("the threads that read mails could not be started; the machine is short of memory or processes")]
    Threads(#[source] Option<std::io::Error>),
}

/// An error with its sources in one line.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
