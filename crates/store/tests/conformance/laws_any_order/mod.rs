//! Any order of events: notices, imports, blocks, stops, removals, decisions, two workers and restarts, drawn at
//! random and held against a model of the laws that is small enough to be seen to be right.
//!
//! `PROPTEST_CASES` asks for more cases. A failure prints the shortest story that shows it.

mod laws;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use model::inbound::Outcome;
use model::member::{Actor, Role};
use model::message::{ClaimedMessage, Settlement};
use model::messaged::MessagedTarget;
use model::sending::StopScope;
use model::suppression::{SuppressionReason, SuppressionState, Target};
use model::{Handle, MessageId, MessageState, Reason};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use store::{Attempt, Handover, Store, StoreError};

use self::laws::{Entry, Laws};
use self::story::{Event, How, ORDERS, Story, events};
use crate::Ground;
use crate::stage::{Letter, NOW, Stage, alias, attempt, member, now, order};

/// One worker: what it has claimed and what it was permitted.
#[derive(Default)]
struct Worker {
    claimed: Vec<ClaimedMessage>,
    under_way: Option<ClaimedMessage>,
}

/// What happened in all stories together: a run in which nothing ever leaves shows nothing.
#[derive(Debug, Default)]
struct Seen {
    permitted: u32,
    refused_or_waiting: u32,
    named_as_leaving: u32,
    withdrawn: u32,
    repeated: u32,
    buyers_learnt: u64,
    settled: u32,
    held_by_a_stop: u32,
}

/// The real thing beside the model.
struct Run<'g> {
    ground: &'g Ground,
    stage: Stage,
    nodes: [Store; 2],
    workers: [Worker; 2],
    laws: Laws,
    seen: Seen,
}

/// What must hold, in words, for the one who reads a failure.
macro_rules! must {
    ($holds:expr, $($said:tt)+) => { if !$holds { return Err(TestCaseError::fail(format!($($said)+))); } };
}

impl Run<'_> {
    async fn follow(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let account = self.stage.account.id;
        match event {
            Event::Notice { orders, buyer, id, structure } => {
                let letter = Letter {
                    orders: orders.iter().map(|number| order(*number)).collect(),
                    alias: buyer.map(alias),
                    matched_by: if *structure { model::MatchedBy::Structure } else { model::MatchedBy::Header },
                    ..Letter::opt_out(1).numbered(&format!("{id}@amazonses.com"))
                };
                let recorded = self.stage.receive(&letter).await;
                let expected = self.laws.notice(orders, *buyer, *id, *structure);
                self.seen.repeated += u32::from(expected == Outcome::Repeated);
                self.seen.withdrawn += u32::from(!recorded.withdrawn.is_empty());
                self.seen.named_as_leaving += u32::from(!recorded.already_leaving.is_empty());
                must!(recorded.outcome == expected, "the notice is {} and must be {expected}", recorded.outcome);
                if matches!(expected, Outcome::Suppressed | Outcome::Held) {
                    self.names_what_is_leaving(&recorded.already_leaving, orders, *buyer)?;
                }
                if expected == Outcome::Suppressed {
                    self.nothing_waits_for(orders, *buyer).await?;
                }
            }
            Event::Import { order, buyer } => {
                self.seen.buyers_learnt += self.stage.import(*order, buyer.map(alias)).await.buyers_learnt;
                self.laws.import(*order, *buyer);
            }
            Event::Block { buyer } => {
                let target = Target::Buyer(alias(*buyer));
                self.stage.store.add_suppression(account, target, "x".into(), Actor::Operator, now()).await.unwrap();
                self.laws.enter(None, Some(*buyer), SuppressionReason::Block, false);
                self.nothing_waits_for(&[], Some(*buyer)).await?;
            }
            Event::Stop { order: number } => {
                let target = Target::Order(order(*number));
                self.stage.store.add_suppression(account, target, "x".into(), Actor::Operator, now()).await.unwrap();
                self.laws.enter(Some(*number), None, SuppressionReason::OrderStop, false);
                self.nothing_waits_for(&[*number], None).await?;
            }
            Event::ListMessaged { orders } => {
                let known: BTreeSet<u32> = orders.iter().copied().collect();
                let new = self.laws.list_messaged(&known);
                let change = self.stage.list_messaged(orders).await;
                let changed = if new { known.len() } else { 0 };
                must!(usize::try_from(change.changed) == Ok(changed), "the list changes {change:?} and must {changed}");
                let leaving = self.laws.leaving.values().filter(|order| new && known.contains(order)).count();
                must!(usize::try_from(change.already_leaving) == Ok(leaving), "{leaving} are leaving: {change:?}");
                for number in known.into_iter().filter(|_| new) {
                    self.nothing_waits_for(&[number], None).await?;
                }
            }
            Event::UnlistMessaged { order: number, by } => {
                let stands = self.laws.messaged.iter_mut().filter(|list| list.stands_for(*number));
                let stands: Vec<_> = stands.collect();
                let may = by.may_remove_opt_out() && !stands.is_empty();
                if may {
                    for list in stands {
                        list.taken_back.insert(*number);
                    }
                }
                self.unlist(MessagedTarget::Order(order(*number)), *by, may).await?;
            }
            Event::UnlistList { nth, by } => {
                let lists = self.stage.store.messaged_lists(account, None, 1000).await.unwrap().rows;
                let mut lists: Vec<_> = lists.into_iter().map(|list| list.id).collect();
                lists.sort_unstable();
                must!(lists.len() == self.laws.messaged.len(), "there are {} lists", lists.len());
                let (Some(id), Some(list)) = (lists.get(*nth), self.laws.messaged.get_mut(*nth)) else { return Ok(()) };
                let may = by.may_remove_opt_out() && !list.removed;
                list.removed |= may;
                self.unlist(MessagedTarget::List(*id), *by, may).await?;
            }
            Event::RemoveForOrder { order: number, by } => {
                let number = *number;
                let may = self.laws.remove(|entry| entry.order == Some(number), *by);
                self.remove(Target::Order(order(number)), *by, may).await?;
            }
            Event::RemoveForBuyer { buyer, by } => {
                let may = self.laws.remove(|entry| entry.buyers.contains(buyer), *by);
                self.remove(Target::Buyer(alias(*buyer)), *by, may).await?;
            }
            Event::Confirm { nth } => {
                let mut held = self.stage.store.held_entries(account, 100).await.unwrap();
                held.dedup_by_key(|row| row.id);
                held.reverse();
                let modelled: Vec<usize> = (0..self.laws.entries.len())
                    .filter(|place| self.laws.entries[*place].held && !self.laws.entries[*place].removed)
                    .collect();
                must!(held.len() == modelled.len(), "{} entries are held and {} must be", held.len(), modelled.len());
                let (Some(row), Some(place)) = (held.get(*nth), modelled.get(*nth)) else { return Ok(()) };
                self.stage.store.confirm_entry(account, row.id, "x".into(), Actor::Operator, now()).await.unwrap();
                let entry = &mut self.laws.entries[*place];
                entry.held = false;
                let (orders, buyers) = (entry.order.into_iter().collect::<Vec<_>>(), entry.buyers.clone());
                self.nothing_waits_for(&orders, None).await?;
                for buyer in buyers {
                    self.nothing_waits_for(&[], Some(buyer)).await?;
                }
            }
            Event::Plan => self.stage.plan().await,
            Event::Claim { worker } => self.claim(*worker).await?,
            Event::Attempt { worker } => {
                if self.workers[*worker].under_way.is_none() {
                    if self.workers[*worker].claimed.is_empty() {
                        self.claim(*worker).await?;
                    }
                    if self.workers[*worker].claimed.is_empty() {
                        return Ok(());
                    }
                    let message = self.workers[*worker].claimed.remove(0);
                    self.attempt(*worker, message).await?;
                }
            }
            Event::Finish { worker, how } => {
                if let Some(message) = self.workers[*worker].under_way.take() {
                    self.finish(*worker, &message, *how).await?;
                }
            }
            Event::WorkerDies { worker } => self.die(*worker).await?,
            Event::StopSending { wide } => {
                self.stage.store.stop_sending(self.scope(*wide), Actor::Operator, None, now()).await.unwrap();
                self.laws.stopped[usize::from(*wide)] = true;
            }
            Event::ResumeSending { wide } => {
                self.stage.store.resume_sending(self.scope(*wide), Actor::Operator, None, now()).await.unwrap();
                self.laws.stopped[usize::from(*wide)] = false;
            }
            Event::Settle { nth, sent } => self.settle(*nth, *sent).await?,
            Event::Restart => {
                for node in &mut self.nodes {
                    *node = self.ground.open().await;
                }
                self.stage.store = self.ground.open().await;
            }
        }
        self.everything_stands_as_the_laws_say().await
    }

    fn scope(&self, wide: bool) -> StopScope {
        if wide { StopScope::Installation } else { StopScope::Store(self.stage.account.id, model::Marketplace::De) }
    }

    async fn settle(&mut self, nth: usize, sent: bool) -> Result<(), TestCaseError> {
        let Some((message, number)) = self.laws.lost.iter().nth(nth).map(|(id, number)| (*id, *number)) else {
            return Ok(());
        };
        let how = if sent { Settlement::Sent } else { Settlement::NotSent };
        let (store, account) = (&self.stage.store, self.stage.account.id);
        store.settle(account, message, how, "x".into(), Actor::Operator, now()).await.unwrap();
        self.laws.lost.remove(&message);
        self.seen.settled += 1;
        if sent {
            self.laws.left.insert(message);
        } else {
            self.laws.slots.remove(&number);
        }
        Ok(())
    }

    async fn claim(&mut self, worker: usize) -> Result<(), TestCaseError> {
        // Later than any message was told to wait.
        let later = model::Clock { real: NOW, given: Some(NOW.plus(model::Span::days(1))) };
        let claimed = self.nodes[worker].claim_due(later, 3).await.unwrap();
        let other = &self.workers[1 - worker].claimed;
        let twice =
            claimed.iter().any(|mine| other.iter().any(|their| their.id == mine.id && their.lease == mine.lease));
        must!(!twice, "two workers hold one message");
        self.workers[worker].claimed.extend(claimed);
        Ok(())
    }

    async fn attempt(&mut self, worker: usize, message: ClaimedMessage) -> Result<(), TestCaseError> {
        let number = number_of(&message);
        let answer = attempt(&self.nodes[worker], &message, now()).await;
        let expected = self.laws.answer(message.id, number, message.channel);
        match (&answer, &expected) {
            // Withdrawn, or planned anew, since it was claimed.
            (Attempt::Gone, _) => {}
            (Attempt::Permitted(permit), Ok(())) => {
                must!(permit.message() == message.id && permit.order_id() == message.order_id, "a permit for another");
                must!(permit.delivery() == crate::stage::delivery_of(number), "a permit for another mode");
                must!(!self.laws.left.contains(&message.id), "a permit for a message that has left");
                must!(!self.laws.lost.contains_key(&message.id), "a permit for a message that may have left");
                self.seen.permitted += 1;
                self.laws.leaving.insert(message.id, number);
                self.laws.slots.insert(number, message.id);
                self.workers[worker].under_way = Some(message);
            }
            (Attempt::Refused(refusal) | Attempt::Waits(refusal, _), Err(reasons)) => {
                self.seen.refused_or_waiting += 1;
                self.seen.held_by_a_stop += u32::from(refusal.reason == Reason::LiveOff);
                must!(
                    reasons.contains(&refusal.reason),
                    "order {number} says {} and must say {reasons:?}",
                    refusal.reason
                );
            }
            _ => must!(false, "an attempt about order {number}: {answer:?}, and the laws say {expected:?}"),
        }
        Ok(())
    }

    async fn finish(&mut self, worker: usize, message: &ClaimedMessage, how: How) -> Result<(), TestCaseError> {
        let handover = match how {
            How::Done if number_of(message).is_multiple_of(2) => Handover::Captured,
            How::Done => Handover::SENT,
            How::NotSent => Handover::NotSent { reason: Reason::PermitExpired, retry_at: NOW, reply: None },
            How::Rejected => Handover::Rejected { reason: Reason::RejectedByServer, reply: None },
            How::Lost => Handover::Lost,
        };
        let ended = self.nodes[worker].finish_attempt(message, handover, now()).await;
        let was_leaving = self.laws.leaving.remove(&message.id);
        must!(ended.is_ok() == was_leaving.is_some(), "the end of an attempt: {ended:?}");
        if was_leaving.is_some() {
            match how {
                How::Done => {
                    self.laws.left.insert(message.id);
                }
                How::Lost => {
                    self.laws.lost.insert(message.id, number_of(message));
                }
                How::NotSent | How::Rejected => {}
            }
        }
        if matches!(how, How::NotSent | How::Rejected) && was_leaving.is_some() {
            self.laws.slots.remove(&number_of(message));
        }
        Ok(())
    }

    async fn die(&mut self, worker: usize) -> Result<(), TestCaseError> {
        let dead = std::mem::take(&mut self.workers[worker]);
        for message in dead.claimed.iter().chain(&dead.under_way) {
            let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
            let (id, lease) = (hex(message.id.as_bytes()), hex(&message.lease.0));
            // Only its own lease lapses; the other worker may have claimed the message since.
            self.ground.by_hand(
                &format!("UPDATE message SET lease_until = 1 WHERE id = x'{id}' AND lease = x'{lease}'"),
                &format!("UPDATE message SET lease_until = 1 WHERE id = '\\x{id}' AND lease = '\\x{lease}'"),
            );
        }
        self.nodes[1 - worker].settle_lost_attempts(now()).await.unwrap();
        if let Some(message) = dead.under_way {
            let number = number_of(&message);
            self.laws.leaving.remove(&message.id);
            if number.is_multiple_of(2) {
                // It was only to be kept: a new gate is asked.
                self.laws.slots.remove(&number);
            } else {
                self.laws.lost.insert(message.id, number);
            }
        }
        Ok(())
    }

    async fn remove(&self, target: Target, by: Role, may: bool) -> Result<(), TestCaseError> {
        let removed =
            self.stage.store.remove_suppression(self.stage.account.id, target, "x".into(), member(by), now()).await;
        let kept = matches!(removed, Err(StoreError::NotAllowed(_) | StoreError::NotFound(_)));
        must!(removed.is_ok() == may && (may || kept), "a removal by the {by}: {removed:?}");
        Ok(())
    }

    async fn unlist(&self, target: MessagedTarget, by: Role, may: bool) -> Result<(), TestCaseError> {
        let (store, account) = (&self.stage.store, self.stage.account.id);
        let removed = store.remove_messaged(account, target, "x".into(), member(by), now()).await;
        let kept =
            matches!(removed, Err(StoreError::NotAllowed(_) | StoreError::NotFound(_) | StoreError::Conflict(_)));
        must!(removed.is_ok() == may && (may || kept), "a list taken back by the {by}: {removed:?}");
        Ok(())
    }

    /// The orders that a notice of this order and alias reaches.
    fn reached(&self, orders: &[u32], buyer: Option<u32>) -> BTreeSet<u32> {
        let mut buyers: BTreeSet<u32> = buyer.into_iter().filter(|_| orders.len() <= 1).collect();
        buyers.extend(orders.iter().filter_map(|order| self.laws.orders.get(order).copied().flatten()));
        let of_buyers = self.laws.orders.iter().filter(|(_, buyer)| buyer.is_some_and(|buyer| buyers.contains(&buyer)));
        of_buyers.map(|(order, _)| *order).chain(orders.iter().copied()).collect()
    }

    fn names_what_is_leaving(
        &self,
        named: &[MessageId],
        orders: &[u32],
        buyer: Option<u32>,
    ) -> Result<(), TestCaseError> {
        let reached = self.reached(orders, buyer);
        let leaving =
            self.laws.leaving.iter().filter(|(_, order)| reached.contains(order)).map(|(message, _)| *message);
        let (leaving, named): (BTreeSet<_>, BTreeSet<_>) = (leaving.collect(), named.iter().copied().collect());
        must!(leaving == named, "the notice names {named:?} as leaving and must name {leaving:?}");
        Ok(())
    }

    async fn nothing_waits_for(&self, orders: &[u32], buyer: Option<u32>) -> Result<(), TestCaseError> {
        let reached = match (orders, buyer) {
            // A stop reaches its order alone.
            ([order], None) => BTreeSet::from([*order]),
            _ => self.reached(orders, buyer),
        };
        for number in reached {
            for row in self.stage.messages(number).await {
                let waits = matches!(row.state, MessageState::Planned | MessageState::Waiting);
                must!(!waits, "a message about order {number} still waits");
            }
        }
        Ok(())
    }

    async fn everything_stands_as_the_laws_say(&self) -> Result<(), TestCaseError> {
        // The list, entry for entry.
        let mut entries: BTreeMap<_, Entry> = BTreeMap::new();
        for row in self.stage.list().await {
            let entry = entries.entry(row.id).or_insert(Entry {
                order: row.order_id.map(|order| order.as_str()[12..].parse().unwrap()),
                buyers: BTreeSet::new(),
                reason: row.reason,
                held: row.state == SuppressionState::Held,
                removed: row.state == SuppressionState::Removed,
            });
            let buyer = row.alias.map(|alias| alias.as_str()[5..6].parse::<u32>().unwrap());
            entry.buyers.extend(buyer);
        }
        // Whether a removed entry had been held says nothing any more.
        let settled = |entry: &Entry| Entry { held: entry.held && !entry.removed, ..entry.clone() };
        let (mut real, mut modelled): (Vec<_>, Vec<_>) =
            (entries.values().map(settled).collect(), self.laws.entries.iter().map(settled).collect());
        real.sort();
        modelled.sort();
        must!(real == modelled, "the list is {real:?} and must be {modelled:?}");
        // One per order: whatever the campaigns, the channels and the workers.
        for number in 0..ORDERS {
            let rows = self.stage.messages(number).await;
            let taken = rows.iter().filter(|row| {
                matches!(
                    row.state,
                    MessageState::Sending | MessageState::Sent | MessageState::Captured | MessageState::Unknown
                )
            });
            must!(taken.count() <= 1, "order {number} has had two messages");
            let leaving = rows.iter().filter(|row| row.state == MessageState::Sending);
            let known = self.laws.leaving.values().filter(|order| **order == number).count();
            must!(leaving.count() == known, "attempts about order {number} that have not ended");
        }
        Ok(())
    }
}

fn number_of(message: &ClaimedMessage) -> u32 {
    message.order_id.as_str()[12..].parse().unwrap()
}

async fn play(ground: &Ground, handle: &Handle, story: &Story) -> Result<Seen, TestCaseError> {
    // What earlier stories left behind is due no more.
    let store = ground.open().await;
    ground.by_hand_alike("UPDATE message SET state = 'withdrawn' WHERE state IN ('planned', 'waiting', 'sending')");
    let stores = vec!["US".parse().unwrap(), "DE".parse().unwrap()];
    let account =
        store.add_account("Any".into(), handle.clone(), stores, NOW.minus(model::Span::days(9))).await.unwrap();
    // Nor does an earlier story's stop of the installation stand any more.
    store.resume_sending(StopScope::Installation, Actor::Operator, None, now()).await.unwrap();
    crate::stage::live(&store, &account, "DE".parse().unwrap()).await;
    let nodes = [ground.open().await, ground.open().await];
    let stage = Stage::with(store, account).await;
    let mut run =
        Run { ground, stage, nodes, workers: Default::default(), laws: Laws::default(), seen: Seen::default() };
    for (place, event) in story.0.iter().enumerate() {
        let followed = run.follow(event).await;
        followed.map_err(|error| TestCaseError::fail(format!("after event {} ({event:?}): {error}", place + 1)))?;
    }
    run.stage.store.verify_ledger(handle, None).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
    Ok(run.seen)
}

fn any_story_keeps_the_laws(ground: &Ground, cases: u32) {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config =
        Config { cases: asked.unwrap_or(cases), failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (told, all) = (std::cell::Cell::new(0_u32), std::cell::RefCell::new(Seen::default()));
    let outcome = TestRunner::new(config).run(&events(), |story| {
        told.set(told.get() + 1);
        let handle = format!("story-{}", told.get()).parse().unwrap();
        let seen = runtime.block_on(play(ground, &handle, &story))?;
        let mut all = all.borrow_mut();
        all.permitted += seen.permitted;
        all.refused_or_waiting += seen.refused_or_waiting;
        all.named_as_leaving += seen.named_as_leaving;
        all.withdrawn += seen.withdrawn;
        all.repeated += seen.repeated;
        all.buyers_learnt += seen.buyers_learnt;
        all.settled += seen.settled;
        all.held_by_a_stop += seen.held_by_a_stop;
        Ok(())
    });
    let all = all.into_inner();
    println!("{} stories: {all:?}", told.get());
    match outcome {
        // So few could only come from stories that lead nowhere.
        Ok(()) if told.get() >= 30 => {
            let mut counts = vec![all.permitted, all.refused_or_waiting, all.named_as_leaving, all.withdrawn];
            // Rarer: a message must be lost, or due in the live store while it is stopped.
            if told.get() >= 200 {
                counts.extend([all.settled, all.held_by_a_stop]);
            }
            assert!(counts.iter().all(|count| *count >= 1), "{all:?}");
        }
        Ok(()) => {}
        Err(TestError::Fail(why, story)) => panic!("the laws were broken: {why}\nThe story: {story:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

#[test]
fn any_story_keeps_the_laws_on_sqlite() {
    any_story_keeps_the_laws(&Ground::sqlite(), 40);
}

#[test]
fn any_story_keeps_the_laws_on_postgres() {
    if let Some(ground) = Ground::postgres() {
        any_story_keeps_the_laws(&ground, 8);
    }
}
