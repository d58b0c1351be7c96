//! What stands in one cell of a list, as far as it can matter.

use jiff::civil::Date;
use model::suppression::{SuppressionReason, SuppressionState};
use model::{Alias, OrderId, Timestamp};

use crate::value;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Order(OrderId),
    Alias(Alias),
    Date(Timestamp),
    Reason(SuppressionReason),
    /// A list of Abide's own marks the row as removed.
    Removed,
}

/// The text of a cell, without what spreadsheets and exports put around it: an apostrophe before, or `="…"`.
pub(crate) fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.trim_start_matches('\'').trim()
}

impl Cell {
    /// An order id, a relay address or a date, by its form alone.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if let Ok(order) = text.parse::<OrderId>() {
            return Some(Self::Order(order));
        }
        if let Ok(alias) = text.parse::<Alias>() {
            return Some(Self::Alias(alias));
        }
        date(text).map(Self::Date)
    }

    /// As a person may see it before it is taken over: of a relay address only that it is one.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Order(order) => order.to_string(),
            Self::Alias(_) => "a relay address".to_owned(),
            Self::Date(date) => date.utc_date().to_string(),
            Self::Reason(reason) => reason.to_string(),
            Self::Removed => "removed".to_owned(),
        }
    }

    /// Abide's word for why, in a column of that name.
    pub(crate) fn of_reason(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::Reason)
    }

    /// Abide's word for an entry that was removed, in a column of that name.
    pub(crate) fn of_state(text: &str) -> Option<Self> {
        (text == SuppressionState::Removed.as_str()).then_some(Self::Removed)
    }
}

/// ISO 8601 as reports have it; days with dots, first the day; days with slashes where day and month can't be taken
/// for each other. The time of the latter two is left out. Nothing is guessed.
fn date(text: &str) -> Option<Timestamp> {
    if !(8..=40).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if text.get(4..5) == Some("-") {
        return value::time(text);
    }
    let day = text.split([' ', 'T', ',']).next()?;
    let separator = if day.contains('.') { '.' } else { '/' };
    let mut numbers = day.split(separator).map(str::parse::<i16>);
    let (Some(Ok(first)), Some(Ok(second)), Some(Ok(year)), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return None;
    };
    let (day, month) = match (separator, first, second) {
        ('.', _, _) | (_, 13.., 1..=12) => (first, second),
        (_, 1..=12, 13..) => (second, first),
        (_, first, second) if first == second => (first, second),
        _ => return None,
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    value::time(&date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_where_it_can_mean_one_day_only() {
        for (text, day) in [
            ("2026-08-20", "2026-08-20T00:00:00Z"),
            ("2026-08-20T12:00:00Z", "2026-08-20T12:00:00Z"),
            ("20.08.2026 12:31", "2026-08-20T00:00:00Z"),
            ("8/20/2026 3:04 PM", "2026-08-20T00:00:00Z"),
            ("20/8/2026", "2026-08-20T00:00:00Z"),
            ("8/8/2026", "2026-08-08T00:00:00Z"),
        ] {
            assert_eq!(date(text).map(|time| time.to_string()).as_deref(), Some(day), "{text}");
        }
        for text in ["7/8/2026", "46254.5", "2026", "20.13.2026", "31/31/2026", "0/0/2026", "1.2.3.4", "x"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_spreadsheet_puts_around_an_id_is_taken_off() {
        for text in ["111-1234567-1234567", "'111-1234567-1234567", "=\"111-1234567-1234567\"", " 111-1234567-1234567 "]
        {
            assert!(matches!(Cell::of(bare(text)), Some(Cell::Order(_))), "{text}");
        }
    }
}
