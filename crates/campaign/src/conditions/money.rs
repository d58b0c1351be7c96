//! Conditions on money: what a piece costs and what the order is worth. Amounts of another currency are never
//! converted, and an amount that no report has told holds the message back and says which report brings it.

use model::Money;
use model::order::Order;

use crate::plan::{Step, StepOutcome};
use crate::types::MoneyRange;

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
/// together, so the range is held against as many pieces.
pub(super) fn price(range: &MoneyRange, order: &Order) -> Step {
    let lines: Option<Vec<(&Money, u32)>> = order
        .items
        .iter()
        .map(|item| Some((item.price.as_ref()?, item.quantity.filter(|pieces| *pieces > 0)?)))
        .collect();
    let lines = lines.filter(|lines| !lines.is_empty());
    let value = lines.as_ref().map(|lines| {
        let told = |(price, pieces): &(&Money, u32)| format!("{price} for {pieces}");
        let more = if lines.len() > 5 { ", …" } else { "" };
        lines.iter().take(5).map(told).collect::<Vec<_>>().join(", ") + more
    });
    let held = lines.as_deref().map_or(Held::Unknown, |lines| {
        let each = lines.iter().map(|(price, pieces)| range.holds(price, *pieces));
        Held::of(each.collect::<Option<Vec<bool>>>().map(|each| each.into_iter().all(|held| held)))
    });
    step("price", value, held, &format!("items whose price for one piece is {range}"), range)
}

/// Whether all items together cost as much as the range says.
pub(super) fn order_value(range: &MoneyRange, order: &Order) -> Step {
    let prices: Option<Vec<&Money>> = order.items.iter().map(|item| item.price.as_ref()).collect();
    let total = prices.and_then(Money::sum);
    let held = total.as_ref().map_or(Held::Unknown, |total| Held::of(range.holds(total, 1)));
    step("order_value", total.map(|total| total.to_string()), held, &format!("orders worth {range}"), range)
}

fn step(condition: &'static str, value: Option<String>, held: Held, wanted: &str, range: &MoneyRange) -> Step {
    let sentence = match held {
        Held::Unknown => {
            format!("The campaign is for {wanted}, and no report has told that of all this order's items. {SOURCE}")
        }
        Held::Apart => format!(
            "The campaign is for {wanted}, and this order's amounts can't be held against {}: none is converted.",
            range.currency
        ),
        Held::Within => format!("The campaign is for {wanted}, and this order is within."),
        Held::Outside => format!("The campaign is for {wanted}, and this order is not within."),
    };
    let value = value.unwrap_or_else(|| super::UNKNOWN.to_owned());
    Step { condition, value, outcome: StepOutcome::met_if(held == Held::Within), sentence }
}
