//! Templates of other tools turned into campaign files. Their markers, `%%name%%`, `[[name]]`, `{{name}}` and `${name}`,
//! become our variables; what has no counterpart becomes a comment that prints nothing, and is told with its place.
//! Nothing is dropped in silence, and no text of theirs is ever read as our template language.

mod letter;
mod marker;
mod names;

use letter::Letter;

use crate::problem::Problem;
use crate::starters::basic_string;
use crate::types::Campaign;

/// The longest foreign template that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// A template of another tool.
#[derive(Debug, Clone, Copy)]
pub struct ForeignLetter<'a> {
    /// The campaign's name.
    pub name: &'a str,
    /// The language it is written in, ISO 639-1.
    pub language: &'a str,
    /// Its text; a first line that begins with `Subject:` is the subject.
    pub source: &'a str,
}

/// A campaign file made of a foreign template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The file. It has no mistakes; its words have not been held against the rules yet.
    pub file: String,
    /// How many markers became variables of ours.
    pub carried: usize,
    /// What did not come over as it was, in the order of the source.
    pub not_carried: Vec<NotCarried>,
}

/// A place of a foreign template that did not come over as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    /// The line of the source, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What stands there, in one line of at most 80 characters.
    pub found: String,
    /// What was put in its place.
    pub put: String,
    /// Why.
    pub why: &'static str,
}

impl std::fmt::Display for NotCarried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.found.is_empty() {
            write!(f, "“{}”: ", self.found)?;
        }
        write!(f, "{}. Put in its place: {}", self.why, self.put)
    }
}

/// Makes a campaign file of a foreign template. It asks five days after delivery; the rest is as in any new campaign.
///
/// # Errors
/// Where the template is empty, or too long for a letter; each problem names its field in the file to be.
pub fn import(foreign: &ForeignLetter<'_>) -> Result<Imported, Vec<Problem>> {
    let source = foreign.source.strip_prefix('\u{feff}').unwrap_or(foreign.source);
    let refused = |message: &str| {
        vec![Problem {
            line: None,
            column: None,
            field: "the foreign template".to_owned(),
            message: message.to_owned(),
        }]
    };
    if source.len() > LONGEST {
        return Err(refused("it is longer than 64 KB, which no letter is"));
    }
    let (subject_line, text, text_line) = halves(source);
    if text.trim().is_empty() {
        return Err(refused("it has no text"));
    }
    let words = words_of(foreign.language);
    let mut subject = Letter::default();
    let mut notes = Vec::new();
    if let Some((column, line)) = subject_line {
        subject.read(line, 1, column, words.purchase);
    } else {
        subject.put(&format!("{} {{{{ order_id }}}}", words.order));
        let why = "the template has no subject; a first line of `Subject: …` would be one";
        notes.push(NotCarried { line: 1, column: 1, found: String::new(), put: subject.written.clone(), why });
    }
    if subject.prints_nothing() {
        subject.put(&format!("{} {{{{ order_id }}}}", words.order));
        let why = "nothing of the subject could be carried over";
        notes.push(NotCarried { line: 1, column: 1, found: String::new(), put: subject.written.clone(), why });
    }
    let mut body = Letter::default();
    body.read(text.trim_end(), text_line, 1, words.purchase);
    // A longer subject is cut.
    let named = body.names_order || (subject.names_order && subject.written.chars().count() <= 150);
    let mut end = Vec::new();
    if !named || body.prints_nothing() {
        let why =
            if named { "nothing else would be printed" } else { "Amazon demands the order id in each such message" };
        let line = format!("{} {{{{ order_id }}}}", words.order);
        body.put(&format!("\n\n{line}"));
        let put = format!("{line} (at the end)");
        end.push(NotCarried { line: source.lines().count(), column: 1, found: String::new(), put, why });
    }
    let file = format!(
        "# Made from a template of another tool. Read it, then: abide campaign check FILE\nname = {}\n\
         channel = \"email\"\n\n[trigger]\nwhen = \"delivered\"\ndelay = {{ days = 5 }}\n\n[template.{}]\n\
         subject = {}\ntext = {}\n",
        basic_string(foreign.name),
        foreign.language,
        basic_string(&subject.written),
        long_string(&body.written)
    );
    Campaign::parse(&file)?;
    let carried = subject.carried + body.carried;
    notes.extend(subject.notes.into_iter().chain(body.notes).chain(end));
    Ok(Imported { file, carried, not_carried: notes })
}

/// The subject with the column at which it begins, the text, and the line at which that begins.
fn halves(source: &str) -> (Option<(usize, &str)>, &str, usize) {
    let (first, rest) = source.split_once('\n').unwrap_or((source, ""));
    let begins = ["subject:", "betreff:", "objet :", "objet:", "oggetto:", "asunto:", "件名:", "件名："];
    let head = begins.iter().find(|word| first.get(..word.len()).is_some_and(|head| head.to_lowercase() == **word));
    let Some(subject) = head.and_then(|head| first.get(head.len()..)) else { return (None, source, 1) };
    let trimmed = subject.trim_start();
    let column = first.chars().count() - trimmed.chars().count() + 1;
    let text = rest.trim_start_matches(['\r', '\n']);
    let skipped = rest.get(..rest.len() - text.len()).unwrap_or_default().matches('\n').count();
    (Some((column, trimmed.trim_end())), text, 2 + skipped)
}

/// The few words that an import adds.
struct Words {
    order: &'static str,
    purchase: &'static str,
}

const fn words_of(language: &str) -> Words {
    match language.as_bytes() {
        b"de" => Words { order: "Bestellung", purchase: "Ihr Einkauf" },
        b"fr" => Words { order: "Commande", purchase: "votre achat" },
        b"it" => Words { order: "Ordine", purchase: "il tuo acquisto" },
        b"es" => Words { order: "Pedido", purchase: "tu compra" },
        b"ja" => Words { order: "注文番号", purchase: "商品" },
        _ => Words { order: "Order", purchase: "your purchase" },
    }
}

/// A text over several lines, as TOML writes it.
fn long_string(text: &str) -> String {
    let mut written = String::from("\"\"\"\n");
    let mut quotes = 0;
    for sign in text.chars() {
        quotes = if sign == '"' { quotes + 1 } else { 0 };
        match sign {
            '\\' => written.push_str("\\\\"),
            '"' if quotes > 1 => written.push_str("\\\""),
            '\n' | '\t' => written.push(sign),
            _ if sign.is_control() => written.push(' '),
            _ => written.push(sign),
        }
    }
    written.push_str("\n\"\"\"");
    written
}
