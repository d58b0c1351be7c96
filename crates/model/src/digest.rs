//! A day of an account as its ledger tells it: what left, what was refused and why, who opted out. It is counted from
//! entries alone, so that it can't say anything else than what can be proven.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Reason;
use crate::ledger::LedgerKind;

/// What happened between two entries of a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// Messages that left.
    pub sent: u64,
    /// Messages that were written and kept (capture mode).
    pub captured: u64,
    /// Messages that a server refused for good, or that came back.
    pub failed: u64,
    /// Messages that were lost on their way; a member settles them.
    pub lost: u64,
    /// Messages that were refused for good, by the reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Messages that waiting notices or members took back before they left.
    pub withdrawn: u64,
    /// Entries that came onto the opt-out list and act.
    pub suppressed: u64,
    /// Entries that came onto it and are held.
    pub held: u64,
    /// Entries that members took off it.
    pub removed: u64,
}

/// What is looked at of an entry's payload; anything else in it is not the digest's affair.
#[derive(Debug, Default, Deserialize)]
pub struct EntryTold {
    /// How an attempt or a bounce ended.
    pub state: Option<String>,
    /// Why a message was refused for good.
    pub reason: Option<String>,
    /// Whether an entry of the list is held.
    #[serde(default)]
    pub held: bool,
    /// The messages that it took back.
    #[serde(default)]
    pub withdrawn: Vec<serde::de::IgnoredAny>,
}

impl Digest {
    /// Counts one entry; `told` is none where its payload was erased, and then only its kind is known.
    pub fn count(&mut self, kind: LedgerKind, told: Option<&EntryTold>) {
        self.withdrawn += told.map_or(0, |told| u64::try_from(told.withdrawn.len()).unwrap_or(u64::MAX));
        match (kind, told) {
            (LedgerKind::Outcome, Some(told)) => match told.state.as_deref() {
                Some("sent") => self.sent += 1,
                Some("captured") => self.captured += 1,
                Some("failed") => self.failed += 1,
                Some("unknown") => self.lost += 1,
                _ => {}
            },
            (LedgerKind::Refusal, Some(EntryTold { reason: Some(reason), .. })) => {
                if let Ok(reason) = reason.parse() {
                    *self.refused.entry(reason).or_default() += 1;
                }
            }
            // A member took one back himself; those of a block or a stop are named in a list, and counted by it.
            (LedgerKind::Withdrawal, told) if told.is_none_or(|told| told.withdrawn.is_empty()) => self.withdrawn += 1,
            (LedgerKind::SuppressionAdded, Some(told)) if told.held => self.held += 1,
            (LedgerKind::SuppressionAdded, _) => self.suppressed += 1,
            (LedgerKind::SuppressionRemoved, _) => self.removed += 1,
            _ => {}
        }
    }

    /// Whether nothing happened that it counts.
    pub fn is_quiet(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_counted_from_its_entries_and_what_waits_on_is_not_refused() {
        let mut digest = Digest::default();
        let state = |state: &str| EntryTold { state: Some(state.into()), ..EntryTold::default() };
        let refused = EntryTold { reason: Some("opted_out".into()), ..EntryTold::default() };
        let entries = [
            (LedgerKind::Outcome, state("sent")),
            (LedgerKind::Outcome, EntryTold { reason: Some("paced".into()), ..state("waiting") }),
            (LedgerKind::Outcome, state("unknown")),
            (LedgerKind::Refusal, refused),
            // It waits: for what, stands under another name.
            (LedgerKind::Refusal, EntryTold::default()),
            (LedgerKind::SuppressionAdded, EntryTold::default()),
            (LedgerKind::SuppressionAdded, EntryTold { held: true, ..EntryTold::default() }),
            (LedgerKind::Notice, EntryTold { withdrawn: vec![serde::de::IgnoredAny; 2], ..EntryTold::default() }),
            (LedgerKind::Withdrawal, EntryTold::default()),
            (LedgerKind::Attempt, EntryTold::default()),
        ];
        for (kind, told) in &entries {
            digest.count(*kind, Some(told));
        }
        digest.count(LedgerKind::SuppressionRemoved, None);
        let refused = BTreeMap::from([(Reason::OptedOut, 1)]);
        let counted =
            Digest { sent: 1, lost: 1, refused, withdrawn: 3, suppressed: 1, held: 1, removed: 1, ..Digest::default() };
        assert_eq!(digest, counted);
        assert!(!digest.is_quiet() && Digest::default().is_quiet());
    }
}
