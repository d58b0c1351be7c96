//! Conditions against a slow and obvious model of them: random conditions over random orders, each asked alone and
//! all of them together; and what the file may say of marks, triggers and languages.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod order;

use campaign::{Campaign, Outcome, SkipWhen, StepOutcome, outcome, plan};
use model::order::{Fulfilment, ItemCondition, Marked, Order, OrderItem, OrderMark, Refunded};
use model::{Channel, Marketplace, Money, Reason, Span};
use order::{campaign, campaign_with, marked, order, time};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: &str = "2026-07-20T12:00:00Z";

/// One condition as the file says it, and what the model makes of an order by it.
type Asked = (String, fn(&str, &Order) -> bool);

fn items(order: &Order, holds: impl Fn(&OrderItem) -> Option<bool>) -> (bool, bool, bool) {
    let each: Vec<Option<bool>> = order.items.iter().map(holds).collect();
    let known = !each.is_empty() && each.iter().all(Option::is_some);
    let any = each.contains(&Some(true));
    (known, any, !each.is_empty() && each.iter().all(|held| *held == Some(true)))
}

/// Includes: one item at least is named. Excludes: all are known and none is named.
fn listed(exclude: bool, (known, any, _): (bool, bool, bool)) -> bool {
    if exclude { known && !any } else { any }
}

fn is_exclude(text: &str) -> bool {
    text.contains("exclude")
}

fn chosen(text: &str, value: Option<bool>) -> bool {
    value.is_some_and(|value| value != is_exclude(text))
}

fn bounds(text: &str) -> (u64, u64) {
    let bound = |name: &str, or: u64| {
        let Some((_, rest)) = text.split_once(&format!("{name} = ")) else { return or };
        let digits: String = rest.trim_start_matches('"').chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    (bound("min", 0), bound("max", u64::MAX))
}

fn within(text: &str, value: Option<u64>) -> Option<bool> {
    let (min, max) = bounds(text);
    value.map(|value| (min..=max).contains(&value))
}

fn euros(money: Option<&Money>) -> Option<u64> {
    money.filter(|money| money.currency == "EUR").map(|money| money.amount.parse().unwrap())
}

fn language_in(order: &Order, wanted: &[&str]) -> bool {
    match &order.buyer_language {
        Some(language) => wanted.contains(&language.as_str()),
        None => order.store.facts().languages.iter().any(|language| wanted.contains(language)),
    }
}

fn range(name: &'static str, most: u32) -> impl Strategy<Value = String> {
    (1..=most, 1..=most, any::<bool>(), 0..3_u8).prop_map(move |(one, other, exclude, ends)| {
        let (min, max) = (one.min(other), one.max(other));
        let ends = match ends {
            0 => format!("min = {min}"),
            1 => format!("max = {max}"),
            _ => format!("min = {min}, max = {max}"),
        };
        let choice = if exclude { ", choice = \"exclude\"" } else { "" };
        format!("{name} = {{ {ends}{choice} }}")
    })
}

fn money_range(name: &'static str) -> impl Strategy<Value = String> {
    (1..60_u32, 0..60_u32, any::<bool>()).prop_map(move |(min, more, exclude)| {
        let choice = if exclude { ", choice = \"exclude\"" } else { "" };
        format!("{name} = {{ min = \"{min}\", max = \"{}\", currency = \"EUR\"{choice} }}", min + more)
    })
}

fn words(name: &'static str, words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(move |word| format!("{name} = \"{word}\""))
}

fn lists(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(&["include", "exclude"][..]), select(values))
        .prop_map(move |(side, value)| format!("{name} = {{ {side} = [\"{value}\"] }}"))
}

const CHOICE: &[&str] = &["only", "exclude"];

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        lists("stores", &["US", "DE", "BE"]).prop_map(|text| -> Asked {
            (text, |text, order| text.contains(&format!("\"{}\"", order.store)) != is_exclude(text))
        }),
        lists("skus", &["A", "B"]).prop_map(|text| -> Asked {
            (text, |text, order| {
                let named = |item: &OrderItem| {
                    item.sku.as_ref().map(|sku| text.contains(&format!("\"{}\"", sku.to_uppercase())))
                };
                listed(is_exclude(text), items(order, named))
            })
        }),
        lists("countries", &["US", "CH"]).prop_map(|text| -> Asked {
            (text, |text, order| {
                let named = order.ship_country.as_ref().map(|country| text.contains(&format!("\"{country}\"")));
                listed(is_exclude(text), (named.is_some(), named == Some(true), false))
            })
        }),
        words("fulfilment", &["fba", "fbm"]).prop_map(|text| -> Asked {
            (text, |text, order| order.fulfilment.is_some_and(|by| text.contains(by.as_str())))
        }),
        lists("item_condition", &["new", "used"]).prop_map(|text| -> Asked {
            (text, |text, order| {
                let named = |item: &OrderItem| item.condition.map(|condition| text.contains(condition.as_str()));
                let (known, any, all) = items(order, named);
                known && if is_exclude(text) { !any } else { all }
            })
        }),
        words("business", CHOICE).prop_map(|text| -> Asked { (text, |text, order| chosen(text, order.business)) }),
        range("quantity", 6).prop_map(|text| -> Asked {
            (text, |text, order| {
                let each: Option<Vec<u32>> = order.items.iter().map(|item| item.quantity).collect();
                let pieces = each.filter(|each| !each.is_empty()).map(|each| each.into_iter().map(u64::from).sum());
                chosen(text, within(text, pieces))
            })
        }),
        money_range("order_value").prop_map(|text| -> Asked {
            (text, |text, order| {
                let each: Option<Vec<u64>> = order.items.iter().map(|item| euros(item.price.as_ref())).collect();
                chosen(text, within(text, each.filter(|each| !each.is_empty()).map(|each| each.into_iter().sum())))
            })
        }),
        words("promotion", CHOICE).prop_map(|text| -> Asked {
            (text, |text, order| chosen(text, Some(order.items.iter().any(|item| item.promotion_ids.is_some()))))
        }),
        words("buyer", &["new", "repeat"])
            .prop_map(|text| -> Asked { (text, |text, order| order.repeat_buyer == Some(text.contains("repeat"))) }),
        words("late", CHOICE).prop_map(|text| -> Asked { (text, |text, order| chosen(text, order.late())) }),
        words("claim", CHOICE)
            .prop_map(|text| -> Asked { (text, |text, order| by_mark(text, order, OrderMark::Claim)) }),
        words("returned", CHOICE)
            .prop_map(|text| -> Asked { (text, |text, order| by_mark(text, order, OrderMark::Returned)) }),
        words("refunded", &["only", "exclude", "only_partly", "only_fully", "exclude_fully"]).prop_map(
            |text| -> Asked {
                (text, |text, order| match (text, order.refunded()) {
                    ("refunded = \"only\"" | "refunded = \"exclude\"", _) => by_mark(text, order, OrderMark::Refunded),
                    ("refunded = \"only_partly\"", refunded) => matches!(refunded, Some(Refunded::Part(_))),
                    ("refunded = \"only_fully\"", refunded) => matches!(refunded, Some(Refunded::All(_))),
                    (_, refunded) => matches!(refunded, None | Some(Refunded::Part(_))),
                })
            }
        ),
        range("feedback_stars", 5).prop_map(|text| -> Asked {
            (text, |text, order| chosen(text, Some(within(text, order.feedback_stars.map(u64::from)) == Some(true))))
        }),
        range("review_stars", 5).prop_map(|text| -> Asked {
            (text, |text, order| chosen(text, Some(within(text, order.review_stars.map(u64::from)) == Some(true))))
        }),
        lists("buyer_language", &["de", "en", "fr"]).prop_map(|text| -> Asked {
            (text, |text, order| {
                let named: Vec<&str> =
                    ["de", "en", "fr"].into_iter().filter(|one| text.contains(&format!("\"{one}\""))).collect();
                language_in(order, &named) != is_exclude(text)
            })
        }),
        words("buyer_language", &["store", "templates"]).prop_map(|text| -> Asked {
            (text, |text, order| {
                let wanted: &[&str] = if text.contains("store") { order.store.facts().languages } else { &["en"] };
                language_in(order, wanted)
            })
        }),
    ]
}

/// Only: a confirmed notice says so. Leaving out: any notice says so, confirmed or not.
fn by_mark(text: &str, order: &Order, mark: OrderMark) -> bool {
    let marks = order.marks.iter().filter(|marked| marked.mark == mark).collect::<Vec<_>>();
    if is_exclude(text) { marks.is_empty() } else { marks.iter().any(|marked| !marked.provisional) }
}

fn an_item() -> impl Strategy<Value = OrderItem> {
    let sku = select(vec![None, Some("a"), Some("B"), Some("C")]);
    let price = select(vec![None, Some(("5", "EUR")), Some(("20", "EUR")), Some(("20", "USD"))]);
    let condition = select(vec![None, Some(ItemCondition::New), Some(ItemCondition::Used)]);
    (
        sku,
        proptest::option::weighted(0.9, 1..4_u32),
        price,
        condition,
        proptest::option::weighted(0.2, Just("P".to_owned())),
    )
        .prop_map(|(sku, quantity, price, condition, promotion_ids)| OrderItem {
            line: "1".to_owned(),
            sku: sku.map(str::to_owned),
            quantity,
            price: price.and_then(|(amount, currency)| Money::new(amount, currency)),
            condition,
            promotion_ids,
            ..OrderItem::default()
        })
}

fn an_order() -> impl Strategy<Value = Order> {
    let flags =
        (any::<Option<bool>>(), any::<Option<bool>>(), proptest::option::of(1..=5_u8), proptest::option::of(1..=5_u8));
    let dates = proptest::array::uniform4(proptest::option::of(1..6_i64));
    let marks = proptest::collection::vec((select(OrderMark::ALL), any::<bool>()), 0..3);
    let refunds = proptest::collection::vec(select(vec![None, Some("5"), Some("40")]), 0..3);
    let whose = (
        select(vec![Marketplace::Us, Marketplace::De, Marketplace::Be]),
        select(vec![None, Some("US"), Some("CH"), Some("BE")]),
        select(vec![None, Some("de"), Some("en"), Some("pl")]),
        select(vec![None, Some(Fulfilment::Amazon), Some(Fulfilment::Merchant)]),
    );
    let items = proptest::collection::vec(an_item(), 0..3);
    (flags, dates, marks, refunds, whose, items).prop_map(|(flags, dates, marks, refunds, whose, items)| {
        let day = |place: usize| dates[place].map(|days| time("2026-07-05T00:00:00Z").plus(Span::days(days)));
        let mut order = order();
        (order.business, order.repeat_buyer, order.feedback_stars, order.review_stars) = flags;
        (order.estimated_arrival, order.delivery_window_end, order.promised_at) = (day(0), day(1), day(2));
        order.shipped_at = day(3);
        order.marks =
            marks.into_iter().map(|(mark, provisional)| Marked { mark, since: time(NOW), provisional }).collect();
        order.refunds = refunds.into_iter().map(|amount| amount.and_then(|amount| Money::new(amount, "EUR"))).collect();
        order.store = whose.0;
        order.ship_country = whose.1.map(str::to_owned);
        order.buyer_language = whose.2.map(str::to_owned);
        order.fulfilment = whose.3;
        order.items = items;
        order
    })
}

/// A campaign that skips nothing of its own, so that only its conditions speak.
fn asking(conditions: &str) -> Campaign {
    campaign_with(
        "skip_when = [\"cancelled\"]\ntrigger = { when = \"delivered\" }",
        &format!("[conditions]\n{conditions}"),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn each_condition_says_what_the_model_says((text, model) in asked(), order in an_order()) {
        let found = plan(&asking(&text), time("2026-01-01T00:00:00Z"), &order, time(NOW));
        let no = matches!(found.outcome, Outcome::No { .. });
        prop_assert_eq!(!no, model(&text, &order), "{} of {:?}", text, order.items);
        for step in &found.steps {
            prop_assert!(step.sentence.ends_with('.') && !step.value.is_empty());
        }
    }

    #[test]
    fn several_conditions_hold_where_each_of_them_holds(
        asked in proptest::collection::vec(asked(), 1..6), order in an_order(),
    ) {
        let mut names: Vec<&str> = Vec::new();
        let mut expected = true;
        let mut text = String::new();
        for (one, model) in &asked {
            let name = one.split_once(' ').unwrap().0;
            if !names.contains(&name) {
                names.push(name);
                expected &= model(one, &order);
                text.push_str(one);
                text.push('\n');
            }
        }
        let campaign = asking(&text);
        let found = plan(&campaign, time("2026-01-01T00:00:00Z"), &order, time(NOW));
        prop_assert_eq!(!matches!(found.outcome, Outcome::No { .. }), expected, "{}", text);
        // The quick answer is the same answer.
        let quick = outcome(&campaign, time("2026-01-01T00:00:00Z"), &order, time(NOW));
        prop_assert_eq!(quick.outcome, found.outcome);
        prop_assert!(quick.steps.is_empty());
    }
}

fn answer(campaign: &Campaign, order: &Order) -> Outcome {
    plan(campaign, time("2026-01-01T00:00:00Z"), order, time(NOW)).outcome
}

#[test]
fn a_return_counts_from_its_confirmed_notice_and_without_one_nothing_leaves() {
    let after = campaign_with("trigger = { when = \"returned\", delay = { days = 3 } }", "");
    assert_eq!(answer(&after, &order()), Outcome::No { reason: Reason::NotTriggered });
    let mut returned = order();
    returned.marks = vec![Marked { provisional: true, ..marked(OrderMark::Returned) }];
    assert_eq!(answer(&after, &returned), Outcome::No { reason: Reason::NotTriggered });
    returned.marks = vec![marked(OrderMark::Returned), marked(OrderMark::Refunded)];
    let Outcome::Message { due, .. } = answer(&after, &returned) else { panic!("{:?}", answer(&after, &returned)) };
    assert_eq!(due, time("2026-07-23T12:00:00Z"));
    returned.marks.push(marked(OrderMark::Claim));
    assert_eq!(answer(&after, &returned), Outcome::No { reason: Reason::ClaimOpened });
}

#[test]
fn what_a_campaign_asks_for_does_not_hold_its_messages_back() {
    let skipped = |top: &str, tables: &str| campaign_with(top, tables).skip_when;
    let with_trigger = "trigger = { when = \"delivered\" }";
    assert!(skipped(with_trigger, "").contains(&SkipWhen::Returned));
    for (top, tables, gone) in [
        ("trigger = { when = \"refunded\" }", "", SkipWhen::Refunded),
        ("trigger = { when = \"refunded\" }", "", SkipWhen::Returned),
        (with_trigger, "[conditions]\nclaim = \"only\"", SkipWhen::Claim),
        (with_trigger, "[conditions]\nrefunded = \"exclude_fully\"", SkipWhen::Refunded),
    ] {
        assert!(!skipped(top, tables).contains(&gone), "{top} {tables}");
        assert!(skipped(top, tables).contains(&SkipWhen::Cancelled));
    }
    let left_out = skipped(with_trigger, "[conditions]\nopen_question = \"exclude\"");
    assert!(left_out.contains(&SkipWhen::OpenQuestion) && left_out.contains(&SkipWhen::Claim));
}

#[test]
fn a_campaign_that_could_reach_no_order_is_a_mistake() {
    for (top, tables) in [
        ("skip_when = [\"cancelled\", \"returned\"]\ntrigger = { when = \"returned\" }", ""),
        (
            "skip_when = [\"cancelled\", \"claim\"]\ntrigger = { when = \"delivered\" }",
            "[conditions]\nclaim = \"only\"",
        ),
        ("trigger = { when = \"refunded\" }", "[conditions]\nrefunded = \"exclude\""),
    ] {
        let template = "[template.en]\nsubject = \"Order {{ order_id }}\"\ntext = \"Please review it.\"\n";
        let file = format!("name = \"Ask\"\nchannel = \"email\"\n{top}\n{tables}\n{template}");
        let problems = Campaign::parse(&file).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains("none could get a message")), "{problems:?}");
    }
}

#[test]
fn fallback_is_its_own_text_in_the_buyers_language_and_else_amazons() {
    let fallback = Campaign::parse(
        "name = \"Ask\"\nchannel = \"fallback\"\ntrigger = { when = \"delivered\" }\n\
         [template.en]\nsubject = \"Order {{ order_id }}\"\ntext = \"Please review it.\"\n",
    )
    .unwrap();
    let mut order = order();
    assert_eq!(fallback.channel_for(&order), Channel::Email);
    order.buyer_language = Some("de".to_owned());
    assert_eq!(fallback.channel_for(&order), Channel::Solicitation);
    // Amazon's own request needs no alias.
    order.alias = None;
    assert!(matches!(answer(&fallback, &order), Outcome::Message { .. }));
    (order.store, order.buyer_language) = (Marketplace::De, None);
    assert_eq!(fallback.channel_for(&order), Channel::Solicitation);
    order.buyer_language = Some("en".to_owned());
    assert_eq!(fallback.channel_for(&order), Channel::Email);
    assert_eq!(
        answer(&fallback, &order),
        Outcome::Wait { reason: Reason::NoAlias, next_try: Some(time("2026-07-21T12:00:00Z")) }
    );
}

#[test]
fn late_is_only_what_two_known_dates_show() {
    let mut order = order();
    let day = |day: u32| Some(time(&format!("2026-07-{day:02}T00:00:00Z")));
    (order.shipped_at, order.promised_at, order.delivery_window_end, order.estimated_arrival) =
        (None, None, None, day(9));
    assert_eq!(order.late(), None);
    order.delivery_window_end = day(8);
    assert_eq!(order.late(), Some(true));
    order.delivery_window_end = day(9);
    assert_eq!(order.late(), Some(false));
    (order.delivery_window_end, order.promised_at, order.shipped_at) = (None, day(5), day(6));
    assert_eq!(order.late(), Some(true));
    // Shipped by the promised day and there after it: which of the two was promised, no report tells.
    order.shipped_at = day(4);
    assert_eq!(order.late(), None);
    order.promised_at = day(9);
    assert_eq!(order.late(), Some(false));
}

#[test]
fn a_rating_that_nobody_gave_meets_no_condition_for_stars_and_every_one_against_them() {
    let of = |text: &str| plan(&asking(text), time("2026-01-01T00:00:00Z"), &order(), time(NOW));
    let step = |text: &str| of(text).steps.into_iter().find(|step| step.condition == "review_stars").unwrap();
    assert_eq!(step("review_stars = { min = 1 }").outcome, StepOutcome::NotMet);
    assert_eq!(step("review_stars = { min = 1, choice = \"exclude\" }").outcome, StepOutcome::Met);
    assert_eq!(step("review_stars = { min = 1 }").value, "none known");
    assert!(campaign("").conditions.review_stars.is_none());
}
