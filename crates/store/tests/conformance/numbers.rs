//! The numbers by day, store and campaign are what a slow count of the ledger gives, however often the same is told; a day is
//! the store's own; and they are the account's alone.

use std::collections::{BTreeMap, BTreeSet};

use model::ledger::LedgerKind;
use model::member::Actor;
use model::message::{OutboxRow, Settlement};
use model::numbers::{Numbers, total};
use model::suppression::Target;
use model::{CampaignId, Clock, Marketplace, Reason, Span, Timestamp};
use store::{Attempt, Handover, OutboxFilter};

use crate::stage::{Letter, NOW, Stage, alias, attempt, live, now, order, permitted};
use crate::{Ground, on_both};

async fn numbers(stage: &Stage) -> Numbers {
    let today = NOW.utc_day();
    stage.store.numbers(stage.account.id, today - 30, today + 30).await.unwrap()
}

/// What is told of a part, a day and a word, in one form for both counts.
type Told = BTreeMap<(String, i64, String), u64>;

fn told(numbers: &Numbers) -> Told {
    let mut told = Told::new();
    let stores = numbers.stores.iter().map(|(store, days)| (store.map_or("-".into(), |store| store.to_string()), days));
    let campaigns = numbers.campaigns.iter().map(|(_, name, days)| (name.clone(), days));
    for (part, days) in stores.chain(campaigns) {
        for (day, tally) in days {
            let mut add = |what: String, n: u64| {
                if n > 0 {
                    told.insert((part.clone(), *day, what), n);
                }
            };
            add("sent".into(), tally.sent);
            add("captured".into(), tally.captured);
            add("opted_out".into(), tally.opted_out);
            for (reason, n) in &tally.refused {
                add(format!("refused for {reason}"), *n);
            }
        }
    }
    told
}

/// The slow count: from every entry of the ledger, with what the outbox says of its message or order.
async fn recounted(stage: &Stage) -> Told {
    let messages = stage.store.outbox(stage.account.id, OutboxFilter::All, None, 1000).await.unwrap().rows;
    let (mut told, mut opted_out) = (Told::new(), BTreeSet::new());
    let mut add = |row: &OutboxRow, what: &str, at: Timestamp| {
        let mut parts = vec![row.store.to_string()];
        parts.extend(row.campaign.clone().filter(|_| ["sent", "captured", "opted_out"].contains(&what)));
        for part in parts {
            *told.entry((part, row.store.day_of(at), what.to_owned())).or_default() += 1;
        }
    };
    for entry in stage.ledger().await {
        let said: serde_json::Value = serde_json::from_str(entry.payload.as_deref().unwrap()).unwrap();
        let message = messages.iter().find(|row| said["message"].as_str() == Some(row.id.to_string().as_str()));
        match entry.kind {
            LedgerKind::Outcome => {
                if let what @ ("sent" | "captured") = said["state"].as_str().unwrap() {
                    add(message.unwrap(), what, entry.time);
                }
            }
            LedgerKind::Settled if said["settled"] == "sent" => add(message.unwrap(), "sent", entry.time),
            LedgerKind::Refusal if said["waits_for"].is_null() => {
                let what = format!("refused for {}", said["reason"].as_str().unwrap());
                add(message.unwrap(), &what, entry.time);
            }
            LedgerKind::SuppressionAdded if said["reason"] == "opt_out" && said["origin"] == "notice" => {
                let order = said["order"].as_str().unwrap().to_owned();
                if !opted_out.insert(order.clone()) {
                    continue;
                }
                let of_order: Vec<_> = messages.iter().filter(|row| row.order_id.as_str() == order).collect();
                let left = of_order.iter().find(|row| row.state == model::MessageState::Sent);
                let row =
                    left.map_or_else(|| OutboxRow { campaign: None, ..of_order[0].clone() }, |row| (*row).clone());
                add(&row, "opted_out", entry.time);
            }
            _ => {}
        }
    }
    told
}

fn clock(hours: i64) -> Clock {
    Clock::real(NOW.plus(Span::hours(hours)))
}

fn tally(numbers: &Numbers, store: Marketplace) -> model::numbers::Tally {
    total(&numbers.stores.iter().find(|(known, _)| *known == Some(store)).unwrap().1)
}

on_both! {
    async fn what_is_counted_is_what_a_slow_count_of_the_ledger_gives(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 1..=12 {
            stage.import(number, Some(alias(number))).await;
        }
        stage.plan().await;
        // Claimed in no order: the story is always the same.
        let mut all = stage.claim().await;
        all.sort_by_key(|claimed| std::cmp::Reverse((claimed.order_id, claimed.channel.as_str())));
        for (place, claimed) in all.into_iter().enumerate() {
            let at = clock(i64::try_from(place).unwrap() * 5);
            let Attempt::Permitted(_) = attempt(&stage.store, &claimed, at).await else { continue };
            let captures = claimed.delivery == model::Delivery::Capture;
            let handover = match (captures, place % 5) {
                (true, _) => Handover::Captured,
                (_, 0) => Handover::Lost,
                (_, 1) => Handover::Rejected { reason: Reason::RejectedByServer, reply: None },
                _ => Handover::SENT,
            };
            stage.store.finish_attempt(&claimed, handover.clone(), at).await.unwrap();
            if handover == Handover::Lost && place % 2 == 0 {
                stage.store.settle(stage.account.id, claimed.id, Settlement::Sent, "seen".into(), Actor::Operator, at).await.unwrap();
            }
        }
        // Notices that came again, by the same id and by another; one for an order that has been removed meanwhile.
        for (hours, number) in [(140, 1), (140, 3), (145, 5), (150, 7), (160, 2)] {
            let letter = Letter { received_at: clock(hours).real, ..Letter::opt_out(number) };
            stage.receive(&letter).await;
            stage.receive(&letter).await;
            stage.receive(&letter.clone().numbered(&format!("again-{number}@amazon.com"))).await;
        }
        let by = Actor::Operator;
        stage.store.remove_suppression(stage.account.id, Target::Order(order(3)), "asked".into(), by, clock(161)).await.unwrap();
        stage.receive(&Letter { received_at: clock(165).real, ..Letter::opt_out(3).numbered("later@amazon.com") }).await;
        // A member's own stop and an imported list are no opt-outs that Amazon reported.
        stage.store.add_suppression(stage.account.id, Target::Order(order(9)), "asked".into(), Actor::Operator, clock(166)).await.unwrap();
        stage.import(20, Some(alias(1))).await;
        stage.plan_emails().await;
        for claimed in stage.claim().await {
            let _ = attempt(&stage.store, &claimed, clock(169)).await;
        }
        let counted = told(&numbers(&stage).await);
        assert_eq!(counted, recounted(&stage).await);
        let of = |word: &str| counted.iter().filter(|((.., what), _)| what == word).map(|(_, n)| n).sum::<u64>();
        for word in ["sent", "captured", "opted_out", "refused for already_messaged"] {
            assert!(of(word) > 1, "{word} is worth counting: {counted:?}");
        }
        assert_eq!(of("refused for opted_out"), 1);
        let days: BTreeSet<_> = counted.keys().map(|(_, day, _)| *day).collect();
        assert!(days.len() > 3, "over several days");
    }

    async fn a_held_opt_out_that_is_proven_later_counts_once(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(3, Some(alias(3))).await;
        stage.receive(&Letter::opt_out(3).by_structure()).await;
        stage.receive(&Letter::opt_out(3).numbered("clearer@amazon.com")).await;
        assert_eq!(tally(&numbers(&stage).await, Marketplace::De).opted_out, 1);
        assert!(stage.list().await.iter().any(|row| row.state == model::suppression::SuppressionState::Active));
    }

    async fn a_day_is_the_stores_own(ground: Ground) {
        let stage = Stage::on(&ground).await;
        live(&stage.store, &stage.account, Marketplace::Us).await;
        let (american, german) = (stage.claimed_email(2, 2).await, stage.claimed_email(3, 3).await);
        for claimed in [&american, &german] {
            permitted(stage.attempt(claimed).await);
        }
        for claimed in [american, german] {
            let at = Clock::real(crate::at("2026-08-21T01:00:00Z"));
            stage.store.finish_attempt(&claimed, Handover::SENT, at).await.unwrap();
        }
        let numbers = numbers(&stage).await;
        let days = |store| numbers.stores.iter().find(|(known, _)| *known == Some(store)).unwrap().1.keys().copied().collect::<Vec<_>>();
        assert_eq!(days(Marketplace::De), [NOW.utc_day() + 1]);
        assert_eq!(days(Marketplace::Us), [NOW.utc_day()], "in California it is still the day before");
    }

    async fn what_finds_no_room_counts_once_a_day(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        for day in 0..3 {
            ground.by_hand_alike(&format!(
                "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {}, 'captured', 500 FROM account", NOW.utc_day() + day
            ));
            // Workers look often; the message waits for another day.
            for hour in 0..8 {
                let at = Clock::real(NOW.plus(Span::days(day)).plus(Span::hours(hour)));
                for claimed in stage.store.claim_due(at, 10).await.unwrap() {
                    assert!(matches!(attempt(&stage.store, &claimed, at).await, Attempt::Waits(..)));
                }
            }
        }
        let numbers = numbers(&stage).await;
        let american = &numbers.stores.iter().find(|(known, _)| *known == Some(Marketplace::Us)).unwrap().1;
        assert_eq!(american.values().map(|tally| tally.put_off).collect::<Vec<_>>(), [1, 1, 1]);
    }

    async fn an_opt_out_counts_for_the_campaign_whose_message_left_and_of_no_store_where_none_is_known(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 3).await;
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::SENT).await;
        stage.receive(&Letter::opt_out(3)).await;
        let mut nowhere = Letter::opt_out(50).reading(0);
        nowhere.marketplace = None;
        stage.store.record_mail(Letter::opt_out(50).mail_with(&stage.account, vec![nowhere])).await.unwrap();
        let numbers = numbers(&stage).await;
        let of = |id: CampaignId| total(&numbers.campaigns.iter().find(|(known, ..)| *known == id).unwrap().2);
        assert_eq!((of(stage.email).sent, of(stage.email).opted_out, of(stage.review).opted_out), (1, 1, 0));
        assert_eq!(numbers.stores.last().map(|(store, days)| (*store, total(days).opted_out)), Some((None, 1)));
        assert_eq!(total(&numbers.all()).opted_out, 2);
    }

    async fn another_account_has_its_own_numbers(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let claimed = stage.claimed_email(3, 3).await;
        permitted(stage.attempt(&claimed).await);
        stage.finish(&claimed, Handover::SENT).await;
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![Marketplace::De], now().real).await.unwrap();
        let theirs = stage.store.numbers(other.id, 0, NOW.utc_day() + 9).await.unwrap();
        assert_eq!((total(&theirs.all()).sent, theirs.campaigns.len()), (0, 0));
        assert_eq!(total(&numbers(&stage).await.all()).sent, 1);
        let earlier = stage.store.numbers(stage.account.id, 0, NOW.utc_day() - 1).await.unwrap();
        assert_eq!(total(&earlier.all()).sent, 0, "days that are not asked are not told");
    }
}
