//! The model: the laws as a person would keep them with pencil and paper, small enough to be seen to be right.

use std::collections::{BTreeMap, BTreeSet};

use model::inbound::Outcome;
use model::member::Role;
use model::suppression::SuppressionReason;
use model::{Channel, MessageId, Reason};

/// An entry of the list as the laws know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub order: Option<u32>,
    pub buyers: BTreeSet<u32>,
    pub reason: SuppressionReason,
    pub held: bool,
    pub removed: bool,
}

/// A list of orders that another tool has messaged.
#[derive(Clone, Debug)]
pub struct Messaged {
    pub orders: BTreeSet<u32>,
    /// Those of them that were taken back, one by one.
    pub taken_back: BTreeSet<u32>,
    pub removed: bool,
}

impl Messaged {
    pub fn stands_for(&self, order: u32) -> bool {
        !self.removed && self.orders.contains(&order) && !self.taken_back.contains(&order)
    }
}

/// The laws, as a person would keep them with pencil and paper.
#[derive(Default)]
pub struct Laws {
    /// The lists of orders that another tool has messaged.
    pub messaged: Vec<Messaged>,
    /// The orders in the list, with the alias last heard of.
    pub orders: BTreeMap<u32, Option<u32>>,
    pub entries: Vec<Entry>,
    /// Law 9: the notices that came, by what they are about and Amazon's number.
    pub notices: BTreeSet<(Vec<u32>, Option<u32>, u32)>,
    /// Messages that were permitted and have not ended.
    pub leaving: BTreeMap<MessageId, u32>,
    /// One per order: who has the slot of the order's class.
    pub slots: BTreeMap<u32, MessageId>,
    /// Messages that were lost on their way and that nobody has settled, with their orders.
    pub lost: BTreeMap<MessageId, u32>,
    /// Messages that left, by their worker's or a member's word.
    pub left: BTreeSet<MessageId>,
    /// Live sending is stopped: everywhere, in the live store.
    pub stopped: [bool; 2],
}

impl Laws {
    /// Which entries stand against a message about the order.
    pub fn against(&self, order: u32) -> impl Iterator<Item = &Entry> {
        let buyer = self.orders.get(&order).copied().flatten();
        self.entries.iter().filter(move |entry| {
            !entry.removed && (entry.order == Some(order) || buyer.is_some_and(|buyer| entry.buyers.contains(&buyer)))
        })
    }

    pub fn enter(&mut self, order: Option<u32>, alias: Option<u32>, reason: SuppressionReason, held: bool) {
        let mut buyers: BTreeSet<u32> = alias.into_iter().collect();
        if reason != SuppressionReason::OrderStop {
            buyers.extend(order.and_then(|order| self.orders.get(&order).copied().flatten()));
        }
        let about = |entry: &Entry| match order {
            Some(_) => entry.order == order,
            None => entry.order.is_none() && entry.buyers.is_superset(&buyers),
        };
        let stands =
            |entry: &&mut Entry| !entry.removed && entry.reason == reason && about(entry) && (held || !entry.held);
        match self.entries.iter_mut().find(stands) {
            Some(entry) => entry.buyers.extend(buyers),
            None => self.entries.push(Entry { order, buyers, reason, held, removed: false }),
        }
    }

    /// Law 9, then the table of readings: what the notice must be recorded as.
    pub fn notice(&mut self, orders: &[u32], buyer: Option<u32>, id: u32, structure: bool) -> Outcome {
        let named = buyer.filter(|_| orders.is_empty());
        if orders.is_empty() && buyer.is_none() {
            return if self.notices.insert((vec![], None, id)) { Outcome::Review } else { Outcome::Repeated };
        }
        if !self.notices.insert((orders.to_vec(), named, id)) {
            // Law 6 all the same: its way may have kept the alias that the first one lost.
            if let ([order], Some(buyer), false) = (orders, buyer, structure) {
                self.learn(*order, buyer);
            }
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
    pub fn import(&mut self, order: u32, buyer: Option<u32>) {
        let known = self.orders.entry(order).or_default();
        let Some(buyer) = buyer.filter(|buyer| *known != Some(*buyer)) else { return };
        *known = Some(buyer);
        self.learn(order, buyer);
    }

    fn learn(&mut self, order: u32, buyer: u32) {
        for entry in &mut self.entries {
            if entry.order == Some(order) && !entry.removed && entry.reason != SuppressionReason::OrderStop {
                entry.buyers.insert(buyer);
            }
        }
    }

    /// Whether the list is new: the same orders in a list that stands are the same list (law 9).
    pub fn list_messaged(&mut self, orders: &BTreeSet<u32>) -> bool {
        let known = self.messaged.iter().any(|list| !list.removed && list.orders == *orders);
        if !known {
            self.messaged.push(Messaged { orders: orders.clone(), taken_back: BTreeSet::new(), removed: false });
        }
        !known
    }

    /// Law 7: all of it or nothing.
    pub fn remove(&mut self, covers: impl Fn(&Entry) -> bool, by: Role) -> bool {
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
    pub fn answer(&self, message: MessageId, order: u32, channel: Channel) -> Result<(), Vec<Reason>> {
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
        let elsewhere = self.messaged.iter().any(|list| list.stands_for(order));
        if elsewhere || self.slots.get(&order).is_some_and(|holder| *holder != message) {
            never.push(Reason::AlreadyMessaged);
        }
        // Odd orders are the live store's.
        if self.stopped.contains(&true) && !order.is_multiple_of(2) {
            waits.push(Reason::LiveOff);
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
