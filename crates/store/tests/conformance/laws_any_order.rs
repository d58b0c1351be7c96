//! Any order of events: notices, imports, blocks, stops, removals, decisions, two workers and restarts, drawn at
//! random and held against a model of the laws that is small enough to be seen to be right.
//!
//! `PROPTEST_CASES` asks for more cases. A failure prints the shortest story that shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::inbound::Outcome;
use model::member::{Actor, Role};
use model::message::ClaimedMessage;
use model::suppression::{SuppressionReason, SuppressionState, Target};
use model::{Channel, Handle, MessageId, MessageState, Reason};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use store::{Attempt, Handover, Store, StoreError};

use crate::Ground;
use crate::stage::{Letter, NOW, Stage, alias, attempt, member, now, order};

const ORDERS: u32 = 4;
const BUYERS: u32 = 3;

/// One event. Orders and buyers are numbers; worker 0 and 1 are two nodes.
#[derive(Clone)]
enum Event {
    Notice { orders: Vec<u32>, buyer: Option<u32>, id: u32, structure: bool },
    Import { order: u32, buyer: Option<u32> },
    Block { buyer: u32 },
    Stop { order: u32 },
    RemoveForOrder { order: u32, by: Role },
    RemoveForBuyer { buyer: u32, by: Role },
    Confirm { nth: usize },
    Plan,
    Claim { worker: usize },
    Attempt { worker: usize },
    Finish { worker: usize, how: How },
    WorkerDies { worker: usize },
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Done,
    NotSent,
    Rejected,
    Lost,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |buyer: &Option<u32>| buyer.map_or("no alias".to_owned(), |buyer| format!("buyer {buyer}"));
        match self {
            Self::Notice { orders, buyer, id, structure } => {
                let how = if *structure { ", by its structure alone" } else { "" };
                write!(f, "notice {id} comes in about orders {orders:?} and {}{how}", known(buyer))
            }
            Self::Import { order, buyer } => write!(f, "a report brings order {order} with {}", known(buyer)),
            Self::Block { buyer } => write!(f, "a member blocks buyer {buyer}"),
            Self::Stop { order } => write!(f, "a member stops order {order}"),
            Self::RemoveForOrder { order, by } => write!(f, "the {by} removes what stands for order {order}"),
            Self::RemoveForBuyer { buyer, by } => write!(f, "the {by} removes what covers buyer {buyer}"),
            Self::Confirm { nth } => write!(f, "a member confirms held entry {nth}"),
            Self::Plan => write!(f, "the planner runs"),
            Self::Claim { worker } => write!(f, "worker {worker} claims what is due"),
            Self::Attempt { worker } => write!(f, "worker {worker} attempts its first claim"),
            Self::Finish { worker, how } => write!(f, "worker {worker} ends its attempt: {how:?}"),
            Self::WorkerDies { worker } => write!(f, "worker {worker} dies and its leases lapse"),
            Self::Restart => write!(f, "everything restarts"),
        }
    }
}

#[derive(Clone)]
struct Story(Vec<Event>);

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, event)| write!(f, "\n  {}. {event:?}", place + 1))
    }
}

fn events() -> impl Strategy<Value = Story> {
    let order = || 0..ORDERS;
    let buyer = || 0..BUYERS;
    let role = || prop_oneof![3 => Just(Role::Owner), 1 => Just(Role::Agent)];
    let worker = || 0..2_usize;
    let orders = prop_oneof![
        8 => order().prop_map(|order| vec![order]),
        1 => Just(vec![]),
        1 => Just(vec![0, 1]),
    ];
    let how = prop_oneof![3 => Just(How::Done), 2 => Just(How::NotSent), 1 => Just(How::Rejected), 1 => Just(How::Lost)];
    let notice = (orders, proptest::option::of(buyer()), 0..3_u32, prop::bool::weighted(0.3))
        .prop_map(|(orders, buyer, id, structure)| Event::Notice { orders, buyer, id, structure });
    let event = prop_oneof![
        6 => notice,
        6 => (order(), proptest::option::weighted(0.7, buyer())).prop_map(|(order, buyer)| Event::Import { order, buyer }),
        1 => buyer().prop_map(|buyer| Event::Block { buyer }),
        1 => order().prop_map(|order| Event::Stop { order }),
        2 => (order(), role()).prop_map(|(order, by)| Event::RemoveForOrder { order, by }),
        2 => (buyer(), role()).prop_map(|(buyer, by)| Event::RemoveForBuyer { buyer, by }),
        2 => (0..3_usize).prop_map(|nth| Event::Confirm { nth }),
        5 => Just(Event::Plan),
        4 => worker().prop_map(|worker| Event::Claim { worker }),
        8 => worker().prop_map(|worker| Event::Attempt { worker }),
        5 => (worker(), how).prop_map(|(worker, how)| Event::Finish { worker, how }),
        1 => worker().prop_map(|worker| Event::WorkerDies { worker }),
        1 => Just(Event::Restart),
    ];
    proptest::collection::vec(event, 1..40).prop_map(Story)
}

/// An entry of the list as the laws know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    order: Option<u32>,
    buyers: BTreeSet<u32>,
    reason: SuppressionReason,
    held: bool,
    removed: bool,
}

/// The laws, as a person would keep them with pencil and paper.
#[derive(Default)]
struct Laws {
    /// The orders in the list, with the alias last heard of.
    orders: BTreeMap<u32, Option<u32>>,
    entries: Vec<Entry>,
    /// Law 9: the notices that came, by what they are about and Amazon's number.
    notices: BTreeSet<(Vec<u32>, Option<u32>, u32)>,
    /// Messages that were permitted and have not ended.
    leaving: BTreeMap<MessageId, u32>,
    /// One per order: who has the slot of the order's class.
    slots: BTreeMap<u32, MessageId>,
}

impl Laws {
    /// Which entries stand against a message about the order.
    fn against(&self, order: u32) -> impl Iterator<Item = &Entry> {
        let buyer = self.orders.get(&order).copied().flatten();
        self.entries.iter().filter(move |entry| {
            !entry.removed && (entry.order == Some(order) || buyer.is_some_and(|buyer| entry.buyers.contains(&buyer)))
        })
    }

    fn enter(&mut self, order: Option<u32>, alias: Option<u32>, reason: SuppressionReason, held: bool) {
        let mut buyers: BTreeSet<u32> = alias.into_iter().collect();
        if reason != SuppressionReason::OrderStop {
            buyers.extend(order.and_then(|order| self.orders.get(&order).copied().flatten()));
        }
        let about = |entry: &Entry| match order {
            Some(_) => entry.order == order,
            None => entry.order.is_none() && entry.buyers.is_superset(&buyers),
        };
        let stands = |entry: &&mut Entry| {
            !entry.removed && entry.reason == reason && about(entry) && (held || !entry.held)
        };
        match self.entries.iter_mut().find(stands) {
            Some(entry) => entry.buyers.extend(buyers),
            None => self.entries.push(Entry { order, buyers, reason, held, removed: false }),
        }
    }

    /// Law 9, then the table of readings: what the notice must be recorded as.
    fn notice(&mut self, orders: &[u32], buyer: Option<u32>, id: u32, structure: bool) -> Outcome {
        let named = buyer.filter(|_| orders.is_empty());
        if orders.is_empty() && buyer.is_none() {
            return if self.notices.insert((vec![], None, id)) { Outcome::Review } else { Outcome::Repeated };
        }
        if !self.notices.insert((orders.to_vec(), named, id)) {
            return Outcome::Repeated;
        }
        let held = structure || orders.len() > 1;
        let alias = buyer.filter(|_| orders.len() <= 1);
        if orders.is_empty() {
            self.enter(None, alias, SuppressionReason::OptOut, held);
        }
        for order in orders {
            self.enter(Some(*order), alias, SuppressionReason::OptOut, held);
        }
        if held { Outcome::Held } else { Outcome::Suppressed }
    }

    /// Law 6: an alias heard of brings its buyer under what stands for the order.
    fn import(&mut self, order: u32, buyer: Option<u32>) {
        let known = self.orders.entry(order).or_default();
        let Some(buyer) = buyer.filter(|buyer| *known != Some(*buyer)) else { return };
        *known = Some(buyer);
        for entry in &mut self.entries {
            if entry.order == Some(order) && !entry.removed && entry.reason != SuppressionReason::OrderStop {
                entry.buyers.insert(buyer);
            }
        }
    }

    /// Law 7: all of it or nothing.
    fn remove(&mut self, covers: impl Fn(&Entry) -> bool, by: Role) -> bool {
        let of = |entry: &Entry| !entry.removed && covers(entry);
        let guarded = self.entries.iter().any(|entry| of(entry) && entry.reason == SuppressionReason::OptOut);
        if !self.entries.iter().any(of) || (guarded && !by.may_remove_opt_out()) {
            return false;
        }
        for entry in &mut self.entries {
            entry.removed |= !entry.removed && covers(entry);
        }
        true
    }

    /// Whether an attempt may pass, and if not, one of which reasons must be given.
    fn answer(&self, message: MessageId, order: u32, channel: Channel) -> Result<(), Vec<Reason>> {
        let mut waits = Vec::new();
        let mut never = Vec::new();
        for entry in self.against(order) {
            match (entry.held, entry.reason) {
                (true, _) => waits.push(Reason::Held),
                (false, SuppressionReason::OptOut) => never.push(Reason::OptedOut),
                (false, SuppressionReason::Block) => never.push(Reason::Blocked),
                (false, SuppressionReason::OrderStop) => never.push(Reason::OrderStopped),
            }
        }
        if self.slots.get(&order).is_some_and(|holder| *holder != message) {
            never.push(Reason::AlreadyMessaged);
        }
        if channel == Channel::Email && self.orders.get(&order).copied().flatten().is_none() {
            waits.push(Reason::NoAlias);
        }
        match (never.is_empty(), waits.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(waits),
            (false, _) => Err(never),
        }
    }
}

/// One worker: what it has claimed and what it was permitted.
#[derive(Default)]
struct Worker {
    claimed: Vec<ClaimedMessage>,
    under_way: Option<ClaimedMessage>,
}

/// The real thing beside the model.
struct Run<'g> {
    ground: &'g Ground,
    stage: Stage,
    nodes: [Store; 2],
    workers: [Worker; 2],
    laws: Laws,
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
                must!(recorded.outcome == expected, "the notice is {} and must be {expected}", recorded.outcome);
                if matches!(expected, Outcome::Suppressed | Outcome::Held) {
                    self.names_what_is_leaving(&recorded.already_leaving, orders, *buyer)?;
                }
                if expected == Outcome::Suppressed {
                    self.nothing_waits_for(orders, *buyer).await?;
                }
            }
            Event::Import { order, buyer } => {
                self.stage.import(*order, buyer.map(alias)).await;
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
            Event::Claim { worker } => {
                // Later than any message was told to wait.
                let later = model::Clock { real: NOW, given: Some(NOW.plus(model::Span::days(1))) };
                let claimed = self.nodes[*worker].claim_due(later, 3).await.unwrap();
                let other = &self.workers[1 - *worker].claimed;
                must!(
                    claimed.iter().all(|message| other.iter().all(|theirs| theirs.id != message.id || theirs.lease != message.lease)),
                    "two workers hold one message"
                );
                self.workers[*worker].claimed.extend(claimed);
            }
            Event::Attempt { worker } => {
                if self.workers[*worker].under_way.is_none() && !self.workers[*worker].claimed.is_empty() {
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
            Event::Restart => {
                for node in &mut self.nodes {
                    *node = self.ground.open().await;
                }
                self.stage.store = self.ground.open().await;
            }
        }
        self.everything_stands_as_the_laws_say().await
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
                self.laws.leaving.insert(message.id, number);
                self.laws.slots.insert(number, message.id);
                self.workers[worker].under_way = Some(message);
            }
            (Attempt::Refused(refusal) | Attempt::Waits(refusal, _), Err(reasons)) => {
                must!(reasons.contains(&refusal.reason), "order {number} says {} and must say {reasons:?}", refusal.reason);
            }
            _ => must!(false, "an attempt about order {number}: {answer:?}, and the laws say {expected:?}"),
        }
        Ok(())
    }

    async fn finish(&mut self, worker: usize, message: &ClaimedMessage, how: How) -> Result<(), TestCaseError> {
        let handover = match how {
            How::Done if number_of(message).is_multiple_of(2) => Handover::Captured,
            How::Done => Handover::Sent,
            How::NotSent => Handover::NotSent { reason: Reason::PermitExpired, retry_at: NOW },
            How::Rejected => Handover::Rejected(Reason::RejectedByServer),
            How::Lost => Handover::Lost,
        };
        let ended = self.nodes[worker].finish_attempt(self.stage.account.id, message.id, handover, now()).await;
        let was_leaving = self.laws.leaving.remove(&message.id);
        must!(ended.is_ok() == was_leaving.is_some(), "the end of an attempt: {ended:?}");
        if matches!(how, How::NotSent | How::Rejected) && was_leaving.is_some() {
            self.laws.slots.remove(&number_of(message));
        }
        Ok(())
    }

    async fn die(&mut self, worker: usize) -> Result<(), TestCaseError> {
        let dead = std::mem::take(&mut self.workers[worker]);
        let ids = dead.claimed.iter().chain(&dead.under_way).map(|message| message.id);
        for id in ids {
            let id = data_encoding_hex(id.as_bytes());
            // Only its own lease lapses; the other worker may have claimed the message since.
            self.ground.by_hand(
                &format!("UPDATE message SET lease_until = 1 WHERE id = x'{id}' AND lease_until IS NOT NULL"),
                &format!("UPDATE message SET lease_until = 1 WHERE id = '\\x{id}' AND lease_until IS NOT NULL"),
            );
        }
        self.nodes[1 - worker].settle_lost_attempts(now()).await.unwrap();
        if let Some(message) = dead.under_way {
            let number = number_of(&message);
            self.laws.leaving.remove(&message.id);
            if number.is_multiple_of(2) {
                // It was only to be kept: a new gate is asked.
                self.laws.slots.remove(&number);
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

    /// The orders that a notice of this order and alias reaches.
    fn reached(&self, orders: &[u32], buyer: Option<u32>) -> BTreeSet<u32> {
        let mut buyers: BTreeSet<u32> = buyer.into_iter().filter(|_| orders.len() <= 1).collect();
        buyers.extend(orders.iter().filter_map(|order| self.laws.orders.get(order).copied().flatten()));
        let of_buyers = self.laws.orders.iter().filter(|(_, buyer)| buyer.is_some_and(|buyer| buyers.contains(&buyer)));
        of_buyers.map(|(order, _)| *order).chain(orders.iter().copied()).collect()
    }

    fn names_what_is_leaving(&self, named: &[MessageId], orders: &[u32], buyer: Option<u32>) -> Result<(), TestCaseError> {
        let reached = self.reached(orders, buyer);
        let leaving = self.laws.leaving.iter().filter(|(_, order)| reached.contains(order)).map(|(message, _)| *message);
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
                matches!(row.state, MessageState::Sending | MessageState::Sent | MessageState::Captured | MessageState::Unknown)
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

fn data_encoding_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn play(ground: &Ground, handle: &Handle, story: &Story) -> Result<(), TestCaseError> {
    // What earlier stories left behind is due no more.
    let store = ground.open().await;
    ground.by_hand_alike("UPDATE message SET state = 'withdrawn' WHERE state IN ('planned', 'waiting', 'sending')");
    let stores = vec!["US".parse().unwrap(), "DE".parse().unwrap()];
    let account = store.add_account("Any".into(), handle.clone(), stores, NOW.minus(model::Span::days(9))).await.unwrap();
    ground.by_hand_alike("UPDATE seller SET delivery = 'live' WHERE store = 'DE'");
    let nodes = [ground.open().await, ground.open().await];
    let stage = Stage::with(store, account).await;
    let mut run = Run { ground, stage, nodes, workers: Default::default(), laws: Laws::default() };
    for (place, event) in story.0.iter().enumerate() {
        let followed = run.follow(event).await;
        followed.map_err(|error| TestCaseError::fail(format!("after event {} ({event:?}): {error}", place + 1)))?;
    }
    run.stage.store.verify_ledger(handle, None).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
    Ok(())
}

fn any_story_keeps_the_laws(ground: &Ground, cases: u32) {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config { cases: asked.unwrap_or(cases), failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let told = std::cell::Cell::new(0_u32);
    let outcome = TestRunner::new(config).run(&events(), |story| {
        told.set(told.get() + 1);
        let handle = format!("story-{}", told.get()).parse().unwrap();
        runtime.block_on(play(ground, &handle, &story))
    });
    match outcome {
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
