//! A letter held against every rule. Findings come in the order of the text, the subject first; where two matches of
//! one rule overlap, the first stands for both.

use std::ops::Range;
use std::sync::LazyLock;

use model::OrderId;
use regex::Regex;

use super::fold::Folded;
use super::links::Links;
use super::matcher::Matcher;
use super::pack::{PACKS, Pack, PackError, RULES, Rule, Severity, read_pack, read_rules};
use super::signs;

/// The most that may be attached.
const MOST_ATTACHMENTS: usize = 5;
/// The most bytes of all attachments together.
const MOST_ATTACHED_BYTES: u64 = 10_000_000;
/// How many common words of another language, and how many times those of its own, make a text foreign.
const FOREIGN_WORDS: usize = 4;
const FOREIGN_TIMES: usize = 3;

/// What is checked.
#[derive(Clone, Copy, Default)]
pub struct Letter<'t> {
    /// One line; empty where there is none.
    pub subject: &'t str,
    /// The text.
    pub text: &'t str,
    /// The language that it is said to be in, ISO 639; `None` if nobody says.
    pub language: Option<&'t str>,
    /// The order, where it is known; else any order id will do.
    pub order: Option<OrderId>,
    /// Whether subject and text are templates: their tags are left out, and `{{ order_id }}` is an order id.
    pub template: bool,
    /// What is sent with it.
    pub attachments: &'t [Attachment<'t>],
}

/// A file sent with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment<'t> {
    /// Its name, whose ending tells its type.
    pub name: &'t str,
    /// Its size.
    pub bytes: u64,
}

/// Where in a letter something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// In the subject.
    Subject,
    /// In the text.
    Text,
    /// In the attachments; the range counts them from 0.
    Attachments,
}

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'l> {
    /// The rule, with its sentence, proposal, source and date.
    pub rule: &'l Rule,
    /// Which part.
    pub part: Part,
    /// The bytes of that part; empty at its beginning where something is missing.
    pub place: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Finding<'_> {
    /// Whether the letter may not leave with it.
    pub fn holds_back(&self) -> bool {
        self.rule.severity == Severity::Error
    }
}

/// The rules, ready to use.
pub struct Linter {
    rules: Vec<Rule>,
    packs: Vec<Pack>,
    matcher: Matcher,
    links: Links,
    important: Regex,
}

static BUILT_IN: LazyLock<Result<Linter, PackError>> = LazyLock::new(Linter::from_files);

impl Linter {
    /// The linter with the rules of this build, read once.
    ///
    /// # Errors
    /// Where a data file is not of its form; a test holds all of them.
    pub fn built_in() -> Result<&'static Self, &'static PackError> {
        BUILT_IN.as_ref()
    }

    fn from_files() -> Result<Self, PackError> {
        let rules = read_rules(RULES)?;
        let packs = PACKS.iter().map(|(name, text)| read_pack(name, text)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
        let matcher = Matcher::build(&packs, &names)?;
        let links = Links::build(&packs)?;
        let marks: Vec<String> = packs
            .iter()
            .flat_map(|pack| &pack.important)
            .map(|word| regex::escape(&Folded::read(word, false).clean))
            .collect();
        let important = Regex::new(&format!(r"[\[【(〔［{{<*]\s*(?:{})\s*[\]】)〕］}}>*]", marks.join("|")))
            .map_err(|source| PackError::Expression(Box::new(source)))?;
        Ok(Self { rules, packs, matcher, links, important })
    }

    /// All rules, in the order of their file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The languages that have wording rules: ISO 639, where the words come from, and whether a speaker confirmed
    /// them.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        self.packs.iter().map(|pack| (pack.language.as_str(), pack.origin.as_str(), pack.confirmed_by_speaker))
    }

    /// Everything that is to be said about a letter.
    pub fn check(&self, letter: &Letter<'_>) -> Vec<Finding<'_>> {
        let mut findings = Vec::new();
        let mut common = vec![0; self.packs.len()];
        for (part, source) in [(Part::Subject, letter.subject), (Part::Text, letter.text)] {
            self.read(part, source, letter.template, &mut common, &mut findings);
        }
        self.order_id(letter, &mut findings);
        self.language(letter, &common, &mut findings);
        self.attachments(letter.attachments, &mut findings);
        settle(letter, findings)
    }

    fn read<'l>(
        &'l self,
        part: Part,
        source: &str,
        template: bool,
        common: &mut [usize],
        findings: &mut Vec<Finding<'l>>,
    ) {
        let folded = Folded::read(source, template);
        let found = self.matcher.search(&folded);
        for (sum, count) in common.iter_mut().zip(&found.common) {
            *sum += count;
        }
        for wording in &found.matches {
            // Mere thanks are a matter of the whole letter, so a subject alone says nothing.
            if let Some(rule) = self.rules.get(wording.rule) {
                if part == Part::Subject && rule.id == "mere-thanks" {
                    continue;
                }
                findings.push(found_at(rule, part, folded.place_of_letters(wording.start, wording.end)));
            }
        }
        for (id, start, end) in self.links.marks(&folded) {
            self.push(id, part, folded.place_of_clean(start, end), findings);
        }
        for found in self.important.find_iter(&folded.clean) {
            self.push("important", part, folded.place_of_clean(found.start(), found.end()), findings);
        }
        for (id, start, end) in signs::marks(source, template) {
            self.push(id, part, start..end, findings);
        }
    }

    fn push<'l>(&'l self, id: &str, part: Part, place: Range<usize>, findings: &mut Vec<Finding<'l>>) {
        if let Some(rule) = self.rules.iter().find(|rule| rule.id == id) {
            findings.push(found_at(rule, part, place));
        }
    }

    fn order_id<'l>(&'l self, letter: &Letter<'_>, findings: &mut Vec<Finding<'l>>) {
        let there = [letter.subject, letter.text].iter().any(|source| {
            let tagged = letter.template && names_order_id(source);
            tagged
                || match letter.order {
                    Some(order) => source.contains(order.as_str()),
                    None => has_order_id(source),
                }
        });
        if !there {
            self.push("order-id", Part::Text, 0..0, findings);
        }
    }

    fn language<'l>(&'l self, letter: &Letter<'_>, common: &[usize], findings: &mut Vec<Finding<'l>>) {
        let Some(language) = letter.language else { return };
        let language = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let own = self.packs.iter().position(|pack| pack.language == language);
        if own.is_none() {
            self.push("unread-language", Part::Text, 0..0, findings);
        }
        let own_words = own.and_then(|own| common.get(own)).copied().unwrap_or(0);
        let most = common.iter().copied().max().unwrap_or(0);
        if most >= FOREIGN_WORDS && most > FOREIGN_TIMES * own_words {
            self.push("language", Part::Text, 0..0, findings);
        }
    }

    fn attachments<'l>(&'l self, attachments: &[Attachment<'_>], findings: &mut Vec<Finding<'l>>) {
        for (number, attachment) in attachments.iter().enumerate() {
            let ending = attachment.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
            if !ending.is_some_and(|ending| matches!(ending.as_str(), "pdf" | "jpg" | "jpeg" | "png")) {
                self.push("attachment-type", Part::Attachments, number..number + 1, findings);
            }
        }
        if attachments.len() > MOST_ATTACHMENTS {
            self.push("attachment-count", Part::Attachments, MOST_ATTACHMENTS..attachments.len(), findings);
        }
        if attachments.iter().fold(0_u64, |sum, attachment| sum.saturating_add(attachment.bytes)) > MOST_ATTACHED_BYTES
        {
            self.push("attachment-size", Part::Attachments, 0..attachments.len(), findings);
        }
    }
}

pub(super) const fn found_at(rule: &Rule, part: Part, place: Range<usize>) -> Finding<'_> {
    Finding { rule, part, place, line: 1, column: 1 }
}

/// Sorts, joins what overlaps, and counts lines and columns in one walk over each part.
pub(super) fn settle<'l>(letter: &Letter<'_>, mut findings: Vec<Finding<'l>>) -> Vec<Finding<'l>> {
    findings.sort_by(|one, other| {
        (one.part, &one.rule.id, one.place.start, other.place.end).cmp(&(
            other.part,
            &other.rule.id,
            other.place.start,
            one.place.end,
        ))
    });
    let mut kept: Vec<Finding<'l>> = Vec::with_capacity(findings.len());
    for finding in findings {
        match kept.last_mut() {
            Some(last)
                if last.part == finding.part
                    && last.rule.id == finding.rule.id
                    && finding.place.start < last.place.end =>
            {
                last.place.end = last.place.end.max(finding.place.end);
            }
            _ => kept.push(finding),
        }
    }
    kept.sort_by(|one, other| {
        (one.part, one.place.start, one.place.end).cmp(&(other.part, other.place.start, other.place.end))
    });
    for (part, source) in [(Part::Subject, letter.subject), (Part::Text, letter.text)] {
        let (mut at, mut line, mut column) = (0, 1, 1);
        for finding in kept.iter_mut().filter(|finding| finding.part == part) {
            for sign in source.get(at..finding.place.start).unwrap_or_default().chars() {
                (line, column) = if sign == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            at = finding.place.start;
            (finding.line, finding.column) = (line, column);
        }
    }
    kept
}

/// Whether something like 123-1234567-1234567 stands there.
fn has_order_id(source: &str) -> bool {
    let dashed = |window: &[u8]| window.get(3) == Some(&b'-') && window.get(11) == Some(&b'-');
    source.as_bytes().windows(19).any(|window| dashed(window) && OrderId::from_bytes(window).is_ok())
}

/// Whether a template prints the order id.
fn names_order_id(source: &str) -> bool {
    source.split("{{").skip(1).any(|behind| behind.split("}}").next().is_some_and(|tag| tag.contains("order_id")))
}
