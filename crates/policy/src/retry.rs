//! When a message that did not leave comes before a new gate: at once or after a growing, scattered wait, so that a
//! server that was down is not met by everything at the same moment.

use model::{Reason, Span};

/// The first wait of the growing ones …
const FIRST: Span = Span::minutes(1);
/// … and the longest, before it is scattered.
const LONGEST: Span = Span::hours(4);
/// A permit that ran out says nothing about the server.
const AFTER_LAPSE: Span = Span::seconds(30);

/// What is to happen after a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// This message is asked about again after so long.
    Message(Span),
    /// The whole lane pauses for so long, and with it every message of the store: the server is at fault.
    Lane(Span),
}

impl Retry {
    /// How long.
    pub const fn span(self) -> Span {
        match self {
            Self::Message(span) | Self::Lane(span) => span,
        }
    }
}

/// How long to wait after the `attempt`-th try (from 1) ended in `reason`: 1 minute, doubled with each further try up
/// to 4 hours, and a quarter more or less as `seed` falls; 30 seconds where only the permit ran out. Give a seed that
/// differs by message and attempt, or by store and failure for a lane.
pub fn retry_after(attempt: u32, reason: Reason, seed: &[u8]) -> Retry {
    match reason {
        Reason::PermitExpired => Retry::Message(AFTER_LAPSE),
        Reason::ServerUnreachable | Reason::SignInFailed | Reason::SenderRefused => Retry::Lane(growing(attempt, seed)),
        _ => Retry::Message(growing(attempt, seed)),
    }
}

fn growing(attempt: u32, seed: &[u8]) -> Span {
    // 2^8 minutes are more than four hours.
    let doubled = FIRST.as_micros().saturating_mul(1 << attempt.saturating_sub(1).min(8));
    let base = doubled.min(LONGEST.as_micros());
    // In 1/1024 of the base: from three quarters to five quarters.
    let scatter = i64::from(scattered(seed) % 513) + 768;
    Span::micros(base / 1024 * scatter)
}

/// FNV-1a, folded: spreads seeds evenly; nothing secret hangs on it.
fn scattered(seed: &[u8]) -> u32 {
    let hash = seed.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_grows_from_a_minute_to_four_hours_and_is_scattered_by_a_quarter(
            attempt in 1_u32..10_000,
            reason in proptest::sample::select(Reason::ALL.to_vec()),
            seed in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let wait = retry_after(attempt, reason, &seed).span().as_micros();
            if reason == Reason::PermitExpired {
                prop_assert_eq!(wait, Span::seconds(30).as_micros());
            } else {
                let minutes = 2_i64.saturating_pow(attempt.min(20) - 1).min(240);
                let base = Span::minutes(minutes).as_micros();
                prop_assert!(wait >= base / 4 * 3 - 1024 && wait <= base / 4 * 5, "{wait} for {minutes} minutes");
            }
        }

        #[test]
        fn the_same_seed_waits_the_same(attempt in 1_u32..50, seed in any::<[u8; 16]>()) {
            let of = || retry_after(attempt, Reason::ServerDeferred, &seed);
            prop_assert_eq!(of(), of());
        }
    }

    #[test]
    fn messages_that_failed_together_come_back_apart() {
        let waits: std::collections::BTreeSet<i64> = (0_u64..1000)
            .map(|n| retry_after(1, Reason::ServerDeferred, &n.to_be_bytes()).span().as_micros())
            .collect();
        assert!(waits.len() > 300, "{} different waits", waits.len());
        let (Some(first), Some(last)) = (waits.first(), waits.last()) else { panic!("no waits") };
        assert!(last - first > Span::seconds(25).as_micros(), "spread over the half minute");
    }

    #[test]
    fn a_server_at_fault_pauses_its_lane_and_a_message_at_fault_only_itself() {
        for reason in [Reason::ServerUnreachable, Reason::SignInFailed, Reason::SenderRefused] {
            assert!(matches!(retry_after(1, reason, b"lane"), Retry::Lane(_)));
        }
        assert!(matches!(retry_after(1, Reason::ServerDeferred, b"message"), Retry::Message(_)));
    }
}
