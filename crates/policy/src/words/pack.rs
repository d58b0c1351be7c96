//! The data files: what each rule is (`words/rules.toml`) and, per language, the wording that breaks it
//! (`words/en.toml` and so on). A pattern is words and `<classes>` in a row; `~` allows other words of the same
//! sentence between them, `~~` also of other sentences. A `*` at a word's end or beginning leaves that side open.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rules, as the file has them.
pub const RULES: &str = include_str!("../../words/rules.toml");

/// The packs by language.
pub const PACKS: [(&str, &str); 6] = [
    ("en", include_str!("../../words/en.toml")),
    ("de", include_str!("../../words/de.toml")),
    ("fr", include_str!("../../words/fr.toml")),
    ("es", include_str!("../../words/es.toml")),
    ("it", include_str!("../../words/it.toml")),
    ("ja", include_str!("../../words/ja.toml")),
];

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Should be mended; holds nothing back.
    Warning,
    /// Breaks a rule: the text may not leave.
    Error,
}

impl Severity {
    /// The word for output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, for output and documents.
    pub id: String,
    /// How much a finding weighs.
    pub severity: Severity,
    /// What is wrong, in one plain sentence.
    pub sentence: String,
    /// What to do instead.
    pub instead: String,
    /// Where the rule comes from.
    pub source: String,
    /// The date of that source, or the day on which it was read.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    rule: Vec<Rule>,
}

/// The wording of one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// ISO 639.
    pub language: String,
    /// Where its words come from.
    pub origin: String,
    /// Whether somebody who speaks the language has read and confirmed it.
    pub confirmed_by_speaker: bool,
    /// How many letters `~` may stand for.
    pub near: usize,
    /// How many letters `~~` may stand for.
    pub far: usize,
    /// Frequent short words that tell this language from the others.
    pub common: Vec<String>,
    /// The words that mark a message as important.
    pub important: Vec<String>,
    /// Words before a telephone number.
    pub telephone: Vec<String>,
    /// Words before other long numbers: tracking, invoices.
    pub numbers: Vec<String>,
    /// Classes of words for patterns.
    pub words: BTreeMap<String, Vec<String>>,
    /// What breaks each wording rule; a rule may have several, each with its own exceptions.
    pub rules: BTreeMap<String, Vec<Wording>>,
}

/// What breaks one rule in one language, with the exceptions that hold for these patterns alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Any of these is a finding,
    pub patterns: Vec<String>,
    /// unless one of these shares letters with the words found,
    #[serde(default)]
    pub unless: Vec<String>,
    /// or one of these anywhere in the letter.
    #[serde(default)]
    pub unless_anywhere: Vec<String>,
}

/// A data file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is not TOML of the expected form.
    #[error("the words file `{file}` could not be read")]
    Form {
        /// Which.
        file: String,
        /// What TOML says.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A pattern names a class that the pack doesn't have, or nothing at all.
    #[error("the words file `{file}` has a pattern that can't be used: {pattern}")]
    Pattern {
        /// Which.
        file: String,
        /// The pattern.
        pattern: String,
    },
    /// A pack has wording for a rule that doesn't exist, or a check has no rule.
    #[error("there is no rule `{0}` in rules.toml")]
    Rule(String),
    /// The search could not be built.
    #[error("the words files are too large together")]
    Size(#[source] Box<aho_corasick::BuildError>),
    /// An expression could not be built.
    #[error("the words files make an expression that can't be used")]
    Expression(#[source] Box<regex::Error>),
}

/// Reads the rules.
pub fn read_rules(text: &str) -> Result<Vec<Rule>, PackError> {
    toml::from_str::<RuleFile>(text)
        .map(|file| file.rule)
        .map_err(|source| PackError::Form { file: "rules".into(), source: Box::new(source) })
}

/// Reads one pack.
pub fn read_pack(name: &str, text: &str) -> Result<Pack, PackError> {
    toml::from_str(text).map_err(|source| PackError::Form { file: name.into(), source: Box::new(source) })
}
