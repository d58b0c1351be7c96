//! The mail of an mbox that is being collected. Where it says the length of its body (`Content-Length`, as mboxcl and
//! mboxcl2 do), `From ` lines within that length are doubtful until it is seen whether the mail ends there: if it
//! does, they are its text; if not, the length was a lie and each of them began a mail after all. A sender can write
//! such a header, too, so it counts only while every mail of the file has told its length rightly.

use super::TooLarge;
use super::mbox::{Numbered, is_blank, length};

#[derive(Debug)]
pub(super) struct MailInMbox {
    /// From 1; 0 before the first.
    number: u64,
    /// Where it begins in the file.
    offset: u64,
    raw: Vec<u8>,
    /// The blank line before a `From ` line belongs to the mbox, not to the mail, so it waits.
    held_blank: Vec<u8>,
    too_large: bool,
    limit: usize,
    in_header: bool,
    said: Said,
    /// Whether every mail before this one told its length rightly.
    all_told: bool,
}

/// What a mail says of the length of its body.
#[derive(Debug, Default)]
struct Said {
    /// Bytes of the body as they stand in the file.
    length: Option<u64>,
    /// How many of them are still to come.
    left: u64,
    doubts: Vec<Doubt>,
}

/// A `From ` line that stands within the said length.
#[derive(Debug)]
struct Doubt {
    /// Where it begins in the file.
    offset: u64,
    /// Where it begins in what was collected, and where the line behind it does.
    start: usize,
    end: usize,
}

impl MailInMbox {
    pub(super) fn before_the_first(limit: usize) -> Self {
        Self {
            number: 0,
            offset: 0,
            raw: Vec::new(),
            held_blank: Vec::new(),
            too_large: false,
            limit,
            in_header: true,
            said: Said::default(),
            all_told: true,
        }
    }

    pub(super) const fn has_begun(&self) -> bool {
        self.number > 0
    }

    /// A `From ` line that begins the next mail, unless this one goes on by its said length.
    pub(super) fn begins_at(&mut self, line: &[u8], offset: u64, out: &mut Vec<Numbered>) {
        if self.said.left >= length(line) && !self.too_large {
            self.release_blank(out);
            let start = self.raw.len();
            self.keep(line, out);
            self.said.doubts.push(Doubt { offset, start, end: self.raw.len() });
            return;
        }
        self.end(out);
        self.number += 1;
        self.offset = offset;
    }

    /// A line of the mail.
    pub(super) fn content(&mut self, line: &[u8], out: &mut Vec<Numbered>) {
        // Whatever stands before the first `From ` line is a mail too: nothing is lost in silence.
        self.number = self.number.max(1);
        if self.in_header {
            self.header(line);
        } else if self.said.length.is_some() && self.said.left == 0 && !is_blank(line) {
            // Text goes on where the mail was to end.
            self.split_at_doubts(out);
        }
        self.release_blank(out);
        if is_blank(line) && self.said.left == 0 {
            self.held_blank = line.to_vec();
            return;
        }
        let quotes = line.iter().position(|&byte| byte != b'>').unwrap_or(0);
        let is_quoted = quotes > 0 && line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
        self.count(line, out);
        self.store(if is_quoted { line.get(1..).unwrap_or_default() } else { line }, out);
    }

    /// Bytes of the mail as they are.
    pub(super) fn keep(&mut self, bytes: &[u8], out: &mut Vec<Numbered>) {
        self.count(bytes, out);
        self.store(bytes, out);
    }

    /// The end of the mail, where one was begun.
    pub(super) fn end(&mut self, out: &mut Vec<Numbered>) {
        if self.said.left > 0 {
            self.split_at_doubts(out);
            self.raw.truncate(without_last_blank(&self.raw).len());
        }
        self.give_out(out);
        self.all_told &= !self.has_begun() || self.said.length.is_some();
        self.said = Said::default();
        self.in_header = true;
    }

    fn header(&mut self, line: &[u8]) {
        const NAME: &[u8] = b"content-length:";
        if is_blank(line) {
            self.in_header = false;
            // More than may be collected can't be waited for.
            let room = u64::try_from(self.limit.saturating_sub(self.raw.len() + line.len())).unwrap_or(u64::MAX);
            self.said.length = self.said.length.filter(|said| self.all_told && *said <= room);
            // The blank line belongs to the header.
            self.said.left = self.said.length.map_or(0, |said| said.saturating_add(length(line)));
        } else if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let value = line.get(NAME.len()..).unwrap_or_default().trim_ascii();
            self.said.length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
        }
    }

    fn count(&mut self, bytes: &[u8], out: &mut Vec<Numbered>) {
        if self.said.left == 0 || self.in_header {
            return;
        }
        match self.said.left.checked_sub(length(bytes)) {
            Some(left) => self.said.left = left,
            // It ends within a line.
            None => self.split_at_doubts(out),
        }
    }

    fn release_blank(&mut self, out: &mut Vec<Numbered>) {
        let held = std::mem::take(&mut self.held_blank);
        self.store(&held, out);
    }

    fn store(&mut self, bytes: &[u8], out: &mut Vec<Numbered>) {
        if !self.said.doubts.is_empty() && self.raw.len().saturating_add(bytes.len()) > self.limit {
            self.split_at_doubts(out);
        }
        if self.too_large || self.raw.len().saturating_add(bytes.len()) > self.limit {
            self.too_large = true;
            self.raw = Vec::new();
        } else {
            self.raw.extend_from_slice(bytes);
        }
    }

    /// The said length was none: what was collected are several mails, and the last of them goes on.
    fn split_at_doubts(&mut self, out: &mut Vec<Numbered>) {
        let Said { doubts, .. } = std::mem::take(&mut self.said);
        if doubts.is_empty() {
            return;
        }
        let all = std::mem::take(&mut self.raw);
        let mut begun = 0;
        for Doubt { offset, start, end } in doubts {
            let mail = all.get(begun..start).unwrap_or_default();
            self.raw = without_last_blank(mail).to_vec();
            self.give_out(out);
            (self.number, self.offset, begun) = (self.number + 1, offset, end);
        }
        self.raw = all.get(begun..).unwrap_or_default().to_vec();
    }

    fn give_out(&mut self, out: &mut Vec<Numbered>) {
        self.held_blank.clear();
        let raw = std::mem::take(&mut self.raw);
        let split = if std::mem::take(&mut self.too_large) { Err(TooLarge) } else { Ok(raw) };
        if self.number > 0 {
            out.push(Numbered { number: self.number, offset: self.offset, split });
        }
    }
}

/// Without the blank line at the end, which belongs to the mbox.
fn without_last_blank(mail: &[u8]) -> &[u8] {
    for (blank, line_end) in [(&b"\r\n\r\n"[..], 2), (b"\n\n", 1), (b"\r\r", 1)] {
        if mail.ends_with(blank) {
            return mail.get(..mail.len() - line_end).unwrap_or_default();
        }
    }
    mail
}
