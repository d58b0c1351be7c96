//! The search for wording: all words of all packs in one automaton over folded letters, and for each pattern how far
//! it has come. One pass, whatever the number of patterns; a word is looked at again only by the patterns it is in.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::fold::{Folded, fold_phrase};
use super::pack::{Pack, PackError};

/// A stretch of letters that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The rule's name.
    pub rule: usize,
    /// Where it begins, in bytes of the letters.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What the pass found.
#[derive(Debug, Default)]
pub struct Found {
    /// Wording that breaks a rule, in the order in which it ends.
    pub matches: Vec<Match>,
    /// How often each language's common words stand there.
    pub common: Vec<usize>,
}

/// What a complete pattern means.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Breaks { group: usize },
    Excuses { group: usize },
    AllowsLetter { group: usize },
}

#[derive(Debug, Clone, Copy)]
enum Gap {
    None,
    Sentence(usize),
    Letter(usize),
}

struct Pattern {
    meaning: Meaning,
    /// The first of its elements' numbers.
    first: usize,
    /// What may stand before each element.
    gaps: Vec<Gap>,
}

#[derive(Clone, Copy)]
enum Use {
    Element { pattern: usize, element: usize },
    Common { language: usize },
}

struct Term {
    open_start: bool,
    open_end: bool,
    uses: Vec<Use>,
}

/// The packs, ready to search with.
pub struct Matcher {
    automaton: AhoCorasick,
    terms: Vec<Term>,
    patterns: Vec<Pattern>,
    elements: usize,
    /// The rule of each group: one group per language, rule and wording.
    groups: Vec<usize>,
    languages: usize,
}

#[derive(Default)]
struct Builder {
    terms: BTreeMap<(String, bool, bool), Vec<Use>>,
    patterns: Vec<Pattern>,
    elements: usize,
    groups: Vec<usize>,
}

impl Matcher {
    /// Builds the search; `rules` are the rules' names.
    pub fn build(packs: &[Pack], rules: &[String]) -> Result<Self, PackError> {
        let mut builder = Builder::default();
        for (language, pack) in packs.iter().enumerate() {
            for word in &pack.common {
                builder.term(word, pack, Use::Common { language });
            }
            let wordings = pack.rules.iter().flat_map(|(name, list)| list.iter().map(move |wording| (name, wording)));
            for (name, wording) in wordings {
                let rule = rules.iter().position(|rule| rule == name);
                let rule = rule.ok_or_else(|| PackError::Rule(name.clone()))?;
                let group = builder.groups.len();
                builder.groups.push(rule);
                for (list, meaning) in [
                    (&wording.patterns, Meaning::Breaks { group }),
                    (&wording.unless, Meaning::Excuses { group }),
                    (&wording.unless_anywhere, Meaning::AllowsLetter { group }),
                ] {
                    for pattern in list {
                        builder.pattern(pattern, pack, meaning)?;
                    }
                }
            }
        }
        builder.finish(packs.len())
    }

    /// Searches a text.
    pub fn search(&self, folded: &Folded<'_>) -> Found {
        let mut found = Found { common: vec![0; self.languages], ..Found::default() };
        let mut states: Vec<Option<Places>> = vec![None; self.elements];
        let mut allowed_letter = vec![false; self.groups.len()];
        let mut allowed: Vec<(usize, usize, usize)> = Vec::new();
        let mut matches: Vec<(usize, Places)> = Vec::new();
        for hit in self.automaton.find_overlapping_iter(&folded.letters) {
            let (start, end) = (hit.start(), hit.end());
            let Some(term) = self.terms.get(hit.pattern().as_usize()) else { continue };
            let whole_start = term.open_start || folded.word_begins(start);
            let whole_end = term.open_end || folded.word_begins(end);
            for term_use in &term.uses {
                let (pattern, element) = match *term_use {
                    Use::Common { language } => {
                        if let Some(count) = found.common.get_mut(language).filter(|_| whole_start && whole_end) {
                            *count += 1;
                        }
                        continue;
                    }
                    Use::Element { pattern, element } => (pattern, element),
                };
                let Some(pattern) = self.patterns.get(pattern) else { continue };
                // Elements without a gap may be written as one word.
                let joins = |element| matches!(pattern.gaps.get(element), Some(Gap::None));
                if !(whole_start || (element > 0 && joins(element))) || !(whole_end || joins(element + 1)) {
                    continue;
                }
                let Some(before) = reached(pattern, element, start, &states, folded) else { continue };
                let places = before.and((start, end));
                if element + 1 < pattern.gaps.len() {
                    if let Some(state) = states.get_mut(pattern.first + element) {
                        *state = Some(places);
                    }
                    continue;
                }
                match pattern.meaning {
                    Meaning::Breaks { group } => matches.push((group, places)),
                    Meaning::Excuses { group } => {
                        // In whatever language: many words are spelled alike in several, and every pack reads every text.
                        if let Some(rule) = self.groups.get(group) {
                            allowed.push((*rule, places.start(), end));
                        }
                    }
                    Meaning::AllowsLetter { group } => {
                        if let Some(letter) = allowed_letter.get_mut(group) {
                            *letter = true;
                        }
                    }
                }
            }
        }
        let exceptions = Exceptions::of(allowed);
        for (group, places) in matches {
            if allowed_letter.get(group).copied().unwrap_or(false) {
                continue;
            }
            let Some(rule) = self.groups.get(group).copied() else { continue };
            if places.words().iter().any(|(start, end)| exceptions.touch(rule, *start, *end)) {
                continue;
            }
            found.matches.push(Match { rule, start: places.start(), end: places.end() });
        }
        found
    }
}

/// The places of a pattern's elements, as far as it was found.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    words: [(usize, usize); MOST_ELEMENTS],
    count: usize,
}

/// Elements that a pattern may have.
const MOST_ELEMENTS: usize = 6;

impl Places {
    fn and(mut self, word: (usize, usize)) -> Self {
        if let Some(place) = self.words.get_mut(self.count) {
            *place = word;
            self.count += 1;
        }
        self
    }

    fn words(&self) -> &[(usize, usize)] {
        self.words.get(..self.count).unwrap_or_default()
    }

    fn start(&self) -> usize {
        self.words().first().map_or(0, |(start, _)| *start)
    }

    fn end(&self) -> usize {
        self.words().last().map_or(0, |(_, end)| *end)
    }
}

/// The exceptions found, sorted by rule and place, each with the furthest end of those of its rule up to it: so one look
/// tells whether any reaches a match, however many there are.
struct Exceptions(Vec<(usize, usize, usize)>);

impl Exceptions {
    fn of(mut found: Vec<(usize, usize, usize)>) -> Self {
        found.sort_unstable();
        let mut furthest: Option<(usize, usize)> = None;
        for (rule, _, to) in &mut found {
            let reach = furthest.filter(|(of, _)| of == rule).map_or(*to, |(_, reach)| reach.max(*to));
            furthest = Some((*rule, reach));
            *to = reach;
        }
        Self(found)
    }

    /// Whether one of this rule shares letters with that word of a match. One that only stands somewhere in the same
    /// sentence excuses nothing, or else any breach could be bought off with a few harmless words.
    fn touch(&self, rule: usize, start: usize, end: usize) -> bool {
        let before = self.0.partition_point(|entry| (entry.0, entry.1) < (rule, end));
        let last = before.checked_sub(1).and_then(|place| self.0.get(place));
        last.is_some_and(|(of, _, reach)| *of == rule && start < *reach)
    }
}

/// The elements before this one, if it may follow them.
fn reached(
    pattern: &Pattern,
    element: usize,
    start: usize,
    states: &[Option<Places>],
    folded: &Folded<'_>,
) -> Option<Places> {
    let Some(before) = element.checked_sub(1) else { return Some(Places::default()) };
    let places = states.get(pattern.first + before).copied().flatten()?;
    let until = places.end();
    let between = start.checked_sub(until)?;
    let fits = match pattern.gaps.get(element)? {
        Gap::None => between == 0,
        Gap::Sentence(most) => between <= *most && folded.sentence(until.saturating_sub(1)) == folded.sentence(start),
        Gap::Letter(most) => between <= *most,
    };
    fits.then_some(places)
}

impl Builder {
    fn pattern(&mut self, text: &str, pack: &Pack, meaning: Meaning) -> Result<(), PackError> {
        let fault = || PackError::Pattern { file: pack.language.clone(), pattern: text.into() };
        let mut elements: Vec<(Gap, Vec<String>)> = Vec::new();
        let mut gap = Gap::None;
        let mut joins = false;
        for word in text.split_whitespace() {
            match word {
                "~" => gap = Gap::Sentence(pack.near),
                "~~" => gap = Gap::Letter(pack.far),
                _ => {}
            }
            if word == "~" || word == "~~" {
                joins = false;
            } else if let Some(class) = word.strip_prefix('<') {
                let class = class.strip_suffix('>').and_then(|class| pack.words.get(class)).ok_or_else(fault)?;
                elements.push((std::mem::replace(&mut gap, Gap::None), class.clone()));
                joins = false;
            } else if let Some((_, phrases)) = elements.last_mut().filter(|_| joins) {
                for phrase in phrases {
                    phrase.push(' ');
                    phrase.push_str(word);
                }
            } else {
                elements.push((std::mem::replace(&mut gap, Gap::None), vec![word.to_owned()]));
                joins = true;
            }
        }
        if elements.is_empty() || elements.len() > MOST_ELEMENTS {
            return Err(fault());
        }
        let number = self.patterns.len();
        let first = self.elements;
        self.elements += elements.len();
        let mut gaps = Vec::new();
        for (element, (gap, phrases)) in elements.into_iter().enumerate() {
            gaps.push(gap);
            for phrase in &phrases {
                if fold_phrase(phrase).is_empty() {
                    return Err(fault());
                }
                self.term(phrase, pack, Use::Element { pattern: number, element });
            }
        }
        self.patterns.push(Pattern { meaning, first, gaps });
        Ok(())
    }

    fn term(&mut self, phrase: &str, pack: &Pack, term_use: Use) {
        let open = (phrase.starts_with('*'), phrase.ends_with('*'));
        let mut forms = vec![fold_phrase(phrase)];
        if pack.language == "de" {
            // As keyboards without umlauts write it.
            let plain = phrase.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
            forms.push(fold_phrase(&plain.replace('Ä', "Ae").replace('Ö', "Oe").replace('Ü', "Ue")));
        }
        forms.dedup();
        for form in forms {
            let uses = self.terms.entry((form, open.0, open.1)).or_default();
            uses.push(term_use);
        }
    }

    fn finish(self, languages: usize) -> Result<Matcher, PackError> {
        let mut phrases = Vec::new();
        let mut terms = Vec::new();
        for ((phrase, open_start, open_end), mut uses) in self.terms {
            // A pattern's later elements first, so that one word can't be two of them.
            uses.sort_by_key(|term_use| match term_use {
                Use::Element { element, .. } => usize::MAX - element,
                Use::Common { .. } => 0,
            });
            phrases.push(phrase);
            terms.push(Term { open_start, open_end, uses });
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(&phrases)
            .map_err(|source| PackError::Size(Box::new(source)))?;
        Ok(Matcher {
            automaton,
            terms,
            patterns: self.patterns,
            elements: self.elements,
            groups: self.groups,
            languages,
        })
    }
}
