//! A text that may be put to use. Only the linter makes one, after it has held every letter of it against every rule,
//! and what puts campaigns to use takes nothing else: so no way of activating goes round the rules.

use super::linter::{Finding, Letter, Linter};

/// The source of a campaign whose letters break no rule that holds back. It can't be made or changed elsewhere.
#[derive(PartialEq, Eq)]
pub struct Approved {
    source: String,
}

impl Approved {
    /// The campaign's source, exactly as it was approved.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The source itself.
    pub fn into_source(self) -> String {
        self.source
    }
}

impl std::fmt::Debug for Approved {
    /// Without the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approved").field("bytes", &self.source.len()).finish()
    }
}

/// What the linter says of all letters of a source.
#[derive(Debug)]
pub struct Judgement<'l> {
    /// The source, where nothing holds it back.
    pub approved: Option<Approved>,
    /// The findings of each letter, in the letters' order; warnings stand here, too.
    pub findings: Vec<Vec<Finding<'l>>>,
}

impl Linter {
    /// Holds every letter of a source against every rule. The caller sees to it that these are all of its letters;
    /// a source without any (Amazon writes the text) is approved.
    pub fn judge(&self, source: String, letters: &[Letter<'_>]) -> Judgement<'_> {
        let findings: Vec<_> = letters.iter().map(|letter| self.check(letter)).collect();
        let held = findings.iter().flatten().any(Finding::holds_back);
        Judgement { approved: (!held).then_some(Approved { source }), findings }
    }
}
