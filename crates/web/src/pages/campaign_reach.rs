//! Why a campaign's message is not for the last orders: the reasons with their counts, and the conditions that fail first. The
//! preview and the page of one that stays off show the same.

use std::cmp::Reverse;

use campaign::Reach;
use model::Reason;

/// Orders that get nothing, by reason.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    /// The most frequent first.
    pub others: Vec<(u64, Reason)>,
    /// Conditions that orders fail first, by name.
    pub conditions: Vec<(&'static str, u64)>,
}

impl Missed {
    pub fn of(reach: &Reach) -> Self {
        let counted = reach.waits.iter().chain(&reach.noes);
        let mut others: Vec<(u64, Reason)> = counted.map(|(reason, n)| (*n, *reason)).collect();
        others.sort_by_key(|(n, _)| Reverse(*n));
        Self { others, conditions: reach.conditions.iter().map(|(name, n)| (*name, *n)).collect() }
    }
}
