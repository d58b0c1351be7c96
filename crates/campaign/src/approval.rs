//! A campaign's words held against the rules for messages to buyers, as a file before it is put to use and as a letter
//! filled in for one order. Errors hold back; warnings are told. The file's findings stand at their place in the file.

use model::AttachedFile;
use policy::words::{Approved, Attachment, Finding, Letter, Linter, Part, Rule, Severity};

use crate::parse::ATTACHMENTS;
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

/// Reads a campaign file and holds all its words against the rules, with the files that lie beside it.
///
/// # Errors
/// Every mistake of the file, a file that is named and not `beside` it among them; where there is none, every finding, if
/// one of them holds it back.
pub fn approve(source: &str, beside: &[AttachedFile]) -> Result<Approval, HeldBack> {
    let campaign = Campaign::parse(source).map_err(HeldBack::Problems)?;
    let linter = linter().map_err(|problem| HeldBack::Problems(vec![problem]))?;
    let written: Vec<&WrittenLetter> = campaign.all_templates().flat_map(Templates::written).collect();
    let mut file = Problems::new(source);
    let attached: Vec<Vec<Attachment<'_>>> = written.iter().map(|letter| attached(letter, beside, &mut file)).collect();
    if file.count() > 0 {
        return Err(HeldBack::Problems(file.finish()));
    }
    let letters: Vec<Letter<'_>> = written
        .iter()
        .zip(&attached)
        .map(|(letter, attachments)| Letter {
            subject: &letter.subject.value,
            text: &letter.text.value,
            language: Some(&letter.language),
            template: true,
            attachments,
            ..Letter::default()
        })
        .collect();
    let mut judged = linter.judge(source.to_owned(), &letters);
    let mut findings = Vec::new();
    for (letter, found) in written.iter().zip(std::mem::take(&mut judged.findings)) {
        for finding in found {
            let (part, place, words) = match finding.part {
                Part::Subject => {
                    ("subject", letter.subject.place(finding.place.start), words(&letter.subject.value, &finding))
                }
                Part::Text => ("text", letter.text.place(finding.place.start), words(&letter.text.value, &finding)),
                Part::Attachments => {
                    let named = letter.attachments.get(finding.place.start);
                    let (start, name) = named.map_or((0, String::new()), |named| (named.start, named.name.to_string()));
                    (ATTACHMENTS, start, name)
                }
            };
            let (line, column) = file.place(place);
            let field = format!("{}.{part}", letter.field);
            findings.push(TextFinding { line, column, field, words, rule: finding.rule });
        }
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    match judged.approved {
        Some(approved) => Ok(Approval { campaign, approved, warnings: findings }),
        None => Err(HeldBack::Words(findings)),
    }
}

/// A letter's files out of those beside the campaign file; each that is not there is a mistake at its place.
fn attached<'l>(letter: &'l WrittenLetter, beside: &[AttachedFile], file: &mut Problems<'_>) -> Vec<Attachment<'l>> {
    let mut attached = Vec::new();
    for written in &letter.attachments {
        if let Some(known) = beside.iter().find(|known| known.name == written.name) {
            attached.push(Attachment { name: written.name.as_str(), bytes: known.bytes });
        } else {
            let field = format!("{}.{ATTACHMENTS}", letter.field);
            let message = format!("the file {} is not there; it belongs beside the campaign file", written.name);
            file.at(&(written.start..written.start), field, message);
        }
    }
    attached
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
    /// The errors of a letter as it would leave, with those of the `kept` files that it names. Its template was held against the rules when the campaign was put to
    /// use; what is found here mostly came with a value, such as the product's name.
    ///
    /// # Errors
    /// Where there are no rules to hold it against; then it must not leave.
    pub fn errors(&self, order: model::OrderId, kept: &[AttachedFile]) -> Result<Vec<LetterFinding>, Problem> {
        let named = kept.iter().filter(|kept| self.attachments.contains(&kept.name));
        let attachments: Vec<Attachment<'_>> =
            named.map(|kept| Attachment { name: kept.name.as_str(), bytes: kept.bytes }).collect();
        let letter = Letter {
            attachments: &attachments,
            subject: &self.subject,
            text: &self.text,
            language: Some(&self.language),
            order: Some(order),
            ..Letter::default()
        };
        let findings = linter()?.check(&letter);
        let errors = findings.into_iter().filter(Finding::holds_back).map(|finding| {
            let words = match finding.part {
                Part::Subject => words(&self.subject, &finding),
                Part::Text => words(&self.text, &finding),
                Part::Attachments => String::new(),
            };
            LetterFinding { words, rule: finding.rule }
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
