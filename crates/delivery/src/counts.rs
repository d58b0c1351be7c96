//! What became of messages in a pass, counted.

/// What a pass over the outbox did, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Kept; nothing left.
    pub captured: u64,
    /// Left.
    pub sent: u64,
    /// Refused by the other side for good.
    pub failed: u64,
    /// Lost on the way; a member settles them.
    pub lost: u64,
    /// Refused for good.
    pub refused: u64,
    /// Not now: waiting for a reason, or given back for a later turn.
    pub waiting: u64,
    /// Withdrawn or taken over while they were looked at.
    pub gone: u64,
}

impl OutboxCounts {
    pub(crate) fn add(&mut self, ended: Ended) {
        match ended {
            Ended::Captured => self.captured += 1,
            Ended::Sent => self.sent += 1,
            Ended::Failed => self.failed += 1,
            Ended::Lost => self.lost += 1,
            Ended::Refused => self.refused += 1,
            Ended::Waits => self.waiting += 1,
            Ended::Gone => self.gone += 1,
        }
    }

    /// Takes in what another part of the same pass did.
    pub(crate) fn join(&mut self, other: Self) {
        self.captured += other.captured;
        self.sent += other.sent;
        self.failed += other.failed;
        self.lost += other.lost;
        self.refused += other.refused;
        self.waiting += other.waiting;
        self.gone += other.gone;
    }
}

/// How one message came out of the pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Captured,
    Sent,
    Failed,
    Lost,
    Refused,
    Waits,
    Gone,
}
