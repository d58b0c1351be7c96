//! Percent-encoding, the same for queries, forms and segments of paths: all but the unreserved characters of RFC 3986, 2.3.

/// Adds a pair to a query or a form.
pub(crate) fn append(to: &mut String, name: &str, value: &str) {
    if !to.is_empty() {
        to.push('&');
    }
    encode(to, name);
    to.push('=');
    encode(to, value);
}

/// Percent-encodes all but the unreserved characters of RFC 3986, 2.3, which is sound in a query, in a form and as one
/// segment of a path.
fn encode(to: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            to.push(char::from(byte));
        } else {
            to.push('%');
            to.push(char::from(HEX[usize::from(byte >> 4)]));
            to.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// One segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut encoded = String::new();
    encode(&mut encoded, text);
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_encoded_can_end_a_request_line(text in any::<String>()) {
            let encoded = segment(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        }
    }
}
