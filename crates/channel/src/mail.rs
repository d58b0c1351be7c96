//! The mail itself (RFC 5322), a pure function of what the permit owns and who sends: one recipient, plain text and the files
//! that go with it, ASCII on the wire whatever they hold. No word of it can end its header or begin another; nothing in it tracks.

mod encoded;
mod parts;
mod quoted;

use model::sender::SenderAddress;
use model::{AccountId, Alias, MessageId, OrderId, Timestamp, message_id_of};
use policy::RenderedText;
use sha2::{Digest, Sha256};

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The message, from which the `Message-ID` comes: the same at each try.
    pub message: MessageId,
    /// Its account.
    pub account: AccountId,
    /// The order it is about.
    pub order: OrderId,
    /// From whom.
    pub from: &'a SenderAddress,
    /// The name beside the address.
    pub name: Option<&'a str>,
    /// To whom.
    pub to: &'a Alias,
    /// What it says.
    pub text: &'a RenderedText,
    /// When it is sent.
    pub date: Timestamp,
}

/// The mail's bytes: every line ends in CRLF and is at most 78 bytes long, but for addresses and ids that can't be parted.
pub fn write(letter: &Letter<'_>) -> Vec<u8> {
    let mut mail = String::new();
    let mut header = |name: &str, value: &str| {
        mail.push_str(name);
        mail.push_str(": ");
        mail.push_str(value);
        mail.push_str("\r\n");
    };
    header("Date", &date(letter.date));
    header("From", &from(letter));
    header("To", &format!("<{}>", letter.to.as_str()));
    header("Subject", &encoded::unstructured(&subject(letter), "Subject: ".len()));
    header("Message-ID", &message_id_of(letter.message, letter.from));
    header("References", &thread_of(letter));
    header("MIME-Version", "1.0");
    let text = format!("{TEXT_HEADER}\r\n{}", quoted::printable(&letter.text.text));
    if letter.text.attachments.is_empty() {
        mail.push_str(&text);
    } else {
        let boundary = parts::boundary(&mark_of(letter, "boundary of a message"));
        header("Content-Type", &format!("multipart/mixed;\r\n boundary=\"{boundary}\""));
        mail.push_str("\r\n");
        mail.push_str(&parts::body(&text, &letter.text.attachments, &boundary));
    }
    mail.into_bytes()
}

const TEXT_HEADER: &str = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";

/// The bytes of a mail to a member, in the same form. It says that no person wrote it, so that no absence note answers.
pub(crate) fn write_to_member(letter: &crate::MemberLetter<'_>, from: &SenderAddress, name: Option<&str>) -> Vec<u8> {
    let id = data_encoding::HEXLOWER.encode(letter.id.as_bytes());
    let subject = encoded::unstructured(&encoded::one_line(&letter.text.subject), "Subject: ".len());
    let mail = [
        ("Date", date(letter.date)),
        ("From", from_field(from, name)),
        ("To", format!("<{}>", letter.to.as_str())),
        ("Subject", subject),
        ("Message-ID", format!("<member-{id}@{}>", from.domain())),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
        ("Content-Type", "text/plain; charset=utf-8".to_owned()),
        ("Content-Transfer-Encoding", "quoted-printable".to_owned()),
    ];
    let head: Vec<String> = mail.iter().map(|(field, value)| format!("{field}: {value}\r\n")).collect();
    format!("{}\r\n{}", head.concat(), quoted::printable(&letter.text.text)).into_bytes()
}

fn from(letter: &Letter<'_>) -> String {
    from_field(letter.from, letter.name)
}

fn from_field(address: &SenderAddress, name: Option<&str>) -> String {
    let address = address.as_str();
    match name.map(encoded::one_line).filter(|name| !name.is_empty()) {
        Some(name) => format!("{}\r\n <{address}>", encoded::phrase(&name, "From: ".len())),
        None => format!("<{address}>"),
    }
}

/// The subject, with the order id behind it where neither it nor the text names the order: Amazon wants it in every
/// message, and campaigns see to it already; what comes by another way must not lack it.
fn subject(letter: &Letter<'_>) -> String {
    let subject = encoded::one_line(&letter.text.subject);
    let order = letter.order.as_str();
    if subject.contains(order) || letter.text.text.contains(order) {
        subject
    } else {
        format!("{subject} ({order})").trim_start().to_owned()
    }
}

/// The order's thread. All mails about one order refer to one root, so that mail programs show them together. The root is
/// no mail; it is a digest of account and order, which nobody can make or trace back without the account's id. There is
/// no `In-Reply-To`: none of these mails answers the buyer, and Amazon treats answers otherwise.
fn thread_of(letter: &Letter<'_>) -> String {
    format!("<order-{}@{}>", mark_of(letter, "thread of an order"), letter.from.domain())
}

/// 128 bits that are the order's own for one use, in small letters of base 16.
fn mark_of(letter: &Letter<'_>, used_as: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(used_as.as_bytes());
    digest.update(b"\0");
    digest.update(letter.account.as_bytes());
    digest.update(letter.order.as_str().as_bytes());
    data_encoding::HEXLOWER.encode(digest.finalize().get(..16).unwrap_or_default())
}

/// RFC 5322, 3.3, in UTC.
fn date(time: Timestamp) -> String {
    time.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests;
