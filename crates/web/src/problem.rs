//! What went wrong, as a page says it: a status, a title and one plain sentence. What is told outside is apart
//! from what is logged, and neither holds personal data.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use catalogue_macros::told;
use store::StoreError;

use crate::assets::Assets;
use crate::language::say_filled;

/// Why a page can't be shown or a thing can't be done.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    sentence: String,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, sentence: impl Into<String>) -> Self {
        Self { status, title, sentence: sentence.into() }
    }

    /// No such page, or none for this member: the two can't be told apart from outside.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "There is no such page, or you have no access to it.")
    }

    /// The member's role does not allow it.
    pub fn not_allowed(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not allowed", sentence)
    }

    /// A form that did not come from this dashboard, or comes too late.
    pub fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Please try again",
            "This form is out of date or did not come from this dashboard. Nothing was changed. Go back, reload the page and try again.",
        )
    }

    /// The address the browser asked for is not one of the dashboard's.
    pub fn foreign_host() -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "Not answered here",
            "This dashboard is not reached by that name. Use the address that `abide serve` printed, or add the name to the allowed hosts in abide.toml.",
        )
    }

    /// What was sent can't be understood.
    pub fn unclear(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "That did not work", sentence)
    }

    /// More than is taken at once.
    pub fn too_large(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", sentence)
    }

    /// The rest of a form did not come.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "That did not work", "The rest of it did not arrive in time. Try again.")
    }

    /// A request that is no form at all.
    pub fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "That did not work", "What was sent is not a form of this dashboard.")
    }

    /// A fault of ours; `what` goes to the log alone.
    pub fn fault(what: &str) -> Self {
        tracing::error!(what, "a page could not be made");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            "Abide could not do this. Nothing was lost; the log of the program says more.",
        )
    }

    /// The status that it is answered with.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence, for a form that is shown again with it.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Whether the member can mend it himself, so that his form is shown again.
    pub fn is_his(&self) -> bool {
        matches!(self.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::PAYLOAD_TOO_LARGE)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::UnknownAccount(_) => Self::not_found(),
            StoreError::NotFound(sentence) => Self::new(StatusCode::NOT_FOUND, "Not found", capital(sentence)),
            StoreError::UnknownStore(..) => Self::unclear(capital(&error.to_string())),
            StoreError::Conflict(sentence) => Self::new(StatusCode::CONFLICT, "That did not work", capital(sentence)),
            StoreError::NotAllowed(sentence) => Self::not_allowed(capital(sentence)),
            StoreError::Unavailable(_) | StoreError::Full => {
                tracing::error!(%error, "the store could not be used");
                let sentence = if matches!(error, StoreError::Full) {
                    "The disk with the database is full. Nothing was lost; free some space and try again."
                } else {
                    "The database can't be reached. Nothing was lost; try again in a moment."
                };
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "Please try again later", sentence)
            }
            _ => Self::fault(&error.to_string()),
        }
    }
}

/// A sentence of another room as a page shows it: in the reader's language, with a capital and a full stop.
pub(crate) fn capital(sentence: &str) -> String {
    let sentence = say_filled(sentence);
    let mut chars = sentence.chars();
    let mut shown: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if !shown.ends_with(['.', '!', '?']) {
        shown.push('.');
    }
    shown
}

#[told("problem.html")]
struct ProblemPage<'a> {
    assets: &'static Assets,
    title: &'a str,
    sentence: &'a str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let page = ProblemPage { assets: Assets::get(), title: self.title, sentence: &self.sentence };
        let html = page.render().unwrap_or_else(|_| self.sentence.clone());
        let mut response = (self.status, Html(html)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
