//! The mails that are timed, made of our own words in the form that real notices have: one HTML part of styled
//! tables within multipart/alternative; forwarded by hand with a quoted header in text and HTML; or attached
//! whole to somebody's mail.

use std::fmt::Write as _;

/// The order that every mail is about.
pub const ORDER: &str = "406-7654321-1234567";
const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.it";
const SENTENCE: &str = "We were unable to deliver the message you sent for order [406-7654321-1234567] because the \
    buyer has chosen to opt out of receiving unsolicited messages from sellers.";

/// What decides that it is an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Amazon's type header.
    Header,
    /// Its words.
    Wording,
}

/// One mail.
pub struct Mail {
    /// How it travels, how it is written, and how large it is.
    pub name: String,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// What decides.
    pub decided: Decided,
}

#[derive(Clone, Copy)]
enum Transfer {
    QuotedPrintable,
    Base64,
}

/// Every way of travelling, in both transfer encodings, of 10, 30 and 60 kB.
pub fn all() -> Vec<Mail> {
    let mut mails = Vec::new();
    for kilobytes in [10, 30, 60] {
        for (transfer, written) in [(Transfer::QuotedPrintable, "quoted-printable"), (Transfer::Base64, "base64")] {
            let ways: [(&str, Decided, Writer); 4] = [
                ("direct, with type header", Decided::Header, |size, transfer| direct(size, transfer, true)),
                ("original attached", Decided::Header, attached),
                ("direct, by wording", Decided::Wording, |size, transfer| direct(size, transfer, false)),
                ("forwarded inline", Decided::Wording, inline),
            ];
            for (way, decided, write) in ways {
                let raw = of_size(kilobytes * 1000, |html| write(html, transfer));
                mails.push(Mail { name: format!("{way}, {written}, {kilobytes} kB"), raw, decided });
            }
        }
    }
    mails
}

type Writer = fn(usize, Transfer) -> Vec<u8>;

/// The mail whose HTML is as large as fits, so that the whole is no larger than `bytes`.
fn of_size(bytes: usize, write: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut html = bytes;
    loop {
        let raw = write(html);
        if raw.len() <= bytes || html < 500 {
            return raw;
        }
        html -= ((raw.len() - bytes) / 2).max(100).min(html);
    }
}

/// Amazon's own mail.
fn direct(html: usize, transfer: Transfer, with_header: bool) -> Vec<u8> {
    let mut mail = String::from(
        "Return-Path: <0102-000@eu-west-1.amazonses.com>\r\n\
         Received: from a1-2.smtp-out.eu-west-1.amazonses.com (a1-2.example [192.0.2.7])\r\n\
         \tby mx.example.com with ESMTPS id abc123 for <seller@example.com>;\r\n\
         \tThu, 10 Sep 2026 00:04:51 +0000\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple; s=made-up; d=amazon.com;\r\n\
         \th=From:To:Subject:MIME-Version:Content-Type:Date:Message-ID;\r\n\
         \tbh=0000000000000000000000000000000000000000000=; b=1111111111111111111111\r\n\
         \t1111111111111111111111111111111111111111111111111111111111111111111111\r\n\
         Date: Thu, 10 Sep 2026 00:04:50 +0000\r\n\
         From: \"Amazon.it\" <auto-communication@amazon.com>\r\n\
         Reply-To: \"Amazon.it\" <auto-communication@amazon.com>\r\n\
         To: seller@example.com\r\n\
         Subject: =?UTF-8?Q?Your_message_to_a_buyer_could_not_be_delivered?=\r\n\
         Message-ID: <0102-000@eu-west-1.amazonses.com>\r\n\
         MIME-Version: 1.0\r\n",
    );
    if with_header {
        mail.push_str("X-Marketplace-ID: APJ6JRA9NG5V4\r\nX-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\n");
    }
    let html = format!("<html><body>{}</body></html>", notice_html(html));
    mail.push_str("Content-Type: multipart/alternative; boundary=\"----=_Part_1_2.3\"\r\n\r\n------=_Part_1_2.3\r\n");
    part(&mut mail, "text/html", &html, transfer);
    mail.push_str("------=_Part_1_2.3--\r\n");
    mail.into_bytes()
}

/// Attached whole to a member's mail.
fn attached(html: usize, transfer: Transfer) -> Vec<u8> {
    let mut mail = String::from(
        "Date: Thu, 10 Sep 2026 08:00:00 +0200\r\nFrom: Seller <seller@example.com>\r\nTo: in@inbox.example.com\r\n\
         Subject: Fwd: opt-out\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"outer-7\"\r\n\r\n--outer-7\r\n",
    );
    part(&mut mail, "text/plain", "see the attached mail\n", transfer);
    mail.push_str("--outer-7\r\nContent-Type: message/rfc822; name=\"notice.eml\"\r\n");
    mail.push_str("Content-Disposition: attachment; filename=\"notice.eml\"\r\n\r\n");
    let mut raw = mail.into_bytes();
    raw.extend(direct(html, transfer, true));
    raw.extend_from_slice(b"\r\n--outer-7--\r\n");
    raw
}

/// Forwarded by hand, quoted in text and in HTML; a quarter of the size is text.
fn inline(size: usize, transfer: Transfer) -> Vec<u8> {
    let (text, html) = (size / 4, size - size / 4);
    let mut mail = String::from(
        "Date: Thu, 10 Sep 2026 08:00:00 +0200\r\nFrom: Seller <seller@example.com>\r\nTo: in@inbox.example.com\r\n\
         Subject: Fwd: Your message to a buyer could not be delivered\r\nMessage-ID: <2@example.com>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"alt-9\"\r\n\r\n--alt-9\r\n",
    );
    let mut plain = format!(
        "---------- Forwarded message ---------\nFrom: Amazon.it <auto-communication@amazon.com>\n\
         Date: Thu, 10 Sep 2026 at 02:04\nSubject: Your message to a buyer could not be delivered\n\
         To: <seller@example.com>\n\n{SENTENCE}\n\nWrite to {ALIAS}\n"
    );
    for line in 0.. {
        if plain.len() >= text {
            break;
        }
        let _ = writeln!(plain, "{}\n", PARAGRAPHS[line % PARAGRAPHS.len()]);
    }
    part(&mut mail, "text/plain", &plain, transfer);
    mail.push_str("--alt-9\r\n");
    let html = format!(
        "<div dir=\"ltr\"><br><br><div class=\"quote\"><div dir=\"ltr\" class=\"attr\">---------- Forwarded message \
         ---------<br>From: <strong dir=\"auto\">Amazon.it</strong> <span dir=\"auto\">&lt;<a \
         href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>&gt;</span><br>Date: Thu, 10 \
         Sep 2026 at 02:04<br>Subject: Your message to a buyer could not be delivered<br>To: &lt;<a \
         href=\"mailto:seller@example.com\">seller@example.com</a>&gt;<br></div><br><br>{}</div></div>",
        notice_html(html)
    );
    part(&mut mail, "text/html", &html, transfer);
    mail.push_str("--alt-9--\r\n");
    mail.into_bytes()
}

const PARAGRAPHS: [&str; 4] = [
    "You can still reach the buyer about what is needed to complete the order: a question on a customised product, a \
     time for the delivery, or a fault in the shipping address.",
    "Requests for feedback or a review, confirmations of shipping and notes of thanks are not critical, and buyers \
     don't need them to receive what they bought.",
    "Perché l’ordine può richiedere più tempo, è possibile che la consegna avvenga nei giorni successivi; grazie.",
    "This mail was sent from an address that can't receive replies. Its reference is 0123-4567-89 and it was written \
     for the account that sold the item, on 2026-09-10.",
];

/// The notice's HTML of about so many bytes: styled tables, as such mails are built.
fn notice_html(size: usize) -> String {
    let mut html = format!(
        "<div style=\"display:none;font-size:1px\">{ORDER}</div><table width=\"100%\" border=\"0\" cellpadding=\"0\" \
         cellspacing=\"0\" style=\"font-family:Arial,sans-serif;font-size:14px;line-height:20px;color:#111111\">\
         <tr><td style=\"padding:12px 18px 6px 18px\"><p>Hello,</p><p>{SENTENCE} Write to \
         <a href=\"mailto:{ALIAS}?subject=%20[Important]\">the buyer</a>.</p><ul><li>customization</li>\
         <li>shipping address</li></ul><ul><li>feedback and refunds</li><li>delivery</li></ul></td></tr>\n"
    );
    for number in 0.. {
        if html.len() >= size {
            break;
        }
        let _ = write!(
            html,
            "<tr valign=\"top\"><td align=\"left\" bgcolor=\"#ffffff\" style=\"padding:0 18px 12px 18px;border-bottom:1px \
             solid #e7e7e7;mso-line-height-rule:exactly\"><table role=\"presentation\" width=\"640\">\n<tr><td \
             class=\"cell-{number}\"><span style=\"font-size:13px;color:#555555\">{}&nbsp;</span>\n<a \
             href=\"https://sellercentral.amazon.it/help?id={number}&amp;ref=n_{number}&amp;x=1\" \
             style=\"text-decoration:none;color:#007185\">More &egrave; here</a></td></tr></table></td></tr>\n",
            PARAGRAPHS[number % PARAGRAPHS.len()],
        );
    }
    html.push_str("</table>");
    html
}

fn part(mail: &mut String, kind: &str, text: &str, transfer: Transfer) {
    let name = match transfer {
        Transfer::QuotedPrintable => "quoted-printable",
        Transfer::Base64 => "base64",
    };
    let _ = write!(mail, "Content-Type: {kind}; charset=UTF-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n");
    match transfer {
        Transfer::QuotedPrintable => quoted_printable(mail, text),
        Transfer::Base64 => {
            for line in data_encoding::BASE64.encode(text.as_bytes()).as_bytes().chunks(76) {
                mail.push_str(std::str::from_utf8(line).unwrap_or_default());
                mail.push_str("\r\n");
            }
        }
    }
    mail.push_str("\r\n");
}

fn quoted_printable(mail: &mut String, text: &str) {
    let mut column = 0;
    for byte in text.bytes() {
        if byte == b'\n' {
            mail.push_str("\r\n");
            column = 0;
            continue;
        }
        let is_plain = matches!(byte, b' '..=b'<' | b'>'..=b'~');
        if column + if is_plain { 1 } else { 3 } > 75 {
            mail.push_str("=\r\n");
            column = 0;
        }
        if is_plain {
            mail.push(char::from(byte));
            column += 1;
        } else {
            let _ = write!(mail, "={byte:02X}");
            column += 3;
        }
    }
}
