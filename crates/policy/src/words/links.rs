//! Links, mail addresses, telephone numbers and HTML in the clean text. The host of a link is taken apart exactly:
//! `amazon.de.example.com` and `amazon.de@example.com` are not Amazon. A host that was
//! not written in ASCII is a disguise, whatever it looks like: what looks like Amazon's name leads elsewhere.

use regex::Regex;

use super::fold::Folded;
use super::pack::{Pack, PackError};

/// What stands at a place of the clean text, by the name of its rule.
pub type Mark = (&'static str, usize, usize);

/// Hosts that shorten links.
const SHORTENERS: [&str; 22] = [
    "bit.ly",
    "bitly.com",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "amzn.to",
    "amzn.eu",
    "a.co",
    "t.ly",
    "rb.gy",
    "shorturl.at",
    "lnkd.in",
    "s.id",
    "v.gd",
    "tiny.cc",
    "qrco.de",
    "linktr.ee",
];
/// Carriers' own hosts: a link to where the parcel is.
const CARRIERS: [&str; 24] = [
    "dhl.de",
    "dhl.com",
    "ups.com",
    "fedex.com",
    "usps.com",
    "dpd.com",
    "dpd.de",
    "dpd.co.uk",
    "dpd.fr",
    "gls-group.eu",
    "gls-group.com",
    "gls-italy.com",
    "myhermes.de",
    "hermesworld.com",
    "evri.com",
    "royalmail.com",
    "laposte.fr",
    "chronopost.fr",
    "correos.es",
    "seur.com",
    "poste.it",
    "brt.it",
    "kuronekoyamato.co.jp",
    "sagawa-exp.co.jp",
];
/// What follows `amazon.` in the retail stores' names.
const STORES: [&str; 23] = [
    "com", "ca", "com.mx", "com.br", "co.uk", "de", "fr", "it", "es", "nl", "se", "pl", "com.be", "ie", "com.tr", "ae",
    "sa", "eg", "in", "co.jp", "com.au", "sg", "co.za",
];
/// Endings that make a bare name a link.
const ENDINGS: &str = "com|net|org|info|biz|shop|store|online|site|xyz|top|club|app|io|ly|me|eu|de|at|ch|fr|it|es|nl|be|pl|se|ie|uk|jp|us|ca|co|cc|gl|to|link|page|ru|cn";

/// The expressions, built once.
pub struct Links {
    link: Regex,
    spelled: Regex,
    address: Regex,
    number: Regex,
    tag: Regex,
    telephone: Regex,
    other_number: Regex,
}

impl Links {
    /// Builds them; the words around numbers come from the packs. Words begin and end by ASCII: in a script without
    /// blanks, a link follows its letters directly.
    pub fn build(packs: &[Pack]) -> Result<Self, PackError> {
        let words = |list: fn(&Pack) -> &Vec<String>| {
            let words: Vec<String> = packs.iter().flat_map(list).map(|word| regex::escape(&clean(word))).collect();
            words.join("|")
        };
        let build = |text: String| Regex::new(&text).map_err(|source| PackError::Expression(Box::new(source)));
        Ok(Self {
            link: build(format!(
                r"(?:https?|ftp)\s?:\s?/\s?/\s?[^\s<>]+|(?-u:\b)www\s?\.\s?[^\s<>]+|(?-u:\b)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{ENDINGS})(?-u:\b)(?:[/?#:][^\s<>]*)?"
            ))?,
            spelled: build(format!(
                r"(?-u:\b)[a-z0-9-]{{2,}}\s?(?:\(\s?(?:dot|punkt|point|punto)\s?\)|\[\s?(?:dot|punkt|point|punto)\s?\]|\s(?:dot|punkt)\s)\s?(?:{ENDINGS})(?-u:\b)|(?-u:\b)[a-z0-9-]{{3,}}(?:\s\.\s?|\s?\.\s)(?:com|net|org)(?-u:\b)"
            ))?,
            address: build(
                r"[a-z0-9._%+-]+\s?@\s?[a-z0-9-]+(?:\s?\.\s?[a-z0-9-]+)+|(?-u:\b)[a-z0-9._-]+\s?(?:\(\s?(?:at|a|arroba|chiocciola)\s?\)|\[\s?(?:at|a|arroba|chiocciola)\s?\])\s?[a-z0-9-]+".into(),
            )?,
            number: build(r"[+(]?[0-9][0-9 ()./\-]{5,}[0-9]".into())?,
            tag: build(
                r"</?(?:a|b|i|u|p|br|hr|div|span|img|font|table|tr|td|ul|ol|li|h[1-6]|html|body|head|style|script|strong|em|center|iframe|form|svg|link|meta)(?:\s+[a-z-]+\s*=[^<>]*|\s*)/?>|&(?:nbsp|amp|lt|gt|quot|#[0-9]+);".into(),
            )?,
            telephone: build(format!(r"(?:{})[^0-9+\n]{{0,24}}$", words(|pack| &pack.telephone)))?,
            other_number: build(format!(r"(?:{})[^\n]{{0,24}}$", words(|pack| &pack.numbers)))?,
        })
    }

    /// All of it.
    pub fn marks(&self, folded: &Folded<'_>) -> Vec<Mark> {
        let clean = folded.clean.as_str();
        let mut marks = Vec::new();
        for found in self.address.find_iter(clean) {
            marks.push(("mail-address", found.start(), found.end()));
        }
        for found in self.link.find_iter(clean) {
            let text = found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '-']);
            let end = found.start() + text.len();
            let in_address =
                clean.get(..found.start()).is_some_and(|before| before.trim_end_matches(' ').ends_with('@'))
                    || clean.get(end..).is_some_and(|behind| behind.starts_with('@'));
            if in_address {
                continue;
            }
            if let Some(rule) = judge(text) {
                marks.push((rule, found.start(), end));
            }
            let host = found.start()..found.start() + host_end(text);
            // With the sign behind it, since something hidden may stand between the two.
            let place = folded.place_of_clean(host.start, (host.end + 1).min(end));
            let written = folded.source.get(place).unwrap_or_default();
            if written.chars().any(|sign| !sign.is_ascii() && !is_fullwidth(sign)) {
                marks.push(("disguise", host.start, host.end));
            }
        }
        for found in self.spelled.find_iter(clean) {
            // "… on Amazon. Com…" is a sentence's end, not a name.
            if !found.as_str().starts_with("amazon") {
                marks.push(("link", found.start(), found.end()));
            }
        }
        for found in self.tag.find_iter(clean) {
            let rule = if found.as_str().starts_with("<img") { "tracking" } else { "html" };
            marks.push((rule, found.start(), found.end()));
        }
        for found in self.number.find_iter(clean) {
            if self.is_telephone(clean, found.start(), found.as_str()) {
                marks.push(("telephone", found.start(), found.end()));
            }
        }
        marks
    }

    fn is_telephone(&self, clean: &str, at: usize, text: &str) -> bool {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let groups: Vec<usize> =
            text.split(|sign: char| !sign.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
        // Order ids, dates, and numbers inside of longer words or links.
        let joined = clean.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|before| {
            before.is_ascii_alphanumeric() || matches!(before, '-' | '/' | '_' | '=' | '.' | ':' | '#')
        });
        if groups == [3, 7, 7] || is_date(&groups) || !(7..=15).contains(&digits) {
            return false;
        }
        let mut from = at.saturating_sub(48);
        while !clean.is_char_boundary(from) {
            from += 1;
        }
        let before = clean.get(from..at).unwrap_or_default();
        if self.telephone.is_match(before) {
            return true;
        }
        if joined || self.other_number.is_match(before) {
            return false;
        }
        let grouped = groups.len() > 1;
        text.starts_with('+')
            || (grouped && (9..=13).contains(&digits) && (text.starts_with('0') || text.starts_with('(')))
            || groups == [3, 3, 4]
            || groups == [1, 3, 3, 4]
    }
}

/// Where a link's host ends, in bytes of the link.
fn host_end(link: &str) -> usize {
    let scheme = link.find("//").map_or(0, |at| at + 2);
    let rest = link.get(scheme..).unwrap_or_default();
    scheme + rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())
}

/// Whether a sign is an ASCII one as Japanese keyboards write it; in hosts it means the same.
const fn is_fullwidth(sign: char) -> bool {
    matches!(sign, '\u{FF01}'..='\u{FF5E}' | '。' | '｡' | '\u{3000}')
}

fn is_date(groups: &[usize]) -> bool {
    matches!(groups, [4, 1 | 2, 1 | 2, ..] | [1 | 2, 1 | 2, 4, ..])
}

fn clean(word: &str) -> String {
    super::fold::Folded::read(word, false).clean
}

/// The rule that a link breaks.
fn judge(link: &str) -> Option<&'static str> {
    let link: String = link.chars().filter(|sign| !sign.is_whitespace()).collect();
    let (scheme, rest) = link.split_once("://").map_or(("", link.as_str()), |(scheme, rest)| (scheme, rest));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let path = rest.get(authority.len()..).unwrap_or_default();
    let with_user = authority.contains('@');
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    if SHORTENERS.contains(&host) {
        return Some("short-link");
    }
    let store = !with_user && is_store(host);
    if store && scheme.is_empty() && path.is_empty() {
        // The store's name, not a link.
        return None;
    }
    let carrier = !with_user
        && CARRIERS
            .iter()
            .any(|carrier| host.strip_suffix(carrier).is_some_and(|sub| sub.is_empty() || sub.ends_with('.')));
    if !store && !carrier {
        return Some("link");
    }
    if scheme == "http" || scheme == "ftp" {
        return Some("http-link");
    }
    if path.contains("utm_") || [".png", ".gif", ".jpg", ".jpeg"].iter().any(|ending| path.contains(ending)) {
        return Some("tracking");
    }
    let shop = ["/dp/", "/gp/product", "/stores/", "/shops/", "/s?", "/sp?", "/gp/aag"];
    (store && shop.iter().any(|part| path.contains(part))).then_some("shop-link")
}

fn is_store(host: &str) -> bool {
    let store = |name: &str| name.strip_prefix("amazon.").is_some_and(|ending| STORES.contains(&ending));
    store(host) || ["sellercentral.", "pay.", "smile."].iter().any(|sub| host.strip_prefix(sub).is_some_and(store))
}
