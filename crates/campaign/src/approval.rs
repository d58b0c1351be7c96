//! A campaign's words held against the rules for messages to buyers, as a file before it is put to use and as a letter
//! filled in for one order. Errors hold back; warnings are told. The file's findings stand at their place in the file.

use policy::words::{Approved, Finding, Letter, Linter, Part, Rule, Severity};

use crate::problem::{Problem, Problems};
use crate::render::Rendered;
use crate::template::{Templates, Written, WrittenLetter};
use crate::types::Campaign;

/// A campaign that may be put to use.
#[derive(Debug)]
pub struct Approval {
    /// What the file says.
    pub campaign: Campaign,
    /// What the store takes to add it or to switch it on.
    pub approved: Approved,
    /// What should be mended and holds nothing back.
    pub warnings: Vec<TextFinding>,
}

/// Why a campaign may not be put to use.
#[derive(Debug)]
pub enum HeldBack {
    /// The file has mistakes.
    Problems(Vec<Problem>),
    /// Its words break rules: all findings, errors and warnings, in the order of the file.
    Words(Vec<TextFinding>),
}

/// A place of a campaign file whose words break a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFinding {
    /// The line of the file, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The field, such as `template.en.text`.
    pub field: String,
    /// The words that were found, in one line; empty where something is missing.
    pub words: String,
    /// The rule, with its sentence and what to do instead.
    pub rule: &'static Rule,
}

impl TextFinding {
    /// Whether the campaign may not be put to use with it.
    pub fn holds_back(&self) -> bool {
        self.rule.severity == Severity::Error
    }
}

impl std::fmt::Display for TextFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (severity, rule) = (self.rule.severity.as_str(), self.rule);
        write!(f, "line {}, column {}: {}: ", self.line, self.column, self.field)?;
        write!(f, "{severity} ({}): {}", rule.id, rule.sentence)?;
        if !self.words.is_empty() {
            write!(f, " Found: “{}”.", self.words)?;
        }
        write!(f, " Instead: {}", rule.instead)
    }
}

/// Reads a campaign file and holds all its words against the rules.
///
/// # Errors
/// Every mistake of the file; where there is none, every finding, if one of them holds it back.
pub fn approve(source: &str) -> Result<Approval, HeldBack> {
    let campaign = Campaign::parse(source).map_err(HeldBack::Problems)?;
    let linter = linter().map_err(|problem| HeldBack::Problems(vec![problem]))?;
    let variants = campaign.split.variants.iter().map(|variant| &variant.templates);
    let written: Vec<&WrittenLetter> =
        std::iter::once(&campaign.templates).chain(variants).flat_map(Templates::written).collect();
    let letters: Vec<Letter<'_>> = written
        .iter()
        .map(|letter| Letter {
            subject: &letter.subject.value,
            text: &letter.text.value,
            language: Some(&letter.language),
            template: true,
            ..Letter::default()
        })
        .collect();
    let file = Problems::new(source);
    let mut judged = linter.judge(source.to_owned(), &letters);
    let mut findings = Vec::new();
    for (letter, found) in written.iter().zip(std::mem::take(&mut judged.findings)) {
        for finding in found {
            let (part, written) = match finding.part {
                Part::Subject => ("subject", &letter.subject),
                Part::Text | Part::Attachments => ("text", &letter.text),
            };
            let (line, column) = file.place(written.place(finding.place.start));
            let field = format!("{}.{part}", letter.field);
            let words = words(&written.value, &finding);
            findings.push(TextFinding { line, column, field, words, rule: finding.rule });
        }
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    match judged.approved {
        Some(approved) => Ok(Approval { campaign, approved, warnings: findings }),
        None => Err(HeldBack::Words(findings)),
    }
}

/// What is wrong with a letter as it would leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFinding {
    /// The words that were found, in one line; empty where something is missing.
    pub words: String,
    /// The rule, with its sentence and what to do instead.
    pub rule: &'static Rule,
}

impl Rendered {
    /// The errors of a letter as it would leave. Its template was held against the rules when the campaign was put to
    /// use; what is found here mostly came with a value, such as the product's name.
    ///
    /// # Errors
    /// Where there are no rules to hold it against; then it must not leave.
    pub fn errors(&self, order: model::OrderId) -> Result<Vec<LetterFinding>, Problem> {
        let letter = Letter {
            subject: &self.subject,
            text: &self.text,
            language: Some(&self.language),
            order: Some(order),
            ..Letter::default()
        };
        let findings = linter()?.check(&letter);
        let errors = findings.into_iter().filter(Finding::holds_back).map(|finding| {
            let source = if finding.part == Part::Subject { &self.subject } else { &self.text };
            LetterFinding { words: words(source, &finding), rule: finding.rule }
        });
        Ok(errors.collect())
    }
}

fn linter() -> Result<&'static Linter, Problem> {
    Linter::built_in().map_err(|error| Problem {
        line: None,
        column: None,
        field: String::new(),
        message: format!(
            "the rules for messages to buyers can't be read, so nothing can be held against them: {error}"
        ),
    })
}

/// The longest stretch of words that a finding shows, in characters.
const LONGEST_WORDS: usize = 120;

fn words(source: &str, finding: &Finding<'_>) -> String {
    let found = source.get(finding.place.clone()).unwrap_or_default();
    let line = found.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_WORDS {
        return line;
    }
    let mut short: String = line.chars().take(LONGEST_WORDS - 1).collect();
    short.push('…');
    short
}

impl Written {
    /// The byte of the file at which this byte of the text stands.
    fn place(&self, at: usize) -> usize {
        let step = self.places.iter().rev().find(|(value, _)| *value <= at);
        step.map_or(self.start, |(value, file)| file + (at - value))
    }
}
