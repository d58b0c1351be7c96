//! Text in header fields: plain where it is plain ASCII, else encoded words (RFC 2047), folded. Only printable ASCII and
//! the folds made here come out, so no text can end its header or begin another.

use data_encoding::BASE64;

/// The longest encoded word (RFC 2047, 2).
const LONGEST_WORD: usize = 75;
/// The longest line of a header that is folded here.
const LONGEST_LINE: usize = 76;
const OPENS: &str = "=?utf-8?B?";
const CLOSES: &str = "?=";

/// A text in one line: control characters and separators of lines and paragraphs become blanks.
pub(super) fn one_line(text: &str) -> String {
    let blank = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let readable: String = text.chars().map(blank).collect();
    readable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A field's free text; `used` bytes of its first line are taken.
pub(super) fn unstructured(text: &str, used: usize) -> String {
    if is_plain(text, used) { folded(text.split(' '), used) } else { words(text, used) }
}

/// A display name: atoms as they are, other ASCII quoted, the rest as encoded words (RFC 5322, 3.4).
pub(super) fn phrase(text: &str, used: usize) -> String {
    let atom = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    if text.len() + used + 2 > LONGEST_LINE || !is_plain(text, used) {
        words(text, used)
    } else if text.chars().all(atom) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Whether it can stand as it is: printable ASCII, nothing that looks like an encoded word, no word too long for a line.
fn is_plain(text: &str, used: usize) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.contains("=?")
        && text.split(' ').all(|word| word.len() + used < LONGEST_LINE)
}

fn folded<'w>(words: impl Iterator<Item = &'w str>, used: usize) -> String {
    let mut out = String::new();
    let mut line = used;
    for (place, word) in words.enumerate() {
        if place > 0 {
            if line + 1 + word.len() > LONGEST_LINE {
                out.push_str("\r\n");
                line = 0;
            }
            out.push(' ');
            line += 1;
        }
        out.push_str(word);
        line += word.len();
    }
    out
}

/// Encoded words, each of whole characters (RFC 2047, 5.3).
fn words(text: &str, used: usize) -> String {
    let mut words = Vec::new();
    let mut piece = String::new();
    // The first may have less of its line.
    let mut room = room(LONGEST_LINE.saturating_sub(used).min(LONGEST_WORD));
    for c in text.chars() {
        if !piece.is_empty() && piece.len() + c.len_utf8() > room {
            words.push(word(&piece));
            piece.clear();
            room = self::room(LONGEST_WORD);
        }
        piece.push(c);
    }
    words.push(word(&piece));
    words.join("\r\n ")
}

fn word(piece: &str) -> String {
    format!("{OPENS}{}{CLOSES}", BASE64.encode(piece.as_bytes()))
}

/// Bytes of text in an encoded word of that length.
fn room(length: usize) -> usize {
    (length.saturating_sub(OPENS.len() + CLOSES.len()) / 4 * 3).max(4)
}
