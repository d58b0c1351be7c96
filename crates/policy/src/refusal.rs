//! The gate's no, with every reason that holds, the weightiest first.

use model::{Reason, Timestamp};

/// Why a message may not leave, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The weightiest reason: the one lists show.
    pub reason: Reason,
    /// Whatever else stands against it.
    pub also: Vec<Reason>,
}

/// How a reason ends an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// For good.
    Final,
    /// The message waits and asks a new gate at that time.
    Waits(Timestamp),
}
