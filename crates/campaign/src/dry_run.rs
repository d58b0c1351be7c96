//! A dry run: what campaigns would make of orders at one moment, one order after the other, keeping counts alone, so that
//! memory stays flat however many there are. It asks what a plan asks and nothing else: not the opt-out list, no cap, no
//! stop; those are the gate's, and the gate needs what the store knows.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::order::Order;
use model::{Reason, Timestamp};

use crate::plan::{Outcome, outcome};
use crate::priority::{Ranked, Standing, rank};
use crate::types::Campaign;

/// What an order gets from one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A message, due then.
    Message(Timestamp),
    /// It would get one, but another campaign's of the same priority is due sooner, and an order gets one.
    Another(Timestamp),
    /// Perhaps later.
    Waits(Reason),
    /// None.
    No(Reason),
}

impl Verdict {
    const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Message { due, .. } => Self::Message(due),
            Outcome::Wait { reason, .. } => Self::Waits(reason),
            Outcome::No { reason } => Self::No(reason),
        }
    }

    /// Why, in the word of docs/reasons.md; none where a message is due.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Message(_) | Self::Another(_) => None,
            Self::Waits(reason) | Self::No(reason) => Some(reason),
        }
    }
}

/// What one campaign made of the orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRunCounts {
    /// Orders that get its message.
    pub messages: u64,
    /// Orders that would, and get another campaign's.
    pub another: u64,
    /// Orders that wait, by reason.
    pub waits: BTreeMap<Reason, u64>,
    /// Orders that get none, by reason.
    pub noes: BTreeMap<Reason, u64>,
}

/// Asks campaigns about orders. Each covers all orders, whenever it was switched on, unless it says `orders_after`.
#[derive(Debug)]
pub struct DryRun<'c> {
    campaigns: &'c [Campaign],
    now: Timestamp,
    counts: Vec<DryRunCounts>,
    days: BTreeMap<Date, u64>,
    orders: u64,
}

impl<'c> DryRun<'c> {
    /// Campaigns, the first of which goes first where two messages are due at the same time.
    pub fn new(campaigns: &'c [Campaign], now: Timestamp) -> Self {
        Self {
            campaigns,
            now,
            counts: vec![DryRunCounts::default(); campaigns.len()],
            days: BTreeMap::new(),
            orders: 0,
        }
    }

    /// What one order gets: a verdict for each campaign, in their order.
    pub fn ask(&mut self, order: &Order) -> Vec<Verdict> {
        self.orders += 1;
        let mut ranked: Vec<Ranked> = self
            .campaigns
            .iter()
            .map(|campaign| Ranked {
                priority: campaign.priority,
                standing: Standing::Open,
                outcome: outcome(campaign, Timestamp::MIN, order, self.now).outcome,
            })
            .collect();
        rank(&mut ranked, self.now);
        let mut verdicts: Vec<Verdict> = ranked.into_iter().map(|ranked| Verdict::of(ranked.outcome)).collect();
        let due = |verdict: &Verdict| match verdict {
            Verdict::Message(due) => Some(*due),
            _ => None,
        };
        let first = verdicts.iter().enumerate().filter_map(|(at, verdict)| Some((due(verdict)?, at))).min();
        for (at, (verdict, counts)) in verdicts.iter_mut().zip(&mut self.counts).enumerate() {
            match *verdict {
                Verdict::Message(due) if first.is_some_and(|(_, winner)| winner == at) => {
                    counts.messages += 1;
                    *self.days.entry(due.max(self.now).utc_date()).or_default() += 1;
                }
                Verdict::Message(due) | Verdict::Another(due) => {
                    counts.another += 1;
                    *verdict = Verdict::Another(due);
                }
                Verdict::Waits(reason) => *counts.waits.entry(reason).or_default() += 1,
                Verdict::No(reason) => *counts.noes.entry(reason).or_default() += 1,
            }
        }
        verdicts
    }

    /// What each campaign made of the orders so far, in their order.
    pub fn counts(&self) -> &[DryRunCounts] {
        &self.counts
    }

    /// Messages by the day (UTC) on which they are due; what was due before the moment of the run is due then.
    pub const fn days(&self) -> &BTreeMap<Date, u64> {
        &self.days
    }

    /// Orders asked about.
    pub const fn orders(&self) -> u64 {
        self.orders
    }
}

/// What one campaign alone makes of an order.
pub fn verdict(campaign: &Campaign, order: &Order, now: Timestamp) -> Verdict {
    Verdict::of(outcome(campaign, Timestamp::MIN, order, now).outcome)
}
