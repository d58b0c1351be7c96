//! Points in time: UTC microseconds in a signed 64-bit integer, as they stand in every table. The pure
//! crates get them as arguments; only the shell asks a clock.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// So many microseconds.
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }
    /// So many seconds; saturates at the ends of the range.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }
    /// So many minutes; saturates.
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }
    /// So many hours; saturates.
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }
    /// So many days of 24 hours; saturates.
    pub const fn days(days: i64) -> Self {
        Self::hours(days.saturating_mul(24))
    }
    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

/// A point in time between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A text or number that is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a time; write it like 2026-08-20T12:00:00Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// 9999-12-30T22:00:00Z, jiff's last instant, to the second.
    pub const MAX: Self = Self(253_402_207_200_000_000);

    /// From microseconds since 1970; outside the years 1 to 9999 it is clamped to the nearer end.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The clock of this machine. Only the shell calls it.
    pub fn from_clock() -> Self {
        Self::from_micros(jiff::Timestamp::now().as_microsecond())
    }

    /// Later by `span`, clamped to the range.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_add(span.0))
    }

    /// Earlier by `span`, clamped to the range.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative where it is before.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The same, cut to whole seconds: as people read it.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000_000))
    }

    /// The same instant for calendar arithmetic.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// From jiff's instant, cut to microseconds.
    pub fn from_jiff(instant: jiff::Timestamp) -> Self {
        Self::from_micros(instant.as_microsecond())
    }

    /// The day in UTC.
    pub fn utc_date(self) -> jiff::civil::Date {
        self.to_jiff().to_zoned(TimeZone::UTC).date()
    }

    /// The whole days since 1970-01-01 (UTC), as daily counters are keyed.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }
}

/// The time at which something is done: this machine's clock, and the clock that was given beside it (`--now`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The machine's own clock: ledger times, leases and permits go by it.
    pub real: Timestamp,
    /// The given clock: what is due and which windows are open goes by it, and the ledger names it `as_of`.
    pub given: Option<Timestamp>,
}

impl Clock {
    /// The machine's clock alone.
    pub const fn real(now: Timestamp) -> Self {
        Self { real: now, given: None }
    }

    /// The time by which decisions are made.
    pub const fn now(&self) -> Timestamp {
        match self.given {
            Some(given) => given,
            None => self.real,
        }
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// RFC 3339, any offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from_jiff).map_err(|_| InvalidTimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_in_utc_and_read_back() {
        let time: Timestamp = "2026-08-20T14:00:00+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-08-20T12:00:00Z");
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn arithmetic_stays_within_the_years_1_to_9999() {
        assert_eq!(Timestamp::MAX.plus(Span::days(i64::MAX)), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.minus(Span::days(1)), Timestamp::MIN);
        assert!(Timestamp::MAX.to_string().starts_with("9999-12-30"));
        assert!(Timestamp::MIN.to_string().starts_with("0001-01-01"));
    }
}
