//! The daily cap. Amazon allows 5 × the average of daily orders + 600 messages a day (a moderator's word on
//! Seller Central's forum); Abide stays below with 4 × the average of the last seven days + 500, of which a tenth is kept
//! for what buyers and orders need. Where more is due than may leave, turns go by priority and then by the day on which
//! the window closes.

use model::{Span, Timestamp};

/// What the cap is made of and how far it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CapUse {
    /// Orders placed in the seven days before today (UTC days).
    pub orders_in_seven_days: u64,
    /// Proactive messages that took their turn today.
    pub used_today: u64,
    /// Critical messages that took their turn today. The cap holds none of them back, but Amazon counts them.
    pub critical_today: u64,
    /// Whether messages wait for a day with room.
    pub backlog: bool,
}

impl CapUse {
    /// Whether one more proactive message fits.
    pub const fn has_room(&self) -> bool {
        let cap = daily_cap(self.orders_in_seven_days);
        let kept = reserve(cap);
        let kept = if self.critical_today > kept { self.critical_today } else { kept };
        self.used_today < cap.saturating_sub(kept)
    }

    /// Proactive messages that may leave on a day like this one.
    pub const fn a_day(&self) -> u64 {
        let cap = daily_cap(self.orders_in_seven_days);
        cap - reserve(cap)
    }

    /// How many days so many waiting messages take, today's rest left aside.
    pub const fn days_for(&self, waiting: u64) -> u64 {
        waiting.div_ceil(self.a_day())
    }
}

/// Messages a day: 4 × the seven-day average of daily orders, rounded down, + 500.
pub const fn daily_cap(orders_in_seven_days: u64) -> u64 {
    (orders_in_seven_days.saturating_mul(4) / 7).saturating_add(500)
}

/// What of the cap is kept for replies and critical messages: a tenth.
pub const fn reserve(cap: u64) -> u64 {
    cap / 10
}

/// The highest priority of a campaign.
const HIGHEST: u8 = 100;
/// What each step of priority costs at the beginning of a day …
const STEP_OF_PRIORITY: Span = Span::minutes(1);
/// … and each day that the window is still open, less than a step of priority in all.
const STEP_OF_A_DAY: Span = Span::seconds(2);
const MOST_DAYS: i64 = 29;

/// When on a day of backlog a message has its turn: the higher priority first, and at the same priority the one whose
/// window closes sooner. All turns lie within the day's first 101 minutes, so that a day's room is given out early.
pub fn turn(priority: u8, closes: Option<Timestamp>, day_begins: Timestamp) -> Timestamp {
    let below = i64::from(HIGHEST.saturating_sub(priority));
    let day = Span::days(1).as_micros();
    let left = closes.map_or(0, |closes| closes.as_micros().saturating_sub(day_begins.as_micros()) / day);
    let offset = below * STEP_OF_PRIORITY.as_micros() + left.clamp(0, MOST_DAYS) * STEP_OF_A_DAY.as_micros();
    Timestamp::from_micros(day_begins.as_micros().saturating_add(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cap_never_passes_amazons(orders in 0_u64..10_000_000) {
            prop_assert!(daily_cap(orders) <= orders * 5 / 7 + 600);
        }

        /// One message after the other, counted by hand: proactive ones stop where cap and reserve say so, and however many
        /// critical ones there are, proactive ones never take the last of the cap.
        #[test]
        fn a_day_counted_by_hand_ends_where_the_cap_says(
            orders in 0_u64..5_000, critical in proptest::collection::vec(any::<bool>(), 0..6_000),
        ) {
            let cap = 500 + 4 * orders / 7;
            let mut used = CapUse { orders_in_seven_days: orders, ..CapUse::default() };
            for is_critical in critical {
                if is_critical {
                    used.critical_today += 1;
                } else if used.has_room() {
                    used.used_today += 1;
                }
                prop_assert!(used.used_today <= cap - cap / 10);
                if !is_critical {
                    prop_assert!(used.used_today + used.critical_today.max(cap / 10) <= cap || !used.has_room());
                }
            }
            prop_assert_eq!(used.a_day(), cap - cap / 10);
        }

        #[test]
        fn turns_go_by_priority_and_then_by_the_day_the_window_closes(
            messages in proptest::collection::vec((1_u8..=100, 0_i64..29), 2..40),
        ) {
            let begins = Timestamp::from_micros(1_785_024_000_000_000);
            let of = |(priority, days): (u8, i64)| turn(priority, Some(begins.plus(Span::days(days))), begins);
            let mut by_turn = messages.clone();
            by_turn.sort_by_key(|message| of(*message));
            let mut by_rank = messages;
            by_rank.sort_by_key(|(priority, days)| (std::cmp::Reverse(*priority), *days));
            prop_assert_eq!(&by_turn, &by_rank);
            for message in by_turn {
                prop_assert!(of(message) >= begins && of(message) < begins.plus(Span::minutes(101)));
            }
        }
    }

    #[test]
    fn a_backlog_is_told_in_days() {
        let day = CapUse::default();
        assert_eq!(
            (day.a_day(), day.days_for(0), day.days_for(1), day.days_for(450), day.days_for(451)),
            (450, 0, 1, 1, 2)
        );
    }

    #[test]
    fn the_last_message_that_fits_is_the_caps() {
        let used =
            |used_today, critical_today| CapUse { orders_in_seven_days: 7, used_today, critical_today, backlog: false };
        // 504 a day, of which 50 are kept.
        assert!(used(453, 0).has_room() && used(453, 50).has_room());
        assert!(!used(454, 0).has_room() && !used(453, 51).has_room());
    }
}
