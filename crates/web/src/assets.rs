//! The style, the scripts and the icon, all within the program: nothing is loaded from elsewhere. Their addresses
//! hold a digest of what is in them, so browsers may keep them for ever.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

const STYLE: &str = include_str!("../assets/abide.css");
const SCRIPT: &str = include_str!("../assets/abide.js");
const ICON: &str = include_str!("../assets/icon.svg");
const HTMX: &str = include_str!("../assets/htmx/htmx.min.js");
/// The same, packed as its package ships it.
const HTMX_PACKED: &[u8] = include_bytes!("../assets/htmx/htmx.min.js.gz");

/// Where pages find them.
pub(crate) struct Assets {
    pub style: String,
    pub script: String,
    pub icon: String,
    pub htmx: String,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: address("abide", STYLE, "css"),
    script: address("abide", SCRIPT, "js"),
    icon: address("icon", ICON, "svg"),
    htmx: address("htmx", HTMX, "js"),
});

impl Assets {
    pub fn get() -> &'static Self {
        &ASSETS
    }
}

fn address(name: &str, content: &str, ending: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(content.as_bytes()));
    format!("/assets/{name}-{}.{ending}", digest.get(..12).unwrap_or_default())
}

/// `GET /assets/{file}`
pub(crate) async fn file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let asked = format!("/assets/{file}");
    let assets = Assets::get();
    let known = [
        (&assets.style, STYLE, "text/css; charset=utf-8"),
        (&assets.script, SCRIPT, "text/javascript; charset=utf-8"),
        (&assets.icon, ICON, "image/svg+xml"),
        (&assets.htmx, HTMX, "text/javascript; charset=utf-8"),
    ];
    let Some((address, content, kind)) = known.into_iter().find(|(address, ..)| **address == asked) else {
        return Problem::not_found().into_response();
    };
    let packed = *address == assets.htmx && takes_gzip(&headers);
    let body = if packed { Bytes::from_static(HTMX_PACKED) } else { Bytes::from_static(content.as_bytes()) };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    if *address == assets.htmx {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(',').any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htmx_is_the_file_that_its_note_names() {
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(HTMX.as_bytes()));
        assert!(include_str!("../assets/htmx/README.md").contains(&digest));
    }

    #[test]
    fn the_packed_htmx_is_the_same_file() {
        use std::io::Read;
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(HTMX_PACKED).read_to_string(&mut unpacked).unwrap();
        assert!(unpacked == HTMX);
    }

    #[test]
    fn nothing_of_ours_loads_from_elsewhere() {
        for content in [STYLE, SCRIPT] {
            assert!(!content.contains("http://") && !content.contains("https://") && !content.contains("url("));
        }
    }
}
