//! How often an operation may be called: Amazon's token bucket told by one time, the time at which it would be full again, so
//! that one column keeps it for all nodes. It counts for one account, application and operation.

use model::{Span, Timestamp};

use crate::{Rate, Usage};

/// A bucket of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    usage: Usage,
}

/// What a bucket says to who wants to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The call may be made; the bucket is full again then.
    Now {
        /// When it is full, to be kept.
        full_at: Timestamp,
    },
    /// None may be made before so long.
    Wait(Span),
}

impl Bucket {
    /// By an operation's usage plan; a burst of 0 counts as 1.
    pub fn new(usage: Usage) -> Self {
        Self { usage: Usage { burst: usage.burst.max(1), ..usage } }
    }

    /// How long the whole bucket takes to fill.
    pub fn fills_in(&self) -> Span {
        Span::micros(self.usage.rate.interval().as_micros().saturating_mul(self.usage.burst.into()))
    }

    /// Asks for one call. A bucket that was never used is full: give [`Timestamp::MIN`].
    ///
    /// After a clock was set back, the bucket counts as empty and no worse, so that nothing waits longer than it takes to
    /// fill.
    pub fn ask(&self, full_at: Timestamp, now: Timestamp) -> Turn {
        let (interval, fills_in) = (self.usage.rate.interval().as_micros(), self.fills_in().as_micros());
        let missing = self.missing(full_at, now);
        let wait = missing.saturating_sub(fills_in - interval);
        if wait > 0 {
            return Turn::Wait(Span::micros(wait));
        }
        Turn::Now { full_at: now.plus(Span::micros(missing.saturating_add(interval))) }
    }

    /// When the bucket is full after Amazon said that there were too many calls: it is empty, whatever was thought.
    pub fn emptied(&self, now: Timestamp) -> Timestamp {
        now.plus(self.fills_in())
    }

    /// The bucket at the rate that an answer told, and when it is full then: as many calls as were missing before are missing
    /// still.
    pub fn corrected(&self, full_at: Timestamp, now: Timestamp, told: Rate) -> (Self, Timestamp) {
        let corrected = Self { usage: Usage { rate: told, ..self.usage } };
        let (old, new) = (self.usage.rate.interval().as_micros(), told.interval().as_micros());
        let missing = i128::from(self.missing(full_at, now)) * i128::from(new);
        // Rounded up: later, never earlier.
        let missing = (missing + i128::from(old) - 1) / i128::from(old);
        (corrected, now.plus(Span::micros(i64::try_from(missing).unwrap_or(i64::MAX))))
    }

    /// The time until it is full.
    fn missing(&self, full_at: Timestamp, now: Timestamp) -> i64 {
        full_at.since(now).as_micros().clamp(0, self.fills_in().as_micros())
    }
}

/// The first wait after a failure that may pass …
const FIRST: Span = Span::seconds(1);
/// … and the longest, before it is scattered.
const LONGEST: Span = Span::hours(1);

/// How long to wait after so many failures in a row (from 1): a second, or the time in which the operation gets one call,
/// doubled with each further failure up to an hour, and up to half as much again as `jitter` falls, so that nodes do not come
/// back together; never less than the answer asked for.
pub fn back_off(failures: u32, usage: Usage, asked: Option<Span>, jitter: u32) -> Span {
    let first = usage.rate.interval().max(FIRST).as_micros();
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST.as_micros());
    let scatter = i64::from(jitter % 1_024) * (doubled / 2_048);
    let asked = asked.map_or(0, Span::as_micros);
    Span::micros(doubled.max(asked).saturating_add(scatter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_790_000_000_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(START.saturating_add(micros))
    }

    /// The bucket as Amazon keeps it: by counting.
    struct Amazons {
        tokens: f64,
        last: i64,
    }

    impl Amazons {
        #[expect(clippy::cast_precision_loss, reason = "a model for a test, far from the type's ends")]
        fn takes(&mut self, usage: Usage, now: i64) -> bool {
            let rate = usage.rate.as_micro() as f64 / 1e12;
            self.tokens = (self.tokens + (now - self.last) as f64 * rate).min(f64::from(usage.burst));
            self.last = now;
            // A hair for the model's own rounding.
            let has = self.tokens >= 1.0 - 1e-6;
            if has {
                self.tokens -= 1.0;
            }
            has
        }
    }

    fn usages() -> impl Strategy<Value = Usage> {
        (1_000_u64..=10_000_000, 1_u32..=30).prop_map(|(micro, burst)| Usage { rate: Rate::micro(micro), burst })
    }

    proptest! {
        /// However the asking is spread: no call is made that Amazon's bucket would not take.
        #[test]
        fn no_call_is_made_that_amazon_would_refuse(
            usage in usages(), gaps in proptest::collection::vec(0_i64..200_000_000, 1..300), eager in any::<bool>(),
        ) {
            let (bucket, mut full_at, mut now) = (Bucket::new(usage), Timestamp::MIN, 0);
            let mut amazons = Amazons { tokens: f64::from(usage.burst), last: 0 };
            for gap in gaps {
                now += if eager { 0 } else { gap };
                match bucket.ask(full_at, at(now)) {
                    Turn::Now { full_at: next } => {
                        full_at = next;
                        prop_assert!(amazons.takes(usage, now));
                    }
                    Turn::Wait(wait) => {
                        prop_assert!(wait > Span::micros(0) && wait <= bucket.fills_in());
                        now += wait.as_micros();
                        let is_now = matches!(bucket.ask(full_at, at(now)), Turn::Now { .. });
                        prop_assert!(is_now, "after the wait there is a call");
                    }
                }
            }
        }

        /// The plan is not only kept but used: the burst at once, then one each interval.
        #[test]
        fn the_plan_is_used(usage in usages()) {
            let (bucket, mut full_at) = (Bucket::new(usage), Timestamp::MIN);
            for _ in 0..usage.burst {
                let Turn::Now { full_at: next } = bucket.ask(full_at, at(0)) else { panic!("the burst") };
                full_at = next;
            }
            prop_assert_eq!(bucket.ask(full_at, at(0)), Turn::Wait(usage.rate.interval()));
        }

        /// What an answer tells of the rate frees nothing: as many calls are missing after it as before.
        #[test]
        fn a_corrected_rate_frees_no_call(usage in usages(), used in 0_u32..=30, told in 1_000_u64..=10_000_000) {
            let (bucket, mut full_at) = (Bucket::new(usage), Timestamp::MIN);
            let used = used.min(usage.burst);
            for _ in 0..used {
                let Turn::Now { full_at: next } = bucket.ask(full_at, at(0)) else { panic!("the burst") };
                full_at = next;
            }
            let (corrected, mut full_at) = bucket.corrected(full_at, at(0), Rate::micro(told));
            let mut left = 0;
            while let Turn::Now { full_at: next } = corrected.ask(full_at, at(0)) {
                full_at = next;
                left += 1;
            }
            prop_assert_eq!(left, usage.burst - used);
        }

        /// Whatever stands there and wherever the clock jumps to: nobody waits longer than the bucket takes to fill.
        #[test]
        fn a_clock_that_jumps_costs_one_filling_at_most(usage in usages(), full_at in any::<i64>(), now in any::<i64>()) {
            let bucket = Bucket::new(usage);
            match bucket.ask(Timestamp::from_micros(full_at), Timestamp::from_micros(now)) {
                Turn::Wait(wait) => prop_assert!(wait > Span::micros(0) && wait <= bucket.fills_in()),
                Turn::Now { full_at } => prop_assert!(full_at > Timestamp::from_micros(now) || full_at == Timestamp::MAX),
            }
        }

        #[test]
        fn waits_grow_to_an_hour_and_are_scattered(usage in usages(), failures in any::<u32>(), jitter in any::<u32>(), asked in 0_i64..3_600) {
            let wait = back_off(failures, usage, None, jitter);
            let even = back_off(failures, usage, None, 0);
            prop_assert!(wait >= even && wait.as_micros() <= even.as_micros() / 2 * 3);
            prop_assert!(even >= Span::seconds(1) && even <= Span::hours(1));
            prop_assert!(even >= usage.rate.interval().min(Span::hours(1)));
            prop_assert!(failures == u32::MAX || back_off(failures + 1, usage, None, jitter) >= wait);
            prop_assert!(back_off(failures, usage, Some(Span::seconds(asked)), jitter) >= Span::seconds(asked).max(even));
        }
    }

    #[test]
    fn after_a_refusal_the_bucket_is_empty() {
        let usage = Usage::of(5_600, 20);
        let bucket = Bucket::new(usage);
        assert_eq!(bucket.ask(bucket.emptied(at(0)), at(0)), Turn::Wait(usage.rate.interval()));
    }

    #[test]
    fn the_slowest_rate_overflows_nothing() {
        let bucket = Bucket::new(Usage { rate: Rate::micro(0), burst: u32::MAX });
        assert!(matches!(bucket.ask(Timestamp::MIN, at(0)), Turn::Now { .. }));
        let (_, full_at) = bucket.corrected(Timestamp::MAX, Timestamp::MIN, Rate::micro(1_000));
        assert!(full_at > Timestamp::MIN);
    }
}
