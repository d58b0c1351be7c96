//! What the DNS answered, as it is handed in: this crate asks nobody. The names asked for are those of keys of
//! domains that count, so no mail can make Abide ask for a name of its choice.

use std::collections::BTreeMap;

/// The answer to one question for TXT records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The records, each with its pieces put together.
    Records(Vec<String>),
    /// There is no such name, or it has no such record: for good.
    Nothing,
    /// Nobody could tell now; asking later may help.
    Unavailable,
}

/// Answers by name, in lower case and without a dot at the end. A name that is missing counts as unavailable.
pub type Answers = BTreeMap<String, Answer>;
