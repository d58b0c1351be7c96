//! The one address of a `From` field (RFC 5322, 3.6.2), read narrowly: anything that two programs could read in two
//! ways is no address.

use crate::tags;

/// An address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    pub address: String,
    pub domain: String,
}

/// The sender, where the field names exactly one address.
pub(crate) fn of(value: &[u8]) -> Option<Sender> {
    let text = std::str::from_utf8(value).ok()?;
    let bare = without_quotes_and_comments(text)?;
    if bare.contains([',', ';', ':']) {
        return None;
    }
    let address = match (bare.split_once('<'), bare.split_once('>')) {
        (None, None) => bare.trim(),
        (Some((_, rest)), Some(_)) => {
            let (inner, after) = rest.split_once('>')?;
            if !after.trim().is_empty() || inner.contains('<') {
                return None;
            }
            inner.trim()
        }
        _ => return None,
    };
    let (local, domain) = address.split_once('@')?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'"' | b'(' | b')');
    if local.is_empty() || !local.bytes().all(plain) || domain.contains('@') {
        return None;
    }
    let domain = tags::domain(domain)?;
    Some(Sender { address: format!("{}@{domain}", local.to_ascii_lowercase()), domain })
}

/// The text with each quoted string as one letter and without comments; none where one does not end.
fn without_quotes_and_comments(text: &str) -> Option<String> {
    let mut bare = String::with_capacity(text.len());
    let (mut quoted, mut depth) = (false, 0_u32);
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted || depth > 0 => {
                signs.next()?;
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                bare.push('q');
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.checked_sub(1)?,
            _ if quoted || depth > 0 => {}
            sign => bare.push(sign),
        }
    }
    (!quoted && depth == 0).then_some(bare)
}
