//! A dry run against a slow, obvious model: each campaign planned for each order, the soonest message kept.

mod order;

use std::collections::BTreeMap;

use campaign::{Campaign, DryRun, Outcome, Verdict, plan};
use model::order::{Order, OrderStatus};
use model::{Span, Timestamp};
use order::{campaign, delivery, order, time};
use proptest::prelude::*;

const NOW: &str = "2026-07-12T00:00:00Z";

fn campaigns() -> Vec<Campaign> {
    vec![campaign(""), campaign("[conditions]\nquantity = { min = 1 }\n"), campaign("")]
}

#[test]
fn the_soonest_message_gets_the_orders_one_slot_and_the_others_say_so() {
    let campaigns = campaigns();
    let mut run = DryRun::new(&campaigns, time(NOW));
    let verdicts = run.ask(&order());
    assert!(matches!(verdicts[0], Verdict::Message(_)), "{verdicts:?}");
    assert!(matches!((verdicts[1], verdicts[2]), (Verdict::Another(_), Verdict::Another(_))), "{verdicts:?}");
    let messages: Vec<u64> = run.counts().iter().map(|counts| counts.messages).collect();
    assert_eq!((messages, run.orders(), run.days().values().sum::<u64>()), (vec![1, 0, 0], 1, 1));
}

fn any_order() -> impl Strategy<Value = Order> {
    (0..60_i64, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(days, cancelled, with_alias, delivered)| {
        let mut order = order();
        if let Some(known) = &mut order.delivery {
            let at: Timestamp = time("2026-06-01T12:00:00Z").plus(Span::days(days));
            *known = delivery(&at.to_string(), &at.to_string());
        }
        if cancelled {
            order.status = Some(OrderStatus::Cancelled);
        }
        if !with_alias {
            order.alias = None;
        }
        if !delivered {
            order.delivery = None;
        }
        order
    })
}

proptest! {
    #[test]
    fn it_counts_what_a_slow_model_counts(orders in prop::collection::vec(any_order(), 0..20)) {
        let campaigns = campaigns();
        let now = time(NOW);
        let mut run = DryRun::new(&campaigns, now);
        let mut expected: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); campaigns.len()];
        for order in &orders {
            run.ask(order);
            let outcomes: Vec<Outcome> =
                campaigns.iter().map(|campaign| plan(campaign, Timestamp::MIN, order, now).outcome).collect();
            let mut winner: Option<(Timestamp, usize)> = None;
            for (at, outcome) in outcomes.iter().enumerate() {
                if let Outcome::Message { due, .. } = outcome
                    && winner.is_none_or(|(soonest, _)| *due < soonest)
                {
                    winner = Some((*due, at));
                }
            }
            for (at, outcome) in outcomes.iter().enumerate() {
                let word = match outcome {
                    Outcome::Message { .. } if winner.is_some_and(|(_, won)| won == at) => "message".to_owned(),
                    Outcome::Message { .. } => "another".to_owned(),
                    Outcome::Wait { reason, .. } => format!("wait {reason}"),
                    Outcome::No { reason } => format!("no {reason}"),
                };
                *expected[at].entry(word).or_default() += 1;
            }
        }
        for (counts, expected) in run.counts().iter().zip(&expected) {
            let mut told: BTreeMap<String, u64> = BTreeMap::new();
            told.insert("message".into(), counts.messages);
            told.insert("another".into(), counts.another);
            told.extend(counts.waits.iter().map(|(reason, count)| (format!("wait {reason}"), *count)));
            told.extend(counts.noes.iter().map(|(reason, count)| (format!("no {reason}"), *count)));
            told.retain(|_, count| *count > 0);
            prop_assert_eq!(&told, expected);
        }
    }
}
