//! A campaign's words: subject and text per language, compiled when the campaign is read. A template can take no file,
//! no other template and no function, knows eight filters, can build nothing that grows (see `grammar`), and is stopped by
//! its budget of work and of output.

use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, filters, tests};
use model::AttachmentName;

/// The longest source of a subject or text, in bytes.
pub(crate) const LONGEST_SOURCE: usize = 10_000;
/// The longest output, in bytes; Amazon's own limit for a mail's text is not known, for typed messages it is 2,000.
pub(crate) const LONGEST_OUTPUT: usize = 20_000;
/// Steps of work; each also pays for 64 bytes made. A long letter over 50 items takes about a tenth.
const FUEL: u64 = 10_000;
/// How deep loops and conditions may stand in each other.
const DEPTH: usize = 40;

/// The names a template can use.
pub(crate) const VARIABLES: [&str; 19] = [
    "order_id",
    "purchase_date",
    "purchase_date_iso",
    "ship_date",
    "ship_date_iso",
    "delivery_date",
    "delivery_date_iso",
    "estimated_arrival",
    "estimated_arrival_iso",
    "carrier",
    "tracking_number",
    "items",
    "product_name",
    "quantity",
    "store_name",
    "order_link",
    "review_link",
    "feedback_link",
    "contact_link",
];

/// Why a template could not be filled in for an order. Its sentence holds no value of the order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// The campaign has no words, since Amazon writes this kind of message.
    #[error("this campaign has no template; Amazon writes the text of a solicitation")]
    NoTemplate,
    /// A value that the order lacks and that has no fall-back.
    #[error(
        "the template{} uses a value that is not known for this order; give it a fall-back, such as {{{{ product_name | default(\"your order\") }}}}",
        at_line(*line)
    )]
    MissingValue {
        /// The line of the template, from 1.
        line: Option<usize>,
    },
    /// More work than a letter takes.
    #[error("the template{} does more work than any letter needs; look for loops in loops", at_line(*line))]
    TooMuchWork {
        /// The line of the template, from 1.
        line: Option<usize>,
    },
    /// More text than a letter has.
    #[error("the filled-in template is longer than {LONGEST_OUTPUT} bytes")]
    TooLong,
    /// Nothing but white space.
    #[error("the filled-in {0} is empty")]
    Empty(&'static str),
    /// Amazon demands the order id in each proactive message (Communication Guidelines).
    #[error("the filled-in message does not hold the order id, which Amazon demands; use {{{{ order_id }}}}")]
    NoOrderId,
    /// Something else.
    #[error("the template{} can't be filled in: {detail}", at_line(*line))]
    Other {
        /// The line of the template, from 1.
        line: Option<usize>,
        /// The template engine's words.
        detail: &'static str,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

impl TemplateFault {
    pub(crate) fn of(error: &minijinja::Error) -> Self {
        let line = error.line();
        match error.kind() {
            ErrorKind::UndefinedError => Self::MissingValue { line },
            ErrorKind::OutOfFuel => Self::TooMuchWork { line },
            ErrorKind::WriteFailure => Self::TooLong,
            // The engine's details could show a value, its kinds can't.
            ErrorKind::UnknownFilter => Self::Other { line, detail: "it uses a filter that is not offered" },
            ErrorKind::UnknownFunction => Self::Other { line, detail: "it calls a function, and none are offered" },
            ErrorKind::UnknownTest => Self::Other { line, detail: "it uses a test that is not offered" },
            ErrorKind::SyntaxError => Self::Other { line, detail: "it breaks the rules of the template language" },
            _ => Self::Other { line, detail: "it asks for something that does not work with this order's values" },
        }
    }
}

/// Which half of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Subject,
    Text,
}

impl Part {
    /// The key in the campaign file.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
        }
    }

    fn name(self, language: &str) -> String {
        format!("{language}/{}", self.as_str())
    }
}

/// A subject or text as it stands in the file.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) value: String,
    /// Offsets of the value and of the file from which on both go in step; empty where that is not known.
    pub(crate) places: Vec<(usize, usize)>,
    /// Where it begins in the file.
    pub(crate) start: usize,
}

/// A letter of the file.
#[derive(Clone)]
pub(crate) struct WrittenLetter {
    pub(crate) language: String,
    /// Its table in the file, such as `template.en`.
    pub(crate) field: String,
    pub(crate) subject: Written,
    pub(crate) text: Written,
    pub(crate) attachments: Vec<WrittenName>,
}

/// A file that goes with a letter, as it is named there.
#[derive(Clone)]
pub(crate) struct WrittenName {
    pub(crate) name: AttachmentName,
    /// Where it stands in the file.
    pub(crate) start: usize,
}

/// The words of a campaign in each of its languages.
#[derive(Clone)]
pub struct Templates {
    environment: Arc<Environment<'static>>,
    languages: Vec<String>,
    default_language: String,
    written: Arc<[WrittenLetter]>,
}

impl Templates {
    /// The languages there are words in, as ISO 639 codes.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// The language for stores of which none is there; empty where there are no words at all.
    pub fn default_language(&self) -> &str {
        &self.default_language
    }

    /// The files that go with the letter in this language.
    pub fn attachments(&self, language: &str) -> Vec<&AttachmentName> {
        let letter = self.written.iter().find(|letter| letter.language == language);
        letter.into_iter().flat_map(|letter| &letter.attachments).map(|written| &written.name).collect()
    }

    /// All letters, as they stand in the file.
    pub(crate) fn written(&self) -> &[WrittenLetter] {
        &self.written
    }

    pub(crate) fn new(
        environment: Environment<'static>,
        languages: Vec<String>,
        default_language: String,
        written: Vec<WrittenLetter>,
    ) -> Self {
        Self { environment: Arc::new(environment), languages, default_language, written: written.into() }
    }

    /// Fills in one half of a letter.
    pub(crate) fn fill(&self, part: Part, language: &str, values: &Value) -> Result<String, TemplateFault> {
        fill(&self.environment, part, language, values).map_err(|error| TemplateFault::of(&error))
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates")
            .field("languages", &self.languages)
            .field("default_language", &self.default_language)
            .finish_non_exhaustive()
    }
}

/// An environment with nothing in it but the filters and tests that are offered.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("default", filters::default);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("length", filters::length);
    environment.add_filter("join", filters::join);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment
}

/// Compiles one half of a letter into the environment.
pub(crate) fn add(
    environment: &mut Environment<'static>,
    part: Part,
    language: &str,
    source: &str,
) -> Result<(), minijinja::Error> {
    environment.add_template_owned(part.name(language), source.to_owned())
}

/// The top-level names that one half of a letter uses.
pub(crate) fn names_used(environment: &Environment<'_>, part: Part, language: &str) -> Vec<String> {
    let Ok(template) = environment.get_template(&part.name(language)) else { return Vec::new() };
    let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    names.sort();
    names
}

/// Fills in one half of a letter, within the budgets.
pub(crate) fn fill(
    environment: &Environment<'_>,
    part: Part,
    language: &str,
    values: &Value,
) -> Result<String, minijinja::Error> {
    let mut output = Capped { bytes: Vec::new() };
    environment.get_template(&part.name(language))?.render_captured_to(values.clone(), &mut output)?;
    Ok(String::from_utf8(output.bytes).unwrap_or_default())
}

/// Takes so many bytes and no more.
struct Capped {
    bytes: Vec<u8>,
}

impl std::io::Write for Capped {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + piece.len() > LONGEST_OUTPUT {
            return Err(std::io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
