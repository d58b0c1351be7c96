//! The laws as checks over a picture: pure functions, so that each is itself tested with pictures that break it.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::suppression::{SuppressionReason, SuppressionState};
use model::{MessageState, Timestamp};

use super::memory::{KnownAccount, KnownNotice};
use super::picture::{Event, Picture, What};
use crate::letters::Form;
use crate::sink::Accepted;

/// Laws 1 and 9: what was acknowledged stands exactly once in the list, the ledger and the inbound log; what was
/// not is wholly there or wholly not; what was never sent is nowhere.
pub fn notices(account: &KnownAccount, notices: &[KnownNotice], picture: &Picture) -> Vec<String> {
    let mut faults = Vec::new();
    let mut entries: HashMap<String, HashSet<String>> = HashMap::new();
    for row in picture.list.iter().filter(|row| row.reason == SuppressionReason::OptOut) {
        if row.state != SuppressionState::Active {
            faults.push(format!("an opt-out of {:?} is {}", row.order_id, row.state));
        }
        let order = row.order_id.map(|id| id.to_string()).unwrap_or_default();
        entries.entry(order).or_default().insert(row.id.to_string());
    }
    let mut added: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut told: HashMap<&str, u64> = HashMap::new();
    let mut named: HashMap<&str, u64> = HashMap::new();
    for event in &picture.events {
        match &event.what {
            What::Added { entry, order } => added.entry(order.as_deref().unwrap_or_default()).or_default().push(entry),
            What::Notice { orders, entries, .. } => {
                for order in orders {
                    *told.entry(order).or_default() += 1;
                }
                for entry in entries {
                    *named.entry(entry).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    let (mut mails, mut first): (HashMap<&str, u64>, HashMap<&str, u64>) = (HashMap::new(), HashMap::new());
    for mail in &picture.mails {
        for order in &mail.orders {
            *mails.entry(order).or_default() += 1;
            if mail.outcome != "repeated" {
                *first.entry(order).or_default() += 1;
            }
        }
    }
    for (order, known) in &account.orders {
        let sent: Vec<&KnownNotice> = known.notices.iter().map(|place| &notices[*place]).collect();
        let acknowledged = sent.iter().filter(|notice| notice.acknowledged > 0).count();
        let count = |map: &HashMap<&str, u64>| map.get(order.as_str()).copied().unwrap_or(0);
        let stands = entries.get(order).map_or(0, HashSet::len);
        let mut wrong = |what: String| {
            faults.push(format!("order {order} ({} sent, {acknowledged} acknowledged): {what}", sent.len()));
        };
        if stands > 1 || (acknowledged > 0 && stands != 1) {
            wrong(format!("{stands} entries in the list"));
        }
        let recorded: HashSet<&str> = added.get(order.as_str()).into_iter().flatten().copied().collect();
        let listed: HashSet<&str> = entries.get(order).into_iter().flatten().map(String::as_str).collect();
        if recorded != listed || added.get(order.as_str()).map_or(0, Vec::len) != stands {
            wrong(format!("the list holds {listed:?} and the ledger added {recorded:?}"));
        }
        if listed.iter().any(|entry| named.get(entry).copied().unwrap_or(0) != 1) {
            wrong("its entry is not named by exactly one notice in the ledger".into());
        }
        // Each identity is recorded once: at least those that were acknowledged, at most those that were sent. One
        // that was forwarded by hand has lost its Message-ID, so it is the same as another in the same words (law 9).
        let identities = count(&told);
        let same = sent.iter().any(|notice| notice.form == Form::Forwarded);
        let least = if same { acknowledged.min(1) } else { acknowledged };
        if usize::try_from(identities).is_ok_and(|told| told < least || told > sent.len())
            || identities != count(&first)
        {
            wrong(format!("{identities} notices in the ledger, {} in the inbound log", count(&first)));
        }
        if (stands == 0) != (identities == 0) {
            wrong("list and ledger differ on whether there was a notice".into());
        }
        let least: u64 = sent.iter().map(|notice| notice.acknowledged - notice.passed_over).sum();
        let most: u64 = sent.iter().map(|notice| notice.transmitted).sum();
        if count(&mails) < least || count(&mails) > most {
            wrong(format!("{} mails in the inbound log, of {least} acknowledged and {most} sent", count(&mails)));
        }
    }
    let unknown = entries.keys().filter(|order| !account.orders.contains_key(*order));
    faults.extend(unknown.map(|order| format!("the list names {order:?}, of which there was no notice")));
    faults
}

/// Laws 2 and "one per order", by the order in which the ledger has things.
pub fn never_again(account: &KnownAccount, notices: &[KnownNotice], picture: &Picture) -> Vec<String> {
    History::new(account, notices, picture).walk(&picture.events)
}

/// The ledger while it is walked from its first entry.
struct History<'a> {
    account: &'a KnownAccount,
    /// Entries that a later `buyer_learnt` brought their buyer under.
    learnt_later: HashSet<&'a str>,
    /// Entries of the list that cover a buyer.
    cover_buyer: HashSet<String>,
    /// Orders whose notice named the buyer itself.
    named_buyer: HashSet<&'a str>,
    orders: HashSet<&'a str>,
    buyers: HashSet<&'a str>,
    in_flight: HashMap<&'a str, &'a str>,
    /// What holds an order's one message: in flight, captured, sent or unknown.
    taken: HashMap<&'a str, &'a str>,
    faults: Vec<String>,
}

impl<'a> History<'a> {
    fn new(account: &'a KnownAccount, notices: &'a [KnownNotice], picture: &'a Picture) -> Self {
        let learnt_later = picture.events.iter().filter_map(|event| match &event.what {
            What::Learnt { entry, .. } => Some(entry.as_str()),
            _ => None,
        });
        let of_account = account.orders.values().flat_map(|order| &order.notices).map(|place| &notices[*place]);
        Self {
            account,
            learnt_later: learnt_later.collect(),
            cover_buyer: picture.list.iter().filter(|row| row.covers_buyer).map(|row| row.id.to_string()).collect(),
            named_buyer: of_account.filter(|notice| notice.names_buyer).map(|notice| notice.order.as_str()).collect(),
            orders: HashSet::new(),
            buyers: HashSet::new(),
            in_flight: HashMap::new(),
            taken: HashMap::new(),
            faults: Vec::new(),
        }
    }

    fn alias(&self, order: &str) -> Option<&'a str> {
        self.account.orders.get(order).and_then(|known| known.reported.alias.as_deref())
    }

    fn covers(&self, order: &str) -> bool {
        self.orders.contains(order) || self.alias(order).is_some_and(|alias| self.buyers.contains(alias))
    }

    /// What is in flight to an order, or to its buyer where he is covered.
    fn leaving(&self, order: &str) -> BTreeSet<&'a str> {
        let buyer = self.alias(order).filter(|alias| self.buyers.contains(alias));
        let touched = |other: &str| other == order || (buyer.is_some() && self.alias(other) == buyer);
        self.in_flight.iter().filter(|(_, other)| touched(other)).map(|(message, _)| *message).collect()
    }

    fn walk(mut self, events: &'a [Event]) -> Vec<String> {
        for Event { number, what, .. } in events {
            match what {
                What::Added { entry, order: Some(order) } => {
                    self.orders.insert(order);
                    let at_once = self.cover_buyer.contains(entry) && !self.learnt_later.contains(entry.as_str());
                    if at_once || self.named_buyer.contains(order.as_str()) {
                        self.buyers.extend(self.alias(order));
                    }
                }
                What::Notice { orders, already_leaving, .. } => {
                    for order in orders {
                        self.named(*number, order, already_leaving);
                    }
                }
                What::Learnt { order, already_leaving, .. } => {
                    self.buyers.extend(self.alias(order));
                    self.named(*number, order, already_leaving);
                }
                What::Attempt { message, order } => self.attempt(*number, message, order),
                What::Outcome { message, order, state } => self.outcome(*number, message, order, state),
                What::Added { .. } | What::Other(_) => {}
            }
        }
        self.faults
    }

    /// A notice's entry names exactly what is in flight to whom it covers (law 2).
    fn named(&mut self, number: u64, order: &str, already_leaving: &[String]) {
        let expected = self.leaving(order);
        let named: BTreeSet<&str> = already_leaving.iter().map(String::as_str).collect();
        if named != expected {
            self.faults.push(format!("entry {number}, notice of {order}: in flight {expected:?}, named {named:?}"));
        }
    }

    fn attempt(&mut self, number: u64, message: &'a str, order: &'a str) {
        if self.covers(order) {
            self.faults.push(format!("entry {number}: an attempt to {order} after its suppression"));
        }
        if let Some(other) = self.taken.insert(order, message) {
            self.faults.push(format!("entry {number}: an attempt to {order}, whose one message {other} has"));
        }
        self.in_flight.insert(message, order);
    }

    fn outcome(&mut self, number: u64, message: &str, order: &str, state: &str) {
        if self.in_flight.remove(message).is_none() {
            self.faults.push(format!("entry {number}: {message} to {order} is {state} without an attempt"));
        }
        if !matches!(state, "captured" | "sent" | "unknown") {
            self.taken.remove(order);
        }
    }
}

/// The outbox says what the ledger says: one row for each order at most, in the state of its last outcome.
pub fn outbox(picture: &Picture) -> Vec<String> {
    let mut faults = Vec::new();
    let mut last: HashMap<&str, &str> = HashMap::new();
    for event in &picture.events {
        match &event.what {
            What::Attempt { message, .. } => last.insert(message, "sending"),
            What::Outcome { message, state, .. } => last.insert(message, state),
            _ => None,
        };
    }
    let mut orders = HashSet::new();
    for row in &picture.outbox {
        if !orders.insert(row.order_id) {
            faults.push(format!("order {} has two messages", row.order_id));
        }
        let id = row.id.to_string();
        let said = last.get(id.as_str()).copied();
        let left = |state| {
            matches!(state, MessageState::Captured | MessageState::Sent | MessageState::Unknown | MessageState::Sending)
        };
        let fits = match said {
            Some(state @ ("captured" | "sent" | "unknown" | "sending" | "failed")) => row.state.as_str() == state,
            _ => !left(row.state),
        };
        if !fits {
            faults.push(format!("message {id} of order {} is {}, the ledger says {said:?}", row.order_id, row.state));
        }
    }
    faults
}

/// A permit's life in microseconds (law 2).
const PERMIT_MICROS: i64 = 10_000_000;

/// What left is `sent`, `unknown` or in flight; nothing left twice; nothing later than a permit's life after its
/// suppression (law 2).
pub fn accepted(account: &KnownAccount, picture: &Picture, accepted: &[Accepted]) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut ids, mut orders) = (HashSet::new(), HashSet::new());
    let rows: HashMap<String, MessageState> =
        picture.outbox.iter().map(|row| (row.order_id.to_string(), row.state)).collect();
    let mut since: HashMap<&str, Timestamp> = HashMap::new();
    for event in &picture.events {
        if let What::Added { order: Some(order), .. } = &event.what {
            since.entry(order).or_insert(event.time);
        }
    }
    let reached: HashSet<&str> = accepted.iter().map(|one| one.order.as_str()).collect();
    for row in picture.outbox.iter().filter(|row| row.state == MessageState::Sent) {
        if !reached.contains(row.order_id.to_string().as_str()) {
            faults.push(format!("the message to {} is sent, and never reached the server", row.order_id));
        }
    }
    let mine = accepted.iter().filter(|one| account.orders.contains_key(&one.order));
    for one in mine {
        if !ids.insert(&one.message_id) {
            faults.push(format!("Message-ID {} left twice", one.message_id));
        }
        if !orders.insert(&one.order) {
            faults.push(format!("order {} got two messages", one.order));
        }
        match rows.get(&one.order) {
            Some(MessageState::Sent | MessageState::Unknown | MessageState::Sending) => {}
            other => faults.push(format!("the message to {} left, and the outbox says {other:?}", one.order)),
        }
        if let Some(since) = since.get(one.order.as_str())
            && one.at.as_micros() > since.as_micros() + PERMIT_MICROS
        {
            faults.push(format!("the message to {} left later than a permit's life after its opt-out", one.order));
        }
    }
    faults
}

#[cfg(test)]
#[path = "laws_tests.rs"]
mod tests;
