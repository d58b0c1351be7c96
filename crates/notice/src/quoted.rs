//! The header lines that a mail program writes above a mail forwarded or quoted by hand. They are known by
//! their build (a label, a colon, an address; or a sentence with a date, an address and a colon at its end),
//! not by their words, since every client words them in every language. Words alone name nobody: without such
//! lines, an exact sentence of Amazon's in someone else's mail is only talk about it.

use jiff::civil::Date;

use crate::day;
use crate::sender::{Sender, store_named};
use crate::text::Body;

/// One quoted header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of the clean text that names the sender.
    pub line: usize,
    /// Where that line begins in the clean text.
    pub at: usize,
    /// Who the quoted mail was from.
    pub sender: Sender,
    /// Whether other header lines stand beside the sender's; a lone line proves less.
    pub is_whole: bool,
    /// The values of the block's lines, in which a subject may be found.
    pub values: Vec<String>,
    /// The subject, where its label is known.
    pub subject: Option<String>,
    /// The day the quoted mail was written, where it can be read without guessing.
    pub date: Option<Date>,
}

/// Lines looked at on each side of the sender's for others of the same block.
const REACH: usize = 8;
/// The most blocks kept of one body.
const MOST_BLOCKS: usize = 200;
/// Characters of a display name.
const LONGEST_NAME: usize = 120;
/// A header line longer than this is text.
const LONGEST_LINE: usize = 4_000;

/// Labels that name receivers, so that the first address of a block is not mistaken for its sender. Clients
/// write the sender first nearly always; only the exceptions need this list.
const RECEIVERS: &str = "to|cc|bcc|an|a|à|para|aan|till|til|do|dw|kime|komu|pre|kopie|copie à|pour|per|destinatario\
    |destinatari|destinataire|empfänger|宛先|收件人|抄送|받는 사람|reply-to|antwort an|répondre à|rispondi a\
    |responder a|kopia|kopi|kopio|kopija|másolat|címzett|vastaanottaja|către|prima|кому|копия|копія\
    |până la|for|adresat|mottagare";
/// Labels that name the subject.
const SUBJECTS: &str = "subject|betreff|objet|oggetto|asunto|assunto|onderwerp|ämne|emne|temat|konu|předmět|predmet|tárgy\
    |aihe|subiect|тема|件名|主题|主旨|제목|sujet|título|naslov|teema";

/// Labels that name the date.
const DATES: &str = "date|sent|datum|data|fecha|gesendet|envoyé|inviato|enviado|verzonden|skickat|sendt|wysłano|tarih\
    |dátum|päiväys|дата|送信日時|日付|日期|dato";

/// One line of the clean text without its quote marks.
struct Line<'a> {
    at: usize,
    text: &'a str,
    /// Whether an address or a store's name may stand in it: without one, no header names a sender.
    may_name: bool,
}

impl<'a> Line<'a> {
    fn new(at: usize, line: &'a str) -> Self {
        let text = unquoted(line);
        let bytes = text.as_bytes();
        let may_name = memchr::memchr(b'@', bytes).is_some() || may_name_amazon(bytes);
        Self { at, text, may_name }
    }
}

/// Whether Amazon's name stands in a text, in any case of its letters.
pub fn may_name_amazon(text: &[u8]) -> bool {
    let is_amazon = |at: usize| {
        let word = at.checked_sub(3).and_then(|start| text.get(start..at + 3));
        word.is_some_and(|word| word.eq_ignore_ascii_case(b"amazon"))
    };
    memchr::memchr2_iter(b'z', b'Z', text).any(is_amazon)
}

/// Every quoted header of a body, in the order of the text.
pub fn blocks(body: &Body) -> Vec<Block> {
    let mut lines = Vec::new();
    let mut at = 0;
    for end in memchr::memchr_iter(b'\n', body.text.as_bytes()).chain([body.text.len()]) {
        lines.push(Line::new(at, body.text.get(at..end).unwrap_or_default()));
        at = end + 1;
    }
    let mut blocks: Vec<Block> = Vec::new();
    // Lines that already belong to a block name no further sender, unless it is Amazon or a buyer.
    let mut taken = 0;
    for number in 0..lines.len() {
        if blocks.len() >= MOST_BLOCKS {
            break;
        }
        let Some(line) = lines.get(number).filter(|line| line.text.len() <= LONGEST_LINE) else { continue };
        // A header names its sender within three lines.
        if !lines.iter().skip(number).take(3).any(|line| line.may_name) {
            continue;
        }
        if number < taken && !begins_anew(&lines, number) {
            continue;
        }
        let found = labelled(&lines, number, taken)
            .or_else(|| run_on(line, number))
            .or_else(|| attribution(&lines, number))
            .or_else(|| ruled(&lines, number))
            .or_else(|| address_table(&lines, number));
        if let Some((block, next)) = found {
            taken = taken.max(next);
            // Of strangers in a row the first alone matters: it ends what was quoted above it.
            let is_further_stranger =
                block.sender == Sender::Other && blocks.last().is_some_and(|last| last.sender == Sender::Other);
            if !is_further_stranger {
                blocks.push(block);
            }
        }
    }
    blocks
}

/// Without quote marks, blanks and the marks that plain text sets for bold.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches([' ', '>', '|', '*', '_', '\u{3000}']).trim_end()
}

/// `Label: value`, with the label's words in any language; `Label | value |` as tables become in plain text.
fn label(line: &str) -> Option<(&str, &str)> {
    let colon = line.char_indices().take(45).find(|(_, sign)| matches!(sign, ':' | '|')).map(|(at, _)| at)?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let name = name.trim_matches([' ', '*', '_']);
    let shaped = !name.is_empty()
        && name.chars().count() <= 40
        && name.split_whitespace().count() <= 4
        && name.chars().all(|sign| {
            sign.is_alphabetic() || matches!(sign, ' ' | '-' | '.' | '\'' | '’' | '/') || unicode_mark(sign)
        })
        && !value.starts_with("//");
    shaped.then(|| (name, value.trim_matches([' ', '*', '_', '|', '\u{feff}'])))
}

fn unicode_mark(sign: char) -> bool {
    unicode_normalization::char::is_combining_mark(sign)
}

fn is_among(name: &str, list: &str) -> bool {
    let name = name.to_lowercase();
    list.split('|').any(|known| known == name)
}

/// The sender in a value: an address with what stands before it, else a store's bare name; and whether other
/// words follow, as they do in a sentence.
fn sender_in(value: &str) -> Option<(Sender, bool)> {
    if value.contains('@') {
        // Outlook: `Name [mailto:address]`; others: `Name (address)`, `Name <address<mailto:address>>`.
        let plain = value.replace("mailto:", "");
        // A name may look like an address; the address itself stands last.
        let (first, last) = (plain.find('@')?, plain.rfind('@')?);
        let (start, end) = address_around(&plain, last)?;
        let address = plain.get(start..end)?;
        let (first_start, first_end) = address_around(&plain, first)?;
        let differ = plain.get(first_start..first_end).is_some_and(|other| !other.eq_ignore_ascii_case(address));
        let before = plain.get(..first_start)?;
        let display = before.trim_end_matches(['<', '[', '(', ' ']);
        // A name is short; what is longer is a sentence that mentions an address.
        if display.chars().count() > LONGEST_NAME || display.contains("://") {
            return None;
        }
        let goes_on = plain
            .get(end..)
            .unwrap_or_default()
            .split_whitespace()
            .any(|word| !word.contains('@') && word.contains(char::is_alphanumeric));
        // After a name an address stands in brackets.
        let is_bare = !display.is_empty() && before.ends_with(' ');
        return Some((Sender::of(display, address), goes_on || is_bare || differ));
    }
    // With the name alone the value must be nothing but a store's.
    store_named(value).map(|store| (Sender::NameOnly(store), false))
}

/// The address around an `@`.
fn address_around(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_end = |sign: char| " <>[]()\"':,;«»|".contains(sign);
    let before = text.get(..at)?;
    let start =
        before.char_indices().rev().find(|(_, sign)| is_end(*sign)).map_or(0, |(cut, sign)| cut + sign.len_utf8());
    let after = text.get(at..)?;
    let length = after.find(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '@' | '.' | '-' | '_')));
    let end = length.map_or(text.len(), |length| at + length);
    let trimmed = text.get(start..end)?.trim_end_matches('.');
    (start < at && trimmed.len() > at - start + 1).then(|| (start, start + trimmed.len()))
}

/// The sender that a header line names by its label, and whether other words follow.
fn sender_at(lines: &[Line<'_>], number: usize) -> Option<(Sender, bool)> {
    let line = lines.get(number).filter(|line| line.text.len() <= LONGEST_LINE)?;
    let (name, value) = label(line.text)?;
    if [RECEIVERS, SUBJECTS, DATES].iter().any(|known| is_among(name, known)) {
        return None;
    }
    // Some clients put the value on a line of its own; what is a header line itself is none.
    let on_line = |number: usize| {
        let text = lines.get(number)?.text;
        (text.len() <= 400 && label(text).is_none()).then_some(text)
    };
    let (value, next) = if value.is_empty() { (on_line(number + 1)?, number + 2) } else { (value, number + 1) };
    // A long line may have been wrapped before the address.
    let rest = on_line(next).filter(|rest| !value.contains('@') && rest.contains('@') && rest.ends_with('>'));
    match rest {
        Some(rest) if value.len() <= 400 => sender_in(&format!("{value} {rest}")),
        _ => sender_in(value),
    }
}

/// Whether a line names Amazon or a buyer as the sender: it is swallowed by no block that began above it, such
/// as a signature's address, or the header of the mail that carried this one.
fn begins_anew(lines: &[Line<'_>], number: usize) -> bool {
    let Some(line) = lines.get(number).filter(|line| line.text.len() <= LONGEST_LINE) else { return false };
    let sender = if label(line.text).is_some() {
        sender_at(lines, number).map(|(sender, _)| sender)
    } else {
        let found = run_on(line, number).or_else(|| attribution(lines, number)).or_else(|| ruled(lines, number));
        found.map(|(block, _)| block.sender)
    };
    sender.is_some_and(|sender| sender != Sender::Other)
}

/// The lines of a block around its sender's, from `floor` on: the first, and the one after the last. It ends
/// where a label comes again, where another sender of note begins, and where words announce what follows.
fn extent(lines: &[Line<'_>], number: usize, floor: usize) -> (usize, usize) {
    let mut labels: Vec<String> = Vec::new();
    let mut is_new = |number: usize| {
        let Some((name, _)) = lines.get(number).and_then(|line| label(line.text)) else { return true };
        let name = name.to_lowercase();
        let is_new = !labels.contains(&name);
        labels.push(name);
        is_new
    };
    is_new(number);
    let ends = |other: usize| !beside(lines, other) || restarts(lines, other) || announces(lines, other);
    let mut first = number;
    for before in (floor..number).rev().take(REACH) {
        if ends(before) || sender_at(lines, before).is_some() || !is_new(before) {
            break;
        }
        first = before;
    }
    let mut next = number + 1;
    for after in (number + 1..lines.len()).take(REACH) {
        if begins_anew(lines, after) {
            // What stands right above it, set apart from this block, is that one's: a subject, a date.
            let blank = (number + 1..after).rev().find(|at| lines.get(*at).is_some_and(|line| line.text.is_empty()));
            return (first, blank.map_or(after, |blank| blank + 1));
        }
        if ends(after) || !is_new(after) {
            break;
        }
        next = after + 1;
    }
    (first, next)
}

/// Whether a line only announces what follows after a blank one: `Begin forwarded message:`.
fn announces(lines: &[Line<'_>], number: usize) -> bool {
    lines.get(number).and_then(|line| label(line.text)).is_some_and(|(_, value)| value.is_empty())
        && lines.get(number + 1).is_none_or(|line| line.text.is_empty())
}

/// A block of labelled lines whose sender stands at `number`; also where the block ends.
fn labelled(lines: &[Line<'_>], number: usize, floor: usize) -> Option<(Block, usize)> {
    let line = lines.get(number)?;
    let (sender, goes_on) = sender_at(lines, number)?;
    let (first, next) = extent(lines, number, floor.min(number));
    let mut block =
        Block { line: number, at: line.at, sender, is_whole: false, values: Vec::new(), subject: None, date: None };
    let mut labels: Vec<String> = Vec::new();
    for other in first..next {
        let Some(text) = lines.get(other).map(|line| line.text) else { break };
        let Some((name, value)) = label(text) else {
            // The rest of a value that was wrapped.
            if let Some(value) = block.values.last_mut() {
                value.push(' ');
                value.push_str(text);
            }
            continue;
        };
        let name = name.to_lowercase();
        if !labels.contains(&name) {
            labels.push(name.clone());
        }
        if is_among(&name, SUBJECTS) {
            block.subject = Some(value.to_owned());
        }
        if other != number && block.date.is_none() && !value.contains('@') {
            block.date = day::in_text(value);
        }
        block.values.push(value.to_owned());
    }
    // A wrapped subject goes on in the next line.
    if let Some(subject) = &mut block.subject
        && let Some(value) = block.values.iter().find(|value| value.starts_with(subject.as_str()))
    {
        subject.clone_from(value);
    }
    if goes_on && labels.len() < 2 {
        return None;
    }
    // `… on behalf of …` may follow an address, but so may any sentence.
    block.is_whole = labels.len() >= 2 && !goes_on;
    Some((block, next))
}

/// Whether a line belongs to a block of header lines: one of them, or a wrapped value between two.
fn beside(lines: &[Line<'_>], number: usize) -> bool {
    let Some(line) = lines.get(number) else { return false };
    if line.text.len() > LONGEST_LINE {
        return false;
    }
    let is_label = |number: usize| lines.get(number).is_some_and(|line| label(line.text).is_some());
    if line.text.is_empty() {
        // Header lines set apart by single blank lines, as some conversions leave them.
        return is_label(number + 1) && number > 0 && is_label(number - 1);
    }
    let is_blank = |number: usize| lines.get(number).is_none_or(|line| line.text.is_empty());
    // A wrapped value stands between two header lines, or after the last.
    is_label(number)
        || number > 0 && is_label(number - 1) && line.text.len() < 200 && (is_label(number + 1) || is_blank(number + 1))
}

/// Whether a new block begins at this line: a rule, as mail programs draw above one.
fn restarts(lines: &[Line<'_>], number: usize) -> bool {
    lines.get(number).is_some_and(|line| line.text.starts_with("-----") || line.text.starts_with("_____"))
}

/// A block run together on one line, as Yahoo writes it: `… From: Name <address>To: … Subject: …`.
fn run_on(line: &Line<'_>, number: usize) -> Option<(Block, usize)> {
    let at = line.text.find('@')?;
    let before = line.text.get(..at)?;
    let colon = before.rfind(": ").or_else(|| before.rfind(':'))?;
    let name_start = before.get(..colon)?.trim_end();
    // The label is the last word before the colon.
    let name = name_start.rsplit([' ', '-']).next()?;
    if name.is_empty() || !name.chars().all(char::is_alphabetic) {
        return None;
    }
    let tail = line.text.get(at..)?;
    // The address ends in a bracket: a sentence that mentions one is no header.
    let end = tail.find(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '@' | '.' | '-')))?;
    if !tail.get(end..)?.starts_with(['>', ')', ']']) {
        return None;
    }
    let value = line.text.get(colon + 1..at + end).filter(|value| value.len() <= 200)?;
    let rest = tail.get(end..)?.trim_start_matches(['>', ')', ']', ' ']);
    // Another label must follow at once, with more addresses or a subject after it.
    let (_, after) = label(rest)?;
    let (sender, _) = sender_in(value)?;
    let values = vec![value.to_owned(), after.to_owned()];
    let block = Block { line: number, at: line.at, sender, is_whole: true, date: None, subject: None, values };
    Some((block, number + 1))
}

/// Header lines without colons under a rule, as eM Client writes them: `Da "Name" <address>`.
fn ruled(lines: &[Line<'_>], number: usize) -> Option<(Block, usize)> {
    let line = lines.get(number)?;
    let bracket = line.text.find(" <")?;
    let (name, address) = (line.text.get(..bracket)?, line.text.get(bracket + 1..)?);
    let (label, display) = name.split_once(' ')?;
    let above = (number.saturating_sub(4)..number).any(|above| restarts(lines, above));
    if !(above && address.ends_with('>') && label.chars().all(char::is_alphabetic) && !is_among(label, RECEIVERS)) {
        return None;
    }
    let (sender, _) = sender_in(line.text.get(label.len()..)?)?;
    let sender = named(sender, display);
    let mut block =
        Block { line: number, at: line.at, sender, is_whole: false, values: Vec::new(), subject: None, date: None };
    let mut next = number + 1;
    while let Some(line) = lines.get(next).filter(|line| !line.text.is_empty() && next <= number + REACH) {
        let Some((name, value)) = line.text.split_once(' ') else { break };
        if is_among(name, SUBJECTS) {
            block.subject = Some(value.to_owned());
        }
        block.date = block.date.or_else(|| day::in_text(value));
        block.values.push(value.to_owned());
        next += 1;
    }
    block.is_whole = block.values.len() >= 2;
    Some((block, next))
}

/// Lotus Notes and its heirs set no labels but a table: under `----- Forwarded by … -----` the sender stands alone
/// on a line, the rest beside it. So little is held at most.
fn address_table(lines: &[Line<'_>], number: usize) -> Option<(Block, usize)> {
    let line = lines.get(number)?;
    let above = number.saturating_sub(6)..number;
    let is_under_rule = above.clone().any(|above| restarts(lines, above))
        && above
            .rev()
            .take_while(|above| !restarts(lines, *above))
            .all(|above| lines.get(above).is_some_and(|line| line.text.is_empty()));
    // A table's cells may stand on one line with bars or blanks between.
    let text = line.text;
    if !is_under_rule || text.len() > 400 || !text.contains('@') {
        return None;
    }
    let end = text.find('>').map_or(text.len(), |at| at + 1);
    let (sender, _) = sender_in(text.get(..end)?)?;
    let block =
        Block { line: number, at: line.at, sender, is_whole: false, values: Vec::new(), subject: None, date: None };
    Some((block, number + 1))
}

/// The sender with the store that its display name says.
fn named(sender: Sender, text: &str) -> Sender {
    match sender {
        Sender::Amazon { local, store } => {
            let named = text.split([' ', ',', '"', '«', '»', '“', '”', '„', '<', '(']).find_map(store_named);
            Sender::Amazon { local, store: named.or(store) }
        }
        other => other,
    }
}

/// `On 28/10/2021 12:46, Name <address> wrote:`, over at most three lines, in any language: a date with a time,
/// a sender, a colon at the end.
fn attribution(lines: &[Line<'_>], number: usize) -> Option<(Block, usize)> {
    let first = lines.get(number)?;
    if first.text.is_empty()
        || first.text.len() > 400
        || !first.text.contains(|sign: char| sign.is_ascii_digit() || sign == '@')
    {
        return None;
    }
    let mut whole = String::new();
    for count in 0..3 {
        let line = lines.get(number + count).filter(|line| !line.text.is_empty() && line.text.len() <= 400)?;
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(line.text);
        if whole.ends_with(':') {
            let block = attribution_of(&whole, first.at, number)?;
            return Some((block, number + count + 1));
        }
    }
    None
}

fn attribution_of(text: &str, at: usize, line: usize) -> Option<Block> {
    if !day::has_date_shape(text) {
        return None;
    }
    let sender = if text.contains('@') {
        named(sender_in(text)?.0, text)
    } else {
        // Name only: a store's name between the other words.
        let store = text.split([' ', ',', '"', '«', '»', '“', '”', '„']).find_map(store_named)?;
        Sender::NameOnly(store)
    };
    // Mail programs write the time too; people, who quote from memory, do not.
    let is_whole = day::has_time_shape(text);
    Some(Block { line, at, sender, is_whole, values: Vec::new(), subject: None, date: day::in_text(text) })
}
