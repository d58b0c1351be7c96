//! The days that a search asks for, as a browser's date fields send them: whole days in the zone of the store that is asked
//! about, or in UTC, by which pages tell times, where no one store is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Marketplace, Timestamp};

/// The days asked for, both ends with them; none is no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Days {
    pub first: Option<Date>,
    pub last: Option<Date>,
}

impl Days {
    /// As typed, `2026-11-24` each; empty is no end. None where one can't be read.
    pub fn read(first: &str, last: &str) -> Option<Self> {
        let read = |text: &str| match text.trim() {
            "" => Some(None),
            text => text.parse::<Date>().ok().map(Some),
        };
        Some(Self { first: read(first)?, last: read(last)? })
    }

    /// The instant at which they begin, and the one before which they end.
    pub fn instants(&self, store: Option<Marketplace>) -> (Option<Timestamp>, Option<Timestamp>) {
        let zone = zone(store);
        let begins = |day: Date| day.to_zoned(zone.clone()).ok().map(|at| Timestamp::from_jiff(at.timestamp()));
        (self.first.and_then(begins), self.last.and_then(|last| last.tomorrow().ok()).and_then(begins))
    }
}

/// The zone in which days are counted.
fn zone(store: Option<Marketplace>) -> TimeZone {
    store.and_then(|store| TimeZone::get(store.facts().time_zone).ok()).unwrap_or(TimeZone::UTC)
}

/// That zone's name, for people.
pub(crate) const fn zone_name(store: Option<Marketplace>) -> &'static str {
    match store {
        Some(store) => store.facts().time_zone,
        None => "UTC",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_and_end_by_the_stores_own_clock_also_where_that_is_changed() {
        let days = Days::read("2026-10-25", "2026-10-25").unwrap();
        let told = |store| {
            let (from, until) = days.instants(store);
            (from.unwrap().to_string(), until.unwrap().to_string())
        };
        assert_eq!(told(None), ("2026-10-25T00:00:00Z".into(), "2026-10-26T00:00:00Z".into()));
        // Europe's clocks go back that night: the day has 25 hours.
        assert_eq!(told(Some(Marketplace::De)), ("2026-10-24T22:00:00Z".into(), "2026-10-25T23:00:00Z".into()));
    }

    #[test]
    fn what_is_no_day_is_not_read_and_nothing_is_no_end() {
        assert_eq!(Days::read("", " "), Some(Days::default()));
        assert_eq!(Days::default().instants(None), (None, None));
        for odd in ["24.11.2026", "2026-02-30", "yesterday"] {
            assert_eq!(Days::read(odd, ""), None, "{odd}");
        }
    }
}
