//! What stands before every page: only known names of this host are answered, a change must come from one of our
//! own pages, and each answer tells the browser to load and frame nothing.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::state::Dashboard;

/// Nothing but our own files, and no inline script or style.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// On every answer. `same-origin` rather than `no-referrer`: with the latter browsers send `Origin: null` from our
/// own forms (Fetch standard, "append a request Origin header"), and a change could not be told from a foreign one.
const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// Checks where the request comes from and sets the headers of the answer.
pub(crate) async fn stand(State(dashboard): State<Dashboard>, request: Request, next: Next) -> Response {
    let mut response = match check(&dashboard, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages hold personal data: no cache keeps them. The style and the scripts say otherwise themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(dashboard: &Dashboard, request: &Request) -> Result<(), Problem> {
    let host = host_of(request).ok_or_else(Problem::foreign_host)?;
    let known = |allowed: &String| allowed.eq_ignore_ascii_case(&host);
    if !dashboard.settings.allowed_hosts.iter().any(known) {
        return Err(Problem::foreign_host());
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) || comes_from_us(request.headers(), &host) {
        Ok(())
    } else {
        Err(Problem::foreign_form())
    }
}

/// The one name that the request asks for.
fn host_of(request: &Request) -> Option<String> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let named_otherwise = request.uri().authority().map(Authority::as_str).is_some_and(|name| name != host);
    (hosts.next().is_none() && !named_otherwise).then(|| host.to_owned())
}

/// Whether a change comes from one of our own pages, as far as the browser tells. What tells nothing is no browser,
/// or an old one; the form's token is asked for in any case.
fn comes_from_us(headers: &HeaderMap, host: &str) -> bool {
    let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let ours = match headers.get(header::ORIGIN).map(HeaderValue::as_bytes) {
        None => true,
        Some(b"null") => fetch_site == Some(b"same-origin"),
        Some(origin) => std::str::from_utf8(origin)
            .ok()
            .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")))
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
    };
    ours && matches!(fetch_site, None | Some(b"same-origin" | b"none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        comes_from_us(&headers, "localhost:8080")
    }

    #[test]
    fn a_change_must_come_from_our_own_pages() {
        assert!(ours(&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://localhost:8080")]));
        assert!(ours(&[("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "http://localhost:8081")]));
        assert!(!ours(&[("origin", "http://localhost:8080.evil.example")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")]));
    }
}
