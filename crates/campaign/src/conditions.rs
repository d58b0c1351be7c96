//! A campaign's conditions against one order. Each gives one step of the explanation; a value that no report has told
//! does not meet a condition that asks for it.

mod lists;
mod money;
mod people;

use std::fmt::Write as _;

use model::order::{Order, OrderItem, Refunded};

use crate::look::{Look, Told};
use crate::types::{Amount, Campaign, Choice, Conditions, RefundedPart};

pub(crate) use people::speaks_a_template;

/// Every condition that is set, in the order of the documentation.
pub(crate) fn check(campaign: &Campaign, order: &Order, look: &mut Look) {
    let conditions = &campaign.conditions;
    for ask in [what_it_is, what_it_costs, what_became_of_it, people::check] {
        ask(campaign, conditions, order, look);
        if look.is_decided() {
            return;
        }
    }
}

pub(crate) const UNKNOWN: &str = "not known";

fn what_it_is(_: &Campaign, conditions: &Conditions, order: &Order, look: &mut Look) {
    if let Some(stores) = &conditions.stores {
        look.chosen("stores", Some(stores.stores.contains(&order.store)), stores.choice, || {
            let wanted = stores.stores.iter().map(|store| store.as_str()).collect::<Vec<_>>().join(", ");
            (order.store.to_string(), format!("orders of the stores {wanted}"))
        });
    }
    if !conditions.skus.is_empty() {
        lists::check("skus", &conditions.skus, || order.items.iter().map(|item| item.sku.as_deref()), look);
    }
    if !conditions.asins.is_empty() {
        lists::check("asins", &conditions.asins, || order.items.iter().map(|item| item.asin.as_deref()), look);
    }
    if let Some(wanted) = conditions.fulfilment {
        look.chosen("fulfilment", order.fulfilment.map(|known| known == wanted), Choice::Only, || {
            (told_or_unknown(order.fulfilment), format!("{wanted} orders"))
        });
    }
    if let Some(wanted) = &conditions.item_condition {
        let known: Option<Vec<_>> = order.items.iter().map(|item| item.condition).collect();
        let known = known.filter(|known| !known.is_empty());
        let among = |known: &[_]| match wanted.choice {
            Choice::Only => known.iter().all(|condition| wanted.conditions.contains(condition)),
            Choice::Exclude => known.iter().any(|condition| wanted.conditions.contains(condition)),
        };
        look.chosen("item_condition", known.as_deref().map(among), wanted.choice, || {
            let names = wanted.conditions.iter().map(|condition| condition.as_str()).collect::<Vec<_>>().join(" or ");
            let value = known.as_ref().map(|known| known.iter().map(|known| known.as_str()).collect::<Vec<_>>());
            (value.map_or_else(unknown, |value| shortened(&value)), format!("orders of {names} items"))
        });
    }
    if let Some(choice) = conditions.business {
        yes_or_no("business", order.business, choice, "business orders", look);
    }
    if !conditions.countries.is_empty() {
        lists::check("countries", &conditions.countries, || std::iter::once(order.ship_country.as_deref()), look);
    }
}

fn what_it_costs(_: &Campaign, conditions: &Conditions, order: &Order, look: &mut Look) {
    if let Some(range) = &conditions.quantity {
        let pieces = pieces(order);
        look.chosen("quantity", pieces.map(|pieces| range.holds(pieces)), range.choice, || {
            (told_or_unknown(pieces), format!("orders with a quantity {range}"))
        });
    }
    if let Some(range) = &conditions.price {
        money::price(range, order, look);
    }
    if let Some(range) = &conditions.order_value {
        money::order_value(range, order, look);
    }
    if let Some(choice) = conditions.promotion {
        let used = order.items.iter().any(|item: &OrderItem| item.promotion_ids.is_some());
        yes_or_no("promotion", Some(used), choice, "orders with a promotion", look);
    }
}

fn what_became_of_it(_: &Campaign, conditions: &Conditions, order: &Order, look: &mut Look) {
    if let Some(choice) = conditions.late {
        yes_or_no("late", order.late(), choice, "orders that came late", look);
    }
    for mark in &conditions.only_marked {
        let name = mark.as_str();
        let what = name.replace('_', " ");
        yes_or_no(
            name,
            Some(order.confirmed_since(*mark).is_some()),
            Choice::Only,
            &format!("orders with a {what}"),
            look,
        );
    }
    if let Some(part) = conditions.refunded {
        refunded(part, order, look);
    }
    for (name, whose, range, stars) in [
        ("feedback_stars", "the seller", &conditions.feedback_stars, order.feedback_stars),
        ("review_stars", "the product", &conditions.review_stars, order.review_stars),
    ] {
        if let Some(range) = range {
            stars_given(name, whose, range, stars, look);
        }
    }
}

/// How much was refunded. What is not known to be all of it may be all of it.
fn refunded(part: RefundedPart, order: &Order, look: &mut Look) {
    let refunded = order.refunded();
    let (met, wanted) = match part {
        RefundedPart::OnlyPartly => (matches!(refunded, Some(Refunded::Part(_))), "partly refunded orders"),
        RefundedPart::OnlyFully => (matches!(refunded, Some(Refunded::All(_))), "fully refunded orders"),
        RefundedPart::ExcludeFully => {
            (matches!(refunded, None | Some(Refunded::Part(_))), "all but fully refunded orders")
        }
    };
    look.condition("refunded", met, || {
        let value = refunded.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let sentence = match (met, &refunded) {
            (true, _) => format!("The campaign is for {wanted}, and this order is one."),
            (false, Some(Refunded::Unknown(_))) => {
                format!("The campaign is for {wanted}, and how much of this order was refunded is not known.")
            }
            (false, _) => format!("The campaign is for {wanted}, and this order is none."),
        };
        Told { value, sentence }
    });
}

/// Stars that the buyer gave. An order of which none are known has been given none, as far as anybody can tell: a
/// condition that leaves some out lets it through.
fn stars_given(name: &'static str, whose: &str, range: &Amount, stars: Option<u8>, look: &mut Look) {
    let held = stars.map_or(Some(false), |stars| Some(range.holds(u64::from(stars))));
    look.chosen(name, held, range.choice, || {
        let value = stars.map_or_else(|| "none known".to_owned(), |stars| stars.to_string());
        (value, format!("orders for which {whose} got stars {range}"))
    });
}

/// Pieces of all items together; unknown where an item's are.
pub(crate) fn pieces(order: &Order) -> Option<u64> {
    if order.items.is_empty() {
        return None;
    }
    order.items.iter().map(|item| item.quantity.map(u64::from)).sum()
}

fn yes_or_no(condition: &'static str, value: Option<bool>, choice: Choice, what: &str, look: &mut Look) {
    look.chosen(condition, value, choice, || {
        let shown = match value {
            Some(true) => "yes",
            Some(false) => "no",
            None => UNKNOWN,
        };
        (shown.to_owned(), what.to_owned())
    });
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn told_or_unknown(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(unknown, |value| value.to_string())
}

/// The first few values, for reading.
fn shortened(values: &[&str]) -> String {
    let mut text = values.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    if values.len() > 5 {
        let _ = write!(text, " and {} more", values.len() - 5);
    }
    text
}
