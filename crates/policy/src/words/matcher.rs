//! The search for wording: all words of all packs in one trie, walked from where words begin, and for each pattern how
//! far it has come. Patterns that begin alike share their beginning, so a word is looked at again only by the beginnings
//! it may continue. The time taken grows with the text's length alone: no walk is longer than the longest phrase.

use std::collections::BTreeMap;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored};

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Sentence(usize),
    Letter(usize),
}

/// One word or class of words of the patterns that begin alike up to it.
struct Element {
    /// The element before it, and what may stand between; none at a pattern's beginning.
    before: Option<(usize, Gap)>,
    /// Whether another may follow it directly, even within the same word.
    joined: bool,
    /// Whether another may follow it at all.
    continued: bool,
    /// What the patterns mean that are complete with it.
    ends: Vec<Meaning>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Element(usize),
    Common { language: usize },
}

struct Term {
    open_start: bool,
    open_end: bool,
    uses: Vec<Use>,
}

/// The packs, ready to search with.
pub struct Matcher {
    /// All terms; walked anchored, so that it is a trie.
    trie: NFA,
    /// Those that may begin within a word.
    open: AhoCorasick,
    terms: Vec<Term>,
    elements: Vec<Element>,
    /// The rule of each group: one group per language, rule and wording.
    groups: Vec<usize>,
    languages: usize,
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
                        builder.pattern(pattern, (language, pack), meaning)?;
                    }
                }
            }
        }
        builder.finish(packs.len())
    }

    /// Searches a text.
    pub fn search(&self, folded: &Folded<'_>) -> Found {
        let mut search = Search {
            matcher: self,
            folded,
            found: Found { common: vec![0; self.languages], ..Found::default() },
            slots: vec![0; self.elements.len()],
            reached: Vec::new(),
            also_begins: vec![false; folded.letters.len() + 1],
            allowed_letter: vec![false; self.groups.len()],
            allowed: Vec::new(),
            matches: Vec::new(),
        };
        search.run();
        search.finish()
    }
}

/// The places of a pattern's elements, as far as it was found.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    words: [(usize, usize); MOST_ELEMENTS],
    count: usize,
    /// Whether the last of them ends where a word does.
    whole_end: bool,
}

/// Elements that a pattern may have.
const MOST_ELEMENTS: usize = 6;

impl Places {
    fn and(mut self, word: (usize, usize), whole_end: bool) -> Self {
        if let Some(place) = self.words.get_mut(self.count) {
            *place = word;
            self.count += 1;
        }
        self.whole_end = whole_end;
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

/// One pass over one text.
struct Search<'m> {
    matcher: &'m Matcher,
    folded: &'m Folded<'m>,
    found: Found,
    /// For each element where in `reached` it is, counted from 1; 0 while it was not found.
    slots: Vec<u32>,
    /// The last two places of each element found, the later first: a word and a longer one that begins alike.
    reached: Vec<(Places, Option<Places>)>,
    /// Where a term may begin within a word.
    also_begins: Vec<bool>,
    allowed_letter: Vec<bool>,
    allowed: Vec<(usize, usize, usize)>,
    matches: Vec<(usize, Places)>,
}

impl Search<'_> {
    fn run(&mut self) {
        let letters = self.folded.letters.as_bytes();
        for hit in self.matcher.open.find_overlapping_iter(letters) {
            self.mark(hit.start());
        }
        let trie = &self.matcher.trie;
        // Only an automaton without anchored searches has no such state; this one is built with them.
        let Ok(root) = trie.start_state(Anchored::Yes) else { return };
        for start in 0..letters.len() {
            if !self.folded.word_begins(start) && !self.also_begins.get(start).copied().unwrap_or(false) {
                continue;
            }
            let mut state = root;
            for (at, letter) in letters.iter().enumerate().skip(start) {
                state = trie.next_state(Anchored::Yes, state, *letter);
                if !trie.is_special(state) {
                    continue;
                }
                if trie.is_dead(state) {
                    break;
                }
                if trie.is_match(state) {
                    for number in 0..trie.match_len(state) {
                        let term = trie.match_pattern(state, number);
                        // The others end here, too, and begin later: they are found from there.
                        if trie.pattern_len(term) == at + 1 - start {
                            self.hit(term.as_usize(), start, at + 1);
                        }
                    }
                }
            }
        }
    }

    fn mark(&mut self, place: usize) {
        if let Some(begins) = self.also_begins.get_mut(place) {
            *begins = true;
        }
    }

    fn hit(&mut self, term: usize, start: usize, end: usize) {
        let matcher = self.matcher;
        let Some(term) = matcher.terms.get(term) else { return };
        let whole_start = term.open_start || self.folded.word_begins(start);
        let whole_end = term.open_end || self.folded.word_begins(end);
        for term_use in &term.uses {
            match *term_use {
                Use::Common { language } => {
                    if let Some(count) = self.found.common.get_mut(language).filter(|_| whole_start && whole_end) {
                        *count += 1;
                    }
                }
                Use::Element(number) => {
                    let Some(element) = matcher.elements.get(number) else { continue };
                    let Some(before) = self.before(element, start, whole_start) else { continue };
                    if whole_end || element.joined {
                        self.reach(number, element, before.and((start, end), whole_end));
                    }
                }
            }
        }
    }

    /// The elements before this one, if it may follow them here.
    fn before(&self, element: &Element, start: usize, whole_start: bool) -> Option<Places> {
        let Some((before, gap)) = element.before else { return whole_start.then(Places::default) };
        let slot = self.slots.get(before).copied().unwrap_or(0);
        let (later, earlier) = self.reached.get(usize::try_from(slot).ok()?.checked_sub(1)?)?;
        // Elements without a gap may be written as one word.
        let fits = |places: &Places| {
            let until = places.end();
            let Some(between) = start.checked_sub(until) else { return false };
            match gap {
                Gap::None => between == 0,
                Gap::Sentence(most) => {
                    whole_start
                        && places.whole_end
                        && between <= most
                        && self.folded.sentence(until.saturating_sub(1)) == self.folded.sentence(start)
                }
                Gap::Letter(most) => whole_start && places.whole_end && between <= most,
            }
        };
        Some(later).filter(|places| fits(places)).or_else(|| earlier.as_ref().filter(|places| fits(places))).copied()
    }

    fn reach(&mut self, number: usize, element: &Element, places: Places) {
        if element.joined {
            self.mark(places.end());
        }
        if element.continued
            && let Some(slot) = self.slots.get_mut(number)
        {
            let known = usize::try_from(*slot).ok().and_then(|slot| slot.checked_sub(1));
            if let Some((later, earlier)) = known.and_then(|slot| self.reached.get_mut(slot)) {
                *earlier = Some(std::mem::replace(later, places));
            } else {
                self.reached.push((places, None));
                *slot = u32::try_from(self.reached.len()).unwrap_or(0);
            }
        }
        if !places.whole_end {
            return;
        }
        for meaning in &element.ends {
            match *meaning {
                Meaning::Breaks { group } => self.matches.push((group, places)),
                Meaning::Excuses { group } => {
                    // In whatever language: many words are spelled alike in several, and every pack reads every text.
                    if let Some(rule) = self.matcher.groups.get(group) {
                        self.allowed.push((*rule, places.start(), places.end()));
                    }
                }
                Meaning::AllowsLetter { group } => {
                    if let Some(letter) = self.allowed_letter.get_mut(group) {
                        *letter = true;
                    }
                }
            }
        }
    }

    fn finish(self) -> Found {
        let exceptions = Exceptions::of(self.allowed);
        let mut found = self.found;
        for (group, places) in self.matches {
            if self.allowed_letter.get(group).copied().unwrap_or(false) {
                continue;
            }
            let Some(rule) = self.matcher.groups.get(group).copied() else { continue };
            if places.words().iter().any(|(start, end)| exceptions.touch(rule, *start, *end)) {
                continue;
            }
            found.matches.push(Match { rule, start: places.start(), end: places.end() });
        }
        found
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

/// What makes two elements one: the language, what stands before, and the words.
type Beginning = (usize, Option<(usize, Gap)>, Vec<String>);

#[derive(Default)]
struct Builder {
    terms: BTreeMap<(String, bool, bool), Vec<Use>>,
    known: BTreeMap<Beginning, usize>,
    elements: Vec<Element>,
    groups: Vec<usize>,
}

impl Builder {
    fn pattern(&mut self, text: &str, pack: (usize, &Pack), meaning: Meaning) -> Result<(), PackError> {
        let (language, pack) = pack;
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
        if elements.len() > MOST_ELEMENTS
            || elements.iter().flat_map(|(_, all)| all).any(|one| fold_phrase(one).is_empty())
        {
            return Err(fault());
        }
        let mut last = None;
        for (gap, phrases) in elements {
            last = Some(self.element(last.map(|before| (before, gap)), phrases, (language, pack)));
        }
        let last = last.and_then(|last| self.elements.get_mut(last)).ok_or_else(fault)?;
        last.ends.push(meaning);
        Ok(())
    }

    /// The number of an element; the same for patterns of a language that begin alike.
    fn element(&mut self, before: Option<(usize, Gap)>, phrases: Vec<String>, pack: (usize, &Pack)) -> usize {
        let (language, pack) = pack;
        let key = (language, before, phrases);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let number = self.elements.len();
        self.elements.push(Element { before, joined: false, continued: false, ends: Vec::new() });
        if let Some((one_before, gap)) = before
            && let Some(one_before) = self.elements.get_mut(one_before)
        {
            one_before.continued = true;
            one_before.joined |= gap == Gap::None;
        }
        for phrase in &key.2 {
            self.term(phrase, pack, Use::Element(number));
        }
        self.known.insert(key, number);
        number
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
            if !uses.contains(&term_use) {
                uses.push(term_use);
            }
        }
    }

    fn finish(self, languages: usize) -> Result<Matcher, PackError> {
        let size = |source| PackError::Size(Box::new(source));
        let mut phrases = Vec::new();
        let mut terms = Vec::new();
        for ((phrase, open_start, open_end), mut uses) in self.terms {
            // A pattern's later elements first, so that one word can't be two of them; they have the higher numbers.
            uses.sort_by_key(|term_use| match term_use {
                Use::Element(number) => usize::MAX - number,
                Use::Common { .. } => 0,
            });
            phrases.push(phrase);
            terms.push(Term { open_start, open_end, uses });
        }
        let trie = NFA::new(&phrases).map_err(size)?;
        let open = phrases.iter().zip(&terms).filter(|(_, term)| term.open_start).map(|(phrase, _)| phrase);
        let open = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(open).map_err(size)?;
        Ok(Matcher { trie, open, terms, elements: self.elements, groups: self.groups, languages })
    }
}
