//! The conditions of a campaign file.

use std::collections::BTreeSet;

use model::order::Fulfilment;
use model::{Marketplace, Money};

use super::section::Section;
use crate::problem::Problems;
use crate::types::{Amount, Choice, Conditions, Lists, MoneyRange};

/// The longest list of products or countries.
const MOST_ENTRIES: usize = 10_000;

pub(super) fn read(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Conditions {
    let mut section = root.section("conditions", problems);
    let stores = stores(&mut section, problems);
    let skus = lists(&mut section, "skus", problems, |text| Some(text.to_lowercase()));
    let asins = lists(&mut section, "asins", problems, |text| {
        let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shaped.then(|| text.to_lowercase())
    });
    let fulfilment = section
        .word("fulfilment", &[("fba", Fulfilment::Amazon), ("fbm", Fulfilment::Merchant)], problems)
        .map(|found| found.value);
    let business = section.word("business", &Choice::WORDS, problems).map(|found| found.value);
    let countries = lists(&mut section, "countries", problems, |text| {
        let shaped = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let code = text.to_lowercase();
        shaped.then(|| if code == "uk" { "gb".to_owned() } else { code })
    });
    let quantity = quantity(&mut section, problems);
    let price = money(&mut section, "price", problems);
    let order_value = money(&mut section, "order_value", problems);
    let promotion = section.word("promotion", &Choice::WORDS, problems).map(|found| found.value);
    section.finish(problems);
    Conditions { stores, skus, asins, fulfilment, business, countries, quantity, price, order_value, promotion }
}

fn stores(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<Marketplace>> {
    let name = section.name("stores");
    let list = section.list("stores", problems)?;
    let mut stores = Vec::new();
    for entry in &list {
        match Marketplace::from_code(entry.value) {
            Ok(store) => stores.push(store),
            Err(unknown) => problems.at(&entry.span, name.clone(), unknown.to_string()),
        }
    }
    if list.is_empty() {
        problems.missing(name, "this list is empty, so no order could meet it; leave it out to mean every store");
    }
    Some(stores)
}

fn lists(
    section: &mut Section<'_>,
    key: &'static str,
    problems: &mut Problems<'_>,
    shaped: impl Fn(&str) -> Option<String>,
) -> Lists {
    let mut lists = section.section(key, problems);
    let mut read = |side: &'static str| {
        let name = lists.name(side);
        let mut set = BTreeSet::new();
        for entry in lists.list(side, problems).unwrap_or_default() {
            match shaped(entry.value.trim()) {
                Some(value) => {
                    set.insert(value);
                }
                None => problems.at(&entry.span, name.clone(), expected(key)),
            }
        }
        if set.len() > MOST_ENTRIES {
            problems.missing(name, format!("this list holds more than {MOST_ENTRIES} entries"));
        }
        set
    };
    let (include, exclude) = (read("include"), read("exclude"));
    lists.finish(problems);
    Lists { include, exclude }
}

fn expected(key: &str) -> &'static str {
    match key {
        "asins" => "expected an ASIN: ten letters and digits, such as B000000001",
        "countries" => "expected a country code of two letters, such as US or DE",
        _ => "expected a text",
    }
}

fn quantity(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Amount {
    let mut quantity = section.section("quantity", problems);
    let min = quantity.number("min", 1..=1_000_000, problems);
    let max = quantity.number("max", 1..=1_000_000, problems);
    if let (Some(min), Some(max)) = (&min, &max)
        && min.value > max.value
    {
        problems.at(&max.span, quantity.name("max"), "this is less than `min`, so no order could meet it");
    }
    quantity.finish(problems);
    Amount { min: min.map(|found| found.value), max: max.map(|found| found.value) }
}

/// A range of money; amounts stand in quotes, since a number with a point is not exact.
fn money(root: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<MoneyRange> {
    let mut section = root.section(key, problems);
    let (min, max) = (section.text("min", 20, problems), section.text("max", 20, problems));
    let currency = section.text("currency", 3, problems);
    let name = section.name("currency");
    let (is_there, is_bounded) = (section.is_table(), section.has("min") || section.has("max"));
    let (min_name, max_name) = (section.name("min"), section.name("max"));
    let has_currency = section.has("currency");
    section.finish(problems);
    if !is_there {
        return None;
    }
    if !is_bounded {
        problems.missing(root.name(key), "this needs `min` or `max`, such as { min = \"20.00\", currency = \"EUR\" }");
    }
    if !has_currency {
        problems.missing(name.clone(), "amounts need their currency, such as currency = \"EUR\"");
    }
    let currency = currency.and_then(|found| {
        let known = Money::new("0", found.value).map(|money| money.currency);
        if known.is_none() {
            problems.at(&found.span, name, "expected a currency's code of three capital letters, such as USD or EUR");
        }
        known
    })?;
    let mut amount = |found: Option<super::section::Found<&str>>, name: String| {
        let found = found?;
        let money = Money::new(found.value, &currency)
            .filter(|money| !money.amount.starts_with('-'))
            .filter(|money| money.times(1).is_some());
        if money.is_none() {
            problems.at(&found.span, name, "expected an amount in quotes with a point, such as \"19.90\"");
        }
        money.map(|money| (money, found.span))
    };
    let (min, max) = (amount(min, min_name), amount(max, max_name.clone()));
    if let (Some((min, _)), Some((max, span))) = (&min, &max)
        && max.is_at_least(min) == Some(false)
    {
        problems.at(span, max_name, "this is less than `min`, so no order could meet it");
    }
    Some(MoneyRange { currency, min: min.map(|found| found.0), max: max.map(|found| found.0) })
}
