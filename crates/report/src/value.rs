//! The values of single fields: dates, statuses, flags, amounts, and texts cleaned of control characters and cut
//! to what is kept. Nothing is guessed: what is in no known form is `None`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::order::{Fulfilment, ItemCondition, OrderStatus};
use model::{Marketplace, Money, Timestamp};

/// The most of a text that is kept, in characters.
pub(crate) const LONGEST_TEXT: usize = 1000;

/// A text without control characters (a NUL could not even be stored), trimmed and cut; none where it is empty.
pub(crate) fn text(value: &str) -> Option<String> {
    let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if value.is_empty() {
        return None;
    }
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    Some(value.chars().take(LONGEST_TEXT).map(clean).collect())
}

/// ISO 8601 with offset, `Z` or none (then UTC), the time after a `T` or a blank or left out (then midnight), in
/// the years that Amazon has sold in.
pub(crate) fn time(value: &str) -> Option<Timestamp> {
    let value = value.strip_suffix(" UTC").unwrap_or(value);
    let instant = match value.parse::<jiff::Timestamp>() {
        Ok(instant) => instant,
        Err(_) => value.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
    };
    let year = instant.to_zoned(TimeZone::UTC).year();
    (1995..2100).contains(&year).then(|| Timestamp::from_jiff(instant))
}

/// Amazon's words for how far an order is; `Shipped - Delivered to Buyer` and its like are shipped.
pub(crate) fn status(value: &str) -> Option<OrderStatus> {
    let word: String =
        value.split(" - ").next()?.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    match word.as_str() {
        "pending" | "pendingavailability" => Some(OrderStatus::Pending),
        // Amazon has begun to pack it; it has not left.
        "unshipped" | "shipping" => Some(OrderStatus::Unshipped),
        "partiallyshipped" => Some(OrderStatus::PartiallyShipped),
        "shipped" => Some(OrderStatus::Shipped),
        "cancelled" | "canceled" => Some(OrderStatus::Cancelled),
        _ => None,
    }
}

/// `Amazon` or `AFN`, `Merchant` or `MFN`.
pub(crate) fn fulfilment(value: &str) -> Option<Fulfilment> {
    match value.to_ascii_lowercase().as_str() {
        "afn" => Some(Fulfilment::Amazon),
        word if word.starts_with("amazon") => Some(Fulfilment::Amazon),
        "mfn" | "merchant" | "seller" => Some(Fulfilment::Merchant),
        _ => None,
    }
}

/// `true` and `false`, also as spreadsheets in other languages turn them when saving.
pub(crate) fn flag(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "wahr" | "vrai" | "vero" | "verdadero" => Some(true),
        "false" | "no" | "n" | "0" | "falsch" | "faux" | "falso" => Some(false),
        _ => None,
    }
}

/// Amazon's condition types, as `New` or `UsedLikeNew`, in whatever case.
pub(crate) fn condition(value: &str) -> Option<ItemCondition> {
    let word = value.to_ascii_lowercase();
    ItemCondition::ALL.iter().copied().find(|condition| word.starts_with(condition.as_str()))
}

/// Stars from 1 to 5.
pub(crate) fn stars(value: &str) -> Option<u8> {
    let whole = value.strip_suffix(".0").unwrap_or(value);
    whole.parse().ok().filter(|stars| (1..=5).contains(stars))
}

/// A language by its ISO 639 code, alone or at the front of a locale such as `de_DE`.
pub(crate) fn language(value: &str) -> Option<String> {
    let code = value.split(['-', '_']).next()?.to_ascii_lowercase();
    (matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(code)
}

/// The store of a sales channel: its retail domain, or a country code.
pub(crate) fn store(value: &str) -> Option<Marketplace> {
    Marketplace::from_sales_channel(value)
        .or_else(|| (value.len() == 2).then(|| Marketplace::from_code(value).ok()).flatten())
}

/// An ISO 3166 code of two letters; Amazon's `UK` is `GB`.
pub(crate) fn country(value: &str) -> Option<String> {
    let code = value.to_ascii_uppercase();
    match code.as_bytes() {
        b"UK" => Some("GB".to_owned()),
        [b'A'..=b'Z', b'A'..=b'Z'] => Some(code),
        _ => None,
    }
}

/// An amount; a comma before the cents, as spreadsheets save it, is a point.
pub(crate) fn money(amount: &str, currency: &str) -> Option<Money> {
    let currency = currency.to_ascii_uppercase();
    let decimal_comma = amount.contains(',') && !amount.contains('.') && amount.matches(',').count() == 1;
    if decimal_comma { Money::new(&amount.replace(',', "."), &currency) } else { Money::new(amount, &currency) }
}

/// Whether the id in a row is one of an order from outside Amazon's shop: `S01-1234567-1234567` and its like.
pub(crate) fn is_mcf_id(value: &str) -> bool {
    value
        .strip_prefix(['S', 's'])
        .is_some_and(|rest| rest.len() >= 2 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// Whether a sales channel is outside Amazon's shop: `Non-Amazon`, `Non-Amazon US`.
pub(crate) fn is_mcf_channel(value: &str) -> bool {
    value.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("non-amazon"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form_amazon_writes() {
        for written in [
            "2026-08-20T12:00:00+00:00",
            "2026-08-20T12:00:00Z",
            "2026-08-20 12:00:00Z",
            "2026-08-20T14:00:00+02:00",
            "2026-08-20T05:00:00-07:00",
            "2026-08-20T12:00:00.000+0000",
            "2026-08-20T12:00:00",
            "2026-08-20 12:00:00 UTC",
        ] {
            assert_eq!(
                time(written).map(|time| time.to_string()).as_deref(),
                Some("2026-08-20T12:00:00Z"),
                "{written}"
            );
        }
        assert_eq!(time("2026-08-20").map(|time| time.to_string()).as_deref(), Some("2026-08-20T00:00:00Z"));
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_date_is_not_guessed() {
        for bad in ["08/20/2026", "20.08.2026 12:00", "46254.5", "2026-13-01", "2026-02-30", "0001-01-01", "soon"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn statuses_are_known_by_their_first_words() {
        assert_eq!(status("Shipped - Delivered to Buyer"), Some(OrderStatus::Shipped));
        assert_eq!(status("Partially Shipped"), Some(OrderStatus::PartiallyShipped));
        assert_eq!(status("Canceled"), Some(OrderStatus::Cancelled));
        assert_eq!(status("Unshipped"), Some(OrderStatus::Unshipped));
        assert_eq!(status("Mislaid"), None);
    }

    #[test]
    fn only_amazon_s_own_form_of_foreign_ids_is_skipped() {
        assert!(is_mcf_id("S01-1234567-1234567"));
        assert!(!is_mcf_id("Sum") && !is_mcf_id("S") && !is_mcf_id("111-1234567-1234567"));
        assert!(is_mcf_channel("Non-Amazon DE") && !is_mcf_channel("Amazon.de"));
    }
}
