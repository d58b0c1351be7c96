//! What the program says. With `--json`, one object a line on standard output and nothing else there; without,
//! calm aligned text. Notes and errors go to standard error. A closed pipe ends the program quietly.

use std::io::{ErrorKind, IsTerminal, Write};

use model::Timestamp;
use serde::Serialize;

use crate::exit::Failure;

/// The way to the person or program that called.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    /// Looks at the terminal and at `NO_COLOR`.
    pub fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { json, colour: !json && wanted && std::io::stdout().is_terminal() }
    }

    /// Whether objects are wanted in place of text.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Writes one object, made only under `--json`: for what comes by the million.
    pub fn object_with(self, make: impl FnOnce() -> serde_json::Value) -> Result<(), Failure> {
        if self.json { self.object(&make()) } else { Ok(()) }
    }

    /// Writes one object, under `--json` only.
    pub fn object(self, object: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string(object)
            .map_err(|error| Failure::could_not_run(format!("the answer can't be written as JSON: {error}")))?;
        write_line(&text)
    }

    /// Adds one object to lines that are to be written later in one go; under `--json` only.
    pub fn gather(self, object: &impl Serialize, lines: &mut String) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string(object)
                .map_err(|error| Failure::could_not_run(format!("the answer can't be written as JSON: {error}")))?;
            lines.push_str(&text);
            lines.push('\n');
        }
        Ok(())
    }

    /// Writes gathered lines; without `--json` there are none.
    pub fn gathered(self, lines: &mut String) -> Result<(), Failure> {
        if !self.json || lines.is_empty() {
            return Ok(());
        }
        let result = written(std::io::stdout().lock().write_all(lines.as_bytes()));
        lines.clear();
        result
    }

    /// Writes one line of text, unless `--json` was given.
    pub fn line(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write_line(&tame(text)) }
    }

    /// Writes a line that stands out.
    pub fn title(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write_line(&self.styled("1", &tame(text))) }
    }

    /// Writes a line that steps back.
    pub fn aside(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write_line(&self.styled("2", &tame(text))) }
    }

    /// Writes text exactly as it is, unless `--json` was given: a file's content.
    pub fn raw(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { written(std::io::stdout().lock().write_all(text.as_bytes())) }
    }

    /// Writes a table, its columns aligned.
    pub fn table(self, head: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| tame(cell)).collect()).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain(head.get(column).map(|name| name.chars().count())).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let aligned = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
        write_line(&self.styled("2", &aligned(&head)))?;
        rows.iter().try_for_each(|row| write_line(&aligned(row)))
    }

    fn styled(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A note for the person at the terminal, on standard error, in both modes.
pub fn note(text: &str) {
    // Where even standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", tame(text));
}

/// The sentence with which the program ends.
pub fn error(text: &str) {
    note(&format!("abide: {text}"));
}

/// Names and subjects are written by others: control characters, which could steer a terminal, become spaces.
fn tame(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect()
}

fn write_line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")))
}

/// Makes sure that everything has left the program before it says 0.
pub fn flush() -> Result<(), Failure> {
    written(std::io::stdout().lock().flush())
}

fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::could_not_run(format!("the answer can't be written to standard output: {error}")),
    })
}

/// What was said while something was being done. It is done to its end even where nobody reads on, so that 0
/// means that all of it is.
pub fn even_unheard(said: Result<(), Failure>) -> Result<(), Failure> {
    match said {
        Err(Failure::OutputClosed) => Ok(()),
        other => other,
    }
}

/// A time or a dash, for tables.
pub fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// A time as people read it: to the second, in UTC. JSON has all of it.
pub fn moment(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `1 message`, `2 messages`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
