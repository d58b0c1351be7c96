//! The two forms in which a body is read. *Clean*: lines as a person sees them, without invisible signs, with
//! one kind of space, hyphen and digit; ids, addresses and quoted headers are found in it. *Folded*: letters
//! and digits alone, compared by compatibility and without case, accents, blanks and punctuation; wording is
//! matched in it, so no way of wrapping, quoting or marking up a sentence changes it.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::limits;

/// A link of a body: where in the clean text it stood, and its target, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Offset into the clean text.
    pub at: usize,
    /// The `href`, entities decoded.
    pub target: String,
}

/// A body in its clean form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Lines that end in `\n`.
    pub text: String,
    /// The targets of its links, in their order.
    pub links: Vec<Link>,
    /// Lists that were opened (`ul`, `ol`).
    pub lists: usize,
    /// Whether there was more than is read.
    pub cut: bool,
}

impl Body {
    /// From plain text with any line end.
    pub fn from_plain(source: &str) -> Self {
        let mut body = Self { text: String::with_capacity(source.len().min(limits::TEXT_BYTES)), ..Self::default() };
        let mut returns = 0;
        let mut rest = source;
        while !body.full() {
            let room = limits::TEXT_BYTES - body.text.len();
            let run = rest.bytes().take(room).take_while(|byte| matches!(byte, b' '..=b'~')).count();
            let Some((run, behind)) = rest.split_at_checked(run).filter(|(run, _)| !run.is_empty()) else {
                let Some(sign) = rest.chars().next() else { break };
                rest = rest.get(sign.len_utf8()..).unwrap_or_default();
                match sign {
                    '\r' => returns += 1,
                    // Some relays write CR CR LF: still one end of a line.
                    '\n' => {
                        body.text.push('\n');
                        returns = 0;
                    }
                    other => {
                        body.end_lines(&mut returns);
                        body.push(other);
                    }
                }
                continue;
            };
            // What is clean already comes over in one go.
            body.end_lines(&mut returns);
            body.text.push_str(run);
            rest = behind;
        }
        body.lists = list_runs(&body.text);
        body
    }

    /// Bare CRs end lines too.
    fn end_lines(&mut self, returns: &mut usize) {
        for _ in 0..std::mem::take(returns) {
            self.text.push('\n');
        }
    }

    /// Adds one sign in its clean form.
    pub fn push(&mut self, sign: char) {
        match sign {
            ' '..='~' | '\n' => self.text.push(sign),
            '\t' => self.text.push(' '),
            other => self.text.extend(clean(other)),
        }
    }

    /// Whether no more is taken; remembers that there was more.
    pub fn full(&mut self) -> bool {
        if self.text.len() >= limits::TEXT_BYTES {
            self.cut = true;
        }
        self.cut
    }
}

/// Runs of at least two lines that begin with a bullet: what a list becomes in plain text.
fn list_runs(text: &str) -> usize {
    let mut runs = 0;
    let mut length = 0;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '>', '|']);
        let bullet = line.starts_with(['•', '·', '●', '○', '▪', '‣', '◦'])
            || ["* ", "- ", "+ ", "o "].iter().any(|mark| line.starts_with(mark));
        if bullet {
            length += 1;
            if length == 2 {
                runs += 1;
            }
        } else if line.trim().is_empty() {
            // A blank line may stand between two items, but ends a list for our purpose only with text after.
        } else {
            length = 0;
        }
    }
    runs
}

/// The clean form of one sign; none for those that are not seen.
fn clean(sign: char) -> Option<char> {
    match sign {
        '\u{00AD}'
        | '\u{034F}'
        | '\u{061C}'
        | '\u{180B}'..='\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{E0000}'..='\u{E01EF}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => Some('-'),
        // Letters by their class, apostrophes by their use.
        '\u{02B9}' | '\u{02BB}' | '\u{02BC}' | '\u{02BD}' | '\u{2018}' | '\u{2019}' | '\u{2032}' => Some('\''),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(sign) - 0xFEE0),
        '\u{0660}'..='\u{0669}' => char::from_digit(u32::from(sign) - 0x0660, 10),
        '\u{06F0}'..='\u{06F9}' => char::from_digit(u32::from(sign) - 0x06F0, 10),
        other if other.is_whitespace() => Some(' '),
        other if other.is_control() => None,
        other => Some(other),
    }
}

/// A text in its folded form, with the way back to the lines it came from.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// Folded text: lower-case letters, digits and hyphens, UTF-8.
    pub bytes: Vec<u8>,
    /// For each line of the clean text, where it begins here.
    starts: Vec<usize>,
    /// Signs that stand for many letters, and where their letters first came: an Arabic ligature is a whole phrase,
    /// and a mail full of it would cost a look at each letter.
    phrases: Vec<(char, std::ops::Range<usize>)>,
}

/// Bytes of folded letters from which on a sign's are copied when it comes again. Of all of Unicode one has so many
/// (U+FDFA, 30 of them); the next has 18.
const PHRASE: usize = 24;
/// Such signs that are remembered.
const PHRASES: usize = 4;

impl Folded {
    /// The folded form of clean (or any) text.
    pub fn new(text: &str) -> Self {
        let mut folded = Self { bytes: Vec::with_capacity(text.len()), starts: vec![0], phrases: Vec::new() };
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let run = folded.run(bytes, at);
            if run > 0 {
                at += run;
                continue;
            }
            match fold(*byte) {
                LINE_END => {
                    folded.starts.push(folded.bytes.len());
                    at += 1;
                }
                ENTITY => at = folded.entity(bytes, at),
                WIDE => {
                    // Text is UTF-8, so a sign begins here.
                    let Some(sign) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                    folded.sign(sign);
                    at += sign.len_utf8();
                }
                // A run stops before a link, and nowhere else.
                _ => at = address_of_link(bytes, at).unwrap_or(at + 1),
            }
        }
        folded
    }

    /// Takes what is plain letters and signs to skip, at most a block of it, and gives how many bytes that were.
    /// Each byte is written and only the place moves on or not: guessing which signs are skipped costs more.
    fn run(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut block = [0; 64];
        let (mut kept, mut taken) = (0, 0);
        for (number, byte) in bytes.get(from..).unwrap_or_default().iter().take(block.len()).enumerate() {
            let letter = fold(*byte);
            if matches!(letter, LINE_END | ENTITY | WIDE)
                || matches!(byte, b'h' | b'm') && address_of_link(bytes, from + number).is_some()
            {
                break;
            }
            if let Some(place) = block.get_mut(kept) {
                *place = letter;
            }
            kept += usize::from(letter != SKIPPED);
            taken += 1;
        }
        self.bytes.extend_from_slice(block.get(..kept).unwrap_or_default());
        taken
    }

    /// The line of the clean text that holds this offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn sign(&mut self, sign: char) {
        let Some(sign) = clean(sign) else { return };
        if let Some((_, letters)) = self.phrases.iter().find(|(known, _)| *known == sign) {
            self.bytes.extend_from_within(letters.clone());
            return;
        }
        let began = self.bytes.len();
        decompose_compatible(sign, |piece| {
            if is_combining_mark(piece) {
                return;
            }
            if piece == '-' {
                self.bytes.push(b'-');
            } else if piece.is_alphanumeric() {
                let mut buffer = [0; 4];
                // What lower case adds may be no letter (the dot of a Turkish I); the letter itself was asked already.
                let is_letter = |lower: &char| *lower == piece || lower.is_alphanumeric();
                for lower in piece.to_lowercase().filter(is_letter) {
                    self.bytes.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
                }
            }
        });
        let letters = began..self.bytes.len();
        if letters.len() >= PHRASE && self.phrases.len() < PHRASES {
            self.phrases.push((sign, letters));
        }
    }

    /// An entity left in plain text by a careless conversion (`l&#39;acquirente`).
    fn entity(&mut self, bytes: &[u8], at: usize) -> usize {
        let window = bytes.get(at..).unwrap_or_default();
        let window = window.get(..12).unwrap_or(window);
        let length = window.iter().position(|byte| *byte == b';').map(|end| end + 1);
        let Some(token) = length.and_then(|length| window.get(..length)) else { return at + 1 };
        let Some(decoded) = entity(token) else { return at + 1 };
        for sign in decoded.chars() {
            self.sign(sign);
        }
        at + token.len()
    }
}

/// What [`fold`] gives for signs that are no letters.
const SKIPPED: u8 = 0;
const LINE_END: u8 = 1;
const ENTITY: u8 = 2;
const WIDE: u8 = 3;

/// The folded form of each byte of ASCII, or what is to be done with it.
const FOLDED: [u8; 256] = {
    let mut folded = [SKIPPED; 256];
    let mut byte: u8 = 0;
    loop {
        folded[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => byte,
            b'A'..=b'Z' => byte.to_ascii_lowercase(),
            b'\n' => LINE_END,
            b'&' => ENTITY,
            0..=127 => SKIPPED,
            _ => WIDE,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    folded
};

fn fold(byte: u8) -> u8 {
    FOLDED.get(usize::from(byte)).copied().unwrap_or(SKIPPED)
}

/// The end of `http…` or `mailto:…` that begins here: mail programs write link targets into the sentence.
fn address_of_link(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let starts = match rest.first()? {
        b'h' => rest.starts_with(b"http://") || rest.starts_with(b"https://"),
        b'm' => rest.starts_with(b"mailto:"),
        _ => false,
    };
    if !starts {
        return None;
    }
    let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\n' | b'>' | b']' | b')' | b'"' | 128..));
    Some(at + end.unwrap_or(rest.len()))
}

/// What `&name;` or `&#number;` stands for.
pub fn entity(token: &[u8]) -> Option<String> {
    let inner = token.strip_prefix(b"&")?.strip_suffix(b";")?;
    let known = !inner.is_empty() && inner.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'#');
    if !known {
        return None;
    }
    if let Some(number) = inner.strip_prefix(b"#") {
        let digits = std::str::from_utf8(number).ok()?;
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => digits.parse().ok()?,
        };
        return match u8::try_from(code) {
            // HTML reads these as Windows-1252.
            Ok(byte @ 0x80..=0x9F) => Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into()),
            _ => char::from_u32(code).map(String::from),
        };
    }
    let mut out = String::new();
    mail_parser::decoders::html::add_html_token(&mut out, token, false);
    (!out.starts_with('&') || inner == b"amp").then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(text: &str) -> String {
        String::from_utf8(Folded::new(text).bytes).unwrap()
    }

    #[test]
    fn no_more_signs_stand_for_phrases_than_are_remembered() {
        let phrases = (char::MIN..=char::MAX).filter(|sign| folded(&sign.to_string()).len() >= PHRASE);
        assert!(phrases.count() <= PHRASES);
    }

    #[test]
    fn a_turkish_capital_i_folds_to_its_letter_alone() {
        assert_eq!(folded("İPTAL"), "iptal");
    }

    proptest! {
        #[test]
        fn a_sign_folds_alike_wherever_it_stands(signs in proptest::collection::vec(
            prop_oneof![Just('\u{fdfa}'), Just('\u{fdfb}'), Just('\u{3316}'), Just('İ'), any::<char>()], 0..20
        )) {
            // Entities and links are more than one sign.
            let signs: Vec<char> = signs.into_iter().filter(|sign| !sign.is_ascii()).collect();
            let apart: String = signs.iter().map(|sign| folded(&sign.to_string())).collect();
            prop_assert_eq!(folded(&signs.iter().collect::<String>()), apart);
        }
    }
}
