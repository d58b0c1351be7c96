//! What a stretch of a body shows beside its wording: order ids, aliases, Amazon's type codes in links, and the
//! build of an opt-out notice. Targets of links are looked at, never followed (law 10).

use std::sync::LazyLock;

use model::{Alias, NoticeKind, OrderId};
use regex::Regex;

use crate::encoded_word::percent_decode;
use crate::limits;
use crate::text::Body;

/// A stretch of a body: the whole of it, or one quoted mail.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The body.
    pub body: &'a Body,
    /// Where it begins in the clean text.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// The patterns of this room. All are linear; that they compile is held by every test.
struct Patterns {
    order: Regex,
    alias: Regex,
    bracketed_word: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        // A mail program may break a line after a hyphen.
        order: Regex::new(r"[0-9]{3}-[ \n>]{0,3}[0-9]{7}-[ \n>]{0,3}[0-9]{7}").ok()?,
        alias: Regex::new(r"(?i-u)[a-z0-9._+-]{1,80}@marketplace\.[a-z0-9.-]{4,40}").ok()?,
        bracketed_word: Regex::new(r"\[ ?\p{L}{2,20} ?\]").ok()?,
    })
});

/// `X-Space-Notification-Type`, also named in the links of footers (`nt=REFUND_ISSUED`).
pub const TYPE_CODES: &[(&str, NoticeKind)] = &[
    ("BUYER_OPTED_OUT_BSM_MESSAGES", NoticeKind::OptOut),
    ("BBC_MESSAGE_SENT_TO_MERCHANT", NoticeKind::BuyerMessage),
    ("BBC_MESSAGE_CONFIRMATION_TO_MERCHANT", NoticeKind::OwnMessageCopy),
    ("BRC_SELLER_NOTIFICATION", NoticeKind::CancellationRequest),
    ("RETURN_REQUEST", NoticeKind::ReturnRequest),
    ("REFUND_ISSUED", NoticeKind::Refund),
    ("A_Z_CLAIM_RESPONDENT_NOTIFY", NoticeKind::ClaimOpened),
    ("A_Z_CLAIM_RESPONDENT_CLOSE", NoticeKind::ClaimDecided),
];

/// The kind a type code stands for.
pub fn kind_of_code(code: &str) -> Option<NoticeKind> {
    TYPE_CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code.trim())).map(|(_, kind)| *kind)
}

impl<'a> Scope<'a> {
    /// All of a body.
    pub fn whole(body: &'a Body) -> Self {
        Self { body, from: 0, to: body.text.len() }
    }

    /// Its text.
    pub fn text(&self) -> &'a str {
        self.body.text.get(self.from..self.to.min(self.body.text.len())).unwrap_or_default()
    }

    /// The targets of its links.
    fn targets(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.body
            .links
            .iter()
            .filter(|link| link.at >= self.from && link.at <= self.to)
            .map(|link| link.target.as_str())
    }

    /// Adds its distinct aliases to `found`: from the text and from `mailto:` links.
    pub fn aliases(&self, found: &mut Vec<Alias>) {
        collect_aliases(self.text(), found);
        for target in self.targets() {
            if target.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
                collect_aliases(&String::from_utf8_lossy(&percent_decode(target.as_bytes())), found);
            }
        }
    }

    /// The distinct order ids of its text, those in brackets where there are any; links don't count.
    pub fn orders(&self) -> Vec<OrderId> {
        let (all, bracketed) = order_ids(self.text());
        if bracketed.is_empty() { all } else { bracketed }
    }

    /// The kind that a type code in a link names, as Amazon's footers do.
    pub fn code_in_links(&self) -> Option<NoticeKind> {
        self.targets().filter(|target| target.contains('=')).find_map(|target| {
            let mut words = target.split(['=', '&', '?', '%', '/', ';']);
            words.find_map(|word| TYPE_CODES.iter().find(|(code, _)| *code == word).map(|(_, kind)| *kind))
        })
    }

    /// Whether it is built like an opt-out notice, whatever its language: an order id in brackets, and two of:
    /// a link to a buyer's alias; a word in brackets to put into a subject; the two lists of what is critical
    /// and what is not.
    pub fn is_built_like_opt_out(&self) -> bool {
        let Some(patterns) = PATTERNS.as_ref() else { return false };
        let text = self.text();
        let (_, bracketed) = order_ids(text);
        if bracketed.is_empty() {
            return false;
        }
        let mut aliases = Vec::new();
        self.aliases(&mut aliases);
        let in_link = || {
            self.targets().any(|target| {
                let plain = percent_decode(target.as_bytes());
                patterns.bracketed_word.is_match(&String::from_utf8_lossy(&plain))
            })
        };
        let has_word = patterns.bracketed_word.is_match(text) || in_link();
        let signs = [!aliases.is_empty(), has_word, self.body.lists >= 2];
        signs.iter().filter(|sign| **sign).count() >= 2
    }
}

fn collect_aliases(text: &str, found: &mut Vec<Alias>) {
    if memchr::memchr(b'@', text.as_bytes()).is_none() {
        return;
    }
    let Some(patterns) = PATTERNS.as_ref() else { return };
    for hit in patterns.alias.find_iter(text) {
        let Ok(alias) = hit.as_str().trim_matches(['.', '-']).parse::<Alias>() else { continue };
        // A longer domain that only begins like Amazon's is none of its.
        let goes_on = text.as_bytes().get(hit.end()).is_some_and(u8::is_ascii_alphanumeric);
        if !goes_on && !found.contains(&alias) && found.len() < 20 {
            found.push(alias);
        }
    }
}

/// The distinct order ids of a text in their order, and those in square brackets.
pub fn order_ids(text: &str) -> (Vec<OrderId>, Vec<OrderId>) {
    let (mut all, mut bracketed) = (Vec::new(), Vec::new());
    let Some(patterns) = PATTERNS.as_ref() else { return (all, bracketed) };
    let bytes = text.as_bytes();
    for hit in patterns.order.find_iter(text) {
        let before = hit.start().checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(hit.end());
        let is_part_of_number = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        if is_part_of_number(before) || is_part_of_number(after) || is_in_address(bytes, hit.start()) {
            continue;
        }
        let plain: Vec<u8> = hit.as_str().bytes().filter(|byte| byte.is_ascii_digit() || *byte == b'-').collect();
        let Ok(id) = OrderId::from_bytes(&plain) else { continue };
        let open = bytes.get(..hit.start()).unwrap_or_default().iter().rev();
        let open = open.copied().take(4).find(|byte| !matches!(byte, b' ' | b'*' | b'\n' | b'_'));
        let close = bytes.get(hit.end()..).unwrap_or_default().iter();
        let close = close.copied().take(4).find(|byte| !matches!(byte, b' ' | b'*' | b'\n' | b'_'));
        if open == Some(b'[') && matches!(close, Some(b']' | b'<')) && !bracketed.contains(&id) {
            bracketed.push(id);
        }
        if !all.contains(&id) {
            all.push(id);
        }
        if all.len() >= limits::ORDER_IDS {
            break;
        }
    }
    (all, bracketed)
}

/// Whether a place lies within a web address written out in the text.
fn is_in_address(bytes: &[u8], at: usize) -> bool {
    let window = bytes.get(at.saturating_sub(400)..at).unwrap_or_default();
    let start = window.iter().rposition(|byte| matches!(byte, b' ' | b'\n' | b'<' | b'>' | b'"' | b'[' | b'('));
    let word = window.get(start.map_or(0, |start| start + 1)..).unwrap_or_default();
    memchr::memmem::find(word, b"://").is_some()
}
