//! Times as pages show them, in the reader's order of day and month: UTC to read, the exact instant for machines, and the store's own zone on hovering.

use std::fmt;

use jiff::civil::Date;
use model::{Marketplace, Timestamp};

use crate::language::{Language, reader};

/// A point in time on a page.
#[derive(Debug, Clone)]
pub(crate) struct When {
    at: Timestamp,
    store: Option<Marketplace>,
    day_only: bool,
}

impl When {
    pub const fn new(at: Timestamp) -> Self {
        Self { at, store: None, day_only: false }
    }

    /// With the zone of the store it belongs to.
    pub const fn of_store(at: Timestamp, store: Marketplace) -> Self {
        Self { at, store: Some(store), day_only: false }
    }

    /// Only the day is shown.
    pub const fn day(at: Timestamp) -> Self {
        Self { at, store: None, day_only: true }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.at.to_jiff();
        // Where there is little room it breaks between day and hour, and nowhere else.
        let (day, shape) = match (reader(), self.day_only) {
            (Language::English, true) => ("%Y-%m-%d", "<span>%Y-%m-%d</span>"),
            (Language::English, false) => ("%Y-%m-%d", "<span>%Y-%m-%d</span> <span>%H:%M</span>"),
            (Language::German, true) => ("%d.%m.%Y", "<span>%d.%m.%Y</span>"),
            (Language::German, false) => ("%d.%m.%Y", "<span>%d.%m.%Y</span> <span>%H:%M</span>"),
        };
        let zone = self.store.and_then(|store| jiff::tz::TimeZone::get(store.facts().time_zone).ok());
        let local = zone.map(|zone| instant.to_zoned(zone).strftime(&format!("{day} %H:%M %Z")).to_string());
        let title = local.unwrap_or_else(|| instant.strftime(&format!("{day} %H:%M:%S UTC")).to_string());
        let shown = instant.strftime(shape);
        write!(f, "<time datetime=\"{}\" title=\"{title}\">{shown}</time>", self.at)
    }
}

/// A day in the reader's order of day and month.
pub(crate) fn day_in_words(day: Date) -> String {
    match reader() {
        Language::English => day.to_string(),
        Language::German => day.strftime("%d.%m.%Y").to_string(),
    }
}

/// Made of digits and names of zones alone.
impl askama::filters::HtmlSafe for When {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_shows_utc_and_hovers_in_the_stores_zone() {
        let at: Timestamp = "2026-08-20T01:30:00Z".parse().unwrap();
        assert_eq!(
            When::of_store(at, Marketplace::Us).to_string(),
            "<time datetime=\"2026-08-20T01:30:00Z\" title=\"2026-08-19 18:30 PDT\"><span>2026-08-20</span> <span>01:30</span></time>"
        );
        assert!(When::day(at).to_string().ends_with("<span>2026-08-20</span></time>"));
    }
}
