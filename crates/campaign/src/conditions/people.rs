//! Conditions on the buyer: whether he had ordered before, and in which language he reads. A buyer's language that
//! nobody has told is taken to be one of the store's, in which Amazon writes to him, too.

use model::order::Order;

use super::{lists, told_or_unknown};
use crate::look::Look;
use crate::types::{BuyerKind, Campaign, Choice, Conditions, Languages};

pub(super) fn check(campaign: &Campaign, conditions: &Conditions, order: &Order, look: &mut Look) {
    if let Some(kind) = conditions.buyer {
        let (choice, what) = match kind {
            BuyerKind::New => (Choice::Exclude, "buyers who had ordered before"),
            BuyerKind::Repeat => (Choice::Only, "buyers who had ordered before"),
        };
        look.chosen("buyer", order.repeat_buyer, choice, || {
            let value = order.repeat_buyer.map(|repeat| if repeat { "repeat" } else { "new" });
            (told_or_unknown(value), format!("orders of {what}"))
        });
    }
    if let Some(languages) = &conditions.buyer_language {
        let (held, choice) = match languages {
            Languages::OfStore => (speaks(order, |language| of_store(order, language)), Choice::Only),
            Languages::OfTemplates => (speaks_a_template(campaign, order), Choice::Only),
            Languages::Listed(listed) => {
                let included = listed.include.is_empty() || speaks(order, |one| lists::holds(&listed.include, one));
                let excluded = speaks(order, |one| lists::holds(&listed.exclude, one));
                (included && !excluded, Choice::Only)
            }
        };
        look.chosen("buyer_language", Some(held), choice, || {
            let value = order.buyer_language.clone();
            let value =
                value.unwrap_or_else(|| format!("not known; the store's: {}", store_languages(order).join(", ")));
            let what = match languages {
                Languages::OfStore => "orders of buyers who read a language of the store",
                Languages::OfTemplates => "orders of buyers in whose language it has a template",
                Languages::Listed(_) => "orders of buyers of the languages it names",
            };
            (value, what.to_owned())
        });
    }
}

/// Whether the campaign has words in the buyer's language.
pub(crate) fn speaks_a_template(campaign: &Campaign, order: &Order) -> bool {
    speaks(order, |language| campaign.templates.languages().iter().any(|known| known == language))
}

fn speaks(order: &Order, is_wanted: impl Fn(&str) -> bool) -> bool {
    match &order.buyer_language {
        Some(language) => is_wanted(language),
        None => store_languages(order).iter().any(|language| is_wanted(language)),
    }
}

fn of_store(order: &Order, language: &str) -> bool {
    store_languages(order).contains(&language)
}

fn store_languages(order: &Order) -> &'static [&'static str] {
    order.store.facts().languages
}
