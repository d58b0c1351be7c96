//! The daily cap. Amazon allows 5 × the average of daily orders + 600 messages a day (a moderator's word on
//! Seller Central's forum); Abide stays below with 4 × the average of the last seven days + 500.

/// What the cap is made of and how far it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapUse {
    /// Orders placed in the seven days before today (UTC days).
    pub orders_in_seven_days: u64,
    /// Proactive messages that took their turn today.
    pub used_today: u64,
}

impl CapUse {
    /// Whether one more fits.
    pub const fn has_room(&self) -> bool {
        self.used_today < daily_cap(self.orders_in_seven_days)
    }
}

/// Messages a day: 4 × the seven-day average of daily orders, rounded down, + 500.
pub const fn daily_cap(orders_in_seven_days: u64) -> u64 {
    (orders_in_seven_days.saturating_mul(4) / 7).saturating_add(500)
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
    }

    #[test]
    fn the_last_message_that_fits_is_the_caps() {
        assert!(CapUse { orders_in_seven_days: 7, used_today: 503 }.has_room());
        assert!(!CapUse { orders_in_seven_days: 7, used_today: 504 }.has_room());
    }
}
