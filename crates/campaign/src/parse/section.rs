//! A table of the campaign file, read field by field: each value is checked for its type, each mistake noted with its
//! place, and what nobody asked for is unknown.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problems;

/// A value and where it stands.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// One table of the file.
pub(super) struct Section<'t> {
    table: Option<&'t DeTable<'t>>,
    path: String,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) const fn root(table: &'t DeTable<'t>) -> Self {
        Self { table: Some(table), path: String::new(), asked: Vec::new() }
    }

    /// The full name of a field.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table?.get(key)
    }

    /// Whether the field is there, of whatever type.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Whether the field is there and a table.
    pub(super) fn is_table_at(&self, key: &str) -> bool {
        self.table.and_then(|table| table.get(key)).is_some_and(|value| value.get_ref().as_table().is_some())
    }

    /// Whether it stands in the file, as a table.
    pub(super) const fn is_table(&self) -> bool {
        self.table.is_some()
    }

    /// A table inside; absent ones ask nothing.
    pub(super) fn section(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Section<'t> {
        let path = self.name(key);
        let table = self.value(key).and_then(|value| {
            let table = value.get_ref().as_table();
            if table.is_none() {
                wrong_type(value, &path, "a table", problems);
            }
            table
        });
        Section { table, path, asked: Vec::new() }
    }

    /// Every table inside by its own key, such as the templates by language.
    pub(super) fn sections(&mut self, problems: &mut Problems<'_>) -> Vec<(Found<String>, Section<'t>)> {
        let mut sections = Vec::new();
        for (key, value) in self.table.into_iter().flatten() {
            let name = key.get_ref().to_string();
            let path = self.name(&name);
            if let Some(table) = value.get_ref().as_table() {
                let section = Section { table: Some(table), path, asked: Vec::new() };
                sections.push((Found { value: name, span: key.span() }, section));
            } else {
                wrong_type(value, &path, "a table", problems);
            }
        }
        sections
    }

    /// A text of 1 to `longest` bytes.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        longest: usize,
        problems: &mut Problems<'_>,
    ) -> Option<Found<&'t str>> {
        let name = self.name(key);
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            wrong_type(value, &name, "a text in quotes", problems);
            return None;
        };
        if text.trim().is_empty() {
            problems.at(&value.span(), name, "this is empty; write a text");
            return None;
        }
        if text.len() > longest {
            problems.at(&value.span(), name, format!("this is {} bytes long; at most {longest} are taken", text.len()));
            return None;
        }
        Some(Found { value: text, span: value.span() })
    }

    /// A whole number within a range.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u32>,
        problems: &mut Problems<'_>,
    ) -> Option<Found<u32>> {
        let name = self.name(key);
        let value = self.value(key)?;
        let Some(written) = value.get_ref().as_integer() else {
            wrong_type(value, &name, "a whole number", problems);
            return None;
        };
        let number = u32::from_str_radix(written.as_str(), written.radix()).ok();
        let Some(number) = number.filter(|number| range.contains(number)) else {
            let message = format!("expected a whole number from {} to {}", range.start(), range.end());
            problems.at(&value.span(), name, message);
            return None;
        };
        Some(Found { value: number, span: value.span() })
    }

    /// One of the words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems<'_>,
    ) -> Option<Found<T>> {
        let name = self.name(key);
        let value = self.value(key)?;
        let span = value.span();
        known_word(value, &name, words, problems).map(|value| Found { value, span })
    }

    /// A list of texts, each with its place.
    pub(super) fn list(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Vec<Found<&'t str>>> {
        let name = self.name(key);
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            wrong_type(value, &name, "a list in brackets, such as [\"one\", \"two\"]", problems);
            return None;
        };
        let mut texts = Vec::new();
        for entry in array {
            match entry.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => texts.push(Found { value: text, span: entry.span() }),
                Some(_) => problems.at(&entry.span(), name.clone(), "this entry is empty"),
                None => wrong_type(entry, &name, "a text in quotes", problems),
            }
        }
        Some(texts)
    }

    /// A field of any type, for dates and times.
    pub(super) fn any(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.value(key)
    }

    /// Notes every field that was never asked for.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            if !self.asked.contains(&key.get_ref().as_ref()) {
                let known = self.asked.join(", ");
                let message = match nearest(key.get_ref(), &self.asked) {
                    Some(meant) => format!("this field is not known; did you mean `{meant}`? Known here are: {known}"),
                    None => format!("this field is not known; known here are: {known}"),
                };
                problems.at(&key.span(), self.name(key.get_ref()), message);
            }
        }
    }
}

/// One of the words, from a value.
pub(super) fn known_word<T: Copy>(
    value: &Spanned<DeValue<'_>>,
    name: &str,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let Some(text) = value.get_ref().as_str() else {
        wrong_type(value, name, "a word in quotes", problems);
        return None;
    };
    word_of(&Found { value: text, span: value.span() }, name, words, problems)
}

/// One of the words, from a text.
pub(super) fn word_of<T: Copy>(
    text: &Found<&str>,
    name: &str,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
    if found.is_none() {
        let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        problems.at(&text.span, name, format!("expected one of: {known}"));
    }
    found
}

pub(super) fn wrong_type(value: &Spanned<DeValue<'_>>, name: &str, expected: &str, problems: &mut Problems<'_>) {
    problems.at(&value.span(), name, format!("expected {expected}, found {}", value.get_ref().type_str()));
}

/// The known word that differs by at most two letters.
fn nearest(written: &str, known: &[&'static str]) -> Option<&'static str> {
    if written.len() > 40 {
        return None;
    }
    known
        .iter()
        .map(|word| (distance(written, word), *word))
        .min()
        .filter(|(apart, _)| *apart <= 2)
        .map(|(_, word)| word)
}

/// Letters to change, add or leave out between two words.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (place, to) in right.iter().enumerate() {
            let above = row[place + 1];
            row[place + 1] = (diagonal + usize::from(from != *to)).min(above + 1).min(row[place] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}
