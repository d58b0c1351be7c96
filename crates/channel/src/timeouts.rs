//! How long each step of a dialogue may take. A step's time covers all of its bytes: who sends one byte a second gets
//! no more of it than who sends none.

use std::time::Duration;

/// The longest time for each step, whole and not for each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// All of opening a line, from the name's look-up to the sign-in.
    pub opening: Duration,
    /// Looking the name up, and then each of its addresses' connecting.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The server's greeting.
    pub greeting: Duration,
    /// EHLO, STARTTLS and each step of the sign-in.
    pub introduction: Duration,
    /// MAIL, RCPT and DATA, each. A permit lasts ten seconds, so more would be of no use.
    pub command: Duration,
    /// Writing the message.
    pub data: Duration,
    /// The reply to the message. Giving up here leaves a message that a member must settle, hence RFC 5321's ten
    /// minutes (4.5.3.2.6).
    pub last_reply: Duration,
    /// NOOP, RSET and QUIT.
    pub aside: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            opening: Duration::from_mins(1),
            connect: Duration::from_secs(15),
            tls: Duration::from_secs(15),
            greeting: Duration::from_secs(30),
            introduction: Duration::from_secs(20),
            command: Duration::from_secs(10),
            data: Duration::from_mins(3),
            last_reply: Duration::from_mins(10),
            aside: Duration::from_secs(5),
        }
    }
}

impl Timeouts {
    /// The same time for every step, as tests want it; opening gets six times as much.
    pub const fn each(time: Duration) -> Self {
        Self {
            opening: time.saturating_mul(6),
            connect: time,
            tls: time,
            greeting: time,
            introduction: time,
            command: time,
            data: time,
            last_reply: time,
            aside: time,
        }
    }
}
