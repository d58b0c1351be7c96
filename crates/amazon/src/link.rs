//! Addresses that Amazon gives out for one download or upload. Whoever has one needs nothing else, so they are kept like
//! secrets; they are protected, or lead to a stand-in on this machine.

use model::sender::Secret;

use crate::endpoint::is_loopback;

/// The longest address that is taken, in bytes.
const LONGEST: usize = 8_192;

/// The address, where it is `https://` without a user's name in it, or `http://` to this machine.
pub(crate) fn link(text: &str) -> Option<Secret> {
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    let may = match scheme {
        "https" => is_host(authority),
        "http" => is_loopback(authority),
        _ => false,
    };
    may.then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_protected_or_on_this_machine() {
        for fine in [
            "https://bucket.s3.amazonaws.com/a?X-Amz-Signature=1&b=%20",
            "https://x.cloudfront.net",
            "http://127.0.0.1:9/a",
        ] {
            assert_eq!(link(fine).unwrap().reveal(), fine);
        }
        for bad in [
            "http://bucket.s3.amazonaws.com/a",
            "https://user@evil.example/a",
            "https:///a",
            "https://a b",
            "https://a\r\nHost: b",
            "https://a\\@b/",
            "file:///etc/passwd",
            "http://127.0.0.1@evil.example/",
            "",
            &format!("https://a/{}", "x".repeat(LONGEST)),
        ] {
            assert!(link(bad).is_none(), "{bad}");
        }
    }
}
