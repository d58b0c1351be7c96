//! The cookies: one that says who is signed in, one that ties the forms before that to their browser, one between
//! password and code, and one that keeps the chosen language.
//! Over TLS both bear the `__Host-` prefix, so that no neighbouring name can set them.

use axum::http::{HeaderMap, HeaderValue, header};
use model::Span;

use crate::problem::Problem;

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// A browser that is not signed in.
    Visitor,
    /// A sign-in whose password was right, and whose code is still asked for.
    HalfSignIn,
    /// In which language the browser's reader reads.
    Language,
}

impl Cookie {
    const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-abide",
            (Self::Session, false) => "abide",
            (Self::Visitor, true) => "__Host-abide-visitor",
            (Self::Visitor, false) => "abide-visitor",
            (Self::HalfSignIn, true) => "__Host-abide-code",
            (Self::HalfSignIn, false) => "abide-code",
            (Self::Language, true) => "__Host-abide-language",
            (Self::Language, false) => "abide-language",
        }
    }

    /// Its value in a request; none where it is missing or there twice.
    pub fn of(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut mine = all.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name(secure)).then(|| value.to_owned())
        });
        mine.next().filter(|value| !value.is_empty() && mine.next().is_none())
    }

    /// The header that sets it. `Lax` lets a link in a mail lead to a page; all that changes something asks for
    /// the form's token besides.
    pub fn set(self, value: &str, life: Span, secure: bool) -> Result<HeaderValue, Problem> {
        let site = if matches!(self, Self::Session | Self::Language) { "Lax" } else { "Strict" };
        let end = if secure { "; Secure" } else { "" };
        let (name, seconds) = (self.name(secure), life.as_micros() / 1_000_000);
        HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={site}{end}"))
            .map_err(|_| Problem::fault("a cookie could not be written"))
    }

    /// The header that takes it away.
    pub fn clear(self, secure: bool) -> Result<HeaderValue, Problem> {
        self.set("", Span::seconds(0), secure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_there_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; abide=x; b=2"));
        assert_eq!(Cookie::Session.of(&headers, false).as_deref(), Some("x"));
        assert_eq!(Cookie::Session.of(&headers, true), None);
        headers.append(header::COOKIE, HeaderValue::from_static("abide=y"));
        assert_eq!(Cookie::Session.of(&headers, false), None);
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_its_host() {
        let set = Cookie::Session.set("x", Span::hours(1), true).ok().unwrap();
        assert_eq!(set, "__Host-abide=x; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure");
    }
}
