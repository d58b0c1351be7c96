//! A mail as a person may safely look at it: its own words as plain text, decoded, bounded, with nothing in it that
//! could act. Links are left out; whoever wants them looks at the source (law 10).

use crate::anatomy::{self, Attached, Budget};
use crate::text::Folded;
use crate::{encoded_word, headers};

/// Signs of the text that are shown.
const TEXT_CHARS: usize = 20_000;

/// Signs of a header field that are shown.
const FIELD_CHARS: usize = 300;

/// What is shown of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Its `From`, decoded; not believed.
    pub from: Option<String>,
    /// Its `Subject`, decoded.
    pub subject: Option<String>,
    /// Its `Date` as it was written.
    pub date: Option<String>,
    /// Its text: every body that says something else than the one before.
    pub text: String,
    /// Whether there is more of it.
    pub cut: bool,
}

/// The mail, or one of the mails attached to it by its number; none where there is no such part.
pub fn shown(raw: &[u8], part: u32) -> Option<Shown> {
    let (_, bytes) = crate::mails_within(raw, &[part]).pop()?;
    let mail = anatomy::open(&bytes, Attached::TooDeep, &mut Budget::default());
    let field = |name: &str| {
        let value = mail.headers.first(name)?;
        let text: String = encoded_word::text(value).chars().map(plain).take(FIELD_CHARS).collect();
        Some(text).filter(|text| !text.trim().is_empty())
    };
    let mut shown = Shown {
        from: field("From"),
        subject: field("Subject"),
        date: mail.headers.first("Date").map(headers::unfold).map(|date| date.chars().map(plain).take(100).collect()),
        ..Shown::default()
    };
    let mut last: Option<Vec<u8>> = None;
    for body in &mail.bodies {
        let folded = Folded::new(&body.text).bytes;
        if folded.is_empty() || last.as_ref() == Some(&folded) {
            continue;
        }
        if !shown.text.is_empty() {
            shown.text.push_str("\n\n");
        }
        shown.text.push_str(body.text.trim());
        shown.cut |= body.cut;
        last = Some(folded);
    }
    if let Some((end, _)) = shown.text.char_indices().nth(TEXT_CHARS) {
        shown.text.truncate(end);
        shown.cut = true;
    }
    shown.text = shown.text.chars().map(plain).collect();
    Some(shown)
}

/// A sign that neither moves others nor hides: direction marks turn a line around on a page.
fn plain(sign: char) -> char {
    match sign {
        '\n' | '\t' => sign,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => '\u{FFFD}',
        _ if sign.is_control() => ' ',
        _ => sign,
    }
}
