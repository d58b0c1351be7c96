//! What is wrong with a campaign file: where it stands, what was found there and what was expected.

use std::ops::Range;

/// One mistake in a campaign file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1; none where the file lacks something as a whole.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The field, such as `window.opens_days`; empty where the file is no TOML.
    pub field: String,
    /// What is wrong and what was expected, as one sentence.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// Gathers problems over one text.
pub(crate) struct Problems<'s> {
    pub(crate) source: &'s str,
    /// The byte that each line begins at.
    lines: Vec<usize>,
    list: Vec<Problem>,
}

impl<'s> Problems<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let lines = std::iter::once(0).chain(source.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Self { source, lines, list: Vec::new() }
    }

    /// Notes a problem at a place of the text.
    pub(crate) fn at(&mut self, span: &Range<usize>, field: impl Into<String>, message: impl Into<String>) {
        let (line, column) = self.place(span.start);
        self.push(Some(line), Some(column), field, message);
    }

    /// Notes a problem in one line.
    pub(crate) fn at_line(&mut self, line: usize, field: impl Into<String>, message: impl Into<String>) {
        self.push(Some(line), None, field, message);
    }

    /// Notes something that is missing altogether.
    pub(crate) fn missing(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.push(None, None, field, message);
    }

    fn push(
        &mut self,
        line: Option<usize>,
        column: Option<usize>,
        field: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.list.push(Problem { line, column, field: field.into(), message: message.into() });
    }

    /// The line and column of a byte of the text, both from 1.
    pub(crate) fn place(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.source.get(start..byte).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    /// All problems, in the order of the file.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|problem| (problem.line.unwrap_or(usize::MAX), problem.column));
        self.list.dedup();
        self.list
    }
}
