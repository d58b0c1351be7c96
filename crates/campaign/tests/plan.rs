//! What a campaign makes of an order, through the public door: messages, waits, noes, each with its reason and steps.

#![expect(clippy::panic, reason = "a test that gets something else must stop")]

mod order;

use campaign::{Campaign, Outcome, StepOutcome, plan};
use model::order::{Order, OrderMark, OrderStatus};
use model::{Marketplace, Money, Reason, Span, Timestamp};
use order::{campaign, campaign_with, delivery, item, marked, order, time};

const ACTIVATED: &str = "2026-06-01T00:00:00Z";
const NOW: &str = "2026-07-12T00:00:00Z";

fn outcome(campaign: &Campaign, order: &Order) -> Outcome {
    plan(campaign, time(ACTIVATED), order, time(NOW)).outcome
}

fn due(campaign: &Campaign, order: &Order) -> String {
    match outcome(campaign, order) {
        Outcome::Message { due, .. } => due.to_string(),
        other => panic!("{other:?}"),
    }
}

fn no(reason: Reason) -> Outcome {
    Outcome::No { reason }
}

fn waits(reason: Reason) -> Outcome {
    Outcome::Wait { reason, next_try: Some(time(NOW).plus(Span::days(1))) }
}

#[test]
fn a_message_is_due_when_the_window_opens_and_ends_when_it_closes() {
    let expected = Outcome::Message { due: time("2026-07-15T12:00:00Z"), closes: time("2026-08-09T12:00:00Z") };
    assert_eq!(outcome(&campaign(""), &order()), expected);
}

#[test]
fn the_window_opens_by_the_latest_delivery_and_closes_by_the_earliest() {
    let mut order = order();
    order.delivery = Some(delivery("2026-07-08T00:00:00Z", "2026-07-14T00:00:00Z"));
    let expected = Outcome::Message { due: time("2026-07-19T00:00:00Z"), closes: time("2026-08-07T00:00:00Z") };
    assert_eq!(outcome(&campaign(""), &order), expected);

    let narrow = campaign("[window]\nopens_days = 7\ncloses_days = 10");
    let expected = Outcome::No { reason: Reason::OutsideWindow };
    order.delivery = Some(delivery("2026-07-08T00:00:00Z", "2026-07-11T00:00:00Z"));
    assert_eq!(outcome(&narrow, &order), expected);
}

#[test]
fn the_delay_counts_from_the_trigger_and_never_beats_the_window() {
    let after = |when: &str, delay: &str| {
        due(&campaign_with(&format!("trigger = {{ when = \"{when}\", delay = {delay} }}"), ""), &order())
    };
    assert_eq!(after("confirmed", "{ days = 20 }"), "2026-07-21T09:00:00Z");
    assert_eq!(after("shipped", "{ days = 20, hours = 3 }"), "2026-07-23T12:00:00Z");
    assert_eq!(after("delivered", "{ days = 6 }"), "2026-07-16T12:00:00Z");
    assert_eq!(after("confirmed", "{ days = 0 }"), "2026-07-15T12:00:00Z");
}

#[test]
fn a_delay_past_the_window_and_a_closed_window_are_noes() {
    let late = campaign_with("trigger = { when = \"delivered\", delay = { days = 31 } }", "");
    assert_eq!(outcome(&late, &order()), no(Reason::OutsideWindow));
    let closing = time("2026-08-09T12:00:00Z");
    let at = |now: Timestamp| plan(&campaign(""), time(ACTIVATED), &order(), now).outcome;
    assert_eq!(at(closing), no(Reason::OutsideWindow));
    assert!(matches!(at(closing.minus(Span::micros(1))), Outcome::Message { .. }));
}

#[test]
fn an_order_from_before_the_campaign_is_not_covered_unless_it_says_so() {
    let activated = time("2026-07-01T09:00:00.000001Z");
    let with = |campaign: &Campaign, activated| plan(campaign, activated, &order(), time(NOW)).outcome;
    assert_eq!(with(&campaign(""), activated), no(Reason::BeforeCampaign));
    assert!(matches!(with(&campaign(""), time("2026-07-01T09:00:00Z")), Outcome::Message { .. }));
    let since = campaign_with("orders_after = 2026-07-01\ntrigger = { when = \"delivered\" }", "");
    assert!(matches!(with(&since, activated), Outcome::Message { .. }));
    let mut order = order();
    order.purchased_at = None;
    assert_eq!(outcome(&campaign(""), &order), waits(Reason::IncompleteOrder));
}

#[test]
fn what_is_missing_or_unclear_waits() {
    let with = |change: fn(&mut Order)| {
        let mut order = order();
        change(&mut order);
        outcome(&campaign(""), &order)
    };
    assert_eq!(with(|order| order.delivery = None), waits(Reason::DeliveryUnknown));
    assert_eq!(with(|order| order.alias = None), waits(Reason::NoAlias));
    assert_eq!(with(|order| order.alias_shared = true), waits(Reason::SharedAlias));
    assert_eq!(with(|order| order.incomplete = true), waits(Reason::IncompleteOrder));
    for status in [OrderStatus::Pending, OrderStatus::Unshipped, OrderStatus::PartiallyShipped] {
        let mut order = order();
        order.status = Some(status);
        assert_eq!(outcome(&campaign(""), &order), waits(Reason::NotShipped));
    }
    let no_reply = |order: &mut Order| order.alias = "no-reply-amazon-iba-buyer@marketplace.amazon.de".parse().ok();
    assert_eq!(with(no_reply), waits(Reason::SharedAlias));
}

#[test]
fn an_order_whose_status_no_report_tells_goes_by_its_delivery_date() {
    let mut order = order();
    order.status = None;
    assert!(matches!(outcome(&campaign(""), &order), Outcome::Message { .. }));
    order.shipped_at = None;
    let shipped = campaign_with("trigger = { when = \"shipped\" }", "");
    assert_eq!(outcome(&shipped, &order), waits(Reason::NotShipped));
}

#[test]
fn a_solicitation_needs_no_alias() {
    let text = "name = \"Ask\"\nchannel = \"solicitation\"\ntrigger = { when = \"delivered\" }\n";
    let mut order = order();
    order.alias = None;
    assert!(matches!(outcome(&Campaign::parse(text).unwrap(), &order), Outcome::Message { .. }));
}

#[test]
fn cancelled_and_marked_orders_get_none() {
    let mut cancelled = order();
    cancelled.status = Some(OrderStatus::Cancelled);
    assert_eq!(outcome(&campaign(""), &cancelled), no(Reason::OrderCancelled));

    let lax = campaign_with("skip_when = [\"cancelled\"]\ntrigger = { when = \"delivered\" }", "");
    assert_eq!(outcome(&lax, &cancelled), no(Reason::OrderCancelled));
    assert!(lax.withholding_marks().is_empty());
    for (mark, reason) in [
        (OrderMark::Refunded, Reason::Refunded),
        (OrderMark::Returned, Reason::Returned),
        (OrderMark::Claim, Reason::ClaimOpened),
        (OrderMark::CancellationRequested, Reason::CancellationRequested),
    ] {
        let mut order = order();
        order.marks.push(marked(mark));
        assert_eq!(outcome(&campaign(""), &order), no(reason));
        assert!(matches!(outcome(&lax, &order), Outcome::Message { .. }));
    }
}

#[test]
fn a_no_outweighs_a_wait() {
    let mut order = order();
    order.alias = None;
    order.status = Some(OrderStatus::Cancelled);
    assert_eq!(outcome(&campaign(""), &order), no(Reason::OrderCancelled));
}

#[test]
fn each_condition_holds_for_what_it_says_and_for_nothing_unknown() {
    let met = |conditions: &str, order: &Order| match outcome(&campaign(&format!("[conditions]\n{conditions}")), order)
    {
        Outcome::Message { .. } => true,
        Outcome::No { reason: Reason::ConditionNotMet } => false,
        other => panic!("{other:?}"),
    };
    let known = order();
    let mut bare = order();
    (bare.fulfilment, bare.business, bare.ship_country) = (None, None, None);
    bare.items = Vec::new();
    let cases = [
        ("stores = [\"US\", \"UK\"]", true),
        ("stores = [\"DE\"]", false),
        ("skus = { include = [\"ket-1\"] }", true),
        ("skus = { include = [\"OTHER\"] }", false),
        ("skus = { exclude = [\"KET-1\"] }", false),
        ("skus = { exclude = [\"OTHER\"] }", true),
        ("asins = { include = [\"b0test0001\"] }", true),
        ("asins = { exclude = [\"B0TEST0001\"] }", false),
        ("fulfilment = \"fba\"", true),
        ("fulfilment = \"fbm\"", false),
        ("business = \"only\"", false),
        ("business = \"exclude\"", true),
        ("countries = { include = [\"US\"] }", true),
        ("countries = { exclude = [\"US\", \"CH\"] }", false),
        ("quantity = { min = 2 }", true),
        ("quantity = { max = 1 }", false),
        ("quantity = { min = 1, max = 2 }", true),
        ("promotion = \"only\"", false),
        ("promotion = \"exclude\"", true),
    ];
    for (condition, expected) in cases {
        assert_eq!(met(condition, &known), expected, "{condition}");
        if !condition.starts_with("stores") && !condition.starts_with("promotion") {
            assert!(!met(condition, &bare), "{condition} of an order that tells nothing");
        }
    }
    let mut promoted = order();
    promoted.items[0].promotion_ids = Some("Free delivery".to_owned());
    assert!(met("promotion = \"only\"", &promoted) && !met("promotion = \"exclude\"", &promoted));
}

#[test]
fn one_excluded_item_of_several_excludes_the_order_and_so_does_one_unknown() {
    let mut order = order();
    order.items.push(item("SPARE", "Spare lid"));
    let without_spares = campaign("[conditions]\nskus = { exclude = [\"SPARE\"] }");
    assert_eq!(outcome(&without_spares, &order), no(Reason::ConditionNotMet));
    order.items[1].sku = None;
    assert_eq!(outcome(&without_spares, &order), no(Reason::ConditionNotMet));
    let kettles = campaign("[conditions]\nskus = { include = [\"KET-1\"] }");
    assert!(matches!(outcome(&kettles, &order), Outcome::Message { .. }));
}

#[test]
fn weekdays_and_hours_count_in_the_marketplace_s_zone() {
    // 2026-07-15T12:00Z is a Wednesday, 05:00 in Los Angeles, 21:00 in Tokyo.
    let office = campaign("[window]\nweekdays = [\"mon\", \"fri\"]\nhours = { from = \"09:30\", to = \"18:00\" }");
    assert_eq!(due(&office, &order()), "2026-07-17T16:30:00Z");
    let mut japan = order();
    japan.store = Marketplace::Jp;
    assert_eq!(due(&office, &japan), "2026-07-17T00:30:00Z");
}

#[test]
fn a_due_time_that_has_passed_stands_in_a_good_hour_and_else_moves_to_the_next() {
    let office = campaign("[window]\nhours = { from = \"09:00\", to = \"18:00\" }");
    let at = |now: &str| match plan(&office, time(ACTIVATED), &order(), time(now)).outcome {
        Outcome::Message { due, .. } => due.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(at("2026-07-15T00:00:00Z"), "2026-07-15T16:00:00Z");
    assert_eq!(at("2026-07-20T17:00:00Z"), "2026-07-15T16:00:00Z");
    assert_eq!(at("2026-07-20T05:00:00Z"), "2026-07-20T16:00:00Z");
}

#[test]
fn the_explanation_goes_through_every_step_and_shows_no_personal_data() {
    let mut order = order();
    order.marks.push(marked(OrderMark::Refunded));
    order.delivery = None;
    let plan = plan(&campaign("[conditions]\nskus = { include = [\"X\"] }"), time(ACTIVATED), &order, time(NOW));
    assert_eq!(plan.outcome, no(Reason::ConditionNotMet));
    let of = |condition: &str| plan.steps.iter().find(|step| step.condition == condition).unwrap();
    assert_eq!((of("skus").outcome, of("skus").value.as_str()), (StepOutcome::NotMet, "KET-1"));
    assert_eq!(of("skip_when").outcome, StepOutcome::NotMet);
    assert_eq!(of("delivery").outcome, StepOutcome::Waits);
    assert_eq!((of("alias").outcome, of("alias").value.as_str()), (StepOutcome::Met, "known"));
    for step in &plan.steps {
        assert!(step.sentence.ends_with('.') && !step.value.is_empty(), "{step:?}");
        assert!(!format!("{step:?}").contains("qqq11"));
    }
}

#[test]
fn a_waiting_order_keeps_its_due_time_once_that_is_known() {
    let mut order = order();
    order.alias = None;
    let plan = plan(&campaign(""), time(ACTIVATED), &order, time(NOW));
    assert_eq!(plan.outcome, waits(Reason::NoAlias));
    assert_eq!((plan.due, plan.closes), (Some(time("2026-07-15T12:00:00Z")), Some(time("2026-08-09T12:00:00Z"))));
}

/// An order of two pieces at 19.90 each and one at 5.00, in euros.
fn priced() -> Order {
    let line = |sku: &str, pieces, price| {
        let mut item = item(sku, sku);
        (item.quantity, item.price) = (Some(pieces), Money::new(price, "EUR"));
        item
    };
    Order { items: vec![line("KET-1", 2, "39.80"), line("LID-1", 1, "5.00")], ..order() }
}

fn is_for(condition: &str, order: &Order) -> bool {
    match outcome(&campaign(&format!("[conditions]\n{condition}")), order) {
        Outcome::Message { .. } => true,
        Outcome::No { reason: Reason::ConditionNotMet } => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_price_of_one_piece_counts_and_each_item_must_be_within() {
    let order = priced();
    assert!(is_for("price = { min = \"5.00\", max = \"19.90\", currency = \"EUR\" }", &order));
    assert!(!is_for("price = { max = \"19.89\", currency = \"EUR\" }", &order));
    assert!(!is_for("price = { min = \"5.01\", currency = \"EUR\" }", &order));
}

#[test]
fn the_order_s_value_is_all_items_together() {
    let order = priced();
    assert!(is_for("order_value = { min = \"44.80\", max = \"44.8\", currency = \"EUR\" }", &order));
    assert!(!is_for("order_value = { min = \"44.81\", currency = \"EUR\" }", &order));
    assert!(!is_for("order_value = { max = \"44.79\", currency = \"EUR\" }", &order));
}

#[test]
fn money_that_is_not_known_or_of_another_currency_holds_back_and_says_so() {
    let told = |order: &Order, name: &str| {
        let campaign = campaign(&format!("[conditions]\n{name} = {{ min = \"0\", currency = \"EUR\" }}"));
        let plan = plan(&campaign, time(ACTIVATED), order, time(NOW));
        assert_eq!(plan.outcome, no(Reason::ConditionNotMet));
        plan.steps.into_iter().find(|step| step.condition == name).unwrap().sentence
    };
    for name in ["price", "order_value"] {
        let mut order = priced();
        order.items[1].price = None;
        assert!(told(&order, name).contains("`item-price`"), "the report that would bring it is named");
        order.items.clear();
        assert!(told(&order, name).contains("no report has told"));
        order = priced();
        for item in &mut order.items {
            item.price = Money::new("39.80", "USD");
        }
        assert!(told(&order, name).contains("none is converted"));
    }
}

#[test]
fn an_open_question_holds_back_where_the_campaign_says_so() {
    let mut order = order();
    order.marks.push(marked(OrderMark::OpenQuestion));
    assert!(matches!(outcome(&campaign(""), &order), Outcome::Message { .. }));
    let waiting =
        campaign_with("skip_when = [\"cancelled\", \"open_question\"]\ntrigger = { when = \"delivered\" }", "");
    assert_eq!(outcome(&waiting, &order), no(Reason::ConditionNotMet));
    assert_eq!(waiting.withholding_marks(), [OrderMark::OpenQuestion]);
}

proptest::proptest! {
    #[test]
    fn prices_in_cents_count_as_a_slow_model_counts_them(
        lines in proptest::collection::vec((0_u32..5000, 1_u32..9), 1..5), min in 0_u32..5000, more in 0_u32..5000,
    ) {
        let written = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
        let mut order = order();
        order.items = Vec::new();
        for (place, (cents, pieces)) in lines.iter().enumerate() {
            let mut item = item(&format!("S-{place}"), "Thing");
            (item.quantity, item.price) = (Some(*pieces), Money::new(&written(*cents), "EUR"));
            order.items.push(item);
        }
        let (low, high) = (written(min), written(min + more));
        let range = format!("{{ min = \"{low}\", max = \"{high}\", currency = \"EUR\" }}");
        let each = lines.iter().all(|(cents, pieces)| (min * pieces..=(min + more) * pieces).contains(cents));
        let total: u32 = lines.iter().map(|(cents, _)| cents).sum();
        proptest::prop_assert_eq!(is_for(&format!("price = {range}"), &order), each);
        let value = (min..=min + more).contains(&total);
        proptest::prop_assert_eq!(is_for(&format!("order_value = {range}"), &order), value);
    }
}
