//! Where in the file each letter of a text stands: TOML's quotes and escapes undone, so that a finding in a template
//! can be shown at its line and column of the campaign file.

use std::ops::Range;

use crate::template::Written;

/// A text with its places, from the whole file, the text's place in it with quotes, and what TOML made of it. Where the
/// two can't be brought together, the whole text stands at its beginning.
pub(super) fn written(file: &str, span: &Range<usize>, value: &str) -> Written {
    let raw = file.get(span.clone()).unwrap_or_default();
    let places = places(raw, value).unwrap_or_default();
    let places = places.into_iter().map(|(at, raw)| (at, span.start + raw)).collect();
    Written { value: value.to_owned(), places, start: span.start }
}

/// Offsets of the value and of the raw text from which on they go in step.
fn places(raw: &str, value: &str) -> Option<Vec<(usize, usize)>> {
    let quote = raw.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let three = raw.len() >= 6 && raw.get(..3)?.chars().all(|sign| sign == quote);
    let width = if three { 3 } else { 1 };
    let end = raw.len().checked_sub(width)?;
    let mut at = width;
    if three {
        // A line end right behind the opening quotes is not part of the text.
        let rest = raw.get(at..)?;
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let mut made = 0;
    let mut places = vec![(0, at)];
    while at < end {
        let rest = raw.get(at..end)?;
        let sign = rest.chars().next()?;
        let (taken, gives) = match sign {
            '\\' if quote == '"' => escaped(rest)?,
            // TOML may make LF of CRLF.
            '\r' if rest.starts_with("\r\n") && value.as_bytes().get(made) == Some(&b'\n') => (2, 1),
            _ => (sign.len_utf8(), sign.len_utf8()),
        };
        at += taken;
        made += gives;
        if taken != gives {
            places.push((made, at));
        }
    }
    (made == value.len()).then_some(places)
}

/// How many bytes an escape takes and gives.
fn escaped(rest: &str) -> Option<(usize, usize)> {
    let digits = |count: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + count)?, 16).ok()?;
        Some((2 + count, char::from_u32(code)?.len_utf8()))
    };
    match rest.chars().nth(1)? {
        'x' => digits(2),
        'u' => digits(4),
        'U' => digits(8),
        'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' => Some((2, 1)),
        // At a line's end it takes all blanks and line ends that follow.
        blank if blank.is_ascii_whitespace() => {
            let behind = rest.get(1..)?;
            Some((1 + behind.len() - behind.trim_start_matches([' ', '\t', '\r', '\n']).len(), 0))
        }
        _ => None,
    }
}
