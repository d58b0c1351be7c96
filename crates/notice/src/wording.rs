//! Amazon's wording in every known language, read from the packs in `wording/`. Every entry is tried on every
//! mail, since a notice's language need not be its store's. One pass finds the longest fixed piece of each
//! entry in folded text; the rest is then verified within bounded distance, so time is linear.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;
use model::notice::{Language, NoticeKind};
use model::{OrderId, UnknownWord};
use serde::Deserialize;

use crate::text::Folded;

/// The packs that come with the program.
pub const PACKS: &[(&str, &str)] = &[
    ("de", include_str!("../wording/de.toml")),
    ("en", include_str!("../wording/en.toml")),
    ("es", include_str!("../wording/es.toml")),
    ("fr", include_str!("../wording/fr.toml")),
    ("it", include_str!("../wording/it.toml")),
    ("ja", include_str!("../wording/ja.toml")),
    ("pt", include_str!("../wording/pt.toml")),
];

/// How well an entry is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// From a real notice.
    Real,
    /// Quoted by a seller or a vendor.
    Quoted,
    /// A literal in software that reads such mail.
    Code,
    /// A vendor's words, perhaps a translation.
    Vendor,
    /// Concluded, unconfirmed.
    Inferred,
}

/// A pack that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    /// It is not TOML of the expected form.
    #[error("the wording pack `{pack}` could not be read; see the ones in crates/notice/wording for its form")]
    Form {
        /// The pack's name.
        pack: String,
        /// What TOML says.
        #[source]
        source: toml::de::Error,
    },
    /// Its language is not a two-letter code.
    #[error("the wording pack `{0}` names no two-letter language code")]
    Language(String),
    /// An entry names no known kind.
    #[error("an entry of the wording pack `{pack}` names no known kind of notice")]
    Kind {
        /// The pack's name.
        pack: String,
        /// The word and the known ones.
        #[source]
        source: UnknownWord,
    },
    /// An entry has neither or both of `subject` and `sentence`, or no fixed words.
    #[error("an entry of the wording pack `{0}` needs a subject or a sentence with fixed words")]
    Empty(String),
    /// An unknown `{placeholder}`.
    #[error("an entry of the wording pack `{0}` uses a placeholder other than order, buyer, date and text")]
    Placeholder(String),
    /// The search could not be built.
    #[error("the wording packs are too large together")]
    Size(#[source] aho_corasick::BuildError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
    language: String,
    wording: Vec<PackEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackEntry {
    kind: String,
    subject: Option<String>,
    sentence: Option<String>,
    #[serde(default)]
    from: Vec<String>,
    source: String,
    confirmed: Confirmed,
}

/// Where an entry's words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the subject.
    Subject,
    /// In a body.
    Body,
}

/// One entry of a pack.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it tells.
    pub kind: NoticeKind,
    /// Where its words stand.
    pub place: Place,
    /// Its language.
    pub language: Language,
    /// The words as the pack has them, with placeholders.
    pub words: String,
    /// Local parts of Amazon's addresses it is bound to; empty for any.
    pub from: Vec<String>,
    /// Where the words were found.
    pub source: String,
    /// How well they are known.
    pub confirmed: Confirmed,
    pieces: Vec<Piece>,
    anchor: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(Vec<u8>),
    Order,
    /// At most so many folded bytes of anything.
    Gap(usize),
}

/// An entry found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number among the entries: earlier ones of a kind are the fuller ones.
    pub entry: usize,
    /// Where it begins in the folded text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The order ids at its placeholder.
    pub orders: Vec<OrderId>,
}

/// All packs, ready to search with.
#[derive(Debug)]
pub struct Wording {
    entries: Vec<Entry>,
    search: Option<AhoCorasick>,
}

static BUILT_IN: LazyLock<Wording> =
    LazyLock::new(|| Wording::from_packs(PACKS).unwrap_or(Wording { entries: Vec::new(), search: None }));

/// The most ids that one placeholder takes.
const IDS_IN_A_LIST: usize = 20;

impl Wording {
    /// The packs that come with the program. A test holds that all of them parse.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// From packs given by name and text.
    pub fn from_packs(packs: &[(&str, &str)]) -> Result<Self, WordingError> {
        let mut entries = Vec::new();
        for (name, text) in packs {
            let pack: Pack =
                toml::from_str(text).map_err(|source| WordingError::Form { pack: (*name).to_owned(), source })?;
            let language =
                Language::from_code(&pack.language).ok_or_else(|| WordingError::Language((*name).to_owned()))?;
            for entry in pack.wording {
                entries.push(Entry::from_pack(name, language, entry)?);
            }
        }
        let anchors = entries.iter().map(Entry::anchor);
        let search =
            AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(anchors).map_err(WordingError::Size)?;
        Ok(Self { entries, search: Some(search) })
    }

    /// Every entry, in the order of the packs.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every entry for that place that stands in the text, in the order of the text.
    pub fn find(&self, text: &Folded, place: Place) -> Vec<Found> {
        let Some(search) = &self.search else { return Vec::new() };
        let mut found = Vec::new();
        for hit in search.find_overlapping_iter(&text.bytes) {
            let number = hit.pattern().as_usize();
            if let Some(entry) = self.entries.get(number).filter(|entry| entry.place == place)
                && let Some((start, end, orders)) = entry.verify(&text.bytes, hit.start(), hit.end())
            {
                found.push(Found { entry: number, start, end, orders });
                if found.len() >= 500 {
                    break;
                }
            }
        }
        found
    }

    /// The entry of a find.
    pub fn entry(&self, found: &Found) -> Option<&Entry> {
        self.entries.get(found.entry)
    }
}

impl Entry {
    fn from_pack(pack: &str, language: Language, entry: PackEntry) -> Result<Self, WordingError> {
        let kind: NoticeKind =
            entry.kind.parse().map_err(|source| WordingError::Kind { pack: pack.to_owned(), source })?;
        let (place, words) = match (entry.subject, entry.sentence) {
            (Some(subject), None) => (Place::Subject, subject),
            (None, Some(sentence)) => (Place::Body, sentence),
            _ => return Err(WordingError::Empty(pack.to_owned())),
        };
        let pieces = pieces(&words).ok_or_else(|| WordingError::Placeholder(pack.to_owned()))?;
        let anchor = pieces
            .iter()
            .enumerate()
            .filter_map(|(number, piece)| match piece {
                Piece::Words(words) => Some((words.len(), number)),
                _ => None,
            })
            .max()
            .map(|(_, number)| number)
            .ok_or_else(|| WordingError::Empty(pack.to_owned()))?;
        Ok(Self {
            kind,
            place,
            language,
            words,
            from: entry.from,
            source: entry.source,
            confirmed: entry.confirmed,
            pieces,
            anchor,
        })
    }

    fn anchor(&self) -> &[u8] {
        match self.pieces.get(self.anchor) {
            Some(Piece::Words(words)) => words,
            _ => &[],
        }
    }

    /// The whole entry around its anchor, where it is there.
    fn verify(&self, text: &[u8], start: usize, end: usize) -> Option<(usize, usize, Vec<OrderId>)> {
        let mut orders = Vec::new();
        let mut right = end;
        let mut gap = 0;
        for piece in self.pieces.get(self.anchor + 1..)? {
            match piece {
                Piece::Gap(most) => gap += most,
                Piece::Order => {
                    let window = text.get(right..text.len().min(right + gap + OrderId::LENGTH))?;
                    let at = if gap == 0 { id_at(window, 0).map(|_| 0) } else { first_id(window) }? + right;
                    right = ids_forward(text, at, &mut orders);
                    gap = 0;
                }
                Piece::Words(words) => {
                    let window = text.get(right..text.len().min(right + gap + words.len()))?;
                    right += memmem::find(window, words)? + words.len();
                    gap = 0;
                }
            }
        }
        let mut left = start;
        gap = 0;
        let mut before = Vec::new();
        for piece in self.pieces.get(..self.anchor)?.iter().rev() {
            match piece {
                Piece::Gap(most) => gap += most,
                Piece::Order => {
                    let from = left.saturating_sub(gap + OrderId::LENGTH);
                    let window = text.get(from..left)?;
                    let at = if gap == 0 {
                        window.len().checked_sub(OrderId::LENGTH).filter(|at| id_at(window, *at).is_some())
                    } else {
                        last_id(window)
                    }?;
                    left = ids_backward(text, from + at, &mut before);
                    gap = 0;
                }
                Piece::Words(words) => {
                    let from = left.saturating_sub(gap + words.len());
                    left = from + memmem::rfind(text.get(from..left)?, words)?;
                    gap = 0;
                }
            }
        }
        before.reverse();
        before.extend(orders);
        Some((left, right, before))
    }
}

/// The words between placeholders, folded; none for a placeholder that nobody knows.
fn pieces(words: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = words;
    loop {
        let (fixed, placeholder, after) = match rest.split_once('{') {
            Some((fixed, from)) => {
                let (name, after) = from.split_once('}')?;
                (fixed, Some(name), after)
            }
            None => (rest, None, ""),
        };
        let folded = Folded::new(fixed).bytes;
        if !folded.is_empty() {
            pieces.push(Piece::Words(folded));
        }
        match placeholder {
            None => return Some(pieces),
            Some("order") => pieces.push(Piece::Order),
            Some("date") => pieces.push(Piece::Gap(60)),
            Some("buyer") => pieces.push(Piece::Gap(160)),
            Some("text") => pieces.push(Piece::Gap(240)),
            Some(_) => return None,
        }
        rest = after;
    }
}

fn id_at(text: &[u8], at: usize) -> Option<OrderId> {
    OrderId::from_bytes(text.get(at..at + OrderId::LENGTH)?).ok()
}

fn first_id(window: &[u8]) -> Option<usize> {
    (0..window.len()).find(|at| id_at(window, *at).is_some())
}

fn last_id(window: &[u8]) -> Option<usize> {
    (0..window.len()).rev().find(|at| id_at(window, *at).is_some())
}

/// Takes the id at `at` and those listed after it (`…, … and …`); gives where the list ends.
fn ids_forward(text: &[u8], mut at: usize, orders: &mut Vec<OrderId>) -> usize {
    let mut end = at;
    for _ in 0..IDS_IN_A_LIST {
        let Some(id) = id_at(text, at) else { break };
        orders.push(id);
        end = at + OrderId::LENGTH;
        match (0..=6).map(|skip| end + skip).find(|next| id_at(text, *next).is_some()) {
            Some(next) => at = next,
            None => break,
        }
    }
    end
}

/// The same towards the beginning; the ids come in reverse order. Gives where the list begins.
fn ids_backward(text: &[u8], mut at: usize, orders: &mut Vec<OrderId>) -> usize {
    let mut start = at;
    for _ in 0..IDS_IN_A_LIST {
        let Some(id) = id_at(text, at) else { break };
        orders.push(id);
        start = at;
        let next = (0..=6).filter_map(|skip| start.checked_sub(OrderId::LENGTH + skip));
        match next.into_iter().find(|next| id_at(text, *next).is_some()) {
            Some(next) => at = next,
            None => break,
        }
    }
    start
}
