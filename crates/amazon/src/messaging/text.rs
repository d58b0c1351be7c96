//! What the text of a typed message may not hold, by Amazon's model: markup, mail addresses, more than its length; and of
//! links only those that are protected. What else the rules for messages forbid is the linter's.

/// Why a text can't go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitText {
    /// Nothing in it.
    #[error("the text is empty")]
    Empty,
    /// Too much in it.
    #[error("the text has {has} characters, and Amazon takes {most} in such a message")]
    TooLong {
        /// How many it has, as Amazon may count them (UTF-16).
        has: usize,
        /// How many are taken.
        most: usize,
    },
    /// A control character.
    #[error("the text has a control character in it")]
    Control,
    /// Markup.
    #[error("the text has HTML in it (a tag or an entity such as &amp;); write plain text")]
    Markup,
    /// A mail address.
    #[error("the text has a mail address in it, which Amazon forbids")]
    MailAddress,
    /// A link that is not protected.
    #[error("the text has a link that does not begin with https://")]
    Link,
}

/// The text with line ends as LF, if it can go.
pub(super) fn checked(text: &str, most: usize) -> Result<String, UnfitText> {
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(UnfitText::Empty);
    }
    // The model does not say what it counts; UTF-16 never gives less than letters.
    let has = text.encode_utf16().count();
    if has > most {
        return Err(UnfitText::TooLong { has, most });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(UnfitText::Control);
    }
    if has_markup(&text) {
        return Err(UnfitText::Markup);
    }
    if has_mail_address(&text) {
        return Err(UnfitText::MailAddress);
    }
    if has_open_link(&text) {
        return Err(UnfitText::Link);
    }
    Ok(text)
}

fn has_markup(text: &str) -> bool {
    let opens = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    let names = |rest: &str| {
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '#').collect();
        (2..=12).contains(&name.len()) && rest[name.len()..].starts_with(';')
    };
    after(text, '<').any(opens) || after(text, '&').any(names)
}

fn has_mail_address(text: &str) -> bool {
    let in_local = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    text.char_indices().filter(|(_, c)| matches!(c, '@' | '＠')).any(|(at, sign)| {
        let (before, domain) = (&text[..at], &text[at + sign.len_utf8()..]);
        let domain: String = domain.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
        let named = domain.trim_end_matches(['.', '-']).split_once('.').is_some_and(|(host, _)| !host.is_empty());
        before.ends_with(in_local) && named
    })
}

/// A link that is written without `https://`, or hides a name before its host.
fn has_open_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    let schemes = lower.match_indices("://").any(|(at, _)| {
        let (before, rest) = (&lower[..at], &lower[at + 3..]);
        let letters = before.chars().rev().take_while(|c| c.is_alphanumeric() || matches!(c, '+' | '.' | '-'));
        let scheme: String = letters.collect::<Vec<_>>().into_iter().rev().collect();
        let host: String = rest.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '/' | '?' | '#')).collect();
        scheme != "https" || host.contains(['@', '＠', '\\']) || !host.contains('.')
    });
    let bare = lower.match_indices("www.").any(|(at, _)| {
        let before = &lower[..at];
        !before.ends_with("://") && !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-'))
    });
    schemes || bare || ["mailto:", "javascript:", "data:text"].iter().any(|scheme| lower.contains(scheme))
}

/// What follows each of a sign.
fn after(text: &str, sign: char) -> impl Iterator<Item = &str> {
    text.match_indices(sign).map(move |(at, sign)| &text[at + sign.len()..])
}
