//! Split tests: shares, words by arm, what a file may say, and the ranges of rates.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod order;

use campaign::{Arm, Campaign, PLACES, Rate, StoreNames, approve, render, render_at};
use order::{ID, order};
use proptest::prelude::*;

const STORE: StoreNames<'static> = StoreNames { store_name: "Blue Widgets" };

fn text(tables: &str) -> String {
    format!(
        "name = \"Ask\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"How was order {{{{ order_id }}}}?\"\n{tables}"
    )
}

fn variant(name: &str, share: u32, words: &str) -> String {
    format!(
        "[variant.{name}]\nshare = {share}\n[variant.{name}.template.en]\nsubject = \"Order {{{{ order_id }}}}\"\n\
         text = \"{words} {{{{ order_id }}}}\"\n"
    )
}

fn campaign(tables: &str) -> Campaign {
    Campaign::parse(&text(tables)).unwrap()
}

#[test]
fn each_arm_gets_its_share_of_the_places_and_its_own_words() {
    let split =
        campaign(&format!("[split]\nhold_out = 10\n{}{}", variant("b", 30, "Is it well?"), variant("c", 20, "And?")));
    let mut arms = std::collections::BTreeMap::<&str, u32>::new();
    for place in 0..PLACES {
        *arms.entry(split.split.arm(place).name()).or_default() += 1;
    }
    assert_eq!(arms.into_iter().collect::<Vec<_>>(), [("a", 4000), ("b", 3000), ("c", 2000), ("hold_out", 1000)]);
    assert_eq!(split.split.arms(), ["a", "b", "c", "hold_out"]);
    let words = |place| render_at(&split, &order(), &STORE, place).unwrap().text;
    assert_eq!(words(1500), format!("Is it well? {ID}"));
    assert_eq!(words(4500), format!("And? {ID}"));
    assert_eq!(words(9999), render(&split, &order(), &STORE).unwrap().text);
    assert!(matches!(split.split.arm(999), Arm::HoldOut) && matches!(split.split.arm(9999), Arm::Main));
}

#[test]
fn a_campaign_without_a_split_has_one_arm() {
    let plain = campaign("");
    assert!(plain.split.is_none() && (0..PLACES).all(|place| matches!(plain.split.arm(place), Arm::Main)));
}

#[test]
fn mistakes_of_a_split_are_named_at_their_places() {
    let told = |tables: &str| {
        let problems = Campaign::parse(&text(tables)).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let b = |share| variant("b", share, "x");
    assert!(told("[split]\nhold_out = 0\n").contains("split.hold_out: expected a whole number from 1 to 90"));
    assert!(told(&format!("[split]\nhold_out = 60\n{}", b(40))).contains("variant.b: with this share nothing is left"));
    assert!(
        told("[variant.b]\nshare = 5\n").contains("a variant needs a template in each language of the main words: en")
    );
    assert!(told(&b(40).replace("share = 40\n", "")).contains("variant.b: a variant needs its share"));
    assert!(told(&variant("a", 10, "x")).contains("not `a`"));
    assert!(told(&b(40).replace("template.en", "template.de")).contains("in each language of the main words: en"));
    assert!(told(&b(40).replace("x {{", "{{ nobody }} {{")).contains("variant.b.template.en.text"));
    assert!(told(&format!("{}extra = 1\n", b(40))).contains("not known"));
    let amazons = "name = \"A\"\nchannel = \"solicitation\"\ntrigger = { when = \"delivered\" }\n";
    let problems = Campaign::parse(&format!("{amazons}{}", b(40))).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("a hold-out alone is possible")), "{problems:?}");
    assert!(Campaign::parse(&format!("{amazons}[split]\nhold_out = 20\n")).is_ok());
}

#[test]
fn a_variants_words_are_held_against_the_rules_too() {
    let Err(campaign::HeldBack::Words(findings)) =
        approve(&text(&variant("b", 40, "Get a free gift card for 5 stars!!")), &[])
    else {
        panic!("a gift for a review was let through")
    };
    assert!(
        findings.iter().any(|finding| finding.field == "variant.b.template.en.text" && finding.holds_back()),
        "{findings:?}"
    );
}

proptest! {
    /// Wilson's interval by its definition: the ends are where the distance of the counted share from the true one is
    /// 1.96 standard deviations of the true one.
    #[test]
    fn the_range_of_a_rate_is_wilsons(hits in 0_u32..400, more in 0_u32..4_000) {
        prop_assume!(hits + more > 0);
        let tries = hits + more;
        let rate = Rate::of(hits, tries).unwrap();
        prop_assert!(rate.low <= rate.share && rate.share <= rate.high && rate.low >= 0.0 && rate.high <= 1.0);
        for end in [rate.low, rate.high] {
            if end > 1e-9 && end < 1.0 - 1e-9 {
                let deviation = (end * (1.0 - end) / f64::from(tries)).sqrt();
                prop_assert!(((rate.share - end).abs() / deviation - 1.96).abs() < 0.001, "{rate:?}");
            }
        }
    }
}

#[test]
fn a_rate_of_none_or_of_all_lies_within_its_own_range() {
    for tries in 1..=20_000_u32 {
        for hits in [0, tries] {
            let rate = Rate::of(hits, tries).unwrap();
            assert!(0.0 <= rate.low && rate.low <= rate.share, "{hits} of {tries}: {rate:?}");
            assert!(rate.share <= rate.high && rate.high <= 1.0, "{hits} of {tries}: {rate:?}");
        }
    }
}

#[test]
fn rates_are_told_apart_only_where_their_ranges_do_not_meet() {
    let rate = |hits, tries| Rate::of(hits, tries).unwrap();
    assert!(!rate(1, 10).lies_apart_from(&rate(3, 10)));
    assert!(rate(10, 1000).lies_apart_from(&rate(60, 1000)));
    assert_eq!(Rate::of(0, 0), None);
}
