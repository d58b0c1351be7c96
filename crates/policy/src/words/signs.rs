//! Signs and form in the original text: emoji, smileys, shouting, empty lines, disguised words. One pass each.

use super::glyphs::{is_foreign_letter, is_hidden};
use super::links::Mark;

/// What stands at places of the original.
pub fn marks(source: &str, template: bool) -> Vec<Mark> {
    let mut marks = Vec::new();
    // Pictures and disguises are made of other signs than these.
    if !source.is_ascii() {
        pictures(source, &mut marks);
        disguises(source, &mut marks);
    }
    smileys(source, &mut marks);
    capitals(source, template, &mut marks);
    exclamations(source, &mut marks);
    breaks(source, &mut marks);
    marks
}

const fn is_picture(sign: char) -> bool {
    matches!(sign, '\u{1F000}'..='\u{1F12F}' | '\u{1F18E}'..='\u{1F1FF}' | '\u{1F200}'..='\u{1FAFF}'
        | '\u{2600}'..='\u{27BF}' | '\u{2B50}' | '\u{2B55}' | '\u{2B1B}' | '\u{2B1C}' | '\u{231A}' | '\u{231B}'
        | '\u{23E9}'..='\u{23FA}' | '\u{20E3}')
}

fn pictures(source: &str, marks: &mut Vec<Mark>) {
    let mut open: Option<(usize, usize)> = None;
    for (at, sign) in source.char_indices().filter(|(_, sign)| !sign.is_ascii()) {
        let end = at + sign.len_utf8();
        match &mut open {
            // A row of them, and what joins them, is one finding.
            Some((_, until)) if *until == at && (is_picture(sign) || is_hidden(sign)) => *until = end,
            _ if is_picture(sign) => {
                marks.extend(open.replace((at, end)).map(|(from, until)| ("emoji", from, until)));
            }
            _ => {}
        }
    }
    marks.extend(open.map(|(from, until)| ("emoji", from, until)));
}

fn smileys(source: &str, marks: &mut Vec<Mark>) {
    let bytes = source.as_bytes();
    for at in memchr::memchr2_iter(b':', b';', bytes) {
        let byte = bytes.get(at).unwrap_or(&b':');
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if before.is_some_and(|before| !before.is_ascii_whitespace() && !matches!(before, b'!' | b'.' | b'?')) {
            continue;
        }
        let nose = usize::from(bytes.get(at + 1) == Some(&b'-'));
        let mouth = bytes.get(at + 1 + nose);
        let ends =
            bytes.get(at + 2 + nose).is_none_or(|next| next.is_ascii_whitespace() || next.is_ascii_punctuation());
        let mouth_fits =
            mouth.is_some_and(|mouth| matches!(mouth, b')' | b'(') || (matches!(mouth, b'D' | b'P') && *byte == b':'));
        if mouth_fits && ends {
            marks.push(("smiley", at, at + 2 + nose));
        }
    }
}

/// Three words of capitals in a row, of which two are longer than abbreviations are.
fn capitals(source: &str, template: bool, marks: &mut Vec<Mark>) {
    let mut row: Option<(usize, usize, usize, usize)> = None;
    let mut at = 0;
    let mut in_tag = false;
    for word in source.split_inclusive(char::is_whitespace) {
        let start = at;
        at += word.len();
        let trimmed = word.trim();
        if template {
            in_tag = (in_tag || trimmed.contains("{{") || trimmed.contains("{%")) && !trimmed.ends_with('}');
        }
        let (mut upper, mut other) = (0, 0);
        for sign in trimmed.chars() {
            if sign.is_uppercase() {
                upper += 1;
            } else if sign.is_alphanumeric() {
                // One small letter tells enough of a word.
                other += 1;
                break;
            }
        }
        if upper >= 2 && other == 0 && !in_tag {
            let (from, _, words, long) = row.unwrap_or((start, start, 0, 0));
            row = Some((from, start + trimmed.len(), words + 1, long + usize::from(upper >= 4)));
        } else if upper == 1 && other == 0 && row.is_some() {
            // "I" and "A" don't end a row.
        } else if !trimmed.is_empty() {
            shouted(row.take(), marks);
        }
    }
    shouted(row, marks);
}

fn shouted(row: Option<(usize, usize, usize, usize)>, marks: &mut Vec<Mark>) {
    if let Some((from, until, words, long)) = row
        && words >= 3
        && long >= 2
    {
        marks.push(("shouting", from, until));
    }
}

const fn is_call(sign: char) -> bool {
    matches!(sign, '!' | '?' | '！' | '？' | '‼' | '⁉')
}

fn exclamations(source: &str, marks: &mut Vec<Mark>) {
    // Each row of them is read from its first sign on; what lies between is only searched.
    let mut behind = 0;
    while let Some(found) = source.get(behind..).and_then(first_call) {
        let from = behind + found;
        let row: &str = source.get(from..).unwrap_or_default();
        let signs = row.chars().take_while(|sign| is_call(*sign));
        let (mut until, mut count) = (from, 0);
        for sign in signs {
            until += sign.len_utf8();
            count += if matches!(sign, '‼' | '⁉') { 2 } else { 1 };
        }
        if count > 1 {
            marks.push(("shouting", from, until));
        }
        behind = until;
    }
}

/// The first byte of the first such sign; those beyond ASCII all begin with one of two bytes.
fn first_call(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let may_begin = |byte: &u8| matches!(byte, b'!' | b'?' | 0xE2 | 0xEF);
        let at = from + text.as_bytes().get(from..)?.iter().position(may_begin)?;
        let sign = text.get(at..)?.chars().next()?;
        if is_call(sign) {
            return Some(at);
        }
        from = at + sign.len_utf8();
    }
}

fn breaks(source: &str, marks: &mut Vec<Mark>) {
    let mut open: Option<(usize, usize, usize)> = None;
    for at in memchr::memchr_iter(b'\n', source.as_bytes()) {
        let between = open.map_or("", |(_, until, _)| source.get(until..at).unwrap_or_default());
        if between.chars().all(|sign| sign.is_whitespace() || is_hidden(sign)) {
            let (from, count) = open.map_or((at, 0), |(from, _, count)| (from, count));
            open = Some((from, at + 1, count + 1));
        } else {
            broken(open.replace((at, at + 1, 1)), marks);
        }
    }
    // At the very end they are cut off when the letter is built, so only those before text count.
    let is_text = |sign: char| !sign.is_whitespace() && !is_hidden(sign);
    broken(open.filter(|(_, until, _)| source.get(*until..).is_some_and(|rest| rest.chars().any(is_text))), marks);
}

fn broken(row: Option<(usize, usize, usize)>, marks: &mut Vec<Mark>) {
    if let Some((from, until, count)) = row
        && count > 2
    {
        marks.push(("line-breaks", from, until));
    }
}

/// A word that holds hidden signs between letters, or Latin letters beside foreign ones.
fn disguises(source: &str, marks: &mut Vec<Mark>) {
    let mut word = Word::default();
    let mut previous = 0;
    for (at, sign) in source.char_indices() {
        let plain = sign.is_ascii_alphabetic();
        if plain || (!sign.is_ascii() && (sign.is_alphabetic() || is_hidden(sign) || is_picture(sign))) {
            word.take(at, sign);
        } else {
            word.end(previous, marks);
            word = Word::default();
        }
        previous = at + sign.len_utf8();
    }
    word.end(previous, marks);
}

#[derive(Default)]
struct Word {
    from: Option<usize>,
    latin: usize,
    foreign: usize,
    styled: usize,
    hidden_after_letter: bool,
    hidden_inside: bool,
}

impl Word {
    fn take(&mut self, at: usize, sign: char) {
        self.from.get_or_insert(at);
        if sign.is_ascii() {
            // A letter: no other sign of ASCII comes here.
            self.hidden_inside |= self.hidden_after_letter;
            self.hidden_after_letter = false;
            self.latin += 1;
        } else if is_hidden(sign) {
            // A soft hyphen is what word processors leave; it is folded away and not held against anybody.
            self.hidden_after_letter = self.latin > 0 && sign != '\u{AD}';
        } else if sign.is_alphabetic() {
            self.hidden_inside |= self.hidden_after_letter;
            self.hidden_after_letter = false;
            self.foreign += usize::from(is_foreign_letter(sign));
            self.styled += usize::from(matches!(sign, '\u{1D400}'..='\u{1D7FF}' | '\u{24B6}'..='\u{24E9}'));
        } else {
            self.hidden_after_letter = false;
        }
    }

    fn end(&self, until: usize, marks: &mut Vec<Mark>) {
        let mixed = (self.latin > 0 && self.foreign > 0 && self.latin + self.foreign > 2) || self.styled > 1;
        if let Some(from) = self.from.filter(|_| self.hidden_inside || mixed) {
            marks.push(("disguise", from, until));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows of calls and of line ends, sign by sign: slow and obvious.
    fn rows(
        source: &str,
        row: fn(char) -> usize,
        passes: fn(char) -> bool,
        most: usize,
        at_end: bool,
    ) -> Vec<(usize, usize)> {
        let (mut found, mut open) = (Vec::new(), None::<(usize, usize, usize)>);
        for (at, sign) in source.char_indices() {
            if row(sign) > 0 {
                let (from, _, count) = open.unwrap_or((at, at, 0));
                open = Some((from, at + sign.len_utf8(), count + row(sign)));
            } else if !passes(sign) {
                found.extend(open.take().filter(|(.., count)| *count > most));
            }
        }
        found.extend(open.filter(|(.., count)| at_end && *count > most));
        found.into_iter().map(|(from, until, _)| (from, until)).collect()
    }

    const fn call(sign: char) -> usize {
        match sign {
            '‼' | '⁉' => 2,
            '!' | '?' | '！' | '？' => 1,
            _ => 0,
        }
    }

    fn found(source: &str, find: fn(&str, &mut Vec<Mark>)) -> Vec<(usize, usize)> {
        let mut marks = Vec::new();
        find(source, &mut marks);
        marks.into_iter().map(|(_, from, until)| (from, until)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn rows_of_calls_and_of_line_ends_are_those_of_a_slow_walk(source in "[ab!?！？‼⁉’\n\r \u{200B}\u{3000}ä]{0,40}") {
            prop_assert_eq!(found(&source, exclamations), rows(&source, call, |_| false, 1, true));
            let end = |sign| usize::from(sign == '\n');
            let blank = |sign: char| sign.is_whitespace() || is_hidden(sign);
            prop_assert_eq!(found(&source, breaks), rows(&source, end, blank, 2, false));
        }
    }
}
