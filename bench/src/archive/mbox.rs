//! An mbox of invented mails: seven in ten are notices of several kinds and languages, as Amazon sends them or as a
//! colleague forwarded them, three are other mail. 5 to 60 kB each (every size as likely as its half), dated over
//! the last two years, as an archive is. A shorter mbox is the beginning of a longer one.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64_MIME;

use crate::chance::Chance;

const YEARS: u64 = 2 * 365 * 24 * 60 * 60;

/// A kind of notice: type header, subject, and its sentence before and after the order id.
type Kind = (&'static str, &'static str, &'static str, &'static str);

const KINDS: &[Kind] = &[
    (
        "BUYER_OPTED_OUT_BSM_MESSAGES",
        "Your message to a buyer could not be delivered",
        "We were unable to deliver the message you sent for order [",
        "] because the buyer has chosen to opt out of receiving unsolicited messages from sellers.",
    ),
    (
        "BUYER_OPTED_OUT_BSM_MESSAGES",
        "Votre message",
        "Nous ne sommes pas parvenus à transmettre votre message au sujet de la commande ",
        ", car l'acheteur a choisi de ne pas recevoir de messages non sollicités de la part des vendeurs.",
    ),
    (
        "BUYER_OPTED_OUT_BSM_MESSAGES",
        "Il tuo messaggio",
        "Non siamo stati in grado di recapitare il messaggio per l'ordine [",
        "] perché l'acquirente ha scelto di non ricevere messaggi non richiesti dai venditori.",
    ),
    ("REFUND_ISSUED", "Refund initiated for order", "A refund of USD 19.99 was initiated. Order ID: ", ""),
    ("RETURN_REQUEST", "Return requested for order", "A return was requested for order ", "."),
];

const WORDS: &[&str] = &[
    "your",
    "order",
    "was",
    "shipped",
    "with",
    "care",
    "please",
    "see",
    "the",
    "details",
    "below",
    "widget",
    "blue",
    "stainless",
    "steel",
    "thank",
    "you",
    "for",
    "selling",
    "on",
    "our",
    "marketplace",
    "größe",
    "livré",
    "günstig",
];

/// Writes an mbox of so many mails; how many bytes it has.
pub fn write(path: &Path, mails: u32) -> std::io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut bytes = 0;
    for number in 0..mails {
        let mail = mail(number, now);
        bytes += u64::try_from(mail.len()).unwrap_or_default();
        out.write_all(mail.as_bytes())?;
    }
    out.into_inner()?.sync_all()?;
    Ok(bytes)
}

fn mail(number: u32, now: u64) -> String {
    let mut chance = Chance::new(u64::from(number));
    let written = i64::try_from(now - chance.below(YEARS)).unwrap_or_default();
    let written = jiff::Timestamp::from_second(written).unwrap_or_default();
    let size = usize::try_from((5_000 << chance.below(4)) * (100 + chance.below(50)) / 100).unwrap_or(5_000);
    let order = format!("{:03}-{:07}-{number:07}", 110 + chance.below(5), chance.below(10_000_000));
    let line = written.strftime("%a %b %e %H:%M:%S %Y");
    let date = written.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut mail = format!("From bounces@mail.example {line}\n");
    if !chance.percent(70) {
        let text = prose(&mut chance, size, "");
        let _ = write!(
            mail,
            "From: News <news@shop{}.example>\nTo: seller@example.com\nDate: {date}\nMessage-ID: <other-{number}@shop.example>\n\
             Subject: {} no. {number}\nMIME-Version: 1.0\n",
            number % 50,
            chance.of(&["Newsletter", "Invoice", "Meeting", "Re: delivery", "Question about order"]),
        );
        body(&mut mail, &mut chance, &text);
        return mail;
    }
    let place = usize::try_from(chance.below(u64::try_from(KINDS.len()).unwrap_or(1))).unwrap_or_default();
    let Some((code, subject, before, after)) = KINDS.get(place) else { return mail };
    let sentence = format!("{before}{order}{after}");
    if chance.percent(15) {
        // Forwarded by hand: no header of Amazon's is left.
        let text = format!(
            "See below.\n\n---------- Forwarded message ---------\nFrom: Amazon.com <auto-communication@amazon.com>\n\
             Date: {date}\nSubject: {subject}\nTo: <seller@example.com>\n\n{}",
            prose(&mut chance, size, &sentence)
        );
        let _ = write!(
            mail,
            "From: Owner <owner@seller.example>\nTo: team@seller.example\nDate: {date}\n\
             Message-ID: <forward-{number}@seller.example>\nSubject: Fwd: {subject}\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{}\n",
            quoted_printable(&text)
        );
        return mail;
    }
    let _ = write!(
        mail,
        "Received: from a.example by b.example; {date}\nFrom: \"Amazon.com\" <auto-communication@amazon.com>\n\
         To: seller@example.com\nDate: {date}\nMessage-ID: <notice-{number}@eu-west-1.amazonses.com>\n\
         Subject: {subject} {order}\nX-Marketplace-ID: ATVPDKIKX0DER\nX-Space-Notification-Type: {code}\nMIME-Version: 1.0\n"
    );
    let text = prose(&mut chance, size, &sentence);
    body(&mut mail, &mut chance, &text);
    mail
}

/// The text as plain text, as HTML, or as both, in one of the usual transfer encodings.
fn body(mail: &mut String, chance: &mut Chance, text: &str) {
    let html = || {
        let rows: Vec<String> = text
            .split("\n\n")
            .map(|row| format!("<tr><td style=\"font:12px Arial;color:#111\"><p>{row}</p></td></tr>\n"))
            .collect();
        format!("<html><body><table width=\"600\">\n{}</table></body></html>\n", rows.concat())
    };
    match chance.below(4) {
        0 => mail.push_str(&plain(text)),
        1 => mail.push_str(&in_base64(&html())),
        _ => {
            let half: String = text.chars().take(text.len() / 3).collect();
            let _ = write!(
                mail,
                "Content-Type: multipart/alternative; boundary=\"=_b\"\n\n--=_b\nContent-Type: text/plain; charset=utf-8\n\
                 Content-Transfer-Encoding: quoted-printable\n\n{}\n--=_b\nContent-Type: text/html; charset=utf-8\n\
                 Content-Transfer-Encoding: quoted-printable\n\n{}\n--=_b--\n\n",
                quoted_printable(&half),
                quoted_printable(&html())
            );
        }
    }
}

fn plain(text: &str) -> String {
    let text = quoted_printable(text);
    format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{text}\n")
}

fn in_base64(html: &str) -> String {
    let text = BASE64_MIME.encode(html.as_bytes()).replace('\r', "");
    format!("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{text}\n")
}

/// So many bytes of paragraphs, one of which is the sentence.
fn prose(chance: &mut Chance, size: usize, sentence: &str) -> String {
    let mut text = String::with_capacity(size + 400);
    text.push_str("Dear seller,\n\n");
    let mut said = false;
    while text.len() < size * 2 / 3 {
        if !said && text.len() > 400 {
            text.push_str(sentence);
            text.push_str("\n\n");
            said = true;
        }
        for _ in 0..12 + chance.below(30) {
            text.push_str(chance.of(WORDS));
            text.push(' ');
        }
        text.push_str("\n\n");
    }
    text
}

/// RFC 2045, 6.7, with soft line ends.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    let mut column = 0;
    for byte in text.bytes() {
        if byte == b'\n' {
            out.push('\n');
            column = 0;
            continue;
        }
        if column > 70 {
            out.push_str("=\n");
            column = 0;
        }
        if (byte.is_ascii_graphic() && byte != b'=') || byte == b' ' {
            out.push(char::from(byte));
            column += 1;
        } else {
            let _ = write!(out, "={byte:02X}");
            column += 3;
        }
    }
    out
}
