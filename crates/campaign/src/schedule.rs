//! When a message may leave: Amazon's window, narrowed by choice, and the weekdays and hours of the marketplace's
//! own zone. Zones come from the program itself, so that every machine counts alike.

use std::sync::OnceLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use model::order::DeliveryDate;
use model::{Marketplace, Span, Timestamp};

/// Amazon's window opens so many days after the latest delivery date (SP-API Solicitations v1; facts, section 5).
pub(crate) const OPENS_AT_LEAST: u8 = 5;
/// It closes so many days after the earliest (Communication Guidelines, help page G1701; facts, section 3).
pub(crate) const CLOSES_AT_MOST: u8 = 30;

/// When a message of a campaign may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendWindow {
    /// Days of 24 hours after the latest delivery date: 5 to 29.
    pub(crate) opens_days: u8,
    /// Days of 24 hours after the earliest delivery date: more than `opens_days`, at most 30.
    pub(crate) closes_days: u8,
    /// Weekdays and hours.
    pub(crate) slots: Slots,
}

impl Default for SendWindow {
    fn default() -> Self {
        Self { opens_days: OPENS_AT_LEAST, closes_days: CLOSES_AT_MOST, slots: Slots::ALWAYS }
    }
}

impl SendWindow {
    /// Days after the latest delivery date.
    pub const fn opens_days(&self) -> u8 {
        self.opens_days
    }

    /// Days after the earliest delivery date.
    pub const fn closes_days(&self) -> u8 {
        self.closes_days
    }

    /// Weekdays and hours.
    pub const fn slots(&self) -> Slots {
        self.slots
    }

    /// When it opens for an order.
    pub fn opens(&self, delivery: &DeliveryDate) -> Timestamp {
        delivery.latest.plus(Span::days(i64::from(self.opens_days)))
    }

    /// When it closes for an order: from then on nothing may leave. Before it opens, where a delivery window is
    /// so wide that the two ends cross.
    pub fn closes(&self, delivery: &DeliveryDate) -> Timestamp {
        delivery.earliest.plus(Span::days(i64::from(self.closes_days)))
    }
}

/// Weekdays and hours in a marketplace's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// From Monday on; at least one.
    pub(crate) weekdays: [bool; 7],
    /// The first minute of a day, 0 to 1439.
    pub(crate) from: u16,
    /// The minute of a day at which it ends, after `from`, at most 1440.
    pub(crate) to: u16,
}

impl Slots {
    /// Every day around the clock.
    pub(crate) const ALWAYS: Self = Self { weekdays: [true; 7], from: 0, to: 24 * 60 };

    /// Whether a message may leave at this instant.
    pub fn allow(&self, store: Marketplace, at: Timestamp) -> bool {
        *self == Self::ALWAYS || self.allow_in(&zone(store), at.to_jiff())
    }

    /// The first instant, `at` itself or later, at which a message may leave; none within two weeks.
    ///
    /// Days on which clocks change: an hour that is skipped has no instants, one that comes twice has both.
    pub fn next(&self, store: Marketplace, at: Timestamp) -> Option<Timestamp> {
        if self.allow(store, at) {
            return Some(at);
        }
        let zone = zone(store);
        let first = zone.to_datetime(at.to_jiff()).date();
        (0..=14).find_map(|days| {
            let day = first.checked_add(days.days()).ok()?;
            self.openings(&zone, day)
                .into_iter()
                .map(Timestamp::from_jiff)
                .filter(|opening| *opening > at && self.allow_in(&zone, opening.to_jiff()))
                .min()
        })
    }

    fn allow_in(&self, zone: &TimeZone, at: jiff::Timestamp) -> bool {
        let local = zone.to_datetime(at);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        self.weekdays[weekday_place(local.weekday())] && (i32::from(self.from)..i32::from(self.to)).contains(&minute)
    }

    /// Every instant of a day at which the slot may begin: the hour it opens at, either time it comes, and each
    /// change of the clock.
    fn openings(&self, zone: &TimeZone, day: Date) -> Vec<jiff::Timestamp> {
        let (hour, minute) = (i8::try_from(self.from / 60), i8::try_from(self.from % 60));
        let opening = zone.to_ambiguous_zoned(day.at(hour.unwrap_or_default(), minute.unwrap_or_default(), 0, 0));
        let mut instants: Vec<jiff::Timestamp> = [opening.clone().earlier(), opening.later()]
            .into_iter()
            .filter_map(Result::ok)
            .map(|zoned| zoned.timestamp())
            .collect();
        let noon = zone.to_ambiguous_zoned(day.at(12, 0, 0, 0)).compatible().map(|zoned| zoned.timestamp());
        if let Ok(noon) = noon {
            let around = 26.hours();
            if let (Ok(start), Ok(end)) = (noon.checked_sub(around), noon.checked_add(around)) {
                let changes = zone.following(start).map(|change| change.timestamp()).take_while(|change| *change < end);
                // The next day's change would hide that day's own, earlier opening.
                instants.extend(changes.filter(|change| zone.to_datetime(*change).date() == day));
            }
        }
        instants
    }
}

const fn weekday_place(weekday: Weekday) -> usize {
    match weekday {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// A marketplace's zone, from the data built into the program.
pub(crate) fn zone(store: Marketplace) -> TimeZone {
    static ZONES: OnceLock<Vec<TimeZone>> = OnceLock::new();
    let zones = ZONES.get_or_init(|| {
        let built_in = TimeZoneDatabase::bundled();
        // Every zone is built in, which a test holds; UTC stands in only so that this can't fail.
        Marketplace::ALL.iter().map(|store| built_in.get(store.facts().time_zone).unwrap_or(TimeZone::UTC)).collect()
    });
    zones.get(store as usize).cloned().unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marketplace_s_zone_is_built_in() {
        for store in Marketplace::ALL {
            assert_eq!(zone(*store).iana_name(), Some(store.facts().time_zone));
        }
    }
}
