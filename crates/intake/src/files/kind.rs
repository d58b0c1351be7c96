//! What a file is, by its first bytes: a mail, an mbox, or something that people take for one.

use super::FileFault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Mail,
    Mbox,
}

/// Beginnings of files that are not mail, with what to do.
const OTHERS: &[(&[u8], &str)] = &[
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "this is an Outlook .msg file; open it in Outlook and save it as .eml, or forward the mail as an attachment",
    ),
    (b"!BDN", "this is an Outlook mailbox (.pst or .ost); save the mails as .eml, or forward them as attachments"),
    (b"%PDF", "this is a PDF; give the mail itself, saved as .eml"),
    (b"PK\x03\x04", "this is a ZIP archive or an Office file; unpack it and give the .eml or .mbox files in it"),
    (b"\x1f\x8b", "this is gzip; unpack it first, with gunzip"),
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
const APPLE_MAIL: &str = "this is an Apple Mail .emlx file; drag the mail out of Apple Mail to save it as .eml";
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
    if !first_line.is_empty() && first_line.trim_ascii_end().iter().all(u8::is_ascii_digit) {
        return Err(FileFault::NotMail(APPLE_MAIL));
    }
    Err(FileFault::NotMail(NO_HEADER))
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
