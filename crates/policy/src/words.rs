//! The linter: what Amazon forbids in messages to buyers, found in a letter before it leaves. Rules and wording are
//! data (`words/*.toml`), one pack a language; every letter is held against all packs, since sellers mix languages.
//! Linting always ends, in time that grows with the text's length only, and marks places inside of the text.

mod approval;
mod critical;
mod fold;
mod glyphs;
mod links;
mod linter;
mod matcher;
mod pack;
mod signs;

pub use approval::{Approved, Judgement};
pub use critical::{ApprovedCritical, CriticalLetter, CriticalLinter};
pub use linter::{Attachment, Finding, Letter, Linter, Part};
pub use pack::{PackError, Rule, Severity};
