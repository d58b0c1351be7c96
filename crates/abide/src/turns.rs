//! Turns: a command that writes a lot while the server runs takes so many into one transaction that it lasts about
//! 30 ms on this machine and database, whatever they are, and pauses between them, so that notices are not kept
//! waiting (design: transactions of at most 50 ms, with pauses).

use std::time::{Duration, Instant};

/// How long a transaction should last.
const AIM: Duration = Duration::from_millis(30);
/// The fewest and the most that one takes.
const FEWEST: usize = 50;
const MOST: usize = 4000;

/// A pause is a part of the time that the transaction took, within these. It need not be long: who waits for a SQLite
/// file comes first, whenever the one before him ends.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(15);

/// Lets others have their turn after a transaction that began then.
pub async fn give_way(began: Instant) {
    tokio::time::sleep((began.elapsed() / 16).clamp(SHORTEST, LONGEST)).await;
}

/// The size of transactions, learnt from those before.
pub struct Pace {
    size: usize,
}

impl Pace {
    /// Begins carefully.
    pub const fn new() -> Self {
        Self { size: 200 }
    }

    /// How many the next transaction should take.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Learns from a transaction that took so many and began then. A slow disk shows at once, a fast one step by
    /// step.
    pub fn took(&mut self, count: usize, began: Instant) {
        self.learn(count, began.elapsed());
    }

    fn learn(&mut self, count: usize, elapsed: Duration) {
        let elapsed = usize::try_from(elapsed.as_micros()).unwrap_or(usize::MAX).max(1);
        let aim = usize::try_from(AIM.as_micros()).unwrap_or(usize::MAX);
        let fits = count.saturating_mul(aim) / elapsed;
        // The last one of a file, of a few only, tells nothing of what many would take.
        if count >= self.size || fits < self.size {
            self.size = fits.clamp(FEWEST, MOST).min(self.size.saturating_mul(3) / 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_grow_until_they_last_as_long_as_they_should_and_shrink_when_they_last_longer() {
        let mut pace = Pace::new();
        let each = Duration::from_micros(40);
        for _ in 0..20 {
            let count = pace.size();
            pace.learn(count, each * u32::try_from(count).unwrap());
        }
        assert_eq!(pace.size(), 750);
        pace.learn(750, Duration::from_millis(300));
        assert_eq!(pace.size(), 75);
        pace.learn(75, Duration::from_secs(10));
        assert_eq!(pace.size(), FEWEST);
    }

    #[test]
    fn a_short_end_of_a_file_changes_nothing() {
        let mut pace = Pace::new();
        pace.learn(3, Duration::from_micros(30));
        assert_eq!(pace.size(), 200);
    }
}
