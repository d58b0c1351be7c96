//! A template told in several languages: each sentence, and each attribute that readers meet, is chosen by the reader's
//! language where the page is made. A sentence that a catalogue lacks stays English; one whose places differ is an error.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::piece::{Piece, pieces};
use crate::unit::{Unit, is_within, unit};

/// Attributes that readers see or hear.
const ATTRIBUTES: [&str; 8] =
    ["aria-label", "title", "placeholder", "alt", "data-label", "data-copied", "data-uploading", "data-word"];

/// The English sentences of a template, each once.
#[must_use]
pub fn sentences(template: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(template, &mut |unit| {
        found.insert(unit.english.clone());
        Ok(String::new())
    })
    .ok();
    found
}

/// The template in all languages: `languages` are their codes and catalogues. `asks` is what is put into a condition,
/// `{}` standing for the code.
///
/// # Errors
/// In words, where a translation lacks a place of its sentence or has one too many.
pub fn told(template: &str, languages: &[(&str, &Catalogue)], asks: &str) -> Result<String, String> {
    walk(template, &mut |unit| choice(unit, languages, asks))
}

type Write<'w> = dyn FnMut(&Unit<'_>) -> Result<String, String> + 'w;

fn walk(template: &str, write: &mut Write<'_>) -> Result<String, String> {
    let all = pieces(template);
    let mut made = String::with_capacity(template.len() * 2);
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        let length = rest.iter().position(|piece| !is_within(*piece)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(length);
        write_run(run, &mut made, write)?;
        let Some((end, after)) = after.split_first() else { break };
        made.push_str(&attributes(*end, write)?);
        rest = after;
    }
    Ok(made)
}

fn write_run(run: &[Piece<'_>], made: &mut String, write: &mut Write<'_>) -> Result<(), String> {
    let Some(unit) = unit(run) else {
        for piece in run {
            made.push_str(&attributes(*piece, write)?);
        }
        return Ok(());
    };
    for piece in unit.before {
        made.push_str(&attributes(*piece, write)?);
    }
    let mut marks = Vec::with_capacity(unit.places.len());
    for place in &unit.places {
        marks.push(if place.written.starts_with('<') {
            attributes(Piece::Mark(place.written), write)?
        } else {
            place.written.to_owned()
        });
    }
    let mut whole = unit.clone();
    for (place, mark) in whole.places.iter_mut().zip(&marks) {
        place.written = mark;
    }
    made.push_str(unit.space_before);
    made.push_str(&write(&whole)?);
    made.push_str(unit.space_after);
    for piece in unit.after {
        made.push_str(&attributes(*piece, write)?);
    }
    Ok(())
}

/// A mark with the attributes in it that readers meet.
fn attributes(piece: Piece<'_>, write: &mut Write<'_>) -> Result<String, String> {
    let Piece::Mark(mark) = piece else { return Ok(piece.written().to_owned()) };
    let mut made = String::with_capacity(mark.len());
    let mut rest = mark;
    while let Some((begin, length)) = next_attribute(rest) {
        let (head, tail) = rest.split_at(begin);
        let (value, after) = tail.split_at(length);
        made.push_str(head);
        made.push_str(&walk(value, write)?);
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

/// Where the value of the next such attribute begins, and its length in bytes.
fn next_attribute(mark: &str) -> Option<(usize, usize)> {
    let starts = ATTRIBUTES.into_iter().filter_map(|name| {
        let start = format!(" {name}=\"");
        mark.find(&start).map(|at| at + start.len())
    });
    let begin = starts.min()?;
    // The end: a quotation mark outside of what is filled in, which may hold some of its own.
    let mut length = 0;
    for piece in pieces_of_value(mark.get(begin..)?) {
        match piece {
            Piece::Text(text) => match text.find('"') {
                Some(at) => return Some((begin, length + at)),
                None => length += text.len(),
            },
            other => length += other.written().len(),
        }
    }
    None
}

/// Within a value `<` and `>` are text.
fn pieces_of_value(value: &str) -> Vec<Piece<'_>> {
    pieces(value)
        .into_iter()
        .map(|piece| if let Piece::Mark(mark) = piece { Piece::Text(mark) } else { piece })
        .collect()
}

fn choice(unit: &Unit<'_>, languages: &[(&str, &Catalogue)], asks: &str) -> Result<String, String> {
    let english = filled_in(unit, &unit.english)?;
    let mut branches = String::new();
    for (code, catalogue) in languages {
        let Some(sentence) = catalogue.of(&unit.english) else { continue };
        if sentence == unit.english {
            continue;
        }
        let translated = filled_in(unit, sentence)?;
        branches.push_str(if branches.is_empty() { "{% if " } else { "{% else if " });
        branches.push_str(&asks.replace("{}", code));
        branches.push_str(" %}");
        branches.push_str(&translated);
    }
    if branches.is_empty() {
        return Ok(english);
    }
    Ok([branches.as_str(), "{% else %}", &english, "{% endif %}"].concat())
}

/// A sentence with what stands in its places.
fn filled_in(unit: &Unit<'_>, sentence: &str) -> Result<String, String> {
    let mut made = String::with_capacity(sentence.len() * 2);
    let mut used = vec![false; unit.places.len()];
    let mut rest = sentence;
    while let Some(at) = rest.find(['{', '<']) {
        let (head, tail) = rest.split_at(at);
        made.push_str(head);
        let end = tail.find(['}', '>']).map_or(tail.len(), |end| end + 1);
        let (name, after) = tail.split_at(end);
        let place = unit.places.iter().position(|place| place.name == name);
        let place = place.ok_or_else(|| format!("`{name}` stands in `{sentence}`, but not in `{}`", unit.english))?;
        if let (Some(place), Some(used)) = (unit.places.get(place), used.get_mut(place)) {
            made.push_str(place.written);
            *used = true;
        }
        rest = after;
    }
    made.push_str(rest);
    match unit.places.iter().zip(&used).find(|(_, used)| !**used) {
        Some((place, _)) => Err(format!("`{}` of `{}` is missing in `{sentence}`", place.name, unit.english)),
        None => Ok(made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKS: &str = "reads(\"{}\")";

    fn german(entries: &[(&str, &str)]) -> Catalogue {
        let one = |(english, told): &(&str, &str)| format!("msgid \"{english}\"\nmsgstr \"{told}\"\n");
        let text = entries.iter().map(one).collect::<Vec<_>>().concat();
        Catalogue::read(&text).unwrap()
    }

    #[test]
    fn a_sentence_is_taken_whole_and_may_be_ordered_anew() {
        let template = "<p class=\"lead\">\n  From <a href=\"/x\">{{ n.len() }} reports</a> by {{ name }}.\n</p>";
        assert_eq!(sentences(template).into_iter().collect::<Vec<_>>(), ["From <a>{len} reports</a> by {name}."]);
        let catalogue = german(&[("From <a>{len} reports</a> by {name}.", "Durch {name} aus <a>{len} Berichten</a>.")]);
        let made = told(template, &[("de", &catalogue)], ASKS).unwrap();
        assert_eq!(
            made,
            "<p class=\"lead\">\n  {% if reads(\"de\") %}Durch {{ name }} aus <a href=\"/x\">{{ n.len() }} Berichten</a>.{% else %}From <a href=\"/x\">{{ n.len() }} reports</a> by {{ name }}.{% endif %}\n</p>"
        );
    }

    #[test]
    fn marks_around_a_sentence_stay_outside() {
        let found = sentences(
            "<td><span class=\"muted\">not known</span></td><td>{% if x %}A <b>b</b>{% else %}– {{ n }} <code>abide x</code>{% endif %}</td>",
        );
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["A <b>b</b>", "not known"]);
    }

    #[test]
    fn attributes_that_readers_meet_are_told_too() {
        let template =
            "<input name=\"title\" placeholder=\"A name\" aria-label=\"Choose {{ id }}{% if x %} now{% endif %}\">";
        assert_eq!(sentences(template).into_iter().collect::<Vec<_>>(), ["A name", "Choose {id}", "now"]);
        let catalogue = german(&[("Choose {id}", "{id} wählen")]);
        let made = told(template, &[("de", &catalogue)], ASKS).unwrap();
        assert!(made.contains(
            "aria-label=\"{% if reads(\"de\") %}{{ id }} wählen{% else %}Choose {{ id }}{% endif %}{% if x %} now"
        ));
    }

    #[test]
    fn a_translation_with_other_places_is_an_error() {
        for (english, translated) in [("<p>{{ a }} b</p>", "b"), ("<p>a b</p>", "{c}"), ("<p>a b</p>", "<script>")] {
            let id = sentences(english).into_iter().next().unwrap();
            let catalogue = german(&[(&id, translated)]);
            assert!(told(english, &[("de", &catalogue)], ASKS).is_err(), "{translated}");
        }
    }

    #[test]
    fn without_a_catalogue_a_template_stays_as_it_is() {
        let template = "<p>One <br> two</p> {# no #}<pre>Raw text</pre><script>let a = 1 < 2;</script>";
        assert_eq!(told(template, &[], ASKS).unwrap(), template);
        assert_eq!(sentences(template).len(), 1);
    }
}
