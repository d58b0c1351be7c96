//! Single values of an order's answer, by the same rules as in reports: texts cleaned and cut, times within the years in
//! which Amazon has sold, nothing guessed.

use model::order::{ImportedOrder, ItemCondition, OrderItem};
use model::{Money, OrderId, Timestamp};
use serde_json::Value;

use super::{MOST_LINES, UnreadOrder};

/// The most of a text that is kept, in characters.
const LONGEST_TEXT: usize = 1_000;

/// 1995 to 2099 (UTC), in microseconds.
const YEARS: std::ops::Range<i64> = 788_918_400_000_000..4_102_444_800_000_000;

/// What stands at a path of names; null where anything on it is missing.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    const NOTHING: &Value = &Value::Null;
    path.iter().try_fold(value, |value, name| value.get(name)).unwrap_or(NOTHING)
}

/// A text without control characters, trimmed and cut.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    (!text.is_empty()).then(|| text.chars().take(LONGEST_TEXT).map(clean).collect())
}

/// A time, where one is written; what is written and can't be read marks the order incomplete.
pub(crate) fn time(value: &Value, incomplete: &mut bool) -> Option<Timestamp> {
    let read = instant(value);
    let is_empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
    *incomplete |= read.is_none() && !is_empty;
    read
}

/// A time; none where none is written, or none that can be.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    let time = value.as_str()?.trim().parse::<Timestamp>().ok()?;
    YEARS.contains(&time.as_micros()).then_some(time)
}

/// An ISO 3166 code of two letters; `UK` is `GB`.
pub(crate) fn country(value: &Value) -> Option<String> {
    let code = value.as_str()?.trim().to_ascii_uppercase();
    match code.as_bytes() {
        b"UK" => Some("GB".to_owned()),
        [b'A'..=b'Z', b'A'..=b'Z'] => Some(code),
        _ => None,
    }
}

/// An amount by the names that hold the number and the currency.
pub(crate) fn money(value: &Value, amount: &str, currency: &str) -> Option<Money> {
    Money::new(at(value, &[amount]).as_str()?.trim(), &at(value, &[currency]).as_str()?.trim().to_ascii_uppercase())
}

/// Amazon's condition types; those beyond the model's four are none of them.
pub(crate) fn condition(value: &Value) -> Option<ItemCondition> {
    let word = value.as_str()?.trim().to_ascii_lowercase();
    ItemCondition::ALL.iter().copied().find(|condition| word == condition.as_str())
}

/// A number of pieces.
pub(crate) fn pieces(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|pieces| u32::try_from(pieces).ok())
}

/// Promotions, joined as reports have them.
pub(crate) fn promotions<'v>(ids: impl Iterator<Item = &'v Value>) -> Option<String> {
    let ids: Vec<&str> = ids.filter_map(Value::as_str).map(str::trim).filter(|id| !id.is_empty()).collect();
    text(&Value::String(ids.join(",")))
}

/// What an order's line is known by: Amazon's id of it where that is a number, as in reports, else the product.
pub(crate) fn line(id: &Value, sku: Option<&String>, asin: Option<&String>) -> Option<String> {
    let id = text(id).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    id.or_else(|| sku.cloned()).or_else(|| asin.cloned())
}

/// Puts the lines into an order. One that can't be read, one too many and one that comes twice leave it incomplete.
pub(crate) fn put_lines(order: &mut ImportedOrder, lines: impl Iterator<Item = Option<OrderItem>>) {
    for line in lines {
        match line {
            Some(line) if order.items.len() < MOST_LINES && order.items.iter().all(|known| known.line != line.line) => {
                order.items.push(line);
            }
            _ => order.incomplete = true,
        }
    }
}

/// The order's id; else what is to be said of it, or nothing where it is from outside Amazon's shop.
pub(crate) fn order_id(value: &Value) -> Result<OrderId, Option<UnreadOrder>> {
    let unread = Err(Some(UnreadOrder { order_id: None, what: "the order id" }));
    let Some(id) = value.as_str().map(str::trim) else { return unread };
    // `S01-1234567-1234567` and its like, as in reports.
    let is_elsewhere = id
        .strip_prefix('S')
        .is_some_and(|rest| rest.len() >= 2 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'));
    match id.parse() {
        Ok(id) => Ok(id),
        Err(_) if is_elsewhere => Err(None),
        Err(_) => unread,
    }
}

/// Whether a store's name is of outside Amazon's shop: `Non-Amazon`, `Non-Amazon US`.
pub(crate) fn is_elsewhere(name: &Value) -> bool {
    let name = name.as_str().unwrap_or_default().trim();
    name.get(..10)
        .is_some_and(|start| start.eq_ignore_ascii_case("non-amazon") || start.eq_ignore_ascii_case("non_amazon"))
}
