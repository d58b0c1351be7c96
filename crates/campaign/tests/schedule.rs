//! Weekdays, hours and windows against slow, obvious models, in every marketplace's zone and around the days on
//! which clocks change.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod order;

use campaign::{Outcome, plan};
use jiff::tz::TimeZone;
use model::{Marketplace, Span, Timestamp};
use order::{campaign_with, order};
use proptest::prelude::*;

/// Whether a wall clock in the zone shows an allowed day and hour.
fn wall_clock_allows(zone: &TimeZone, at: Timestamp, weekdays: [bool; 7], from: u16, to: u16) -> bool {
    let local = at.to_jiff().to_zoned(zone.clone());
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap();
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap();
    weekdays[day] && (from..to).contains(&minute)
}

fn names(weekdays: [bool; 7]) -> String {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let chosen: Vec<String> =
        names.iter().zip(weekdays).filter(|(_, on)| *on).map(|(name, _)| format!("{name:?}")).collect();
    chosen.join(", ")
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Moments within a day of a change of clocks in some zone, and others.
fn moment() -> impl Strategy<Value = (Marketplace, i64)> {
    let store = prop::sample::select(Marketplace::ALL.to_vec());
    (store, 1_735_700_000_i64..2_050_000_000, any::<prop::sample::Index>(), -90_000_i64..90_000, any::<bool>())
        .prop_map(|(store, anywhere, pick, around, at_change)| {
            let zone = TimeZone::get(store.facts().time_zone).unwrap();
            let start = jiff::Timestamp::from_second(1_735_700_000).unwrap();
            let changes: Vec<i64> = zone
                .following(start)
                .take(20)
                .map(|change| change.timestamp().as_second())
                .take_while(|second| *second < 2_050_000_000)
                .collect();
            let second =
                if at_change && !changes.is_empty() { changes[pick.index(changes.len())] + around } else { anywhere };
            (store, second)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_next_slot_is_the_first_minute_a_wall_clock_allows(
        (store, second) in moment(),
        mut weekdays in any::<[bool; 7]>(),
        from in 0_u16..1440,
        length in 1_u16..1440,
    ) {
        weekdays[usize::from(from % 7)] = true;
        let to = (from + length).min(1440);
        let tables = format!(
            "[window]\nweekdays = [{}]\nhours = {{ from = \"{}\", to = \"{}\" }}",
            names(weekdays), clock(from), clock(to)
        );
        let slots = campaign_with("trigger = { when = \"delivered\" }", &tables).window.slots();
        let zone = TimeZone::get(store.facts().time_zone).unwrap();
        let start = Timestamp::from_micros(second * 1_000_000);

        let mut expected = None;
        let mut at = start;
        for _ in 0..=14 * 24 * 60 {
            if wall_clock_allows(&zone, at, weekdays, from, to) {
                expected = Some(at);
                break;
            }
            // On to the next full minute.
            let past = at.as_micros().rem_euclid(60_000_000);
            at = at.plus(Span::micros(60_000_000 - past));
        }
        prop_assert_eq!(slots.next(store, start), expected);
        prop_assert_eq!(slots.allow(store, start), expected == Some(start));
    }

    #[test]
    fn no_plan_ever_leaves_five_to_thirty_days(
        (store, second) in moment(),
        wide in 0_i64..40 * 86_400,
        (opens, closes) in (5_u8..30, 6_u8..=30),
        days in 0_u8..=60,
        (trigger, from, now) in (0_usize..3, 0_u16..1400, -10 * 86_400_i64..50 * 86_400),
    ) {
        prop_assume!(opens < closes);
        let when = ["confirmed", "shipped", "delivered"][trigger];
        let campaign = campaign_with(
            &format!("orders_after = 2000-01-01\ntrigger = {{ when = \"{when}\", delay = {{ days = {days} }} }}"),
            &format!("[window]\nopens_days = {opens}\ncloses_days = {closes}\nhours = {{ from = \"{}\" }}", clock(from)),
        );
        let mut order = order();
        order.store = store;
        let earliest = Timestamp::from_micros(second * 1_000_000);
        let latest = earliest.plus(Span::seconds(wide));
        order.delivery = Some(model::order::DeliveryDate { earliest, latest, basis: order.delivery.unwrap().basis });
        order.purchased_at = Some(earliest.minus(Span::days(7)));
        order.shipped_at = Some(earliest.minus(Span::days(5)));
        let now = latest.plus(Span::seconds(now));
        if let Outcome::Message { due, closes } = plan(&campaign, earliest, &order, now).outcome {
            prop_assert!(due >= latest.plus(Span::days(5)));
            prop_assert!(closes <= earliest.plus(Span::days(30)));
            prop_assert!(due < closes && now < closes);
            prop_assert!(campaign.window.slots().allow(store, due));
        }
    }
}

#[test]
fn an_hour_that_is_skipped_opens_when_the_clock_has_jumped() {
    // Los Angeles, 8 March 2026: 02:00 becomes 03:00.
    let tables = "[window]\nhours = { from = \"02:30\", to = \"03:30\" }";
    let slots = campaign_with("trigger = { when = \"delivered\" }", tables).window.slots();
    let before = "2026-03-08T08:00:00Z".parse().unwrap();
    assert_eq!(slots.next(Marketplace::Us, before).unwrap().to_string(), "2026-03-08T10:00:00Z");
}

#[test]
fn an_hour_that_comes_twice_opens_both_times() {
    // Los Angeles, 1 November 2026: 02:00 becomes 01:00.
    let tables = "[window]\nhours = { from = \"01:15\", to = \"01:30\" }";
    let slots = campaign_with("trigger = { when = \"delivered\" }", tables).window.slots();
    let next = |text: &str| slots.next(Marketplace::Us, text.parse().unwrap()).unwrap().to_string();
    assert_eq!(next("2026-11-01T08:00:00Z"), "2026-11-01T08:15:00Z");
    assert_eq!(next("2026-11-01T08:30:00Z"), "2026-11-01T09:15:00Z");
    assert_eq!(next("2026-11-01T09:30:00Z"), "2026-11-02T09:15:00Z");
}

/// Found by the property: the change on the day after was taken before that day's own opening.
#[test]
fn a_change_on_the_next_day_does_not_hide_that_day_s_opening() {
    // Los Angeles, Saturday 7 March 2026, a second before midnight; the clock changes on Sunday at two.
    let tables = "[window]\nweekdays = [\"sun\"]";
    let slots = campaign_with("trigger = { when = \"delivered\" }", tables).window.slots();
    let next = slots.next(Marketplace::Us, "2026-03-08T07:59:59Z".parse().unwrap()).unwrap();
    assert_eq!(next.to_string(), "2026-03-08T08:00:00Z");
}

/// No sampling: each change of clocks in ten years, in each marketplace's zone, minute by minute from a day and a half
/// before it to a day and a half after it.
#[test]
fn every_change_of_clocks_in_ten_years_follows_the_wall_clock_in_every_marketplace() {
    let (start, end): (jiff::Timestamp, jiff::Timestamp) =
        ("2026-01-01T00:00:00Z".parse().unwrap(), "2036-01-01T00:00:00Z".parse().unwrap());
    let hours = [(0, 25), (75, 105), (130, 170), (540, 1140)];
    let slots = hours.map(|(from, to)| {
        let tables = format!("[window]\nhours = {{ from = \"{}\", to = \"{}\" }}", clock(from), clock(to));
        campaign_with("trigger = { when = \"delivered\" }", &tables).window.slots()
    });
    let (mut zones, mut changes) = (std::collections::BTreeSet::new(), 0);
    for store in Marketplace::ALL.iter().filter(|store| zones.insert(store.facts().time_zone)) {
        let zone = TimeZone::get(store.facts().time_zone).unwrap();
        for change in zone.following(start).take_while(|change| change.timestamp() < end) {
            changes += 1;
            for ((from, to), slots) in hours.iter().zip(slots) {
                let (mut first, middle) = (None, change.timestamp().as_second());
                for minute in (-36 * 60..=36 * 60).rev() {
                    let at = Timestamp::from_micros((middle + minute * 60) * 1_000_000);
                    if wall_clock_allows(&zone, at, [true; 7], *from, *to) {
                        first = Some(at);
                    }
                    if minute % 11 == 0 && first.is_some() {
                        assert_eq!(slots.next(*store, at), first, "{store} {at} {from}-{to}");
                    }
                }
            }
        }
    }
    assert!(changes > 60, "some marketplaces change their clocks: {changes}");
}
