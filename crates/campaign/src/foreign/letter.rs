//! One half of a letter as it is carried over: signs of the foreign text are written so that our template language
//! prints them and reads none of them, and so that no foreign marker is left or arises anew out of what stands around one.

use super::NotCarried;
use super::marker::{Marker, at_start};
use super::names::{Meaning, STATEMENT, meaning};

const UNKNOWN: &str = "Abide has no variable of this name";
const PARTLY: &str = "the variable came over, what follows its name did not";

const LONE: &str = "such signs mark variables, so that they can't stand side by side";

/// The longest piece of the source that a note shows, in characters.
const LONGEST_SHOWN: usize = 80;

/// Half of a letter, so far.
#[derive(Debug, Default)]
pub(super) struct Letter {
    /// In our template language.
    pub(super) written: String,
    /// Markers that became variables.
    pub(super) carried: usize,
    /// Whether it holds the order id.
    pub(super) names_order: bool,
    /// What did not come over.
    pub(super) notes: Vec<NotCarried>,
    /// The last sign that the letter prints, where it is one of the source's own.
    last: Option<char>,
    prints: bool,
}

impl Letter {
    /// Carries a text over that begins at this line and column of the source.
    pub(super) fn read(&mut self, text: &str, mut line: usize, mut column: usize, purchase: &str) {
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let step = if let Some(marker) = at_start(rest) {
                let behind = rest.get(marker.whole.len()..).unwrap_or_default();
                self.marker(&marker, behind, (line, column), purchase);
                marker.whole
            } else {
                self.sign(sign, (line, column));
                rest.get(..sign.len_utf8()).unwrap_or(rest)
            };
            for sign in step.chars() {
                (line, column) = if sign == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            rest = rest.get(step.len()..).unwrap_or_default();
        }
    }

    /// Adds something in our own template language.
    pub(super) fn put(&mut self, ours: &str) {
        self.written.push_str(ours);
        self.prints = true;
        self.names_order |= ours.contains("{{ order_id }}");
    }

    /// Whether nothing but blanks would be printed.
    pub(super) const fn prints_nothing(&self) -> bool {
        !self.prints
    }

    fn sign(&mut self, sign: char, place: (usize, usize)) {
        let side_by_side = match (self.last, sign) {
            (Some(last), '%' | '[' | ']' | '{' | '}') if last == sign => true,
            (Some('$'), '{') | (Some('{'), '%' | '#') => true,
            _ => false,
        };
        if side_by_side {
            self.written.push(' ');
            let found: String = self.last.into_iter().chain([sign]).collect();
            let put = "a blank between the two".to_owned();
            // One note for a run of them.
            let again = self.notes.last().is_some_and(|note| {
                note.why == LONE && note.line == place.0 && note.found.ends_with(sign) && note.column + 1 >= place.1
            });
            if !again {
                self.notes.push(NotCarried { line: place.0, column: place.1, found, put, why: LONE });
            }
        }
        // A brace could open a tag together with what follows it.
        match sign {
            '{' => self.written.push_str("{{ \"{\" }}"),
            '\r' => {}
            '\n' | '\t' => self.written.push(sign),
            _ if sign.is_control() => self.written.push(' '),
            _ => self.written.push(sign),
        }
        self.last = Some(sign);
        self.prints |= !sign.is_whitespace() && !sign.is_control();
    }

    fn marker(&mut self, marker: &Marker<'_>, behind: &str, place: (usize, usize), purchase: &str) {
        // "[[order-link:my order]]" and "{{ name | upper }}": what follows the name is no part of it.
        let (name, more) = match marker.name.split_once([':', '|', '=']) {
            Some((name, more)) => (name.trim(), !more.trim().is_empty()),
            None => (marker.name, false),
        };
        let first = name.split_whitespace().next().unwrap_or_default();
        let statement = marker.statement || name.starts_with(['#', '/', '^', '!', '>', '&']);
        let known = if statement { Some(Meaning::Never(STATEMENT)) } else { meaning(&plain(name)) };
        let known = known.or_else(|| match meaning(&plain(first)) {
            Some(Meaning::Never(why)) if first != name && why == STATEMENT => Some(Meaning::Never(why)),
            _ => None,
        });
        let why = match known {
            Some(Meaning::Ours(ours)) => {
                let put = match ours {
                    "product_name" => format!("{{{{ product_name | default(\"{purchase}\") }}}}"),
                    _ => format!("{{{{ {ours} }}}}"),
                };
                self.carried += 1;
                self.put(&put);
                if !more {
                    return;
                }
                self.note(marker, place, put, PARTLY);
                return;
            }
            Some(Meaning::Never(why)) => why,
            None => UNKNOWN,
        };
        let kept: String =
            name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ')).take(60).collect();
        let comment = format!("{{# not carried over: {} #}}", kept.trim());
        // "Hello [[name]]," becomes "Hello,".
        if behind.chars().next().is_none_or(|next| matches!(next, ',' | '.' | '!' | '?' | ';' | ':' | '\n' | '\r')) {
            while self.written.ends_with(' ') {
                self.written.pop();
            }
        }
        self.written.push_str(&comment);
        self.note(marker, place, format!("{comment}, which prints nothing"), why);
    }

    fn note(&mut self, marker: &Marker<'_>, place: (usize, usize), put: String, why: &'static str) {
        let mut found: String = marker.whole.chars().take(LONGEST_SHOWN).collect();
        if found.len() < marker.whole.len() {
            found.push('…');
        }
        self.notes.push(NotCarried { line: place.0, column: place.1, found, put, why });
    }
}

/// A name by its letters and digits alone, in small letters.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
