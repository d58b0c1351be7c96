//! A mail taken apart: its headers, its bodies as clean text, the mails attached to it. A loop with a work list
//! in place of recursion, each level looking at its own bytes once, so neither nesting nor size can hurt; each
//! body is decoded once.

use std::borrow::Cow;

use memchr::memmem;
use model::notice::Remark;

use crate::content_type::Parameterised;
use crate::headers::{Headers, line_at, start_of_mail};
use crate::text::Body;
use crate::transfer::Encoding;
use crate::{charset, html, limits, zipped};

/// What may still be spent on one received mail, its attached mails included.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Parts.
    pub parts: usize,
    /// Attached mails.
    pub mails: usize,
    /// Bytes of attached mails decoded or copied.
    pub decoded: usize,
    /// Bytes of text.
    pub text: usize,
}

/// Whether the mails attached to a mail are taken out, or only remarked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// Taken out, to be opened in their turn.
    Kept,
    /// At the deepest level that is opened.
    TooDeep,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            parts: limits::PARTS,
            mails: limits::ATTACHED_MAILS,
            decoded: limits::DECODED_BYTES,
            text: limits::ALL_TEXT_BYTES,
        }
    }
}

/// One mail, opened.
#[derive(Debug, Default)]
pub struct Mail<'a> {
    /// Its headers.
    pub headers: Headers<'a>,
    /// What a person would read, in the order of the parts.
    pub bodies: Vec<Body>,
    /// The mails attached to it, still closed, in their order.
    pub attached: Vec<Cow<'a, [u8]>>,
    /// Whether it is a report on delivery, on abuse or on reading (RFC 3464, 5965, 8098).
    pub is_report: bool,
    /// The fields of a report on delivery (RFC 3464), as far as they are kept.
    pub delivery_status: Vec<Cow<'a, [u8]>>,
    /// The headers of a mail that a report returns without its text (RFC 6522, 3).
    pub returned_headers: Vec<Cow<'a, [u8]>>,
    /// What could not be opened or was cut.
    pub remarks: Vec<Remark>,
    keeps_attached: bool,
}

/// A part that waits to be opened.
struct Pending<'a> {
    raw: &'a [u8],
    depth: usize,
    /// In a digest, a part without a type is a mail (RFC 2046, 5.1.5).
    in_digest: bool,
}

/// Opens a mail, but not the mails attached to it.
pub fn open<'a>(raw: &'a [u8], attached: Attached, budget: &mut Budget) -> Mail<'a> {
    let mut mail = Mail { keeps_attached: attached == Attached::Kept, ..Mail::default() };
    let mut pending = vec![Pending { raw: start_of_mail(raw), depth: 0, in_digest: false }];
    let mut is_top = true;
    while let Some(part) = pending.pop() {
        if budget.parts == 0 {
            mail.remark_if(true, Remark::TooDeep);
            break;
        }
        budget.parts -= 1;
        let (headers, body_at) = Headers::parse(part.raw);
        mail.remark_if(headers.cut, Remark::TooDeep);
        let body = part.raw.get(body_at..).unwrap_or_default();
        let kind = Parameterised::parse(headers.first("Content-Type"));
        let encoding = Encoding::named(headers.first("Content-Transfer-Encoding"));
        let disposition = Parameterised::parse(headers.first("Content-Disposition"));
        if is_top {
            mail.headers = headers;
            is_top = false;
        }
        if kind.main() == "multipart" {
            mail.remark_if(kind.value == "multipart/encrypted", Remark::Unopened);
            mail.is_report |= kind.value == "multipart/report";
            if part.depth >= limits::MULTIPART_DEPTH {
                mail.remark_if(true, Remark::TooDeep);
                continue;
            }
            let in_digest = kind.value == "multipart/digest";
            if let Some((children, cut)) = split(body, &kind, budget.parts) {
                mail.remark_if(cut, Remark::TooDeep);
                let children = children.into_iter().rev();
                pending.extend(children.map(|raw| Pending { raw, depth: part.depth + 1, in_digest }));
                continue;
            }
        }
        mail.leaf(body, &kind, &disposition, encoding, part.in_digest, budget);
    }
    mail
}

impl<'a> Mail<'a> {
    /// Remarks something once, if it holds.
    pub fn remark_if(&mut self, holds: bool, remark: Remark) {
        if holds && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    fn leaf(
        &mut self,
        body: &'a [u8],
        kind: &Parameterised,
        disposition: &Parameterised,
        encoding: Encoding,
        in_digest: bool,
        budget: &mut Budget,
    ) {
        let name = disposition.parameter("filename").or_else(|| kind.parameter("name")).unwrap_or_default();
        let name = name.trim().to_lowercase();
        let is_attachment = disposition.value == "attachment" || has_extension(&name, &["eml", "email"]);
        match kind.value.as_str() {
            "message/rfc822" | "message/global" | "message/news" => self.attach(body, encoding, budget),
            "" if in_digest => self.attach(body, encoding, budget),
            "message/delivery-status" | "message/global-delivery-status" => {
                self.is_report = true;
                keep_some(&mut self.delivery_status, encoding.decode(body, limits::REPORT_BYTES).0);
            }
            "message/feedback-report" | "message/disposition-notification" => self.is_report = true,
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => {
                keep_some(&mut self.returned_headers, encoding.decode(body, limits::REPORT_BYTES).0);
            }
            "message/partial"
            | "message/external-body"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime"
            | "application/ms-tnef"
            | "application/vnd.ms-tnef"
            | "application/vnd.ms-outlook"
            | "application/pgp-encrypted" => self.remark_if(true, Remark::Unopened),
            _ if has_extension(&name, &["msg", "p7m"]) || name == "winmail.dat" => {
                self.remark_if(true, Remark::Unopened);
            }
            "application/zip" | "application/x-zip" | "application/x-zip-compressed" => {
                self.unzip(body, encoding, budget);
            }
            _ if has_extension(&name, &["zip"]) => {
                self.unzip(body, encoding, budget);
            }
            "text/html" | "application/xhtml+xml" if !is_attachment => {
                self.body(body, kind, encoding, true, budget);
            }
            "text/plain" | "" | "text" if !is_attachment => self.body(body, kind, encoding, false, budget),
            other if other.starts_with("multipart/") => self.body(body, kind, encoding, false, budget),
            other => {
                let may_be_mail = has_extension(&name, &["eml", "email", "txt", "mht"])
                    || !name.contains('.') && matches!(other, "application/octet-stream" | "text/plain" | "");
                if may_be_mail && looks_like_mail(&encoding.decode(body, 4_096).0) {
                    self.attach(body, encoding, budget);
                }
            }
        }
    }

    fn attach(&mut self, body: &'a [u8], encoding: Encoding, budget: &mut Budget) {
        if budget.mails == 0 || !self.keeps_attached {
            self.remark_if(true, Remark::TooDeep);
            return;
        }
        let (bytes, cut) = encoding.decode(body, budget.decoded.max(1));
        if let Cow::Owned(bytes) = &bytes {
            budget.decoded = budget.decoded.saturating_sub(bytes.len());
        }
        budget.mails -= 1;
        self.remark_if(cut, Remark::TooDeep);
        self.attached.push(bytes);
    }

    /// Takes the mails out of an attached archive.
    fn unzip(&mut self, body: &[u8], encoding: Encoding, budget: &mut Budget) {
        if !self.keeps_attached {
            self.remark_if(true, Remark::TooDeep);
            return;
        }
        let (archive, cut) = encoding.decode(body, budget.decoded.max(1));
        if let Cow::Owned(archive) = &archive {
            budget.decoded = budget.decoded.saturating_sub(archive.len());
        }
        let may_be_mail = |name: &str| {
            let name = name.rsplit('/').next().unwrap_or(name);
            has_extension(name, &["eml", "email", "txt", "mht"]) || !name.contains('.')
        };
        let unzipped = zipped::unzip(&archive, budget.decoded, may_be_mail);
        self.remark_if(cut || unzipped.closed, Remark::Unopened);
        budget.decoded = budget.decoded.saturating_sub(unzipped.unpacked);
        for mail in unzipped.mails {
            if !looks_like_mail(mail.get(..4_096).unwrap_or(&mail)) {
                continue;
            }
            if budget.mails == 0 {
                self.remark_if(true, Remark::TooDeep);
                return;
            }
            budget.mails -= 1;
            self.attached.push(Cow::Owned(mail));
        }
    }

    fn body(&mut self, body: &[u8], kind: &Parameterised, encoding: Encoding, is_html: bool, budget: &mut Budget) {
        if budget.text == 0 {
            // Not a body cut short but one not seen at all: whatever it tells stays closed.
            self.remark_if(true, Remark::TooDeep);
            return;
        }
        let (bytes, cut) = encoding.decode(body, limits::BODY_BYTES);
        let text = charset::decode(&bytes, kind.parameter("charset").as_deref());
        let start = text.trim_start();
        let start = start.get(..14).unwrap_or(start).to_ascii_lowercase();
        let is_html = is_html || start.starts_with("<!doctype html") || start.starts_with("<html");
        let body = if is_html { html::read(&text) } else { Body::from_plain(&text) };
        budget.text = budget.text.saturating_sub(body.text.len());
        self.remark_if(cut || body.cut, Remark::Truncated);
        self.bodies.push(body);
    }
}

/// The parts between the delimiter lines (RFC 2046, 5.1.1), and whether there were more than `most`; none
/// where there is no delimiter at all.
fn split<'a>(body: &'a [u8], kind: &Parameterised, most: usize) -> Option<(Vec<&'a [u8]>, bool)> {
    let named = kind.parameter("boundary").filter(|boundary| !boundary.is_empty());
    let boundary = match named {
        Some(boundary) => boundary.into_bytes(),
        // A lost parameter is made good by the first line that looks like a delimiter.
        None => first_delimiter(body)?.to_vec(),
    };
    let delimiter = [b"--", boundary.as_slice()].concat();
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    for at in memmem::find_iter(body, &delimiter) {
        let starts_line = at == 0 || matches!(body.get(at - 1), Some(b'\r' | b'\n'));
        let after = at + delimiter.len();
        let rest = body.get(after..).unwrap_or_default();
        let closes = rest.starts_with(b"--");
        let ends_line = rest.first().is_none_or(u8::is_ascii_whitespace) || closes;
        if !(starts_line && ends_line) {
            continue;
        }
        if let Some(start) = open.take() {
            parts.push(without_last_line_end(body.get(start..at).unwrap_or_default()));
            if parts.len() > most {
                return Some((parts, true));
            }
        }
        if closes {
            return Some((parts, false));
        }
        open = Some(line_at(body, after).1);
    }
    if let Some(start) = open {
        parts.push(body.get(start..).unwrap_or_default());
    }
    (!parts.is_empty()).then_some((parts, false))
}

fn first_delimiter(body: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    for _ in 0..20 {
        let (end, next) = line_at(body, at);
        let line = body.get(at..end)?.trim_ascii_end();
        if let Some(boundary) = line.strip_prefix(b"--")
            && (1..=70).contains(&boundary.len())
            && !boundary.contains(&b' ')
        {
            return Some(boundary);
        }
        at = next;
    }
    None
}

fn without_last_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// Keeps a part of a report: it has one of each, and one for each mail that was put together with it.
fn keep_some<'a>(kept: &mut Vec<Cow<'a, [u8]>>, part: Cow<'a, [u8]>) {
    if kept.len() < limits::REPORT_PARTS {
        kept.push(part);
    }
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// Whether bytes begin with the headers of a mail: a sender, and one more that every mail has.
fn looks_like_mail(start: &[u8]) -> bool {
    let (headers, _) = Headers::parse(start.trim_ascii_start());
    headers.has("From")
        && ["Date", "Message-ID", "Subject", "Received"].iter().filter(|name| headers.has(name)).count() >= 2
}
