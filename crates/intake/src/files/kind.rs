//! What a file is, by its first bytes: a mail, an mbox, or something that people take for one.

use super::FileFault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Mail,
    Mbox,
    /// Apple Mail's own form: a count of bytes, the mail, a list of properties.
    Emlx,
    Zip,
    Gzip,
}

/// Beginnings of files that are not mail, with what to do.
const OTHERS: &[(&[u8], &str)] = &[
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "this is an Outlook .msg file; open it in Outlook and save it as .eml, or forward the mail as an attachment",
    ),
    (b"!BDN", "this is an Outlook mailbox (.pst or .ost); save the mails as .eml, or forward them as attachments"),
    (b"%PDF", "this is a PDF; give the mail itself, saved as .eml"),
    (b"BZh", "this is bzip2; unpack it first, with bunzip2"),
    (b"\xfd7zXZ\0", "this is xz; unpack it first, with unxz"),
    (b"7z\xbc\xaf\x27\x1c", "this is a 7-Zip archive; unpack it and give the .eml or .mbox files in it"),
    (b"Rar!", "this is a RAR archive; unpack it and give the .eml or .mbox files in it"),
    (b"\x89PNG", "this is a picture; give the mail itself, saved as .eml"),
    (b"\xff\xd8\xff", "this is a picture; give the mail itself, saved as .eml"),
    (b"GIF8", "this is a picture; give the mail itself, saved as .eml"),
    (b"SQLite format 3\0", "this is a database; give the mail itself, saved as .eml"),
    (b"\xff\xfe", "this is text in UTF-16, not a mail as it was received; save the mail as .eml again"),
    (b"\xfe\xff", "this is text in UTF-16, not a mail as it was received; save the mail as .eml again"),
    (b"{\\rtf", "this is a text document (RTF); give the mail itself, saved as .eml"),
];

const WEB_PAGE: &str = "this is a web page; give the mail itself, saved as .eml (\"show original\" in most mailboxes)";
const TAR: &str = "this is a tar archive; unpack it (tar -xf) and give the folder";
const NO_HEADER: &str = "this is not a mail: it does not begin with header lines such as \"From: ...\"";

/// Bytes looked at for header lines.
const LOOKED_AT: usize = 16 * 1024;

/// Tells by the first piece of a file.
pub(super) fn of(piece: &[u8]) -> Result<FileKind, FileFault> {
    if piece.is_empty() {
        return Err(FileFault::Empty);
    }
    if let Some((_, sentence)) = OTHERS.iter().find(|(beginning, _)| piece.starts_with(beginning)) {
        return Err(FileFault::NotMail(sentence));
    }
    if piece.starts_with(b"PK\x03\x04") || piece.starts_with(b"PK\x05\x06") {
        return Ok(FileKind::Zip);
    }
    if piece.starts_with(b"\x1f\x8b") {
        return Ok(FileKind::Gzip);
    }
    if piece.get(257..262) == Some(b"ustar") {
        return Err(FileFault::NotMail(TAR));
    }
    let text = without_mark(piece);
    let text = text.get(..LOOKED_AT).unwrap_or(text).trim_ascii_start();
    if text.is_empty() {
        return Err(FileFault::Empty);
    }
    if text.starts_with(b"From ") {
        return Ok(FileKind::Mbox);
    }
    let first_line = text.split(|&byte| byte == b'\n' || byte == b'\r').next().unwrap_or_default();
    if is_header(first_line) || first_line.starts_with(b">From ") {
        return Ok(FileKind::Mail);
    }
    let lower = first_line.get(..first_line.len().min(20)).unwrap_or_default().to_ascii_lowercase();
    if [b"<!doctype".as_slice(), b"<html", b"<?xml", b"<head", b"<body"].iter().any(|tag| lower.starts_with(tag)) {
        return Err(FileFault::NotMail(WEB_PAGE));
    }
    if emlx(piece).is_some() {
        return Ok(FileKind::Emlx);
    }
    Err(FileFault::NotMail(NO_HEADER))
}

/// Where the mail stands in an `.emlx` file: after a first line that tells how many bytes it has, and nothing else.
pub(super) fn emlx(file: &[u8]) -> Option<std::ops::Range<usize>> {
    let line = file.get(..file.len().min(40))?;
    let end = memchr::memchr(b'\n', line)?;
    let count = std::str::from_utf8(line.get(..end)?).ok()?.trim_ascii_end();
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(end + 1..end.checked_add(1)?.checked_add(count.parse().ok()?)?)
}

/// Whether a file that nothing names a mail is one all the same: header lines, and among them a sender and what only
/// the way of a mail leaves. So notes and tables that happen to begin with a colon are not taken for mail.
pub(super) fn is_surely_mail(piece: &[u8]) -> bool {
    let text = without_mark(piece);
    let text = text.get(..LOOKED_AT).unwrap_or(text);
    let (mut sender, mut way) = (false, false);
    for line in text.split(|&byte| byte == b'\n' || byte == b'\r').filter(|line| !line.is_empty()) {
        let is_folded = line.first().is_some_and(|&byte| byte == b' ' || byte == b'\t');
        if !(is_folded || is_header(line) || line.starts_with(b"From ") || line.starts_with(b">From ")) {
            break;
        }
        let begins =
            |name: &str| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
        sender |= begins("from:");
        way |= ["message-id:", "received:", "date:", "return-path:", "delivered-to:"].iter().any(|name| begins(name));
    }
    sender && way
}

/// Without the byte order mark that some programs put before UTF-8.
pub(super) fn without_mark(piece: &[u8]) -> &[u8] {
    piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece)
}

/// Whether a line is a header field (RFC 5322, 2.2): printable ASCII without space, then a colon.
pub(super) fn is_header(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else { return false };
    // Obsolete syntax allows blanks before the colon (RFC 5322, 4.5).
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}
