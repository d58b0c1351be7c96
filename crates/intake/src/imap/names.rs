//! Folders' names as IMAP writes them: ASCII, and all else in a UTF-7 of its own (RFC 3501, 5.1.3). Pure.

use data_encoding::{BASE64_NOPAD, Encoding};

/// Base64 with a comma in place of the slash.
fn base64() -> Option<Encoding> {
    let mut specification = BASE64_NOPAD.specification();
    specification.symbols = specification.symbols.replace('/', ",");
    specification.encoding().ok()
}

/// A name as it is sent.
pub fn encoded(name: &str) -> String {
    let mut sent = String::new();
    let mut far = Vec::new();
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            settle(&mut sent, &mut far);
            sent.push(c);
            if c == '&' {
                sent.push('-');
            }
        } else {
            let mut units = [0; 2];
            far.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    settle(&mut sent, &mut far);
    sent
}

fn settle(sent: &mut String, far: &mut Vec<u8>) {
    if let Some(base64) = base64().filter(|_| !far.is_empty()) {
        sent.push('&');
        sent.push_str(&base64.encode(far));
        sent.push('-');
        far.clear();
    }
}

/// A name as people write it; none where it is not written so.
pub fn decoded(sent: &str) -> Option<String> {
    let base64 = base64()?;
    let mut name = String::new();
    let mut rest = sent;
    while let Some((before, behind)) = rest.split_once('&') {
        name.push_str(before);
        let (far, after) = behind.split_once('-')?;
        if far.is_empty() {
            name.push('&');
        } else {
            let bytes = base64.decode(far.as_bytes()).ok()?;
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            if !bytes.len().is_multiple_of(2) {
                return None;
            }
            name.push_str(&String::from_utf16(&units.collect::<Vec<_>>()).ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

/// As a quoted string (RFC 3501, 4.3).
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_as_the_standard_says() {
        for (name, sent) in [
            ("INBOX", "INBOX"),
            ("Q&A", "Q&-A"),
            ("~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entw\u{fc}rfe", "Entw&APw-rfe"),
        ] {
            assert_eq!(encoded(name), sent);
            assert_eq!(decoded(sent).as_deref(), Some(name));
        }
        assert_eq!(decoded("a&b"), None);
        assert_eq!(quoted("a\"b\\"), r#""a\"b\\""#);
    }

    proptest! {
        #[test]
        fn every_name_comes_back_and_is_sent_in_ascii(name in "\\PC{0,40}") {
            let sent = encoded(&name);
            prop_assert!(sent.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(decoded(&sent), Some(name));
        }
    }
}
