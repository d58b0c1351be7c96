//! What was looked at on the way to an answer: each step told in words where an explanation is wanted, and only
//! counted where it is not, so that a dry run over millions of orders writes no sentence that nobody reads.

use model::Reason;

use crate::plan::{Step, StepOutcome};
use crate::types::Choice;

/// What a step says, made only where somebody reads it.
pub(crate) struct Told {
    /// What the order says, without personal data.
    pub(crate) value: String,
    /// One plain sentence.
    pub(crate) sentence: String,
}

impl Told {
    pub(crate) fn new(value: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { value: value.into(), sentence: sentence.into() }
    }
}

/// The steps so far and the first reason of each weight.
pub(crate) struct Look {
    steps: Option<Vec<Step>>,
    pub(crate) no: Option<Reason>,
    pub(crate) wait: Option<Reason>,
}

impl Look {
    /// Every step told.
    pub(crate) const fn told() -> Self {
        Self { steps: Some(Vec::new()), no: None, wait: None }
    }

    /// The answer alone.
    pub(crate) const fn silent() -> Self {
        Self { steps: None, no: None, wait: None }
    }

    /// Whether nothing that comes can change the answer, and nobody reads the steps.
    pub(crate) const fn is_decided(&self) -> bool {
        self.steps.is_none() && self.no.is_some()
    }

    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps.unwrap_or_default()
    }

    pub(crate) fn met(&mut self, condition: &'static str, told: impl FnOnce() -> Told) {
        self.step(condition, StepOutcome::Met, told);
    }

    pub(crate) fn no(&mut self, condition: &'static str, reason: Reason, told: impl FnOnce() -> Told) {
        self.no = self.no.or(Some(reason));
        self.step(condition, StepOutcome::NotMet, told);
    }

    pub(crate) fn waits(&mut self, condition: &'static str, reason: Reason, told: impl FnOnce() -> Told) {
        self.wait = self.wait.or(Some(reason));
        self.step(condition, StepOutcome::Waits, told);
    }

    /// A condition of the file.
    pub(crate) fn condition(&mut self, condition: &'static str, met: bool, told: impl FnOnce() -> Told) {
        if met {
            self.met(condition, told);
        } else {
            self.no(condition, Reason::ConditionNotMet, told);
        }
    }

    /// A condition that asks for those or for all but those. `held` is none where the value is not known: then it is
    /// not met, whatever is asked for. `what` gives the order's value and whom the campaign asks for.
    pub(crate) fn chosen(
        &mut self,
        condition: &'static str,
        held: Option<bool>,
        choice: Choice,
        what: impl FnOnce() -> (String, String),
    ) {
        let met = held == Some(choice == Choice::Only);
        self.condition(condition, met, || {
            let (value, what) = what();
            let wanted = match choice {
                Choice::Only => what,
                Choice::Exclude => format!("all but {what}"),
            };
            let sentence = match (met, held) {
                (true, _) => format!("The campaign is for {wanted}, and this order is one."),
                (false, Some(_)) => format!("The campaign is for {wanted}, and this order is none."),
                (false, None) => {
                    format!("The campaign is for {wanted}, and nothing that was imported has told that of this order.")
                }
            };
            Told { value, sentence }
        });
    }

    fn step(&mut self, condition: &'static str, outcome: StepOutcome, told: impl FnOnce() -> Told) {
        if let Some(steps) = &mut self.steps {
            let Told { value, sentence } = told();
            steps.push(Step { condition, value, outcome, sentence });
        }
    }
}
