//! `Authentication-Results` and its kin (RFC 8601, 2.2), read for one thing: whether the server that wrote it saw a
//! signature of a domain pass.

use crate::tags::{self, BLANKS};

/// The domains whose signatures passed, as the field says; `server` is who must have written it, where that is
/// asked. Comments are left out, and what is quoted is not looked into; a quote within a comment makes the whole field
/// worthless.
pub(crate) fn passed(value: &[u8], server: Option<&str>) -> Vec<String> {
    let Some(text) = std::str::from_utf8(value).ok().and_then(without_comments) else { return Vec::new() };
    let mut parts = text.split(';').map(|part| part.trim_matches(BLANKS));
    // A set of a chain numbers itself first.
    let mut first = parts.next();
    if first.is_some_and(|part| part.split_once('=').is_some_and(|(name, _)| name.trim_matches(BLANKS) == "i")) {
        first = parts.next();
    }
    let wrote = first.and_then(|part| part.split(BLANKS).next()).unwrap_or_default();
    if server.is_some_and(|server| !server.eq_ignore_ascii_case(wrote)) {
        return Vec::new();
    }
    parts.filter_map(domain_that_passed).collect()
}

fn domain_that_passed(part: &str) -> Option<String> {
    let mut words = part.split(BLANKS).filter(|word| !word.is_empty());
    if !words.next()?.eq_ignore_ascii_case("dkim=pass") {
        return None;
    }
    let (mut signed, mut identity) = (None, None);
    for word in words {
        let (name, value) = word.split_once('=')?;
        match name.to_ascii_lowercase().as_str() {
            "header.d" if signed.is_none() => signed = Some(value),
            "header.i" if identity.is_none() => identity = Some(value.rsplit_once('@').map_or(value, |(_, of)| of)),
            "header.d" | "header.i" => return None,
            _ => {}
        }
    }
    tags::domain(signed.or(identity)?)
}

fn without_comments(text: &str) -> Option<String> {
    let mut bare = String::with_capacity(text.len());
    let (mut quoted, mut depth) = (false, 0_u32);
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted || depth > 0 => {
                signs.next()?;
            }
            '"' if depth == 0 => quoted = !quoted,
            // Servers repeat a sender's address in a comment as it came; quoted, it may hold a `)` that ends the comment
            // and goes on with results of its own making. Nobody else quotes there.
            '"' => return None,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.checked_sub(1)?,
            _ if quoted => bare.push('q'),
            _ if depth > 0 => {}
            sign => bare.push(sign),
        }
    }
    (!quoted && depth == 0).then_some(bare)
}
