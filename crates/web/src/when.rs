//! Times as pages show them: UTC to read, the exact instant for machines, and the store's own zone on hovering.

use std::fmt;

use model::{Marketplace, Timestamp};

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
        let shape = if self.day_only { "<span>%Y-%m-%d</span>" } else { "<span>%Y-%m-%d</span> <span>%H:%M</span>" };
        let zone = self.store.and_then(|store| jiff::tz::TimeZone::get(store.facts().time_zone).ok());
        let local = zone.map(|zone| instant.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string());
        let title = local.unwrap_or_else(|| instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        let shown = instant.strftime(shape);
        write!(f, "<time datetime=\"{}\" title=\"{title}\">{shown}</time>", self.at)
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
