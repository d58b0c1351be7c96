//! What happened in an account day by day, by store and by campaign, as it was counted when it happened. A day is the store's
//! own, by its zone.

use std::collections::BTreeMap;

use crate::{CampaignId, Marketplace, Reason};

/// A day, as so many days since 1970-01-01 in the store's own zone.
pub type Day = i64;

/// What happened on a day, or on many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Unsolicited messages that left; what came back later has left, too.
    pub sent: u64,
    /// Critical messages that left by e-mail.
    pub critical: u64,
    /// Messages that were written and kept (capture mode).
    pub captured: u64,
    /// Orders whose buyer said no, by a notice of Amazon's; each once, however often notices tell it.
    pub opted_out: u64,
    /// Messages that found no room that day under the account's daily limit and wait for another day.
    pub put_off: u64,
    /// Messages that were refused for good, by the reason.
    pub refused: BTreeMap<Reason, u64>,
}

impl Tally {
    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.critical += other.critical;
        self.captured += other.captured;
        self.opted_out += other.opted_out;
        self.put_off += other.put_off;
        for (reason, n) in &other.refused {
            *self.refused.entry(*reason).or_default() += n;
        }
    }

    /// Messages that were refused for good, for whichever reason.
    pub fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// Days on which something happened.
pub type Days = BTreeMap<Day, Tally>;

/// The numbers of an account over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// By store, in the order of their codes; the last, of no store, is what nobody could tell the store of.
    pub stores: Vec<(Option<Marketplace>, Days)>,
    /// By campaign with its name, in the order of the names. An opt-out counts for the campaign whose message left to that order.
    pub campaigns: Vec<(CampaignId, String, Days)>,
}

impl Numbers {
    /// All stores together.
    pub fn all(&self) -> Days {
        let mut all = Days::new();
        for (day, tally) in self.stores.iter().flat_map(|(_, days)| days) {
            all.entry(*day).or_default().add(tally);
        }
        all
    }
}

/// All the days together.
pub fn total(days: &Days) -> Tally {
    let mut total = Tally::default();
    for tally in days.values() {
        total.add(tally);
    }
    total
}
