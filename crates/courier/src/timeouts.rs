//! How long each step of a call may take. A step's time covers all of its bytes.

use std::time::Duration;

/// The longest time for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking the name up, and then each of its addresses' connecting; a proxy's answer.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// From the request's first byte to the answer's head.
    pub first_byte: Duration,
    /// From the request's first byte to the answer's last.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// Amazon's gateway gives up after about 30 seconds, so an answer that it gives late is still heard.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            first_byte: Duration::from_secs(40),
            whole: Duration::from_mins(2),
        }
    }
}

impl Timeouts {
    /// The same time for every step, as tests want it.
    pub const fn each(time: Duration) -> Self {
        Self { connect: time, tls: time, first_byte: time, whole: time }
    }
}
