//! What an operator may set, and the defaults with their reasons.

use std::time::Duration;

use crate::session::Terms;

/// How a receiver is set up.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Domain and limits of a session. Whether TLS is offered follows from the server's certificate.
    pub terms: Terms,
    /// Times.
    pub timing: Timing,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one peer: an IPv4 address, or an IPv6 network of 64 bits.
    pub connections_per_peer: usize,
    /// Bytes of mails in flight over all connections; who finds none left is asked to come again.
    pub mail_memory: usize,
}

impl ServerSettings {
    /// The usual numbers.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            timing: Timing::default(),
            connections: 500,
            connections_per_peer: 20,
            mail_memory: 256 * 1024 * 1024,
        }
    }
}

/// How long a peer may take.
#[derive(Debug, Clone)]
pub struct Timing {
    /// For its next command (RFC 5321, 4.5.3.2.7: at least 5 minutes).
    pub command: Duration,
    /// Between two pieces of a mail (RFC 5321, 4.5.3.2.5 asks 3 minutes of the sender).
    pub data_pause: Duration,
    /// For the bytes of one mail (RFC 5321, 4.5.3.2.6: 10 minutes).
    pub data: Duration,
    /// For the whole session; looked at between commands only, never within a mail.
    pub session: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For taking our replies.
    pub write: Duration,
    /// For mails in flight when the program stops.
    pub drain: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            command: Duration::from_mins(5),
            data_pause: Duration::from_mins(3),
            data: Duration::from_mins(10),
            session: Duration::from_hours(1),
            handshake: Duration::from_mins(1),
            write: Duration::from_mins(5),
            drain: Duration::from_secs(30),
        }
    }
}
