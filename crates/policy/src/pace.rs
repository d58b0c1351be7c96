//! The pace of a store: never more messages in any minute than its limit, over all processes. A token bucket told
//! by one time, the time at which the bucket would be full again, so that one column keeps it.

use model::{Span, Timestamp};

/// One store's pace: how many tokens its bucket holds, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    holds: u16,
    interval: Span,
}

impl Pace {
    /// The pace of so many messages a minute; 0 counts as 1.
    ///
    /// The bucket holds a twelfth of them, at least one, and fills so slowly that a full bucket and what flows in
    /// within less than a minute are no more than the limit: one more than the limit, less the bucket, a minute.
    pub fn of(per_minute: u16) -> Self {
        let per_minute = per_minute.max(1);
        let holds = (per_minute / 12).max(1);
        let flow = i64::from(per_minute - holds) + 1;
        Self { holds, interval: Span::micros(Span::minutes(1).as_micros() / flow + 1) }
    }

    /// How long the whole bucket takes to fill: at most a minute.
    pub fn fills_in(&self) -> Span {
        Span::micros(self.interval.as_micros().saturating_mul(self.holds.into()))
    }

    /// `full_at`, as far as it can be believed: after a clock was set back, the bucket counts as empty and no worse,
    /// so that nothing waits longer than the bucket takes to fill.
    #[must_use]
    pub fn believed(&self, full_at: Timestamp, now: Timestamp) -> Timestamp {
        full_at.min(now.plus(self.fills_in()))
    }

    /// How long to wait where the bucket is empty at `now`, until it is full again; none where it holds a token.
    pub fn wait(&self, full_at: Timestamp, now: Timestamp) -> Option<Span> {
        let full_at = self.believed(full_at, now);
        let missing = full_at.since(now).as_micros();
        let has_token = missing <= self.fills_in().as_micros() - self.interval.as_micros();
        (!has_token).then_some(Span::micros(missing))
    }

    /// When the bucket is full after one more token was taken out of it.
    #[must_use]
    pub fn after_one(&self, full_at: Timestamp, now: Timestamp) -> Timestamp {
        self.believed(full_at, now).max(now).plus(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + micros)
    }

    proptest! {
        /// Whatever the limit and however the asking is spread: no minute sees more than the limit.
        #[test]
        fn no_minute_sees_more_than_the_limit(
            per_minute in 1_u16..=600,
            gaps in proptest::collection::vec(0_i64..3_000_000, 1..400),
        ) {
            let pace = Pace::of(per_minute);
            let (mut now, mut full_at) = (0, Timestamp::MIN);
            let mut left: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                if pace.wait(full_at, at(now)).is_none() {
                    full_at = pace.after_one(full_at, at(now));
                    left.push(now);
                    let minute = left.iter().filter(|time| **time > now - MINUTE).count();
                    prop_assert!(minute <= usize::from(per_minute), "{minute} in a minute");
                }
            }
        }

        /// The limit is not only kept but used: asked all the time for ten minutes, about as many leave.
        #[test]
        fn the_limit_is_used(per_minute in 1_u16..=600) {
            let pace = Pace::of(per_minute);
            let (mut now, mut full_at, mut left) = (0, Timestamp::MIN, 0_i64);
            while now < 10 * MINUTE {
                match pace.wait(full_at, at(now)) {
                    None => { full_at = pace.after_one(full_at, at(now)); left += 1; }
                    Some(wait) => now += wait.as_micros(),
                }
            }
            prop_assert!(left >= i64::from(per_minute) * 9, "{left} in ten minutes");
        }

        /// Whatever stands there and wherever the clock jumps to: nobody waits longer than a minute and a moment.
        #[test]
        fn a_clock_that_jumps_costs_a_minute_at_most(per_minute in 1_u16..=6000, full_at in any::<i64>(), now in any::<i64>()) {
            let (pace, now) = (Pace::of(per_minute), Timestamp::from_micros(now));
            if let Some(wait) = pace.wait(Timestamp::from_micros(full_at), now) {
                prop_assert!(wait > Span::micros(0) && wait.as_micros() <= MINUTE + 1);
            }
        }
    }
}
