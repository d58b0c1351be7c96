//! HTML to clean text in one pass: no tree, so nesting costs nothing; no reference is followed or loaded.
//! Inline tags vanish (words split by them join), block tags end the line, link targets are kept aside.

use memchr::{memchr, memchr2, memmem};

use crate::limits;
use crate::text::{Body, Link, entity};

/// Reads HTML; hidden text is read too, as Amazon's preheader is.
pub fn read(source: &str) -> Body {
    let mut reader = Reader {
        bytes: source.as_bytes(),
        source,
        at: 0,
        body: Body { text: String::with_capacity(source.len().min(limits::TEXT_BYTES) / 2), ..Body::default() },
        preformatted: 0,
    };
    reader.run();
    reader.body
}

struct Reader<'a> {
    bytes: &'a [u8],
    source: &'a str,
    at: usize,
    body: Body,
    preformatted: usize,
}

impl Reader<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() && !self.body.full() {
            let rest = self.rest();
            let run = memchr2(b'<', b'&', rest).unwrap_or(rest.len());
            // Both signs are ASCII, so this cuts at a sign's edge.
            let words = self.source.get(self.at..self.at + run).unwrap_or_default();
            self.words(words);
            self.at += run;
            match self.bytes.get(self.at) {
                Some(b'<') => self.markup(),
                Some(_) => self.entity(),
                None => break,
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn words(&mut self, words: &str) {
        let mut rest = words;
        while let Some((run, behind)) = rest.split_at_checked(clean_run(rest.as_bytes())) {
            self.body.text.push_str(run);
            let Some(sign) = behind.chars().next() else { break };
            self.sign(sign);
            rest = behind.get(sign.len_utf8()..).unwrap_or_default();
        }
    }

    fn sign(&mut self, sign: char) {
        match sign {
            '\n' if self.preformatted > 0 => self.new_line(true),
            ' ' | '\t' | '\r' | '\n' | '\u{000C}' => {
                if !self.body.text.is_empty() && !self.body.text.ends_with([' ', '\n']) {
                    self.body.text.push(' ');
                }
            }
            other => self.body.push(other),
        }
    }

    fn new_line(&mut self, always: bool) {
        if always || !(self.body.text.is_empty() || self.body.text.ends_with('\n')) {
            self.body.text.push('\n');
        }
    }

    fn entity(&mut self) {
        let window = self.rest();
        let window = window.get(..40).unwrap_or(window);
        let name = 1 + window.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
        let closed = window.get(name) == Some(&b';');
        let mut token = window.get(..name).unwrap_or_default().to_vec();
        token.push(b';');
        // Without its semicolon only what old pages wrote so is taken.
        let taken = closed
            || token.get(1) == Some(&b'#')
            || [&b"&nbsp;"[..], b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&shy;"].contains(&token.as_slice());
        if let Some(decoded) = entity(&token).filter(|_| taken) {
            for sign in decoded.chars() {
                self.sign(sign);
            }
            self.at += name + usize::from(closed);
        } else {
            self.body.push('&');
            self.at += 1;
        }
    }

    fn markup(&mut self) {
        let rest = self.rest();
        match rest.get(1) {
            Some(b'!') if rest.starts_with(b"<!--") => {
                let end = memmem::find(rest.get(4..).unwrap_or_default(), b"-->").map(|at| at + 7);
                self.at += end.unwrap_or(rest.len());
            }
            Some(b'!' | b'?') => self.at += memchr(b'>', rest).map_or(rest.len(), |at| at + 1),
            Some(b'/') => {
                let name = TagName::of(rest.get(2..).unwrap_or_default());
                self.at += memchr(b'>', rest).map_or(rest.len(), |at| at + 1);
                if name.text() == b"pre" {
                    self.preformatted = self.preformatted.saturating_sub(1);
                }
                if is_block(&name) {
                    self.new_line(false);
                }
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let name = TagName::of(rest.get(1..).unwrap_or_default());
                self.open(name);
            }
            _ => {
                self.body.push('<');
                self.at += 1;
            }
        }
    }

    fn open(&mut self, name: TagName) {
        let is_link = name.text() == b"a" || name.text() == b"area";
        let target = self.attributes(is_link);
        match name.text() {
            b"script" | b"style" | b"title" => self.skip_to_end_of(&name),
            b"br" => self.new_line(true),
            b"td" | b"th" => self.sign(' '),
            b"ul" | b"ol" => {
                self.body.lists += 1;
                self.new_line(false);
            }
            b"pre" => {
                self.preformatted += 1;
                self.new_line(false);
            }
            _ if is_block(&name) => self.new_line(false),
            _ => {}
        }
        if let Some(target) = target
            && self.body.links.len() < limits::LINKS
        {
            self.body.links.push(Link { at: self.body.text.len(), target });
        }
    }

    /// Steps over the attributes of a tag, giving its `href` where that is wanted.
    fn attributes(&mut self, wanted: bool) -> Option<String> {
        let bytes = self.bytes;
        let skip = |from: usize, fits: fn(&u8) -> bool| {
            from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| fits(byte)).count()
        };
        let mut target = None;
        let mut at = skip(self.at + 1, u8::is_ascii_alphanumeric);
        loop {
            at = skip(at, |byte| byte.is_ascii_whitespace() || *byte == b'/');
            match bytes.get(at) {
                None | Some(b'>') => break,
                Some(_) => {}
            }
            let name_end = skip(at + 1, |byte| !matches!(byte, b'=' | b'>' | b'/') && !byte.is_ascii_whitespace());
            let name = at..name_end;
            at = name_end;
            if bytes.get(at) != Some(&b'=') {
                at = skip(at, u8::is_ascii_whitespace);
                if bytes.get(at) != Some(&b'=') {
                    continue;
                }
            }
            at = skip(at + 1, u8::is_ascii_whitespace);
            let (value, after) = value_at(bytes, at);
            at = after;
            if wanted && target.is_none() && bytes.get(name).is_some_and(|name| name.eq_ignore_ascii_case(b"href")) {
                let value = self.source.get(value).unwrap_or_default();
                target = Some(decode_entities(value.get(..2_000).unwrap_or(value)));
            }
        }
        // Behind the bracket, or the end.
        self.at = at + 1;
        target
    }

    /// Steps over what is not text, up to its end tag.
    fn skip_to_end_of(&mut self, name: &TagName) {
        while let Some(at) = memchr(b'<', self.rest()) {
            self.at += at;
            let rest = self.rest();
            if rest.get(1) == Some(&b'/') && TagName::of(rest.get(2..).unwrap_or_default()) == *name {
                self.at += memchr(b'>', rest).map_or(rest.len(), |at| at + 1);
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }
}

/// An attribute's value, quoted or bare: where it stands, and what comes after it.
fn value_at(bytes: &[u8], at: usize) -> (std::ops::Range<usize>, usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    if let [quote @ (b'"' | b'\''), rest @ ..] = rest {
        let end = at + 1 + memchr(*quote, rest).unwrap_or(rest.len());
        return (at + 1..end, end + 1);
    }
    let length = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
    let end = at + length.unwrap_or(rest.len());
    (at..end, end)
}

/// How many bytes are clean already: visible ASCII with single blanks between.
fn clean_run(bytes: &[u8]) -> usize {
    let mut after_blank = true;
    let end = bytes.iter().position(|byte| {
        let is_blank = *byte == b' ';
        let is_clean = matches!(byte, b'!'..=b'~') || is_blank && !after_blank;
        after_blank = is_blank;
        !is_clean
    });
    end.unwrap_or(bytes.len())
}

/// The first letters of a tag's name, lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TagName {
    letters: [u8; 12],
    length: usize,
}

impl TagName {
    fn of(from: &[u8]) -> Self {
        let mut name = Self { letters: [0; 12], length: 0 };
        for (place, byte) in name.letters.iter_mut().zip(from.iter().take_while(|byte| byte.is_ascii_alphanumeric())) {
            *place = byte.to_ascii_lowercase();
            name.length += 1;
        }
        name
    }

    fn text(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }
}

fn is_block(name: &TagName) -> bool {
    matches!(
        name.text(),
        b"p" | b"div"
            | b"br"
            | b"tr"
            | b"li"
            | b"ul"
            | b"ol"
            | b"table"
            | b"blockquote"
            | b"hr"
            | b"pre"
            | b"center"
            | b"section"
            | b"article"
            | b"header"
            | b"footer"
            | b"address"
            | b"dl"
            | b"dt"
            | b"dd"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"body"
            | b"form"
            | b"fieldset"
    )
}

/// An attribute's value with its entities decoded.
fn decode_entities(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = from
            .get(..from.len().min(32))
            .and_then(|window| window.split_once(';'))
            .and_then(|(name, _)| Some((entity(format!("&{name};").as_bytes())?, name.len() + 1)));
        if let Some((text, length)) = decoded {
            out.push_str(&text);
            rest = from.get(length..).unwrap_or_default();
        } else {
            out.push('&');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}
