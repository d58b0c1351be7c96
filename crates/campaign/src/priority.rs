//! Which of several campaigns gets an order's one slot: the one with the highest priority, as long as its message may
//! still leave. Where it only waits for something, the others stand back until their last days and then go. At the
//! same priority nobody stands back; whoever is due first is asked first.

use model::{Reason, Span, Timestamp};

use crate::plan::Outcome;

/// How long before its own window closes a campaign stops waiting for one that can't go yet.
pub const LAST_DAYS: Span = Span::days(3);

/// What became of a campaign's message for the order so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none yet, or it waits for its time.
    Open,
    /// It waits for something else.
    Waits,
    /// It ended without leaving, and does not come back.
    Ended,
    /// It left or may have left: it has the slot, which the gate sees by itself.
    Left,
}

/// One campaign's answer about the order, and where its message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// The campaign's priority.
    pub priority: u8,
    /// Where its message stands.
    pub standing: Standing,
    /// What it makes of the order alone.
    pub outcome: Outcome,
}

/// What becomes of each answer beside the others: a message that has to stand back waits with
/// [`Reason::LowerPriority`].
pub fn rank(answers: &mut [Ranked], now: Timestamp) {
    let rivals = answers.iter().filter(|rival| matches!(rival.standing, Standing::Open | Standing::Waits));
    let (mut ready, mut waiting): (Option<(u8, Timestamp)>, Option<u8>) = (None, None);
    for rival in rivals {
        match (rival.outcome, rival.standing) {
            (Outcome::Message { closes, .. }, Standing::Open) => {
                // The highest, and of the same height the one that holds the others up longest.
                ready = ready.max(Some((rival.priority, closes)));
            }
            (Outcome::Message { .. } | Outcome::Wait { .. }, _) => waiting = waiting.max(Some(rival.priority)),
            (Outcome::No { .. }, _) => {}
        }
    }
    let reason = Reason::LowerPriority;
    for answer in answers.iter_mut().filter(|answer| matches!(answer.standing, Standing::Open | Standing::Waits)) {
        let Outcome::Message { due, closes } = answer.outcome else { continue };
        let last_chance = due.max(closes.minus(LAST_DAYS));
        if let Some((_, until)) = ready.filter(|(priority, _)| *priority > answer.priority) {
            answer.outcome = Outcome::Wait { reason, next_try: Some(until.min(closes)) };
        } else if waiting.is_some_and(|priority| priority > answer.priority) && now < last_chance {
            answer.outcome = Outcome::Wait { reason, next_try: Some(last_chance) };
        }
    }
}
