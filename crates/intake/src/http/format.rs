//! In what a mail is wrapped, by the headers of its request.

use axum::http::{HeaderMap, header};

/// The longest boundary (RFC 2046, 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// How a form is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormKind {
    /// `application/x-www-form-urlencoded`.
    UrlEncoded,
    /// `multipart/form-data` with this boundary (RFC 7578).
    Multipart(Vec<u8>),
}

/// What a body is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A form.
    Form(FormKind),
    /// A form of which nobody could find the end of a field.
    BadForm,
    /// JSON.
    Json,
    /// Anything else, which counts as the mail itself.
    Plain,
}

impl Format {
    /// By the content type.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (kind, parameters) = said.split_once(';').unwrap_or((said, ""));
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Self::Form(FormKind::UrlEncoded),
            "multipart/form-data" => FormKind::multipart(parameters).map_or(Self::BadForm, Self::Form),
            "application/json" => Self::Json,
            _ => Self::Plain,
        }
    }
}

impl FormKind {
    /// By the parameters of `multipart/form-data`.
    pub fn multipart(parameters: &str) -> Option<Self> {
        let of_boundary = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').as_bytes().to_vec())
        };
        let boundary = parameters.split(';').find_map(of_boundary)?;
        let fits = (1..=LONGEST_BOUNDARY).contains(&boundary.len()) && boundary.iter().all(u8::is_ascii_graphic);
        fits.then_some(Self::Multipart(boundary))
    }
}

/// The length that a request tells beforehand.
pub(super) fn told_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is packed, which nobody asked for.
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(text: &'static str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
        Format::of(&headers)
    }

    #[test]
    fn forms_and_json_are_known_and_all_else_is_the_mail_itself() {
        assert_eq!(of("application/x-www-form-urlencoded; charset=utf-8"), Format::Form(FormKind::UrlEncoded));
        assert_eq!(of("Multipart/Form-Data; Boundary=\"x y\""), Format::BadForm);
        assert_eq!(of("multipart/form-data; boundary=\"xy\""), Format::Form(FormKind::Multipart(b"xy".to_vec())));
        assert_eq!(
            of("multipart/form-data; charset=utf-8; boundary=xy"),
            Format::Form(FormKind::Multipart(b"xy".to_vec()))
        );
        assert_eq!(of("multipart/form-data"), Format::BadForm);
        assert_eq!(of("application/json"), Format::Json);
        assert_eq!(of("message/rfc822"), Format::Plain);
        assert_eq!(Format::of(&HeaderMap::new()), Format::Plain);
    }
}
