//! How fast Amazon lets an operation be called: the usage plan printed in its models, and the rate that answers tell.

use model::Span;

/// Calls a second, kept exactly as a millionth of it. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// So many millionths of a call a second; 0 counts as 1.
    pub const fn micro(per_second: u64) -> Self {
        Self(if per_second == 0 { 1 } else { per_second })
    }

    /// From `x-amzn-RateLimit-Limit`, such as `0.0167` or `2.0`; none where it is no rate between a millionth and 1,000.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 4 || fraction.len() > 30 || !digits(whole) || !digits(fraction) {
            return None;
        }
        // Cut after six digits: slower, never faster.
        let millionths: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let rate = whole.parse::<u64>().ok()? * 1_000_000 + millionths.parse::<u64>().ok()?;
        (1..=1_000_000_000).contains(&rate).then_some(Self(rate))
    }

    /// Millionths of a call a second.
    pub const fn as_micro(self) -> u64 {
        self.0
    }

    /// The time in which one call becomes possible, rounded up.
    pub fn interval(self) -> Span {
        Span::micros(i64::try_from(1_000_000_000_000_u64.div_ceil(self.0)).unwrap_or(i64::MAX))
    }
}

/// The usage plan of an operation: a bucket that holds `burst` calls and fills at `rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// How fast it fills.
    pub rate: Rate,
    /// How many calls it holds.
    pub burst: u32,
}

impl Usage {
    /// Millionths of a call a second, and the burst.
    pub(crate) const fn of(micro: u64, burst: u32) -> Self {
        Self { rate: Rate::micro(micro), burst }
    }

    /// The sandbox's, the same for everything.
    pub const SANDBOX: Self = Self::of(5_000_000, 15);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_read_exactly() {
        assert_eq!(Rate::parse("0.0167").map(Rate::as_micro), Some(16_700));
        assert_eq!(Rate::parse(" 2.0 ").map(Rate::as_micro), Some(2_000_000));
        assert_eq!(Rate::parse("10").map(Rate::as_micro), Some(10_000_000));
        assert_eq!(Rate::parse("0.01666666667").map(Rate::as_micro), Some(16_666));
        for none in ["", ".", "0", "0.0", "-1", "1e3", "NaN", "1.2.3", "1001", "99999", "0.0000001", "1,5"] {
            assert_eq!(Rate::parse(none), None, "{none}");
        }
        assert_eq!(Rate::micro(5_600).interval(), Span::micros(178_571_429));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_no_interval_is_zero(text in any::<String>(), number in "[0-9]{0,6}\\.?[0-9]{0,40}") {
            for text in [text, number] {
                if let Some(rate) = Rate::parse(&text) {
                    prop_assert!(rate.interval() >= Span::micros(1_000));
                }
            }
        }
    }
}
