//! What an import came to, by kind and outcome, in words for a person.

use std::collections::BTreeMap;

use intake::importing::Taken;
use model::inbound::Outcome;

use crate::exit::Failure;
use crate::output::{Output, counted};

/// What was taken in so far.
#[derive(Default)]
pub struct Counts {
    /// Mails that are recorded, now or before.
    pub mails: u64,
    /// Files and mails that could not be taken or read.
    pub faults: u64,
    /// Files in folders and archives that are no mail.
    pub passed_over: u64,
    known: u64,
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    withdrawn: u64,
    already_leaving: u64,
}

impl Counts {
    /// One more mail.
    pub fn add(&mut self, taken: &Taken) {
        self.mails += 1;
        self.known += u64::from(matches!(taken, Taken::Known(_)));
        for reading in &taken.mail().readings {
            *self.outcomes.entry((reading.kind.as_str(), reading.outcome.as_str())).or_default() += 1;
            self.withdrawn += u64::try_from(reading.withdrawn.len()).unwrap_or_default();
            self.already_leaving += u64::try_from(reading.already_leaving.len()).unwrap_or_default();
            self.faults += u64::from(reading.outcome == Outcome::Unread);
        }
    }

    /// All of it as text.
    pub fn summary(&self, output: Output) -> Result<(), Failure> {
        output.title(&format!("{} taken in", counted(self.mails, "mail", "mails")))?;
        let rows: Vec<Vec<String>> = self
            .outcomes
            .iter()
            .map(|((kind, outcome), count)| vec![count.to_string(), (*kind).into(), (*outcome).into()])
            .collect();
        output.table(&["COUNT", "KIND", "OUTCOME"], &rows)?;
        if self.known > 0 {
            output.line(&format!(
                "{} recorded before, from a file, and not read again; --anew reads them, as after an update.",
                counted(self.known, "mail was", "mails were")
            ))?;
        }
        if self.withdrawn > 0 {
            let what = counted(self.withdrawn, "waiting message was", "waiting messages were");
            output.line(&format!("{what} withdrawn."))?;
        }
        if self.already_leaving > 0 {
            let what = counted(self.already_leaving, "message was", "messages were");
            output.line(&format!("{what} leaving already."))?;
        }
        if self.passed_over > 0 {
            let what = counted(self.passed_over, "file is", "files are");
            output.line(&format!("{what} no mail and passed over."))?;
        }
        if self.faults > 0 {
            let what = counted(self.faults, "file or mail", "files or mails");
            output.line(&format!("{what} could not be read; the lines above say which and why."))?;
        }
        Ok(())
    }
}
