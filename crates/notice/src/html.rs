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
        for sign in words.chars() {
            self.sign(sign);
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
                let name = tag_name(rest.get(2..).unwrap_or_default());
                self.at += memchr(b'>', rest).map_or(rest.len(), |at| at + 1);
                if text(&name) == b"pre" {
                    self.preformatted = self.preformatted.saturating_sub(1);
                }
                if is_block(&name) {
                    self.new_line(false);
                }
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let name = tag_name(rest.get(1..).unwrap_or_default());
                self.open(name);
            }
            _ => {
                self.body.push('<');
                self.at += 1;
            }
        }
    }

    fn open(&mut self, name: [u8; 12]) {
        let is_link = text(&name) == b"a" || text(&name) == b"area";
        let target = self.attributes(is_link);
        match text(&name) {
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
        let mut target = None;
        self.at += 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphanumeric) {
            self.at += 1;
        }
        loop {
            while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/') {
                self.at += 1;
            }
            let start = self.at;
            match self.bytes.get(self.at) {
                None => return target,
                Some(b'>') => {
                    self.at += 1;
                    return target;
                }
                Some(_) => self.at += 1,
            }
            while self
                .bytes
                .get(self.at)
                .is_some_and(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'))
            {
                self.at += 1;
            }
            let name = start..self.at;
            let blank = self.at;
            while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
                self.at += 1;
            }
            if self.bytes.get(self.at) != Some(&b'=') {
                self.at = self.at.max(blank);
                continue;
            }
            self.at += 1;
            while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
                self.at += 1;
            }
            let value = self.value();
            let is_target = self.bytes.get(name).is_some_and(|name| name.eq_ignore_ascii_case(b"href"));
            if wanted && is_target && target.is_none() {
                let value = self.source.get(value).unwrap_or_default();
                target = Some(decode_entities(value.get(..2_000).unwrap_or(value)));
            }
        }
    }

    /// Steps over an attribute's value, quoted or bare, and gives where it stands.
    fn value(&mut self) -> std::ops::Range<usize> {
        if let Some(quote @ (b'"' | b'\'')) = self.bytes.get(self.at) {
            let start = self.at + 1;
            let rest = self.bytes.get(start..).unwrap_or_default();
            let length = memchr(*quote, rest).unwrap_or(rest.len());
            self.at = start + length + 1;
            return start..start + length;
        }
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'>') {
            self.at += 1;
        }
        start..self.at
    }

    /// Steps over what is not text, up to its end tag.
    fn skip_to_end_of(&mut self, name: &[u8; 12]) {
        while let Some(at) = memchr(b'<', self.rest()) {
            self.at += at;
            let rest = self.rest();
            if rest.get(1) == Some(&b'/') && tag_name(rest.get(2..).unwrap_or_default()) == *name {
                self.at += memchr(b'>', rest).map_or(rest.len(), |at| at + 1);
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }
}

/// The first letters of a tag's name, lower case, filled up with zeros.
fn tag_name(from: &[u8]) -> [u8; 12] {
    let mut name = [0; 12];
    for (place, byte) in name.iter_mut().zip(from.iter().take_while(|byte| byte.is_ascii_alphanumeric())) {
        *place = byte.to_ascii_lowercase();
    }
    name
}

fn text(name: &[u8; 12]) -> &[u8] {
    name.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn is_block(name: &[u8; 12]) -> bool {
    matches!(
        text(name),
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
