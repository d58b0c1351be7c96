//! Conditions on money: what a piece costs and what the order is worth. Amounts of another currency are never
//! converted, and an amount that no report has told holds the message back and says which report brings it.

use std::borrow::Cow;

use model::Money;
use model::order::Order;

use crate::look::{Look, Told};
use crate::types::{Choice, MoneyRange};

/// Where prices come from (facts on reports: `item-price` stands in all but the orders-to-ship reports).
const SOURCE: &str = "Amazon's All Orders and Fulfilled Shipments reports bring it, in `item-price` and `currency`.";

/// How an amount stands to a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Within,
    Outside,
    /// In another currency, or too large to be compared.
    Apart,
    /// No report has told it.
    Unknown,
}

impl Held {
    const fn of(held: Option<bool>) -> Self {
        match held {
            Some(true) => Self::Within,
            Some(false) => Self::Outside,
            None => Self::Apart,
        }
    }
}

/// Whether one piece of each item costs as much as the range says. Reports give the price of a line, all its pieces
/// together, so the range is held against as many pieces. A range that is left out leaves out an order of which any
/// item costs so much.
pub(super) fn price(range: &MoneyRange, order: &Order, look: &mut Look) {
    let lines = || order.items.iter().map(|item| item.price.as_ref().zip(item.quantity.filter(|pieces| *pieces > 0)));
    let held = if order.items.is_empty() || lines().any(|line| line.is_none()) {
        Held::Unknown
    } else {
        let mut each = lines().flatten().map(|(price, pieces)| range.holds(price, pieces));
        Held::of(match range.choice {
            Choice::Only => each.try_fold(true, |all, held| Some(all && held?)),
            Choice::Exclude => each.try_fold(false, |any, held| Some(any || held?)),
        })
    };
    let value = || {
        let told = |(price, pieces): (&Money, u32)| format!("{price} for {pieces}");
        let more = if order.items.len() > 5 { ", …" } else { "" };
        (held != Held::Unknown).then(|| lines().flatten().take(5).map(told).collect::<Vec<_>>().join(", ") + more)
    };
    condition("price", "items whose price for one piece is", held, value, range, look);
}

/// Whether all items together cost as much as the range says.
pub(super) fn order_value(range: &MoneyRange, order: &Order, look: &mut Look) {
    let total: Option<Cow<'_, Money>> = match order.items.as_slice() {
        [only] => only.price.as_ref().map(Cow::Borrowed),
        several => {
            let prices: Option<Vec<&Money>> = several.iter().map(|item| item.price.as_ref()).collect();
            prices.and_then(Money::sum).map(Cow::Owned)
        }
    };
    let held = total.as_deref().map_or(Held::Unknown, |total| Held::of(range.holds(total, 1)));
    condition("order_value", "orders worth", held, || total.as_ref().map(ToString::to_string), range, look);
}

fn condition(
    name: &'static str,
    what: &str,
    held: Held,
    value: impl FnOnce() -> Option<String>,
    range: &MoneyRange,
    look: &mut Look,
) {
    let wanted_held = if range.choice == Choice::Only { Held::Within } else { Held::Outside };
    look.condition(name, held == wanted_held, || {
        let but = if range.choice == Choice::Only { "" } else { "all but " };
        let wanted = format!("{but}{what} {range}");
        let sentence = match held {
            Held::Unknown => {
                format!("The campaign is for {wanted}, and no report has told that of all this order's items. {SOURCE}")
            }
            Held::Apart => format!(
                "The campaign is for {wanted}, and this order's amounts can't be held against {}: none is converted.",
                range.currency
            ),
            Held::Within | Held::Outside if held == wanted_held => {
                format!("The campaign is for {wanted}, and this order is one.")
            }
            Held::Within | Held::Outside => format!("The campaign is for {wanted}, and this order is none."),
        };
        Told { value: value().unwrap_or_else(super::unknown), sentence }
    });
}
