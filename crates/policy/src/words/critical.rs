//! A critical message held against its reason: beyond the rules for every message, what Amazon says is not critical is
//! turned away by name, and the text must speak of the reason chosen. Its wording is data, as the other rules' is
//! (`words/critical`), and searched apart from theirs, so that campaigns' letters pay nothing for it.

use std::sync::LazyLock;

use model::{CriticalReason, OrderId};

use super::fold::Folded;
use super::linter::{Finding, Letter, Linter, Part, found_at, settle};
use super::matcher::Matcher;
use super::pack::{Pack, PackError, Rule, read_pack, read_rules};

/// The most characters of a text, as of the Messaging API's texts.
const LONGEST_TEXT: usize = 2000;
/// The most characters of a subject.
const LONGEST_SUBJECT: usize = 150;

const RULES: &str = include_str!("../../words/critical/rules.toml");

const PACKS: [(&str, &str); 6] = [
    ("critical/en", include_str!("../../words/critical/en.toml")),
    ("critical/de", include_str!("../../words/critical/de.toml")),
    ("critical/fr", include_str!("../../words/critical/fr.toml")),
    ("critical/es", include_str!("../../words/critical/es.toml")),
    ("critical/it", include_str!("../../words/critical/it.toml")),
    ("critical/ja", include_str!("../../words/critical/ja.toml")),
];

/// What is checked: one text to one buyer about one order.
#[derive(Clone, Copy)]
pub struct CriticalLetter<'t> {
    /// Which order; its id must stand in subject or text.
    pub order: OrderId,
    /// What it is said to be about.
    pub reason: CriticalReason,
    /// One line; empty where there is none.
    pub subject: &'t str,
    /// The text.
    pub text: &'t str,
    /// The language that it is said to be in, ISO 639; `None` if nobody says.
    pub language: Option<&'t str>,
}

/// A critical message that breaks no rule that holds back. Only the linter makes one and nothing changes it, so what the
/// store records of a critical message has been held against its order and reason.
#[derive(Clone, PartialEq, Eq)]
pub struct ApprovedCritical {
    order: OrderId,
    reason: CriticalReason,
    language: Option<String>,
    subject: String,
    text: String,
}

impl ApprovedCritical {
    /// The one order that it is about.
    pub const fn order(&self) -> OrderId {
        self.order
    }

    /// What it is about.
    pub const fn reason(&self) -> CriticalReason {
        self.reason
    }

    /// The language that it was said to be in, ISO 639.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// One line, or empty.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for ApprovedCritical {
    /// Without the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApprovedCritical")
            .field("order", &self.order)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The rules for critical messages, ready to use.
pub struct CriticalLinter {
    every: &'static Linter,
    rules: Vec<Rule>,
    packs: Vec<Pack>,
    matcher: Matcher,
}

static BUILT_IN: LazyLock<Result<CriticalLinter, PackError>> = LazyLock::new(CriticalLinter::from_files);

impl CriticalLinter {
    /// The linter with the rules of this build, read once.
    ///
    /// # Errors
    /// Where a data file is not of its form; a test holds all of them.
    pub fn built_in() -> Result<&'static Self, &'static PackError> {
        Linter::built_in()?;
        BUILT_IN.as_ref()
    }

    fn from_files() -> Result<Self, PackError> {
        let every = Linter::built_in().map_err(|error| PackError::Rule(error.to_string()))?;
        let rules = read_rules(RULES)?;
        let packs = PACKS.iter().map(|(name, text)| read_pack(name, text)).collect::<Result<Vec<_>, _>>()?;
        // Behind the rules the reasons, whose patterns break nothing: they show what a text speaks of.
        let mut names: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
        names.extend(CriticalReason::ALL.iter().map(|reason| reason.as_str().to_owned()));
        let matcher = Matcher::build(&packs, &names)?;
        Ok(Self { every, rules, packs, matcher })
    }

    /// The rules beyond those of every message, in the order of their file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Everything that is to be said about a critical message: the rules of every message, then its own.
    pub fn check(&self, letter: &CriticalLetter<'_>) -> Vec<Finding<'_>> {
        let plain = Letter {
            subject: letter.subject,
            text: letter.text,
            language: letter.language,
            order: Some(letter.order),
            ..Letter::default()
        };
        let mut findings = self.every.check(&plain);
        let mut speaks = false;
        for (part, source) in [(Part::Subject, letter.subject), (Part::Text, letter.text)] {
            let folded = Folded::read(source, false);
            for found in self.matcher.search(&folded).matches {
                match self.rules.get(found.rule) {
                    Some(rule) => findings.push(found_at(rule, part, folded.place_of_letters(found.start, found.end))),
                    // The subject alone shows nothing: Seller Central has no room for it.
                    None => speaks |= part == Part::Text && self.reason(found.rule) == Some(letter.reason),
                }
            }
        }
        if !speaks {
            let id = if self.reads(letter.language) { "critical-reason" } else { "critical-unread-reason" };
            self.push(id, Part::Text, &mut findings);
        }
        self.lengths(letter, &mut findings);
        settle(&plain, findings)
    }

    /// The message itself where nothing holds it back, and everything that is to be said about it.
    pub fn vet(&self, letter: &CriticalLetter<'_>) -> (Option<ApprovedCritical>, Vec<Finding<'_>>) {
        let findings = self.check(letter);
        let approved = (!findings.iter().any(Finding::holds_back)).then(|| ApprovedCritical {
            order: letter.order,
            reason: letter.reason,
            language: letter.language.map(ToOwned::to_owned),
            subject: letter.subject.to_owned(),
            text: letter.text.to_owned(),
        });
        (approved, findings)
    }

    fn reason(&self, number: usize) -> Option<CriticalReason> {
        CriticalReason::ALL.get(number.checked_sub(self.rules.len())?).copied()
    }

    /// Whether there are words for that language; where nobody says which it is, it is taken to be one of them.
    fn reads(&self, language: Option<&str>) -> bool {
        let Some(language) = language else { return true };
        let language = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        self.packs.iter().any(|pack| pack.language == language)
    }

    fn lengths<'l>(&'l self, letter: &CriticalLetter<'_>, findings: &mut Vec<Finding<'l>>) {
        let long = |text: &str, most: usize| text.chars().nth(most).is_some();
        if letter.text.trim().is_empty() || long(letter.text, LONGEST_TEXT) {
            self.push("critical-length", Part::Text, findings);
        }
        if long(letter.subject, LONGEST_SUBJECT) || letter.subject.chars().any(char::is_control) {
            self.push("critical-length", Part::Subject, findings);
        }
    }

    fn push<'l>(&'l self, id: &str, part: Part, findings: &mut Vec<Finding<'l>>) {
        if let Some(rule) = self.rules.iter().find(|rule| rule.id == id) {
            findings.push(found_at(rule, part, 0..0));
        }
    }
}
