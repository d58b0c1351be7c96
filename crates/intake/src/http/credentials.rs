//! The token of a request: `Authorization: Bearer`, or `Basic` with any name and the token as password, since services
//! such as SendGrid and Postmark can't set a header but take a name and a password in the address.

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;

/// The longest token looked at, in bytes.
const LONGEST: usize = 256;

/// The one token that a request brings.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        rest.to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") && rest.len() <= 2 * LONGEST {
        let pair = String::from_utf8(BASE64.decode(rest.as_bytes()).ok()?).ok()?;
        pair.split_once(':')?.1.to_owned()
    } else {
        return None;
    };
    (token.len() <= LONGEST).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        token(&headers)
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_the_password_of_any_name() {
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer  abc "]).as_deref(), Some("abc"));
        assert_eq!(of(&["Basic YWJpZGU6YWJj"]).as_deref(), Some("abc"));
        assert_eq!(of(&["Basic YWJj"]), None, "no password");
        assert_eq!(of(&["Basic !"]), None);
        assert_eq!(of(&["Digest abc"]), None);
        assert_eq!(of(&["Bearer abc", "Bearer abd"]), None, "which one?");
        assert_eq!(of(&[]), None);
    }
}
