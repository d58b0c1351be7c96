//! Reverse and forward paths (RFC 5321, 4.1.2): `<>`, `<local@domain>`, quoted local parts, address literals,
//! source routes (read and left out, appendix C) and the lone `<postmaster>`.

/// What stands between `<` and `>`.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Path {
    /// `<>`, the sender of bounces.
    Null,
    /// `<postmaster>` without a domain, in any case (RFC 5321, 4.1.1.3).
    Postmaster,
    /// `local@domain`.
    Mailbox {
        /// Without quotes, otherwise as written.
        local_part: String,
        /// As written.
        domain: String,
    },
}

/// A text that is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidPath;

impl Path {
    /// Whether it needs SMTPUTF8 (RFC 6531).
    pub(super) fn is_ascii(&self) -> bool {
        match self {
            Self::Null | Self::Postmaster => true,
            Self::Mailbox { local_part, domain } => local_part.is_ascii() && domain.is_ascii(),
        }
    }
}

/// Reads the path at the beginning of `text`, which holds no control characters; returns it and what stands
/// behind it, which is empty or begins with a space.
pub(super) fn parse(text: &str) -> Result<(Path, &str), InvalidPath> {
    // A space after the colon is against the grammar, and so common that all servers take it.
    let inner = text.trim_start_matches(' ').strip_prefix('<').ok_or(InvalidPath)?;
    if let Some(rest) = inner.strip_prefix('>') {
        return Ok((Path::Null, behind(rest)?));
    }
    let inner = without_source_route(inner)?;
    let (local_part, rest) = local_part(inner)?;
    if let Some(rest) = rest.strip_prefix('>') {
        let postmaster = local_part.eq_ignore_ascii_case("postmaster");
        return if postmaster { Ok((Path::Postmaster, behind(rest)?)) } else { Err(InvalidPath) };
    }
    let rest = rest.strip_prefix('@').ok_or(InvalidPath)?;
    let (domain, rest) = rest.split_once('>').ok_or(InvalidPath)?;
    if !is_domain(domain) {
        return Err(InvalidPath);
    }
    Ok((Path::Mailbox { local_part, domain: domain.to_owned() }, behind(rest)?))
}

fn behind(rest: &str) -> Result<&str, InvalidPath> {
    if rest.is_empty() || rest.starts_with(' ') { Ok(rest) } else { Err(InvalidPath) }
}

/// `@one,@two:local@domain` is taken as `local@domain`.
fn without_source_route(inner: &str) -> Result<&str, InvalidPath> {
    if !inner.starts_with('@') {
        return Ok(inner);
    }
    let (route, rest) = inner.split_once(':').ok_or(InvalidPath)?;
    let sound = route.split(',').all(|hop| hop.strip_prefix('@').is_some_and(is_domain));
    if sound { Ok(rest) } else { Err(InvalidPath) }
}

/// The local part without quotes, and what follows it.
fn local_part(text: &str) -> Result<(String, &str), InvalidPath> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut local_part = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if !local_part.is_empty() => return Ok((local_part, quoted.get(at + 1..).unwrap_or_default())),
                '"' => return Err(InvalidPath),
                '\\' => local_part.push(chars.next().ok_or(InvalidPath)?.1),
                _ => local_part.push(c),
            }
        }
        return Err(InvalidPath);
    }
    // Dots may stand anywhere: some carriers write `name.@`, and it harms nobody.
    let is_plain = |c: char| !matches!(c, ' ' | '<' | '>' | '(' | ')' | '[' | ']' | '\\' | ',' | ';' | ':' | '@' | '"');
    let end = text.find(|c| !is_plain(c)).unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some((local_part, rest)) if !local_part.is_empty() => Ok((local_part.to_owned(), rest)),
        _ => Err(InvalidPath),
    }
}

/// A domain or an address literal. Only its characters are checked: it is compared, never looked up.
fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.bytes().all(|byte| byte.is_ascii_graphic() && !b"[]\\<>@".contains(&byte));
    }
    !domain.is_empty()
        && !domain.starts_with('.')
        && domain.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}
