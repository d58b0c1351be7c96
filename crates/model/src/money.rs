//! An amount of money: a decimal text with its currency, kept exactly as the report wrote it.

use serde::{Deserialize, Serialize};

/// A decimal amount with an ISO 4217 code. Never a floating-point number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Digits with at most one point, perhaps a leading minus.
    pub amount: String,
    /// Three upper-case letters.
    pub currency: String,
}

impl Money {
    /// Checks the shapes of both parts.
    pub fn new(amount: &str, currency: &str) -> Option<Self> {
        let digits = amount.strip_prefix('-').unwrap_or(amount);
        let shaped = digits.len() <= 20
            && digits.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
        let coded = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        (shaped && coded).then(|| Self { amount: amount.to_owned(), currency: currency.to_owned() })
    }

    /// Digits after the point that sums keep; no currency has more than four.
    const DECIMALS: usize = 6;

    /// The sum of several amounts of one currency; none where there is none, or they differ in currency.
    pub fn sum<'a>(amounts: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut amounts = amounts.into_iter();
        let first = amounts.next()?;
        let mut sum = first.scaled()?;
        for amount in amounts {
            if amount.currency != first.currency {
                return None;
            }
            sum = sum.checked_add(amount.scaled()?)?;
        }
        Self::of_scaled(sum, first)
    }

    /// So many times the amount; none where it is too large to be money.
    pub fn times(&self, pieces: u32) -> Option<Self> {
        Self::of_scaled(self.scaled()?.checked_mul(i128::from(pieces))?, self)
    }

    /// Millionths written in the currency and manner of another amount.
    fn of_scaled(sum: i128, like: &Self) -> Option<Self> {
        let unit = 10_i128.pow(u32::try_from(Self::DECIMALS).ok()?);
        let sign = if sum < 0 { "-" } else { "" };
        let fraction = format!("{:0width$}", (sum % unit).unsigned_abs(), width = Self::DECIMALS);
        let fraction = fraction.trim_end_matches('0');
        // Two digits, as money is written, unless the amounts were whole: yen have none.
        let is_whole = fraction.is_empty() && !like.amount.contains('.');
        let amount = format!("{sign}{}", (sum / unit).unsigned_abs());
        let amount = if is_whole { amount } else { format!("{amount}.{fraction:0<2}") };
        Self::new(&amount, &like.currency)
    }

    /// Whether it is as much as the other or more; none where they differ in currency.
    pub fn is_at_least(&self, other: &Self) -> Option<bool> {
        (self.currency == other.currency).then_some(())?;
        Some(self.scaled()? >= other.scaled()?)
    }

    /// How it stands to so many times the other; none where they differ in currency or are too large to be money.
    pub fn compared_with(&self, other: &Self, times: u32) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then_some(())?;
        Some(self.scaled()?.cmp(&other.scaled()?.checked_mul(i128::from(times))?))
    }

    /// The amount in millionths.
    fn scaled(&self) -> Option<i128> {
        let (is_negative, digits) = match self.amount.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.amount.as_str()),
        };
        // At most 20 digits and six decimals: far from the ends of the type.
        let (mut scaled, mut decimals) = (0_i128, None);
        for byte in digits.bytes() {
            if byte == b'.' {
                decimals = Some(0);
                continue;
            }
            scaled = scaled.checked_mul(10)?.checked_add(i128::from(byte.checked_sub(b'0')?))?;
            decimals = decimals.map(|decimals| decimals + 1);
        }
        for _ in 0..Self::DECIMALS.checked_sub(decimals.unwrap_or(0))? {
            scaled = scaled.checked_mul(10)?;
        }
        Some(if is_negative { -scaled } else { scaled })
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(amounts: &[(&str, &str)]) -> Option<String> {
        let amounts: Vec<Money> =
            amounts.iter().map(|(amount, currency)| Money::new(amount, currency).unwrap()).collect();
        Money::sum(&amounts).map(|sum| sum.to_string())
    }

    #[test]
    fn amounts_of_one_currency_add_up_exactly() {
        assert_eq!(sum(&[("0.1", "EUR"), ("0.2", "EUR")]).as_deref(), Some("0.30 EUR"));
        assert_eq!(sum(&[("169.01", "EUR"), ("-9.01", "EUR")]).as_deref(), Some("160.00 EUR"));
        assert_eq!(sum(&[("1200", "JPY"), ("34", "JPY")]).as_deref(), Some("1234 JPY"));
        assert_eq!(sum(&[("1.25", "USD"), ("-3", "USD")]).as_deref(), Some("-1.75 USD"));
        assert_eq!(sum(&[(".5", "USD"), ("1.1255", "USD")]).as_deref(), Some("1.6255 USD"));
    }

    #[test]
    fn an_amount_several_times_is_exact() {
        let times = |amount, pieces| Money::new(amount, "EUR").unwrap().times(pieces).map(|money| money.amount);
        assert_eq!(times("19.90", 3).as_deref(), Some("59.70"));
        assert_eq!(times("19.90", 0).as_deref(), Some("0.00"));
        assert_eq!(times("99999999999999999999", u32::MAX), None);
    }

    #[test]
    fn amounts_are_compared_with_several_times_another() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let money = |amount| Money::new(amount, "EUR").unwrap();
        for (amount, other, times, expected) in [
            ("59.70", "19.90", 3, Equal),
            ("59.7", "19.91", 3, Less),
            ("60", "19.9", 3, Greater),
            ("-1", "0", 7, Less),
            (".5", "0.50", 1, Equal),
        ] {
            assert_eq!(money(amount).compared_with(&money(other), times), Some(expected), "{amount} {other} {times}");
        }
        assert_eq!(money("1").compared_with(&Money::new("1", "USD").unwrap(), 1), None);
        assert_eq!(money("1").compared_with(&money("1.1234567"), 1), None);
    }

    #[test]
    fn what_does_not_add_up_has_no_sum() {
        assert_eq!(sum(&[]), None);
        assert_eq!(sum(&[("1", "EUR"), ("1", "GBP")]), None);
        assert_eq!(sum(&[("1.1234567", "EUR")]), None);
    }
}
