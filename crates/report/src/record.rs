//! Rows and their fields, by the file's separator and its rule for quotes (told at the crate's top). A quoted field
//! may run over line ends in a comma or semicolon file only, and never so far that a stray quote swallows the file.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;

use crate::line::{LONGEST, Line, Lines};

/// Lines that one quoted row may run over.
const MOST_LINES: usize = 20;

/// How fields are separated and quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Tabs; a quote is a letter unless it encloses the whole field soundly.
    Tab,
    /// This byte, with quotes as in RFC 4180.
    Quoted(u8),
}

impl Dialect {
    /// By the header row: a tab where it has one, else the more frequent of semicolon and comma.
    pub(crate) fn of_header(header: &[u8]) -> Self {
        let count = |wanted: u8| memchr::memchr_iter(wanted, header).count();
        match (count(b'\t'), count(b','), count(b';')) {
            (0, commas, semicolons) if commas > semicolons => Self::Quoted(b','),
            (0, _, 1..) => Self::Quoted(b';'),
            _ => Self::Tab,
        }
    }
}

/// What the reader of records found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The end of the file.
    End,
    /// A row.
    Row,
    /// A line longer than is kept.
    TooLong,
    /// A line with a quote that is not closed.
    OpenQuote,
}

/// Cuts lines into rows and rows into fields.
pub(crate) struct Records<R> {
    lines: Lines<R>,
    dialect: Dialect,
    /// Lines that were read ahead after a quote that is never closed.
    ahead: VecDeque<Line>,
    line: Line,
    bounds: Vec<Range<usize>>,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(lines: Lines<R>, dialect: Dialect) -> Self {
        Self { lines, dialect, ahead: VecDeque::new(), line: Line::default(), bounds: Vec::new() }
    }

    /// Gives back a line that was read for a look at it: it is the next.
    pub(crate) fn begin_with(&mut self, line: Line) {
        self.ahead.push_back(line);
    }

    /// Takes the next row.
    pub(crate) fn take(&mut self) -> io::Result<Found> {
        self.bounds.clear();
        if !self.next_line()? {
            return Ok(Found::End);
        }
        let mut state = State::default();
        match self.dialect {
            Dialect::Tab => split_at_tabs(&self.line.bytes, &mut self.bounds),
            Dialect::Quoted(separator) => state.scan(&self.line.bytes, 0, separator, &mut self.bounds),
        }
        let found = if self.line.too_long {
            Found::TooLong
        } else if let (Place::Quoted, Dialect::Quoted(separator)) = (state.place, self.dialect) {
            self.join(state, separator)?
        } else {
            Found::Row
        };
        if let Dialect::Quoted(_) = self.dialect {
            let start = self.bounds.last().map_or(0, |last| last.end + 1);
            self.bounds.push(start.min(self.line.bytes.len())..self.line.bytes.len());
        }
        Ok(found)
    }

    fn next_line(&mut self) -> io::Result<bool> {
        if let Some(line) = self.ahead.pop_front() {
            self.line = line;
            return Ok(true);
        }
        self.lines.take(&mut self.line)
    }

    /// Appends lines until the open quote is closed; where none closes it, gives the lines back.
    fn join(&mut self, mut state: State, separator: u8) -> io::Result<Found> {
        let (first, bounds) = (self.line.bytes.len(), self.bounds.len());
        let mut joined = VecDeque::new();
        while state.place == Place::Quoted {
            let mut next = Line::default();
            if let Some(line) = self.ahead.pop_front() {
                next = line;
            } else if !self.lines.take(&mut next)? {
                break;
            }
            let fits = !next.too_long && self.line.bytes.len() + next.bytes.len() < LONGEST;
            if fits {
                self.line.bytes.push(b'\n');
                let from = self.line.bytes.len();
                self.line.bytes.extend_from_slice(&next.bytes);
                state.scan(&self.line.bytes, from, separator, &mut self.bounds);
            }
            joined.push_back(next);
            if !fits || joined.len() == MOST_LINES {
                break;
            }
        }
        if state.place != Place::Quoted {
            return Ok(Found::Row);
        }
        self.line.bytes.truncate(first);
        self.bounds.truncate(bounds);
        while let Some(line) = joined.pop_back() {
            self.ahead.push_front(line);
        }
        Ok(Found::OpenQuote)
    }

    /// The line the row began at.
    pub(crate) fn line_number(&self) -> u64 {
        self.line.number
    }

    /// The row's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.line.bytes
    }

    /// How many fields the row has; a blank line has one, empty.
    pub(crate) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// A field's bytes, unquoted; empty where the row ends before it.
    pub(crate) fn field(&self, index: usize) -> Cow<'_, [u8]> {
        let bytes = self.bounds.get(index).and_then(|range| self.line.bytes.get(range.clone())).unwrap_or_default();
        match (bytes, self.dialect) {
            ([b'"', ..], Dialect::Tab) => unquote_enclosed(bytes),
            ([b'"', rest @ ..], Dialect::Quoted(_)) => Cow::Owned(unquote_leading(rest)),
            _ => Cow::Borrowed(bytes),
        }
    }
}

/// Where in a row of a quoted dialect the scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    /// Before a field's first byte.
    #[default]
    FieldStart,
    /// In a field, where a quote is a letter.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote that either closes or is the first of two.
    AfterQuote,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    place: Place,
    start: usize,
}

impl State {
    /// Goes on over `row[from..]`, noting each field that a separator ends.
    fn scan(&mut self, row: &[u8], from: usize, separator: u8, bounds: &mut Vec<Range<usize>>) {
        for (at, byte) in row.iter().copied().enumerate().skip(from) {
            self.place = match (self.place, byte) {
                (Place::Quoted, b'"') => Place::AfterQuote,
                (Place::FieldStart | Place::AfterQuote, b'"') | (Place::Quoted, _) => Place::Quoted,
                (_, byte) if byte == separator => {
                    bounds.push(self.start..at);
                    self.start = at + 1;
                    Place::FieldStart
                }
                _ => Place::Plain,
            };
        }
    }
}

fn split_at_tabs(row: &[u8], bounds: &mut Vec<Range<usize>>) {
    let mut start = 0;
    for at in memchr::memchr_iter(b'\t', row) {
        bounds.push(start..at);
        start = at + 1;
    }
    bounds.push(start..row.len());
}

/// The inside of a field that one pair of quotes encloses soundly, else the field as it stands.
fn unquote_enclosed(field: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inside @ .., b'"'] = field else { return Cow::Borrowed(field) };
    let mut text = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'"' && bytes.next() != Some(&b'"') {
            return Cow::Borrowed(field);
        }
        text.push(*byte);
    }
    Cow::Owned(text)
}

/// The text after a leading quote: doubled quotes are one, the closing one goes, what follows it stays.
fn unquote_leading(rest: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(rest.len());
    let mut bytes = rest.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'"' {
            text.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'"') => text.push(b'"'),
            after => {
                text.extend(after);
                text.extend(bytes);
                break;
            }
        }
    }
    text
}
