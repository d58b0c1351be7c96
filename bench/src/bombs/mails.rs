//! Bombs for the reader of notices: nesting, parts, headers, boundaries, charsets, transfer encodings, mark-up,
//! and text made for the searches in it. Each as large as a mail may be, where size is what hurts.

use std::hint::black_box;

use super::Bomb;

/// As much as the receiver takes of one mail.
const MAIL: usize = 26_000_000;

const HEAD: &str = "From: \"Amazon.it\" <auto-communication@amazon.com>\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
const STRANGER: &str = "From: s@example.com\r\nSubject: Fwd: amazon\r\nMIME-Version: 1.0\r\n";

fn reading(raw: Vec<u8>) -> Box<dyn FnOnce()> {
    Box::new(move || {
        black_box(notice::read(black_box(&raw)));
        black_box(notice::written_at(&raw));
    })
}

/// A head and a filling up to the size of a mail.
fn filled(head: &str, filling: &str) -> Vec<u8> {
    let mut raw = Vec::with_capacity(MAIL + filling.len());
    raw.extend_from_slice(head.as_bytes());
    while raw.len() + filling.len() <= MAIL {
        raw.extend_from_slice(filling.as_bytes());
    }
    raw
}

fn with(head: &str, kind: &str, filling: &str) -> Box<dyn FnOnce()> {
    reading(filled(&format!("{head}{kind}\r\n\r\n"), filling))
}

fn html(filling: &str) -> Box<dyn FnOnce()> {
    with(HEAD, "Content-Type: text/html; charset=utf-8", filling)
}

fn forwarded(filling: &str) -> Box<dyn FnOnce()> {
    with(STRANGER, "Content-Type: text/plain; charset=utf-8", filling)
}

fn numbered(head: &str, most: u32, part: impl Fn(u32) -> String) -> Box<dyn FnOnce()> {
    let mut raw = head.as_bytes().to_vec();
    for number in 0..most {
        let part = part(number);
        if raw.len() + part.len() > MAIL {
            break;
        }
        raw.extend_from_slice(part.as_bytes());
    }
    reading(raw)
}

pub fn all() -> Vec<Bomb> {
    let bomb = |name, prepare| Bomb { name, prepare };
    vec![
        bomb("mail: 100,000 mails within mails", || {
            numbered("", 100_000, |_| "From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n".into())
        }),
        bomb("mail: mails within mails, 25 MB", || {
            reading(filled("", "From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n"))
        }),
        bomb("mail: mails of base64 within each other", || {
            let mut inner = filled(HEAD, "x\r\n");
            inner.truncate(9_000_000);
            for _ in 0..3 {
                let text = data_encoding::BASE64.encode(&inner);
                inner =
                    format!("{HEAD}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}")
                        .into_bytes();
            }
            inner.truncate(MAIL);
            reading(inner)
        }),
        bomb("mail: multiparts within each other, each its own boundary", || {
            numbered(HEAD, u32::MAX, |number| {
                format!("Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n")
            })
        }),
        bomb("mail: multiparts within each other, all of one boundary", || {
            reading(filled(HEAD, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"))
        }),
        bomb("mail: five million parts", || with(HEAD, "Content-Type: multipart/mixed; boundary=b", "--b\r\n")),
        bomb("mail: parts with a line of text each", || {
            with(HEAD, "Content-Type: multipart/mixed; boundary=b", "--b\r\n\r\n111-1111111-1111111\r\n")
        }),
        bomb("mail: 5,000 attached mails and more", || {
            with(
                STRANGER,
                "Content-Type: multipart/digest; boundary=b",
                "--b\r\n\r\nFrom: auto-communication@amazon.com\r\nSubject: x\r\n\r\nthe buyer has chosen to opt out\r\n",
            )
        }),
        bomb("mail: million header fields", || reading(filled(HEAD, "X-A: b\r\n"))),
        bomb("mail: one header field of 25 MB", || reading(filled("Subject: ", "abc "))),
        bomb("mail: one folded header field of 25 MB", || reading(filled("Subject: x", "\r\n y"))),
        bomb("mail: one From of 25 MB of addresses", || reading(filled("From: ", "\"a\" <a@amazon.com>, "))),
        bomb("mail: From of nested comments", || reading(filled("From: ", "("))),
        bomb("mail: blank lines only", || reading(filled("", "\r\n"))),
        bomb("mail: folded blank lines in the header", || reading(filled("From: x\r\n", " \r\n"))),
        bomb("mail: a boundary of dashes in a body of dashes", || {
            with(HEAD, "Content-Type: multipart/mixed; boundary=\"----------------------------------\"", "-")
        }),
        bomb("mail: lines that begin like the boundary", || {
            with(
                HEAD,
                "Content-Type: multipart/mixed; boundary=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
                "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
            )
        }),
        bomb("mail: a boundary of 15 kB", || {
            let mark = "ab".repeat(7_500);
            let head = format!("{HEAD}Content-Type: multipart/mixed; boundary={mark}\r\n\r\n");
            reading(filled(&head, &format!("--{}\r\n", mark.get(..14_000).unwrap_or_default())))
        }),
        bomb("mail: ten thousand parameters", || {
            numbered(&format!("{HEAD}Content-Type: text/html"), u32::MAX, |number| {
                format!("; name*{number}*=utf-8''%41")
            })
        }),
        bomb("mail: UTF-7", || with(HEAD, "Content-Type: text/plain; charset=utf-7", "+AGEAYg-+")),
        bomb("mail: ISO-2022-JP that shifts at each letter", || {
            with(HEAD, "Content-Type: text/plain; charset=iso-2022-jp", "\u{1b}$B\u{1b}(B\u{1b}$@")
        }),
        bomb("mail: Shift_JIS that is none", || {
            with(HEAD, "Content-Type: text/plain; charset=shift_jis", "\u{e9}\u{3042}\u{1b}\u{0}")
        }),
        bomb("mail: GB18030", || with(HEAD, "Content-Type: text/plain; charset=gb18030", "\u{e9}\u{3042}\u{e9}1")),
        bomb("mail: UTF-16 that is none", || with(HEAD, "Content-Type: text/plain; charset=utf-16", "a\u{0}\u{d7}b")),
        bomb("mail: ligatures that fold to eighteen letters", || {
            with(HEAD, "Content-Type: text/plain; charset=utf-8", "\u{fdfa}")
        }),
        bomb("mail: combining marks", || with(HEAD, "Content-Type: text/plain; charset=utf-8", "\u{301}\u{327}")),
        bomb("mail: encoded words", || reading(filled("Subject:", " =?utf-8?B?w6k=?=\r\n"))),
        bomb("mail: subjects of encoded words begun and not ended", || {
            reading(filled("From: x\r\n", "Subject: =?=?=?=?=?\r\n"))
        }),
        bomb("mail: base64 of padding", || with(HEAD, "Content-Transfer-Encoding: base64", "=\r\n")),
        bomb("mail: base64 with a blank after each sign", || {
            with(HEAD, "Content-Transfer-Encoding: base64", "Q Q\r\n")
        }),
        bomb("mail: base64 of nothing", || with(HEAD, "Content-Transfer-Encoding: base64", "!")),
        bomb("mail: quoted-printable of soft breaks", || {
            with(HEAD, "Content-Transfer-Encoding: quoted-printable", "=\r\n")
        }),
        bomb("mail: quoted-printable of signs and blanks", || {
            with(HEAD, "Content-Transfer-Encoding: quoted-printable", &format!("={}", " ".repeat(79)))
        }),
        bomb("mail: quoted-printable of blanks before line ends", || {
            with(HEAD, "Content-Transfer-Encoding: quoted-printable", "    \t\r\n")
        }),
        bomb("mail: 25 MB of soft breaks in each of many bodies", || {
            with(
                HEAD,
                "Content-Type: multipart/mixed; boundary=b",
                &format!("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n", "=\r\n".repeat(30_000)),
            )
        }),
        bomb("mail: html of nested div", || html("<div>")),
        bomb("mail: html of nested tables", || html("<table><tr><td>")),
        bomb("mail: html of brackets", || html("<")),
        bomb("mail: html of end tags", || html("</a></")),
        bomb("mail: html of one tag with attributes", || html("<a b=\"c\" d='e' f g=h ")),
        bomb("mail: html of attributes without end", || html("<a href=\"")),
        bomb("mail: html of long links", || html(&format!("<a href=\"{}\">", "&amp;%41".repeat(300)))),
        bomb("mail: html of entities", || html("&eacute;&#x27;&nbsp;&CounterClockwiseContourIntegral;")),
        bomb("mail: html of entities without end", || html("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        bomb("mail: html of ampersands", || html("&")),
        bomb("mail: html of comments begun", || html("<!-- -- >")),
        bomb("mail: html of comments", || html("<!---->")),
        bomb("mail: html of scripts begun", || html("<script></scrip><")),
        bomb("mail: html of styles", || html("<style></style>")),
        bomb("mail: html of declarations", || html("<!><?>")),
        bomb("mail: many bodies of html", || {
            with(
                HEAD,
                "Content-Type: multipart/mixed; boundary=b",
                &format!(
                    "--b\r\nContent-Type: text/html\r\n\r\n{}\r\n",
                    "<p>the buyer has chosen &eacute;</p>".repeat(3_000)
                ),
            )
        }),
        bomb("mail: text of half an opt-out, again and again", || {
            with(
                HEAD,
                "Content-Type: text/plain",
                "because the buyer has chosen to opt out of receiving unsolicited messages from sellers",
            )
        }),
        bomb("mail: text of a whole opt-out, again and again", || {
            with(
                HEAD,
                "Content-Type: text/plain",
                "We were unable to deliver the message you sent for order [406-7654321-1234567] because the buyer has chosen to opt out of receiving unsolicited messages from sellers. ",
            )
        }),
        bomb("mail: text of order ids", || with(HEAD, "Content-Type: text/plain", "111-1111111-1111111 ")),
        bomb("mail: text of distinct order ids", || {
            numbered(&format!("{HEAD}\r\n"), u32::MAX, |number| format!("[111-{number:07}-1111111]\n"))
        }),
        bomb("mail: text of ids cut short", || with(HEAD, "Content-Type: text/plain", "111-1111111-")),
        bomb("mail: text of digits", || with(HEAD, "Content-Type: text/plain", "1")),
        bomb("mail: text of aliases", || with(HEAD, "Content-Type: text/plain", "a1b2@marketplace.amazon.it ")),
        bomb("mail: text of letters before an address", || {
            with(HEAD, "Content-Type: text/plain", &format!("{}@marketplace.", "a".repeat(500)))
        }),
        bomb("mail: text of @", || forwarded("amazon@")),
        bomb("mail: quoted headers", || {
            forwarded("From: Amazon.it <auto-communication@amazon.com>\nTo: x\nDate: Thu, 10 Sep 2026\nSubject: y\n\n")
        }),
        bomb("mail: lines that may announce a quote", || forwarded("On 28/10/2021 12:46 amazon.it x\n")),
        bomb("mail: labels without values", || forwarded("amazon:\nFrom:\n")),
        bomb("mail: one line of labels", || forwarded("From: amazon a@b.example> To: ")),
        bomb("mail: rules and tables", || forwarded("-----\n\n amazon <a@b.example>\n")),
        bomb("mail: short lines", || forwarded("@\n")),
        bomb("mail: quote marks", || forwarded("> amazon.it > > a@b.example\n")),
    ]
}
