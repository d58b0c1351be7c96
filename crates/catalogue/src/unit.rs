//! A sentence of a template with its named places: `{name}` for what is filled in, `<a>` for a mark of HTML. What only
//! surrounds it stays outside.

use crate::piece::{Piece, name_of};

/// Marks that stand within a sentence; all others end it.
const WITHIN: [&str; 13] = ["a", "strong", "em", "b", "i", "code", "q", "kbd", "small", "abbr", "span", "time", "br"];

/// Whether a piece can stand within a sentence.
pub fn is_within(piece: Piece<'_>) -> bool {
    match piece {
        Piece::Text(_) | Piece::Filled(_) => true,
        Piece::Mark(mark) => WITHIN.contains(&name_of(mark)),
        Piece::Control(_) | Piece::Raw(_) => false,
    }
}

/// A place in a sentence: its name there, and what stands in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    pub name: String,
    pub written: &'a str,
}

/// A sentence between what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit<'a> {
    pub before: &'a [Piece<'a>],
    pub space_before: &'a str,
    pub english: String,
    pub places: Vec<Place<'a>>,
    pub space_after: &'a str,
    pub after: &'a [Piece<'a>],
}

/// The sentence in a run of pieces; none where it holds no words of ours.
pub fn unit<'a>(run: &'a [Piece<'a>]) -> Option<Unit<'a>> {
    let (first, last) = bare(run)?;
    let middle = run.get(first..=last)?;
    if !has_words(middle) {
        return None;
    }
    let (mut english, mut places) = (String::new(), Vec::<Place<'a>>::new());
    let mut open = Vec::new();
    for piece in middle {
        let name = match *piece {
            Piece::Text(text) => {
                english.push_str(text);
                continue;
            }
            Piece::Filled(written) => format!("{{{}}}", unused(&places, '{', subject(written))),
            Piece::Mark(mark) if mark.starts_with("</") => format!("</{}>", open.pop().unwrap_or_default()),
            Piece::Mark(mark) => {
                let name = unused(&places, '<', name_of(mark));
                if name_of(mark) != "br" {
                    open.push(name.clone());
                }
                format!("<{name}>")
            }
            Piece::Control(_) | Piece::Raw(_) => return None,
        };
        english.push_str(&name);
        places.push(Place { name, written: piece.written() });
    }
    let english_words = english.split_whitespace().collect::<Vec<_>>().join(" ");
    let (space_before, space_after) = (leading(run, first), trailing(run, last));
    Some(Unit {
        before: run.get(..first)?,
        space_before,
        english: english_words,
        places,
        space_after,
        after: run.get(last + 1..)?,
    })
}

fn leading<'a>(run: &[Piece<'a>], first: usize) -> &'a str {
    match run.get(first) {
        Some(Piece::Text(text)) => text.get(..text.len() - text.trim_start().len()).unwrap_or_default(),
        _ => "",
    }
}

fn trailing<'a>(run: &[Piece<'a>], last: usize) -> &'a str {
    match run.get(last) {
        Some(Piece::Text(text)) => text.get(text.trim_end().len()..).unwrap_or_default(),
        _ => "",
    }
}

/// The first and last piece of the sentence itself, without spaces and marks around it.
fn bare(run: &[Piece<'_>]) -> Option<(usize, usize)> {
    let space = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if text.trim().is_empty());
    let mut first = run.iter().position(|piece| !space(piece))?;
    let mut last = run.iter().rposition(|piece| !space(piece))?;
    loop {
        let partners = partners(run.get(first..=last)?);
        let length = last - first;
        let opens = matches!(run.get(first), Some(Piece::Mark(_)));
        let closes = matches!(run.get(last), Some(Piece::Mark(_)));
        if opens && partners.first() == Some(&Some(length)) && length > 0 {
            (first, last) = (first + 1, last - 1);
        } else if opens && partners.first() == Some(&None) {
            first += 1;
        } else if closes && partners.last() == Some(&None) {
            last = last.checked_sub(1)?;
        } else {
            return (first <= last).then_some((first, last));
        }
        if first > last {
            return None;
        }
        // Spaces that were within the marks.
        first += run.get(first..=last)?.iter().position(|piece| !space(piece))?;
        last = first + run.get(first..=last)?.iter().rposition(|piece| !space(piece))?;
    }
}

/// For each piece the one that closes or opens it; itself where it is none of these.
fn partners(run: &[Piece<'_>]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = (0..run.len()).map(Some).collect();
    let mut open = Vec::<usize>::new();
    for (at, piece) in run.iter().enumerate() {
        let Piece::Mark(mark) = piece else { continue };
        let mut set = |at: usize, partner: Option<usize>| {
            if let Some(place) = partners.get_mut(at) {
                *place = partner;
            }
        };
        if name_of(mark) == "br" {
            set(at, None);
        } else if mark.starts_with("</") {
            match open.pop() {
                Some(begin) => {
                    set(begin, Some(at));
                    set(at, Some(begin));
                }
                None => set(at, None),
            }
        } else {
            set(at, None);
            open.push(at);
        }
    }
    partners
}

/// Whether there are letters of ours outside of code, which is the same in each language.
fn has_words(run: &[Piece<'_>]) -> bool {
    let mut code = 0_u32;
    for piece in run {
        match piece {
            Piece::Mark(mark) if name_of(mark) == "code" && mark.starts_with("</") => code = code.saturating_sub(1),
            Piece::Mark(mark) if name_of(mark) == "code" => code += 1,
            Piece::Text(text) if code == 0 && letters(text) => return true,
            _ => {}
        }
    }
    false
}

/// Letters that are not those of an entity such as `&nbsp;`.
fn letters(text: &str) -> bool {
    let mut entity = false;
    text.chars().any(|character| {
        match character {
            '&' => entity = true,
            ';' | ' ' => entity = false,
            _ => {}
        }
        character.is_alphabetic() && !entity
    })
}

/// A short name for what is filled in: the last name in it outside of brackets.
fn subject(written: &str) -> &str {
    let words = written.trim_start_matches("{{").trim_start_matches("{%").trim_start_matches(['-', '+', '~']).trim();
    let words = words.trim_start_matches("call ");
    // What is looked up in a catalogue bears the name of what is looked up.
    let words = words.trim_start_matches("crate::language::say_filled(").trim_start_matches("crate::language::say(");
    let end = words.find(['(', '|', '%', '}']).unwrap_or(words.len());
    let words = words.get(..end).unwrap_or(words).trim_end();
    let name = words.rsplit(|character: char| !(character.is_alphanumeric() || character == '_'));
    name.into_iter().find(|name| name.chars().any(char::is_alphabetic)).unwrap_or("it")
}

/// The name, with a number where it is taken.
fn unused(places: &[Place<'_>], kind: char, name: &str) -> String {
    let taken = |name: &str| {
        let whole = if kind == '{' { format!("{{{name}}}") } else { format!("<{name}>") };
        places.iter().any(|place| place.name == whole)
    };
    if !taken(name) {
        return name.to_owned();
    }
    // Of as many names as there are places and one more, one is free.
    let mut numbered = (2..places.len() + 3).map(|number| format!("{name}{number}"));
    numbered.find(|name| !taken(name)).unwrap_or_default()
}
