//! What the driver knows for certain: which notices went out and which were acknowledged, which orders were in an
//! import that ended with 0. It is the other side of every check, and never killed.

use std::collections::BTreeMap;

use crate::letters::{self, Form, ReportedOrder};
use crate::random::Random;

/// How far an order's import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    /// In no report yet; a notice may name it all the same.
    Not,
    /// In a report whose import was begun and did not end with 0: it may be there or not.
    Begun,
    /// In a report whose import ended with 0.
    Done,
}

/// An order of an account.
#[derive(Debug, Clone)]
pub struct KnownOrder {
    /// What its reports say of it.
    pub reported: ReportedOrder,
    /// Whether one was imported.
    pub state: Reported,
    /// Its notices, as places in [`Memory::notices`].
    pub notices: Vec<usize>,
}

/// One notice with its own Message-ID, and how often it was tried.
#[derive(Debug, Clone)]
pub struct KnownNotice {
    /// The account, as a place in [`Memory::accounts`].
    pub account: usize,
    /// The order it names.
    pub order: String,
    /// Its form.
    pub form: Form,
    /// Whether it names the buyer's relay address itself.
    pub names_buyer: bool,
    /// The mail.
    pub mail: Vec<u8>,
    /// How often its last byte may have left the driver.
    pub transmitted: u64,
    /// How often it was acknowledged: 250, or an import that ended with 0.
    pub acknowledged: u64,
    /// How often a file with it was imported, to its end or not.
    pub by_file: u64,
    /// Imports that ended with 0 and may have passed over it, since a file had brought it before: they log no mail.
    pub passed_over: u64,
}

/// One account of the installation.
#[derive(Debug, Default)]
pub struct KnownAccount {
    /// Its handle.
    pub handle: String,
    /// An inbound address that takes every kind of notice.
    pub address: String,
    /// Its orders by id.
    pub orders: BTreeMap<String, KnownOrder>,
    /// The head of its ledger at the last check.
    pub head: Option<String>,
}

/// All that the driver knows.
#[derive(Debug, Default)]
pub struct Memory {
    /// The accounts.
    pub accounts: Vec<KnownAccount>,
    /// The notices, in the order of their making.
    pub notices: Vec<KnownNotice>,
}

impl Memory {
    /// Makes an order that no report holds yet. Every third one shares its buyer with an order before it, and
    /// one in twenty has no relay address.
    fn new_order(&mut self, account: usize, random: &mut Random) -> String {
        let orders = &mut self.accounts[account].orders;
        let id = letters::order_id(account, orders.len() + 1);
        let alias = match random.below(60) {
            0..3 => None,
            3..20 => {
                // Of the orders made last, so that an alias is shared by a few and never by more than twenty.
                let recent: Vec<String> =
                    orders.values().rev().take(6).filter_map(|known| known.reported.alias.clone()).collect();
                random.pick(&recent).cloned().or_else(|| Some(letters::alias(random)))
            }
            _ => Some(letters::alias(random)),
        };
        let reported = ReportedOrder { id: id.clone(), alias };
        orders.insert(id.clone(), KnownOrder { reported, state: Reported::Not, notices: Vec::new() });
        id
    }

    /// Chooses what to send next: mostly a new notice about an order without one, else one that was sent before,
    /// or a second one about the same order. It counts as transmitted from here on. `file`: by a file, not by SMTP.
    pub fn next_notice(&mut self, random: &mut Random) -> usize {
        let account = self.any_account(random);
        let choice = random.below(100);
        let place = if choice < 20 && !self.notices.is_empty() {
            usize::try_from(random.below(u64::try_from(self.notices.len()).unwrap_or(1))).unwrap_or(0)
        } else {
            let known: Vec<String> = self.accounts[account]
                .orders
                .iter()
                .rev()
                .filter(|(_, order)| order.notices.is_empty() == (choice < 90) && self.is_plain(order))
                .take(60)
                .map(|(id, _)| id.clone())
                .collect();
            let order = if (75..90).contains(&choice) { None } else { random.pick(&known).cloned() };
            let order = order.unwrap_or_else(|| self.new_order(account, random));
            self.new_notice(account, &order, random)
        };
        self.notices[place].transmitted += 1;
        place
    }

    /// Whether a second notice of the order may come. One that names the buyer must have been acknowledged by then: were
    /// it sent again after the second, which names none, an attempt between the two would rightly be permitted.
    fn is_plain(&self, order: &KnownOrder) -> bool {
        let mut notices = order.notices.iter().filter_map(|place| self.notices.get(*place));
        notices.all(|notice| notice.acknowledged > 0 || !notice.names_buyer)
    }

    fn new_notice(&mut self, account: usize, order: &str, random: &mut Random) -> usize {
        let form = *random.pick(&[Form::Header, Form::Link, Form::Forwarded]).unwrap_or(&Form::Header);
        let place = self.notices.len();
        let Some(known) = self.accounts[account].orders.get_mut(order) else { return place };
        // The first notice of an order may name the buyer; a later one does not, so that what it covers is plain.
        let alias = known.reported.alias.clone().filter(|_| form == Form::Link && known.notices.is_empty());
        let mail = letters::opt_out(form, order, alias.as_deref(), place);
        known.notices.push(place);
        let names_buyer = alias.is_some();
        self.notices.push(KnownNotice {
            account,
            order: order.to_owned(),
            form,
            names_buyer,
            mail,
            transmitted: 0,
            acknowledged: 0,
            by_file: 0,
            passed_over: 0,
        });
        place
    }

    /// Chooses the orders of a report: new ones, some that only a notice has named so far, some known ones again.
    pub fn next_report(&mut self, random: &mut Random) -> (usize, Vec<String>) {
        let account = self.any_account(random);
        let mut chosen: Vec<String> = (0..5 + random.below(25)).map(|_| self.new_order(account, random)).collect();
        let orders = &mut self.accounts[account].orders;
        let unreported = orders.iter().filter(|(_, order)| order.state == Reported::Not && !order.notices.is_empty());
        chosen.extend(unreported.map(|(id, _)| id.clone()).take(10));
        let again: Vec<String> = orders.keys().rev().take(100).cloned().collect();
        chosen.extend((0..3).filter_map(|_| random.pick(&again).cloned()));
        chosen.sort_unstable();
        chosen.dedup();
        for id in &chosen {
            if let Some(order) = orders.get_mut(id) {
                order.state = order.state.max(Reported::Begun);
            }
        }
        (account, chosen)
    }

    /// An import of a file with the notice ended with 0; `anew`: it was told to pass over nothing.
    pub fn imported_mail(&mut self, place: usize, anew: bool) {
        let notice = &mut self.notices[place];
        notice.acknowledged += 1;
        notice.passed_over += u64::from(!anew && notice.by_file > 1);
    }

    /// The import of a report ended with 0.
    pub fn imported(&mut self, account: usize, orders: &[String]) {
        for id in orders {
            if let Some(order) = self.accounts[account].orders.get_mut(id) {
                order.state = Reported::Done;
            }
        }
    }

    fn any_account(&self, random: &mut Random) -> usize {
        usize::try_from(random.below(u64::try_from(self.accounts.len()).unwrap_or(1))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_notice_comes_before_one_that_names_the_buyer_was_acknowledged() {
        let mut seconds = 0;
        for seed in 0..20 {
            let mut memory = Memory { accounts: vec![KnownAccount::default()], ..Memory::default() };
            let mut random = Random::seeded(seed);
            for _ in 0..300 {
                let place = memory.next_notice(&mut random);
                let of_order = &memory.accounts[0].orders[&memory.notices[place].order].notices;
                if let [first, .., last] = of_order.as_slice()
                    && *last == place
                    && memory.notices[place].transmitted == 1
                {
                    let first = &memory.notices[*first];
                    assert!(first.acknowledged > 0 || !first.names_buyer, "seed {seed}");
                    seconds += 1;
                }
                // Every other one is acknowledged.
                memory.notices[place].acknowledged += u64::from(random.below(2) == 0);
            }
        }
        assert!(seconds > 100, "{seconds} second notices came");
    }
}
