//! A mail with files (RFC 2046, 5.1): the text first, then each file in base64, between boundaries that nothing encoded
//! here can hold. A file's name is parameter text of RFC 2231, so that none can end its header or begin another.

use data_encoding::{BASE64, HEXUPPER};
use model::Attachment;

/// Bytes that make one full line of 76 characters (RFC 2045, 6.8).
const BYTES_A_LINE: usize = 57;
/// The most encoded bytes of a name in one section of a parameter.
const SECTION: usize = 54;

/// The boundary of the mail with this mark. Neither base64 nor quoted-printable ever makes `=_`.
pub(super) fn boundary(mark: &str) -> String {
    format!("=_{mark}")
}

/// The body: `text` is a whole part with its header, ended by CRLF.
pub(super) fn body(text: &str, attachments: &[Attachment], boundary: &str) -> String {
    let bytes: usize = attachments.iter().map(|attachment| attachment.content().len()).sum();
    let mut body = String::with_capacity(text.len() + bytes / 54 * 78 + 1024);
    // The line end right before a boundary is the boundary's; the text keeps its own.
    body.extend(["--", boundary, "\r\n", text, "\r\n"]);
    for attachment in attachments {
        body.extend(["--", boundary, "\r\n"]);
        part(attachment, &mut body);
    }
    body.extend(["--", boundary, "--\r\n"]);
    body
}

fn part(attachment: &Attachment, body: &mut String) {
    let name = &attachment.file().name;
    body.extend(["Content-Type: ", name.kind().media_type(), "\r\n"]);
    body.extend(["Content-Disposition: attachment", &filename(name.as_str()), "\r\n"]);
    body.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    for line in attachment.content().chunks(BYTES_A_LINE) {
        BASE64.encode_append(line, body);
        body.push_str("\r\n");
    }
}

/// The parameter `filename`: quoted where it is plain and short, else in sections of percent-encoded UTF-8 (RFC 2231, 3
/// and 4), a line each.
fn filename(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'.' | b'(' | b')');
    if name.len() <= SECTION && name.bytes().all(is_plain) {
        return format!(";\r\n filename=\"{name}\"");
    }
    let mut sections = vec![String::new()];
    for c in name.chars() {
        // A character is never parted: some readers decode each section for itself.
        let mut utf8 = [0; 4];
        let plain = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut written = String::new();
        if plain {
            written.push(c);
        } else {
            for byte in c.encode_utf8(&mut utf8).bytes() {
                written.push('%');
                HEXUPPER.encode_append(&[byte], &mut written);
            }
        }
        match sections.last_mut() {
            Some(last) if last.len() + written.len() <= SECTION => last.push_str(&written),
            _ => sections.push(written),
        }
    }
    if let [only] = sections.as_slice() {
        return format!(";\r\n filename*=utf-8''{only}");
    }
    let section = |(number, text): (usize, &String)| {
        let charset = if number == 0 { "utf-8''" } else { "" };
        format!(";\r\n filename*{number}*={charset}{text}")
    };
    sections.iter().enumerate().map(section).collect()
}
