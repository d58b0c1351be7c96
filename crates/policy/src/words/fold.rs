//! One reading of a text for all rules. *Letters*: letters and digits alone, by compatibility, without case, accents
//! and disguises, so that blanks, hyphens and hidden signs inside a word change nothing; where words begin is kept
//! beside them. *Clean*: the same with blanks and punctuation, for links, addresses and numbers. Both know the place
//! in the original of each byte. The time taken grows with the text's length and nothing else.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::glyphs::{is_hidden, is_voicing, look_alike, stands_alone};

/// A text read once.
pub struct Folded<'t> {
    /// As it was written.
    pub source: &'t str,
    /// Letters and digits.
    pub letters: String,
    /// With blanks and punctuation.
    pub clean: String,
    letters_at: Vec<usize>,
    clean_at: Vec<usize>,
    begins: Vec<bool>,
    sentences: Vec<usize>,
}

impl<'t> Folded<'t> {
    /// Reads a text; in a template, what stands in `{{ }}`, `{% %}` and `{# #}` counts as a blank.
    pub fn read(source: &'t str, template: bool) -> Self {
        let room = source.len();
        let mut reader = Reader {
            folded: Self {
                source,
                letters: String::with_capacity(room),
                clean: String::with_capacity(room),
                letters_at: Vec::with_capacity(room),
                clean_at: Vec::with_capacity(room),
                begins: Vec::with_capacity(room),
                sentences: Vec::new(),
            },
            between: true,
            last: ' ',
            stood_in: false,
            ends: false,
            breaks: 0,
        };
        reader.run(template);
        reader.folded
    }

    /// Whether a word begins at this offset of the letters; their end counts.
    pub fn word_begins(&self, offset: usize) -> bool {
        self.begins.get(offset).copied().unwrap_or(true)
    }

    /// The number of the sentence that this offset of the letters belongs to.
    pub fn sentence(&self, offset: usize) -> usize {
        self.sentences.partition_point(|start| *start <= offset)
    }

    /// The place in the original of a stretch of letters.
    pub fn place_of_letters(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        self.place(&self.letters_at, start, end)
    }

    /// The place in the original of a stretch of the clean text.
    pub fn place_of_clean(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        self.place(&self.clean_at, start, end)
    }

    fn place(&self, map: &[usize], start: usize, end: usize) -> std::ops::Range<usize> {
        let from = map.get(start).copied().unwrap_or(self.source.len());
        let last = map.get(end.saturating_sub(1)).copied().unwrap_or(self.source.len());
        let width = self.source.get(last..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        from..(last + width).max(from)
    }
}

/// Folds a phrase of a pack in the way in which texts are folded.
pub fn fold_phrase(phrase: &str) -> String {
    Folded::read(phrase, false).letters
}

struct Reader<'t> {
    folded: Folded<'t>,
    /// Whether something that is no letter came since the last letter.
    between: bool,
    /// The last sign of the original that is not hidden.
    last: char,
    /// Whether the last sign was a digit or symbol that stood in for a letter.
    stood_in: bool,
    /// Whether a sign that ends sentences came last.
    ends: bool,
    /// Line ends since the last letter.
    breaks: usize,
}

impl Reader<'_> {
    fn run(&mut self, template: bool) {
        let source = self.folded.source;
        let mut skip_to = 0;
        let mut closes = template;
        for (at, sign) in source.char_indices() {
            if at < skip_to {
                continue;
            }
            if closes && sign == '{' {
                match tag(source, at) {
                    Tag::None => {}
                    Tag::Open => closes = false,
                    Tag::Until(end) => {
                        skip_to = end;
                        self.apart(' ', ' ', at);
                        continue;
                    }
                }
            }
            if sign.is_ascii() { self.ascii(sign, at) } else { self.other(sign, at) }
        }
    }

    fn ascii(&mut self, sign: char, at: usize) {
        let stands_for = self.stand_in(sign, at);
        if sign.is_ascii_alphanumeric() || stands_for.is_some() {
            let lower = sign.to_ascii_lowercase();
            self.clean(lower, at);
            self.letter(stands_for.unwrap_or(lower), at);
        } else if sign == '%' && self.is_share() {
            self.clean(sign, at);
            self.between = true;
            self.letter(sign, at);
            self.between = true;
        } else {
            self.apart(sign, sign, at);
        }
        self.stood_in = stands_for.is_some();
        self.last = sign;
    }

    fn other(&mut self, sign: char, at: usize) {
        if is_hidden(sign) {
            return;
        }
        if is_combining_mark(sign) && !is_voicing(sign) {
            return;
        }
        let stands_for = self.stand_in(sign, at);
        self.stood_in = stands_for.is_some();
        if let Some(letter) = stands_for {
            self.clean(sign, at);
            self.letter(letter, at);
        } else if sign.is_whitespace() {
            self.apart(sign, if matches!(sign, '\u{85}' | '\u{2028}' | '\u{2029}') { '\n' } else { ' ' }, at);
        } else {
            match sign {
                'ß' | 'ẞ' => self.several("ss", at),
                'æ' | 'Æ' => self.several("ae", at),
                'œ' | 'Œ' => self.several("oe", at),
                _ => self.taken_apart(sign, at),
            }
        }
        self.last = sign;
    }

    fn several(&mut self, letters: &str, at: usize) {
        for letter in letters.chars() {
            self.clean(letter, at);
            self.letter(letter, at);
        }
    }

    fn taken_apart(&mut self, sign: char, at: usize) {
        if let Some(letter) = look_alike(sign) {
            self.clean(letter, at);
            self.letter(letter, at);
            return;
        }
        decompose_compatible(sign, |part| {
            if is_hidden(part) || (is_combining_mark(part) && !is_voicing(part)) {
                return;
            }
            let part = look_alike(part).unwrap_or(part);
            for lower in part.to_lowercase() {
                let lower = look_alike(lower).unwrap_or(lower);
                if is_combining_mark(lower) && !is_voicing(lower) {
                    continue;
                }
                if lower.is_alphanumeric() || is_voicing(lower) {
                    self.clean(lower, at);
                    self.letter(lower, at);
                } else {
                    self.apart(sign, plain_mark(lower), at);
                }
            }
        });
    }

    /// The letter that a digit or symbol inside a word stands for ("fr3e", "revi€w").
    fn stand_in(&self, sign: char, at: usize) -> Option<char> {
        let letter = match sign {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            _ => return None,
        };
        // In a script without blanks a digit between letters is a number: 星5つ.
        let in_word = |sign: char| sign.is_alphabetic() && !stands_alone(sign);
        if !(in_word(self.last) || self.stood_in) {
            return None;
        }
        let next = self.folded.source.get(at + sign.len_utf8()..)?.chars().next();
        let inside = next.is_some_and(in_word);
        // "fr33": a row of such digits that began inside a word.
        let row = sign.is_ascii_digit() && (next == Some(sign) || self.stood_in);
        let at_end = sign == '3' && next.is_none_or(|next| !next.is_alphanumeric());
        (inside || row || at_end).then_some(letter)
    }

    /// Whether a percent sign here belongs to a number, or begins a phrase of a pack: then it is read as a word.
    fn is_share(&self) -> bool {
        self.folded.letters.bytes().next_back().is_none_or(|last| last.is_ascii_digit())
    }

    fn clean(&mut self, sign: char, at: usize) {
        self.folded.clean.push(sign);
        for _ in 0..sign.len_utf8() {
            self.folded.clean_at.push(at);
        }
    }

    fn letter(&mut self, letter: char, at: usize) {
        let alone = stands_alone(letter) && !is_voicing(letter);
        let after_alone = self.folded.letters.chars().next_back().is_some_and(stands_alone);
        let begins = self.between || alone || (after_alone && !stands_alone(letter));
        if self.breaks > 1 || (self.ends && self.between) {
            self.folded.sentences.push(self.folded.letters.len());
        }
        self.folded.letters.push(letter);
        self.folded.letters_at.push(at);
        self.folded.begins.push(begins);
        for _ in 1..letter.len_utf8() {
            self.folded.letters_at.push(at);
            self.folded.begins.push(false);
        }
        self.between = false;
        self.ends = false;
        self.breaks = 0;
    }

    fn apart(&mut self, original: char, shown: char, at: usize) {
        self.clean(shown, at);
        self.between = true;
        if matches!(original, '。' | '！' | '？' | '｡')
            || (shown.is_whitespace() && matches!(self.last, '.' | '!' | '?' | '…'))
        {
            self.ends = true;
        }
        if shown == '\n' {
            self.breaks += 1;
        }
    }
}

/// A sign of punctuation as ASCII writes it.
const fn plain_mark(sign: char) -> char {
    match sign {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{3002}' | '\u{2024}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2236}' | '\u{A789}' => ':',
        _ => sign,
    }
}

/// What a curly bracket of a template begins.
enum Tag {
    /// Nothing.
    None,
    /// A tag that is never closed: nothing behind it is a tag.
    Open,
    /// A tag that ends before this offset.
    Until(usize),
}

fn tag(source: &str, at: usize) -> Tag {
    let rest = source.get(at + 1..).unwrap_or_default();
    let close = match rest.as_bytes().first() {
        Some(b'{') => "}}",
        Some(b'%') => "%}",
        Some(b'#') => "#}",
        _ => return Tag::None,
    };
    rest.find(close).map_or(Tag::Open, |found| Tag::Until(at + 1 + found + 2))
}
