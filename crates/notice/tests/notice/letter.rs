//! Builds mails: Amazon's notices as the wording says, and every way in which they travel.

use std::fmt::Write as _;

use encoding_rs::Encoding;
use model::notice::{MailRead, Reading};

/// The order most tests are about.
pub const ORDER: &str = "406-7654321-1234567";
/// The buyer most tests are about.
pub const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.it";

/// How a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    Plain,
    QuotedPrintable,
    Base64,
}

/// One mail, to be written.
#[derive(Debug, Clone)]
pub struct Letter {
    pub headers: Vec<(String, String)>,
    pub html: Option<String>,
    pub plain: Option<String>,
    pub charset: &'static str,
    pub label: Option<String>,
    pub transfer: Transfer,
    pub ends: &'static str,
    /// Further parts, whole with their headers.
    pub parts: Vec<Vec<u8>>,
}

impl Letter {
    /// A mail from somebody about something.
    pub fn new(from: &str, subject: &str) -> Self {
        let headers = [
            ("Date", "Thu, 10 Sep 2026 00:04:50 +0000"),
            ("From", from),
            ("To", "seller@example.com"),
            ("Subject", subject),
            ("Message-ID", "<0102-000@eu-west-1.amazonses.com>"),
            ("MIME-Version", "1.0"),
        ];
        Self {
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            html: None,
            plain: None,
            charset: "utf-8",
            label: None,
            transfer: Transfer::QuotedPrintable,
            ends: "\r\n",
            parts: Vec::new(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name || name == "Received" || name == "Delivered-To");
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    pub fn plain(mut self, plain: impl Into<String>) -> Self {
        self.plain = Some(plain.into());
        self
    }

    pub fn transfer(mut self, transfer: Transfer) -> Self {
        self.transfer = transfer;
        self
    }

    pub fn charset(mut self, charset: &'static str) -> Self {
        self.charset = charset;
        self
    }

    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    pub fn ends(mut self, ends: &'static str) -> Self {
        self.ends = ends;
        self
    }

    /// Attaches another mail.
    pub fn attach(mut self, mail: &[u8]) -> Self {
        let mut part = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n".to_vec();
        part.extend_from_slice(mail);
        self.parts.push(part);
        self
    }

    /// Attaches a part as it is.
    pub fn part(mut self, part: impl Into<Vec<u8>>) -> Self {
        self.parts.push(part.into());
        self
    }

    /// The mail's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.headers {
            out.extend_from_slice(format!("{name}: {}\r\n", encoded(value)).as_bytes());
        }
        let mut bodies = Vec::new();
        if let Some(plain) = &self.plain {
            bodies.push(self.body("text/plain", plain));
        }
        if let Some(html) = &self.html {
            bodies.push(self.body("text/html", html));
        }
        if self.parts.is_empty() && bodies.len() == 1 {
            out.extend(bodies.remove(0));
        } else {
            let outer = if self.parts.is_empty() { "alternative" } else { "mixed" };
            // Nested mails may be built by this too, so each has a delimiter of its own.
            let mark = format!("=_{outer}_{}", self.parts.iter().map(Vec::len).sum::<usize>() + bodies.len());
            out.extend_from_slice(format!("Content-Type: multipart/{outer}; boundary=\"{mark}\"\r\n\r\n").as_bytes());
            for part in bodies.iter().chain(&self.parts) {
                out.extend_from_slice(format!("--{mark}\r\n").as_bytes());
                out.extend_from_slice(part);
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(format!("--{mark}--\r\n").as_bytes());
        }
        if self.ends != "\r\n" {
            let end = self.ends.as_bytes();
            let lines = split_crlf(&out);
            out = lines.join(end);
        }
        out
    }

    fn body(&self, kind: &str, text: &str) -> Vec<u8> {
        let bytes = encode_charset(text, self.charset);
        let label = self.label.clone().unwrap_or_else(|| self.charset.to_owned());
        let label = if label.is_empty() { String::new() } else { format!("; charset=\"{label}\"") };
        let (name, content) = match self.transfer {
            Transfer::Plain => ("8bit", with_crlf(&bytes)),
            Transfer::QuotedPrintable => ("quoted-printable", quoted_printable(&bytes, 76)),
            Transfer::Base64 => ("base64", base64(&bytes)),
        };
        let mut part = format!("Content-Type: {kind}{label}\r\nContent-Transfer-Encoding: {name}\r\n\r\n").into_bytes();
        part.extend(content);
        part
    }
}

fn split_crlf(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"\r\n") {
            lines.push(Vec::new());
            at += 2;
        } else {
            lines.last_mut().unwrap().push(bytes[at]);
            at += 1;
        }
    }
    lines
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// Text in a charset; `utf-16le` and the like, which encoding_rs only reads, by hand.
pub fn encode_charset(text: &str, charset: &str) -> Vec<u8> {
    match charset {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-16" => [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
        other => {
            let (bytes, _, wrong) = Encoding::for_label(other.as_bytes()).unwrap().encode(text);
            assert!(!wrong, "{other} can't write this");
            bytes.into_owned()
        }
    }
}

/// Quoted-printable with soft breaks after `width` signs.
pub fn quoted_printable(bytes: &[u8], width: usize) -> Vec<u8> {
    let mut out = String::new();
    let mut column = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let piece = match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => continue,
            b'\n' => {
                out.push_str("\r\n");
                column = 0;
                continue;
            }
            b'!'..=b'<' | b'>'..=b'~' | b' ' => char::from(*byte).to_string(),
            other => format!("={other:02X}"),
        };
        if column + piece.len() >= width {
            out.push_str("=\r\n");
            column = 0;
        }
        column += piece.len();
        out.push_str(&piece);
    }
    out.into_bytes()
}

/// Base64 in lines of 76.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for (number, group) in bytes.chunks(3).enumerate() {
        if number > 0 && number % 19 == 0 {
            out.extend_from_slice(b"\r\n");
        }
        let whole = group.iter().fold(0u32, |whole, byte| (whole << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = usize::try_from((whole >> (18 - 6 * place)) & 63).unwrap();
            out.push(if place > group.len() { b'=' } else { SIGNS[index] });
        }
    }
    out
}

/// A header value with encoded words where it needs them.
fn encoded(value: &str) -> String {
    if value.is_ascii() {
        return value.to_owned();
    }
    // The address stays as it is.
    let (name, address) = match value.rsplit_once(" <") {
        Some((name, address)) if value.ends_with('>') => (name, format!(" <{address}")),
        _ => (value, String::new()),
    };
    let words = String::from_utf8(base64(name.as_bytes())).unwrap().replace("\r\n", "");
    let mut out = String::new();
    // Each word is cut at any byte, so characters are split.
    for (number, piece) in words.as_bytes().chunks(40).enumerate() {
        let space = if number > 0 { "\r\n " } else { "" };
        write!(out, "{space}=?utf-8?B?{}?=", std::str::from_utf8(piece).unwrap()).unwrap();
    }
    out + &address
}

/// An opt-out notice in one language: subject, sentence, who it is from.
#[derive(Debug, Clone, Copy)]
pub struct Notice {
    pub language: &'static str,
    pub subject: &'static str,
    pub sentence: &'static str,
    pub from: &'static str,
    pub charset: &'static str,
}

/// The opt-out in every language whose words are known.
pub const OPT_OUTS: &[Notice] = &[
    Notice {
        language: "it",
        subject: "Il tuo messaggio all'acquirente non è stato consegnato.",
        sentence: "non siamo stati in grado di recapitare il messaggio che hai inviato a Mario il 2026-09-10 per l'ordine [406-7654321-1234567] perché l'acquirente ha scelto di non ricevere messaggi non richiesti dai venditori.",
        from: "\"Amazon.it\" <auto-communication@amazon.com>",
        charset: "iso-8859-1",
    },
    Notice {
        language: "en",
        subject: "Your message to a buyer could not be delivered",
        sentence: "We were unable to deliver the message you sent for order [406-7654321-1234567] because the buyer has chosen to opt out of receiving unsolicited messages from sellers.",
        from: "\"Amazon.it\" <auto-communication@amazon.com>",
        charset: "us-ascii",
    },
    Notice {
        language: "fr",
        subject: "Votre message qui était adressé à un acheteur n'a pas pu être transmis",
        sentence: "Nous ne sommes pas parvenus à transmettre votre message au sujet de la commande 406-7654321-1234567, car l’acheteur a choisi de ne pas recevoir de messages non sollicités de la part des vendeurs.",
        from: "\"Amazon.it\" <auto-communication@amazon.com>",
        charset: "windows-1252",
    },
    Notice {
        language: "ja",
        subject: "購入者へのメッセージを送信できませんでした",
        sentence: "購入者が出品者からの未承諾広告メールを受信しないように設定しているため、注文 406-7654321-1234567に関するメッセージを送信できませんでした。",
        from: "\"Amazon.it\" <auto-communication@amazon.com>",
        charset: "iso-2022-jp",
    },
    Notice {
        language: "de",
        subject: "Ihre Nachricht konnte nicht zugestellt werden",
        sentence: "Wir konnten die Nachricht, die Sie gesendet haben, für [406-7654321-1234567] nicht zustellen, weil der Käufer die Annahme unerwünschter Nachrichten von Verkäufern deaktiviert hat.",
        from: "\"Amazon.it\" <auto-communication@amazon.com>",
        charset: "iso-8859-1",
    },
];

impl Notice {
    /// Its text, with what Amazon says below and a footer that names other orders in links.
    pub fn text(&self) -> String {
        format!(
            "Hello,\n\n{}\n\nCritical: customization, delivery scheduling, shipping address. Not critical: feedback requests, refund notices, delivery confirmations.\n\nWrite to {ALIAS} with [Important].\n",
            self.sentence
        )
    }

    /// Its HTML as of 2026, preheader and all.
    pub fn markup(&self) -> String {
        let sentence = self.sentence.replace('\'', "&#39;").replace('è', "&egrave;");
        format!(
            "<html><head><style>p {{ color: red }}</style></head><body><div style=\"display:none\">406-7654321-1234567</div><p>Hello,</p><p>{sentence} <a href=\"mailto:{ALIAS}?subject=%20[Importante]\">e-mail</a></p><ul><li>customization</li><li>shipping address</li></ul><ul><li>feedback and refunds</li><li>delivery</li></ul><p><a href=\"https://sellercentral.amazon.it/o?id=999-9999999-9999999&amp;x=1\">footer</a></p></body></html>"
        )
    }

    /// As Amazon sends it, without the type header.
    pub fn letter(&self) -> Letter {
        Letter::new(self.from, self.subject).html(self.markup())
    }

    /// As Amazon sends it since 2026.
    pub fn marked(&self) -> Letter {
        self.letter()
            .header("X-Marketplace-ID", "APJ6JRA9NG5V4")
            .header("X-Space-Notification-Type", "BUYER_OPTED_OUT_BSM_MESSAGES")
    }
}

/// The only reading of a mail.
pub fn only(raw: &[u8]) -> Reading {
    let MailRead { readings, .. } = notice::read(raw);
    assert_eq!(readings.len(), 1, "{readings:?}\n{}", String::from_utf8_lossy(raw));
    readings.into_iter().next().unwrap()
}
