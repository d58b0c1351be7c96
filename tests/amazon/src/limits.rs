//! Rate limits as Amazon describes them: a token bucket for each account, application and operation. Kept by counting, other
//! than Abide's own pacing, which keeps one time.

use std::collections::BTreeMap;

use model::Timestamp;

/// One call, in the unit in which buckets are counted: millionths of a call a second times microseconds.
const CALL: i128 = 1_000_000_000_000;

#[derive(Debug)]
struct Bucket {
    calls: i128,
    last: Timestamp,
}

/// All buckets, and how often each was asked for more than it had.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    buckets: BTreeMap<(String, String, &'static str), Bucket>,
    pub(crate) exceeded: BTreeMap<&'static str, u64>,
}

impl Limits {
    /// Takes one call; whether there was one.
    pub(crate) fn take(
        &mut self,
        (account, application): (&str, &str),
        operation: &'static str,
        (micro, burst): (u32, u32),
        now: Timestamp,
    ) -> bool {
        let full = i128::from(burst) * CALL;
        let key = (account.to_owned(), application.to_owned(), operation);
        let bucket = self.buckets.entry(key).or_insert(Bucket { calls: full, last: now });
        let passed = i128::from(now.since(bucket.last).as_micros().max(0));
        bucket.calls = (bucket.calls + passed * i128::from(micro)).min(full);
        bucket.last = bucket.last.max(now);
        if bucket.calls < CALL {
            *self.exceeded.entry(operation).or_default() += 1;
            return false;
        }
        bucket.calls -= CALL;
        true
    }
}
