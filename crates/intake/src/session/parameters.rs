//! The parameters behind a path (RFC 5321, 4.1.2, `esmtp-param`): words, each with a value or without.

/// Splits parameters into keyword and value. `text` holds no control characters.
pub(super) fn split(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| match word.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value)),
        None => (word, None),
    })
}

/// The value of SIZE: 1 to 20 digits (RFC 1870, 3). A number beyond all bounds is the largest.
pub(super) fn size(value: &str) -> Option<u64> {
    let shaped = (1..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| value.parse().unwrap_or(u64::MAX))
}
