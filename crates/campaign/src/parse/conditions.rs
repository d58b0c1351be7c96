//! The conditions of a campaign file.

use std::collections::BTreeSet;

use model::order::{Fulfilment, ItemCondition, OrderMark};
use model::{Marketplace, Money};

use super::section::{Found, Section, word_of};
use crate::problem::Problems;
use crate::types::{
    Amount, BuyerKind, Choice, Conditions, ItemConditions, Languages, Lists, MoneyRange, RefundedPart, Stores,
};

/// The longest list of products or countries.
const MOST_ENTRIES: usize = 10_000;

/// The conditions, and the marks that they leave out.
pub(super) struct Read {
    pub(super) conditions: Conditions,
    pub(super) left_out: Vec<OrderMark>,
}

pub(super) fn read(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Read {
    let mut table = root.section("conditions", problems);
    let section = &mut table;
    let mut conditions = Conditions {
        stores: stores(section, problems),
        skus: lists(section, "skus", problems, |text| Some(text.to_lowercase())),
        asins: lists(section, "asins", problems, |text| {
            let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            shaped.then(|| text.to_lowercase())
        }),
        fulfilment: word(
            section,
            "fulfilment",
            &[("fba", Fulfilment::Amazon), ("fbm", Fulfilment::Merchant)],
            problems,
        ),
        item_condition: item_conditions(section, problems),
        business: word(section, "business", &Choice::WORDS, problems),
        countries: lists(section, "countries", problems, |text| {
            let shaped = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
            let code = text.to_lowercase();
            shaped.then(|| if code == "uk" { "gb".to_owned() } else { code })
        }),
        quantity: range(section, "quantity", 1..=1_000_000, problems),
        price: money(section, "price", problems),
        order_value: money(section, "order_value", problems),
        promotion: word(section, "promotion", &Choice::WORDS, problems),
        buyer: word(section, "buyer", &BuyerKind::WORDS, problems),
        late: word(section, "late", &Choice::WORDS, problems),
        only_marked: Vec::new(),
        refunded: None,
        feedback_stars: range(section, "feedback_stars", 1..=5, problems),
        review_stars: range(section, "review_stars", 1..=5, problems),
        buyer_language: languages(section, problems),
    };
    let left_out = marks(section, &mut conditions, problems);
    table.finish(problems);
    Read { conditions, left_out }
}

fn word<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    section.word(key, words, problems).map(|found| found.value)
}

/// What notices marked an order with: only those, or all but those.
fn marks(section: &mut Section<'_>, conditions: &mut Conditions, problems: &mut Problems<'_>) -> Vec<OrderMark> {
    let mut left_out = Vec::new();
    let mut take = |mark: OrderMark, choice: Option<Choice>| match choice {
        Some(Choice::Only) => conditions.only_marked.push(mark),
        Some(Choice::Exclude) => left_out.push(mark),
        None => {}
    };
    take(OrderMark::Returned, word(section, "returned", &Choice::WORDS, problems));
    take(OrderMark::Claim, word(section, "claim", &Choice::WORDS, problems));
    take(OrderMark::CancellationRequested, word(section, "cancellation_requested", &Choice::WORDS, problems));
    take(OrderMark::OpenQuestion, word(section, "open_question", &Choice::WORDS, problems));
    /// Any refund, or one of a certain part.
    #[derive(Clone, Copy)]
    enum Refund {
        Any(Choice),
        Part(RefundedPart),
    }
    let words = Choice::WORDS.map(|(word, choice)| (word, Refund::Any(choice)));
    let parts = RefundedPart::WORDS.map(|(word, part)| (word, Refund::Part(part)));
    match word(section, "refunded", &[words.as_slice(), parts.as_slice()].concat(), problems) {
        Some(Refund::Any(choice)) => take(OrderMark::Refunded, Some(choice)),
        Some(Refund::Part(part)) => conditions.refunded = Some(part),
        None => {}
    }
    left_out
}

/// What stands in a list, or in a table with the list of what to leave out.
fn chosen<T>(
    section: &mut Section<'_>,
    key: &'static str,
    problems: &mut Problems<'_>,
    read: impl Fn(&Found<&str>, &str, &mut Problems<'_>) -> Option<T>,
) -> Option<(Vec<T>, Choice)> {
    let name = section.name(key);
    let is_table = section.is_table_at(key);
    let (list, choice, name) = if is_table {
        let mut inner = section.section(key, problems);
        let (include, exclude) = (inner.list("include", problems), inner.list("exclude", problems));
        let chosen = match (include, exclude) {
            (Some(list), None) => Some((list, Choice::Only, inner.name("include"))),
            (None, Some(list)) => Some((list, Choice::Exclude, inner.name("exclude"))),
            _ => {
                problems.missing(name, "this needs either `include` or `exclude`, a list in brackets");
                None
            }
        };
        inner.finish(problems);
        chosen?
    } else {
        (section.list(key, problems)?, Choice::Only, name)
    };
    if list.is_empty() {
        let so = match choice {
            Choice::Only => "no order could meet it",
            Choice::Exclude => "it leaves nothing out",
        };
        problems.missing(name.clone(), format!("this list is empty, so {so}; take the condition out"));
    }
    Some((list.iter().filter_map(|entry| read(entry, &name, problems)).collect(), choice))
}

fn stores(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Stores> {
    let read = |entry: &Found<&str>, name: &str, problems: &mut Problems<'_>| match Marketplace::from_code(entry.value)
    {
        Ok(store) => Some(store),
        Err(unknown) => {
            problems.at(&entry.span, name, unknown.to_string());
            None
        }
    };
    chosen(section, "stores", problems, read).map(|(stores, choice)| Stores { stores, choice })
}

fn item_conditions(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<ItemConditions> {
    let words: Vec<(&str, ItemCondition)> =
        ItemCondition::ALL.iter().map(|condition| (condition.as_str(), *condition)).collect();
    chosen(section, "item_condition", problems, |entry, name, problems| word_of(entry, name, &words, problems))
        .map(|(conditions, choice)| ItemConditions { conditions, choice })
}

/// `"store"`, `"templates"`, or lists of languages.
fn languages(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Languages> {
    const KEY: &str = "buyer_language";
    if section.is_table_at(KEY) {
        let listed = lists(section, KEY, problems, |text| {
            let shaped = matches!(text.len(), 2 | 3) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
            shaped.then(|| text.to_lowercase())
        });
        if listed.is_empty() {
            problems
                .missing(section.name(KEY), "this needs `include` or `exclude`, a list of languages such as [\"de\"]");
        }
        return Some(Languages::Listed(listed));
    }
    #[derive(Clone, Copy)]
    enum Word {
        Store,
        Templates,
    }
    Some(match word(section, KEY, &[("store", Word::Store), ("templates", Word::Templates)], problems)? {
        Word::Store => Languages::OfStore,
        Word::Templates => Languages::OfTemplates,
    })
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
        "buyer_language" => "expected a language code of ISO 639, such as de",
        "countries" => "expected a country code of two letters, such as US or DE",
        _ => "expected a text",
    }
}

/// A range of whole numbers; none where the table is not there.
fn range(
    root: &mut Section<'_>,
    key: &'static str,
    allowed: std::ops::RangeInclusive<u32>,
    problems: &mut Problems<'_>,
) -> Option<Amount> {
    let mut section = root.section(key, problems);
    let min = section.number("min", allowed.clone(), problems);
    let max = section.number("max", allowed, problems);
    let choice = word(&mut section, "choice", &Choice::WORDS, problems);
    if let (Some(min), Some(max)) = (&min, &max)
        && min.value > max.value
    {
        problems.at(&max.span, section.name("max"), "this is less than `min`, so no order could meet it");
    }
    let (is_there, is_bounded) = (section.is_table(), section.has("min") || section.has("max"));
    section.finish(problems);
    if is_there && !is_bounded {
        problems.missing(root.name(key), "this needs `min` or `max`, such as { min = 1, max = 5 }");
    }
    is_there.then(|| Amount {
        min: min.map(|found| found.value),
        max: max.map(|found| found.value),
        choice: choice.unwrap_or(Choice::Only),
    })
}

/// A range of money; amounts stand in quotes, since a number with a point is not exact.
fn money(root: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<MoneyRange> {
    let mut section = root.section(key, problems);
    let (min, max) = (section.text("min", 20, problems), section.text("max", 20, problems));
    let currency = section.text("currency", 3, problems);
    let choice = word(&mut section, "choice", &Choice::WORDS, problems).unwrap_or(Choice::Only);
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
    let mut amount = |found: Option<Found<&str>>, name: String| {
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
    Some(MoneyRange { choice, currency, min: min.map(|found| found.0), max: max.map(|found| found.0) })
}
