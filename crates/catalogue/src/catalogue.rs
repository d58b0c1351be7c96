//! A catalogue: what each English sentence is in one language, read from gettext's PO form ("The Format of PO Files" in
//! gettext's manual). Of that form `msgid`, `msgstr`, comments and joined lines are taken; plural and context entries are not
//! used here and are an error, so that none is passed over in silence.

use std::collections::HashMap;
use std::fmt;

/// What each English sentence is in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    told: HashMap<String, String>,
    /// Those of other rooms that come filled in: their English and its translation, cut at the places.
    filled: Vec<Filled>,
}

/// A sentence that comes filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filled {
    english: Vec<String>,
    names: Vec<String>,
    told: String,
}

/// How deep what is filled in may be filled in itself.
const DEEPEST: u8 = 3;

/// A line of a catalogue that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the catalogue can't be read: {}", self.line, self.why)
    }
}

impl std::error::Error for Unreadable {}

/// Which of the two texts of an entry a joined line goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    None,
    English,
    Told,
}

impl Catalogue {
    /// Reads a catalogue. An entry whose translation is empty is left out, like gettext does.
    ///
    /// # Errors
    /// [`Unreadable`] where a line is of no known form, or an English sentence stands there twice.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let mut catalogue = Self::default();
        let (mut english, mut told, mut half) = (String::new(), String::new(), Half::None);
        let (mut comes_filled, mut next_comes_filled) = (false, false);
        for (number, line) in text.lines().enumerate() {
            let unreadable = |why| Unreadable { line: number + 1, why };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                next_comes_filled |= line == FILLED;
                continue;
            }
            if let Some(rest) = line.strip_prefix("msgid ") {
                catalogue.keep(&mut english, &mut told, comes_filled).map_err(unreadable)?;
                (comes_filled, next_comes_filled) = (next_comes_filled, false);
                half = Half::English;
                english = quoted(rest).ok_or_else(|| unreadable("a text stands between quotation marks"))?;
            } else if let Some(rest) = line.strip_prefix("msgstr ") {
                if half != Half::English {
                    return Err(unreadable("a msgstr follows its msgid"));
                }
                half = Half::Told;
                told = quoted(rest).ok_or_else(|| unreadable("a text stands between quotation marks"))?;
            } else if let Some(more) = quoted(line) {
                match half {
                    Half::English => english.push_str(&more),
                    Half::Told => told.push_str(&more),
                    Half::None => return Err(unreadable("a joined line follows a msgid or msgstr")),
                }
            } else {
                return Err(unreadable("it is no msgid, msgstr, comment or joined line"));
            }
        }
        let last = text.lines().count();
        catalogue.keep(&mut english, &mut told, comes_filled).map_err(|why| Unreadable { line: last, why })?;
        Ok(catalogue)
    }

    fn keep(&mut self, english: &mut String, told: &mut String, comes_filled: bool) -> Result<(), &'static str> {
        let (english, told) = (std::mem::take(english), std::mem::take(told));
        // The entry of the empty text is gettext's header.
        if english.is_empty() || told.is_empty() {
            return Ok(());
        }
        if comes_filled {
            self.filled
                .push(Filled::cut(&english, &told).ok_or("its places are not closed, or not those of its English")?);
        }
        if self.told.insert(english, told).is_some() {
            return Err("the entry before it stands there twice");
        }
        Ok(())
    }

    /// What an English sentence is in this language.
    #[must_use]
    pub fn of(&self, english: &str) -> Option<&str> {
        self.told.get(english).map(String::as_str)
    }

    /// What a sentence is whose values stand in it already: it is found by what stands between them, and each value is
    /// looked up in its turn. None where nothing fits.
    #[must_use]
    pub fn of_filled(&self, english: &str) -> Option<String> {
        self.of_filled_within(english, DEEPEST)
    }

    fn of_filled_within(&self, english: &str, depth: u8) -> Option<String> {
        if let Some(told) = self.of(english) {
            return Some(told.to_owned());
        }
        let depth = depth.checked_sub(1)?;
        let known = |part: &str| self.of_filled_within(part, depth).is_some();
        let fits = self.filled.iter().filter_map(|filled| Some((filled, filled.values(english, &known)?)));
        let (filled, values) = fits.max_by_key(|(filled, _)| filled.english.iter().map(String::len).sum::<usize>())?;
        let mut told = String::with_capacity(english.len() * 2);
        let mut rest = filled.told.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            let value = values.get(filled.names.iter().position(|known| known == name)?)?;
            told.push_str(before);
            told.push_str(&self.of_filled_within(value, depth).unwrap_or_else(|| (*value).to_owned()));
            rest = after;
        }
        told.push_str(rest);
        Some(told)
    }

    /// All English sentences it knows.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.told.keys().map(String::as_str)
    }
}

/// The flag of an entry that comes filled in.
const FILLED: &str = "#, filled";

impl Filled {
    fn cut(english: &str, told: &str) -> Option<Self> {
        let (mut between, mut names, mut rest) = (Vec::new(), Vec::new(), english);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            between.push(before.to_owned());
            names.push(name.to_owned());
            rest = after;
        }
        between.push(rest.to_owned());
        let all_named = told
            .split('{')
            .skip(1)
            .all(|part| part.split_once('}').is_some_and(|(name, _)| names.iter().any(|known| known == name)));
        (!names.is_empty() && all_named).then(|| Self { english: between, names, told: told.to_owned() })
    }

    /// What stands in its places; none where the sentence is another. Of two places without a word between them the
    /// second gets what is `known`, the first all the rest.
    fn values<'a>(&self, english: &'a str, known: &dyn Fn(&str) -> bool) -> Option<Vec<&'a str>> {
        let (first, others) = self.english.split_first()?;
        let mut rest = english.strip_prefix(first.as_str())?;
        let mut values = Vec::with_capacity(others.len());
        let mut adjoins = false;
        for (place, between) in others.iter().enumerate() {
            let last = place + 1 == others.len();
            if between.is_empty() && !last {
                adjoins = true;
                continue;
            }
            let at = if last {
                rest.ends_with(between.as_str()).then(|| rest.len() - between.len())?
            } else {
                rest.find(between.as_str())?
            };
            let value = rest.get(..at)?;
            if std::mem::take(&mut adjoins) {
                let mut splits = value.char_indices().map(|(at, _)| value.split_at(at));
                let (one, other) = splits.find(|(_, other)| known(other)).unwrap_or((value, ""));
                values.extend([one, other]);
            } else {
                values.push(value);
            }
            rest = rest.get(at + between.len()..)?;
        }
        (values.len() == self.names.len()).then_some(values)
    }
}

/// A text between quotation marks, with `\"`, `\\` and `\n`.
fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut read = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => read.push(match characters.next()? {
                'n' => '\n',
                other @ ('"' | '\\') => other,
                _ => return None,
            }),
            '"' => return None,
            other => read.push(other),
        }
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_joined_lines_and_escapes() {
        let text = "msgid \"\"\nmsgstr \"Language: de\\n\"\n\n# Where it stands.\nmsgid \"One \"\n\"thing\"\nmsgstr \"Ein \\\"Ding\\\"\"\n\nmsgid \"Not yet\"\nmsgstr \"\"\n";
        let catalogue = Catalogue::read(text).unwrap();
        assert_eq!(catalogue.of("One thing"), Some("Ein \"Ding\""));
        assert_eq!(catalogue.of("Not yet"), None);
        assert_eq!(catalogue.known().count(), 1);
    }

    #[test]
    fn a_sentence_that_comes_filled_in_is_found_by_what_is_between_its_values() {
        let text = "#, filled\nmsgid \"For {whom}, until {when}.\"\nmsgstr \"Bis {when} für {whom}.\"\n\n#, filled\nmsgid \"all but {whom}\"\nmsgstr \"alle außer {whom}\"\n\nmsgid \"gifts\"\nmsgstr \"Geschenken\"\n";
        let catalogue = Catalogue::read(text).unwrap();
        assert_eq!(
            catalogue.of_filled("For all but gifts, until 7 pm.").as_deref(),
            Some("Bis 7 pm für alle außer Geschenken.")
        );
        assert_eq!(catalogue.of_filled("For gifts, since 7 pm."), None);
        assert_eq!(catalogue.of_filled("gifts").as_deref(), Some("Geschenken"));
        let adjoining = "#, filled\nmsgid \"By {door}{how}.\"\nmsgstr \"Über {door}{how}.\"\n\nmsgid \", late\"\nmsgstr \", spät\"\n";
        let catalogue = Catalogue::read(adjoining).unwrap();
        assert_eq!(catalogue.of_filled("By SMTP, late.").as_deref(), Some("Über SMTP, spät."));
        assert_eq!(catalogue.of_filled("By SMTP.").as_deref(), Some("Über SMTP."));
        assert!(Catalogue::read("#, filled\nmsgid \"For {a}\"\nmsgstr \"Für {b}\"").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        assert_eq!(Catalogue::read("msgid \"a\"\nmsgstr \"b\nmsgid \"c\"").unwrap_err().line, 2);
        assert_eq!(Catalogue::read("msgstr \"b\"").unwrap_err().line, 1);
        assert_eq!(Catalogue::read("msgctxt \"x\"").unwrap_err().line, 1);
        let twice = "msgid \"a\"\nmsgstr \"b\"\nmsgid \"a\"\nmsgstr \"c\"\n";
        assert!(Catalogue::read(twice).is_err());
    }
}
