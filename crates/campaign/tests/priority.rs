//! Several campaigns for one order: who gets its slot, held against a slow and obvious model.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use campaign::{LAST_DAYS, Outcome, Ranked, Standing, rank};
use model::{Reason, Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

fn days(days: i64) -> Timestamp {
    NOW.plus(Span::days(days))
}

fn message(due: i64, closes: i64) -> Outcome {
    Outcome::Message { due: days(due), closes: days(closes) }
}

const WAITS: Outcome = Outcome::Wait { reason: Reason::NoAlias, next_try: None };
const NO: Outcome = Outcome::No { reason: Reason::ConditionNotMet };

fn ranked(answers: &[(u8, Standing, Outcome)]) -> Vec<Outcome> {
    let mut answers: Vec<Ranked> = answers
        .iter()
        .map(|(priority, standing, outcome)| Ranked { priority: *priority, standing: *standing, outcome: *outcome })
        .collect();
    rank(&mut answers, NOW);
    answers.into_iter().map(|answer| answer.outcome).collect()
}

fn stands_back(until: i64) -> Outcome {
    Outcome::Wait { reason: Reason::LowerPriority, next_try: Some(days(until)) }
}

#[test]
fn the_higher_campaign_gets_the_slot_also_where_it_is_due_later() {
    let outcomes = ranked(&[(10, Standing::Open, message(0, 20)), (90, Standing::Open, message(5, 15))]);
    assert_eq!(outcomes, [stands_back(15), message(5, 15)]);
}

#[test]
fn at_the_same_priority_nobody_stands_back() {
    let both = [(50, Standing::Open, message(0, 20)), (50, Standing::Open, message(5, 15))];
    assert_eq!(ranked(&both), [message(0, 20), message(5, 15)]);
}

#[test]
fn the_next_goes_where_the_higher_one_ended_without_leaving() {
    let outcomes = ranked(&[(10, Standing::Open, message(0, 20)), (90, Standing::Ended, message(0, 20))]);
    assert_eq!(outcomes[0], message(0, 20));
    assert_eq!(ranked(&[(10, Standing::Open, message(0, 20)), (90, Standing::Open, NO)])[0], message(0, 20));
}

#[test]
fn where_the_higher_one_only_waits_the_next_goes_in_its_last_days() {
    let with = |due, closes| ranked(&[(10, Standing::Open, message(due, closes)), (90, Standing::Open, WAITS)])[0];
    assert_eq!(with(0, 20), stands_back(17));
    assert_eq!(with(0, 3), message(0, 3));
    assert_eq!(with(-3, 2), message(-3, 2));
    // The same where the higher one's message is made and can't leave, for want of a mail server, say.
    let held_up = ranked(&[(10, Standing::Open, message(0, 20)), (90, Standing::Waits, message(0, 20))]);
    assert_eq!(held_up[0], stands_back(17));
}

fn an_answer() -> impl Strategy<Value = (u8, Standing, Outcome)> {
    let outcome = prop_oneof![
        3 => (-5..20_i64, 0..15_i64).prop_map(|(due, more)| message(due, due.max(0) + 1 + more)),
        1 => Just(WAITS),
        1 => Just(NO),
    ];
    let standing = select(vec![Standing::Open, Standing::Open, Standing::Waits, Standing::Ended, Standing::Left]);
    (1..5_u8, standing, outcome)
}

proptest! {
    #[test]
    fn who_stands_back_is_what_the_model_says(answers in proptest::collection::vec(an_answer(), 0..6)) {
        let outcomes = ranked(&answers);
        for (at, (priority, standing, outcome)) in answers.iter().enumerate() {
            let is_rival = |standing: Standing| standing == Standing::Open || standing == Standing::Waits;
            let higher = || answers.iter().filter(|other| other.0 > *priority && is_rival(other.1));
            let ready = higher().any(|other| matches!(other.2, Outcome::Message { .. }) && other.1 == Standing::Open);
            let may_come = higher().any(|other| !matches!(other.2, Outcome::No { .. }));
            let stands_back = match outcome {
                Outcome::Message { due, closes } if is_rival(*standing) => {
                    let last = closes.minus(LAST_DAYS);
                    ready || (may_come && (NOW < *due || NOW < last))
                }
                _ => false,
            };
            match outcomes[at] {
                Outcome::Wait { reason: Reason::LowerPriority, next_try } => {
                    prop_assert!(stands_back);
                    let Outcome::Message { closes, .. } = outcome else { panic!("only a message stands back") };
                    prop_assert!(next_try.unwrap() <= *closes && next_try.unwrap() > NOW);
                }
                other => {
                    prop_assert!(!stands_back, "{:?}", answers);
                    prop_assert_eq!(other, *outcome);
                }
            }
        }
        // Whatever the answers are, one that may leave is never left without anybody who goes before it.
        let highest = answers.iter().filter(|one| one.1 == Standing::Open && matches!(one.2, Outcome::Message { .. }));
        if let Some(top) = highest.clone().map(|one| one.0).max()
            && !answers.iter().any(|one| one.0 > top)
        {
            prop_assert!(answers.iter().zip(&outcomes).any(|(one, outcome)| one.0 == top && *outcome == one.2));
        }
    }
}
