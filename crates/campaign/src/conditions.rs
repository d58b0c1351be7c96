//! A campaign's conditions against one order. Each gives one step of the explanation; a value that no report has told
//! does not meet a condition that asks for it.

mod money;

use std::fmt::Write as _;

use model::order::{Order, OrderItem};

use crate::plan::{Step, StepOutcome};
use crate::types::{Campaign, Choice, Lists};

/// Every condition that is set, in the order of the documentation.
pub(crate) fn check(campaign: &Campaign, order: &Order) -> Vec<Step> {
    let conditions = &campaign.conditions;
    let mut steps = Vec::new();
    if let Some(stores) = &conditions.stores {
        let wanted = stores.iter().map(|store| store.as_str()).collect::<Vec<_>>().join(", ");
        steps.push(step("stores", order.store.to_string(), stores.contains(&order.store), &format!("stores {wanted}")));
    }
    if !conditions.skus.is_empty() {
        steps.push(lists("skus", &conditions.skus, &of_items(order, |item| item.sku.as_deref())));
    }
    if !conditions.asins.is_empty() {
        steps.push(lists("asins", &conditions.asins, &of_items(order, |item| item.asin.as_deref())));
    }
    if let Some(wanted) = conditions.fulfilment {
        let value = order.fulfilment.map_or(UNKNOWN.to_owned(), |fulfilment| fulfilment.to_string());
        steps.push(step("fulfilment", value, order.fulfilment == Some(wanted), &format!("{wanted} orders")));
    }
    if let Some(choice) = conditions.business {
        steps.push(chosen("business", order.business, choice, "business orders"));
    }
    if !conditions.countries.is_empty() {
        let value = [order.ship_country.as_deref()];
        steps.push(lists("countries", &conditions.countries, &value));
    }
    let quantity = conditions.quantity;
    if quantity.min.is_some() || quantity.max.is_some() {
        let pieces = pieces(order);
        let met = pieces.is_some_and(|pieces| {
            quantity.min.is_none_or(|min| pieces >= u64::from(min))
                && quantity.max.is_none_or(|max| pieces <= u64::from(max))
        });
        let mut wanted = "a quantity".to_owned();
        if let Some(min) = quantity.min {
            let _ = write!(wanted, " from {min}");
        }
        if let Some(max) = quantity.max {
            let _ = write!(wanted, " up to {max}");
        }
        let value = pieces.map_or(UNKNOWN.to_owned(), |pieces| pieces.to_string());
        steps.push(step("quantity", value, met, &wanted));
    }
    if let Some(range) = &conditions.price {
        steps.push(money::price(range, order));
    }
    if let Some(range) = &conditions.order_value {
        steps.push(money::order_value(range, order));
    }
    if let Some(choice) = conditions.promotion {
        let used = order.items.iter().any(|item| item.promotion_ids.is_some());
        steps.push(chosen("promotion", Some(used), choice, "orders with a promotion"));
    }
    steps
}

const UNKNOWN: &str = "not known";

/// Pieces of all items together; unknown where an item's are.
pub(crate) fn pieces(order: &Order) -> Option<u64> {
    let pieces: Option<Vec<u64>> = order.items.iter().map(|item| item.quantity.map(u64::from)).collect();
    pieces.filter(|pieces| !pieces.is_empty()).map(|pieces| pieces.iter().sum())
}

fn of_items(order: &Order, value: impl Fn(&OrderItem) -> Option<&str>) -> Vec<Option<&str>> {
    order.items.iter().map(value).collect()
}

fn lists(condition: &'static str, lists: &Lists, values: &[Option<&str>]) -> Step {
    let holds = |set: &std::collections::BTreeSet<String>, value: &str| set.contains(value.to_lowercase().as_str());
    let known: Vec<&str> = values.iter().copied().flatten().collect();
    let whole = !known.is_empty() && known.len() == values.len();
    let included = lists.include.is_empty() || known.iter().any(|value| holds(&lists.include, value));
    let excluded = known.iter().any(|value| holds(&lists.exclude, value));
    // What is not known might be the one that is excluded.
    let met = included && !excluded && (whole || lists.exclude.is_empty());
    let value = if known.is_empty() { UNKNOWN.to_owned() } else { shortened(&known) };
    let sentence = if met {
        format!("The campaign's {condition} let this order through.")
    } else if excluded {
        format!("The campaign excludes one of the order's {condition}.")
    } else if !included && (whole || !known.is_empty()) {
        format!("None of the order's {condition} is among those the campaign includes.")
    } else {
        format!("The campaign asks for {condition}, and no report has told all of this order's.")
    };
    Step { condition, value, outcome: StepOutcome::met_if(met), sentence }
}

/// The first few values, for reading.
fn shortened(values: &[&str]) -> String {
    let mut text = values.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    if values.len() > 5 {
        let _ = write!(text, " and {} more", values.len() - 5);
    }
    text
}

fn chosen(condition: &'static str, value: Option<bool>, choice: Choice, what: &str) -> Step {
    let met = value == Some(choice == Choice::Only);
    let wanted = match choice {
        Choice::Only => format!("{what} only"),
        Choice::Exclude => format!("all but {what}"),
    };
    let value = match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => UNKNOWN,
    };
    step(condition, value.to_owned(), met, &wanted)
}

fn step(condition: &'static str, value: String, met: bool, wanted: &str) -> Step {
    let sentence = if met {
        format!("The campaign is for {wanted}, and this order is one.")
    } else if value == UNKNOWN {
        format!("The campaign is for {wanted}, and no report has told that of this order.")
    } else {
        format!("The campaign is for {wanted}, and this order is none.")
    };
    Step { condition, value, outcome: StepOutcome::met_if(met), sentence }
}
