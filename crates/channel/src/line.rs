//! A line: an open, signed-in connection to one store's server. It is opened before a permit is asked for, so that
//! trouble with the connection never costs one, and carries many messages, one after the other.

use std::time::{Duration, Instant};

use model::sender::{Sender, SenderAddress};
use tokio::time::timeout;

use crate::capabilities::Capabilities;
use crate::wire::Wire;
use crate::{LineError, Timeouts, TrustedRoots, opening};

/// An open, signed-in connection to one store's server.
///
/// Ask [`Line::ready`] before asking for a permit, then [`Line::hand_over`] the permit; where it is not ready, close it
/// and open another.
pub struct Line {
    pub(crate) wire: Wire,
    pub(crate) capabilities: Capabilities,
    pub(crate) from: SenderAddress,
    pub(crate) name: Option<String>,
    pub(crate) timeouts: Timeouts,
    pub(crate) usable: bool,
    pub(crate) messages: u32,
    opened: Instant,
    pub(crate) last_used: Instant,
}

impl Line {
    /// Messages over one line; then another is opened, since many servers count.
    pub const MOST_MESSAGES: u32 = 100;
    /// How long a line may be silent; servers hang up after five minutes at the earliest (RFC 5321, 4.5.3.2.7).
    pub const LONGEST_IDLE: Duration = Duration::from_mins(4);
    /// How old a line may become, so that changed settings and moved servers are noticed.
    pub const OLDEST: Duration = Duration::from_mins(30);

    /// Connects to the sender's server, lays TLS over the connection as the settings say and signs in.
    ///
    /// # Errors
    /// Where any step fails or takes too long; see [`LineError`] for the questions it answers.
    pub async fn open(sender: &Sender, roots: &TrustedRoots, timeouts: &Timeouts) -> Result<Self, LineError> {
        let opened = timeout(timeouts.opening, opening::open(sender, roots, timeouts)).await;
        let (wire, capabilities) = opened.unwrap_or_else(|_| Err(LineError::too_slow()))?;
        let now = Instant::now();
        Ok(Self {
            wire,
            capabilities,
            from: sender.from.clone(),
            name: sender.name.clone(),
            timeouts: *timeouts,
            usable: true,
            messages: 0,
            opened: now,
            last_used: now,
        })
    }

    /// Whether another message can go over it, as far as is known without asking the server.
    pub fn is_usable(&self) -> bool {
        self.usable && Self::may_go_on(self.messages, self.last_used.elapsed(), self.opened.elapsed())
    }

    fn may_go_on(messages: u32, idle: Duration, age: Duration) -> bool {
        messages < Self::MOST_MESSAGES && idle < Self::LONGEST_IDLE && age < Self::OLDEST
    }

    /// Asks the server whether it is still there (NOOP), so that a dead line never costs a permit.
    pub async fn ready(&mut self) -> bool {
        if !self.is_usable() {
            return false;
        }
        self.usable = false;
        let answer = self.wire.ask(b"NOOP\r\n", self.timeouts.aside).await;
        self.usable = answer.is_ok_and(|reply| reply.code == 250);
        self.last_used = Instant::now();
        self.usable
    }

    /// Takes leave of the server; it has a short time to answer.
    pub async fn close(mut self) {
        if self.usable {
            // Whatever it answers, nothing is under way any more.
            let _ = self.wire.ask(b"QUIT\r\n", self.timeouts.aside).await;
        }
        self.wire.shut(self.timeouts.aside).await;
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("usable", &self.usable).field("messages", &self.messages).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_until_it_has_carried_enough_was_idle_for_long_or_is_old() {
        let a_little = Duration::from_secs(1);
        let (idle, age) = (Line::LONGEST_IDLE.saturating_sub(a_little), Line::OLDEST.saturating_sub(a_little));
        assert!(Line::may_go_on(Line::MOST_MESSAGES - 1, idle, age));
        assert!(!Line::may_go_on(Line::MOST_MESSAGES, idle, age));
        assert!(!Line::may_go_on(0, Line::LONGEST_IDLE, age));
        assert!(!Line::may_go_on(0, idle, Line::OLDEST));
    }
}
