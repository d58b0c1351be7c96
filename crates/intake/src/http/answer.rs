//! What a request is answered: JSON, with a sentence for whoever reads the other side's log. No answer holds anything
//! of the mail but order ids.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::inbound::RecordedMail;
use serde_json::json;

use super::BodyFault;

/// Seconds after which what may pass is worth another try.
const SOON: &str = "60";
/// Seconds after which a flood may be over.
const LATER: &str = "900";

/// An answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// The mail and its effects are durable.
    Recorded(RecordedMail),
    /// No token, a wrong one, one that was revoked; no such route; a signature that is wrong or too old.
    Unknown,
    /// The body is not what this way in takes; the sentence tells what is.
    WrongKind(&'static str),
    /// The body was not taken.
    NotTaken(BodyFault),
    /// The post came before with another mail. Mailgun tries no more on 406.
    Replayed,
    /// More unproven mail than is believable.
    Flooded,
    /// Something that may pass.
    TryAgain,
}

impl From<BodyFault> for Answer {
    fn from(fault: BodyFault) -> Self {
        Self::NotTaken(fault)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Recorded(mail) => recorded(&mail),
            Self::Unknown => with(
                said(StatusCode::UNAUTHORIZED, "the token or signature does not open this way in"),
                header::WWW_AUTHENTICATE,
                "Bearer",
            ),
            Self::WrongKind(sentence) => said(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence),
            Self::Replayed => said(StatusCode::NOT_ACCEPTABLE, "this post came before with another mail"),
            Self::Flooded => with(
                said(StatusCode::SERVICE_UNAVAILABLE, "more unproven mail than is believable; send it again later"),
                header::RETRY_AFTER,
                LATER,
            ),
            Self::TryAgain => try_again("the mail could not be recorded now; send it again"),
            Self::NotTaken(BodyFault::NoMemory) => try_again("too many mails at once; send it again"),
            Self::NotTaken(BodyFault::TooLarge) => {
                said(StatusCode::PAYLOAD_TOO_LARGE, "the mail is larger than 26214400 bytes")
            }
            Self::NotTaken(BodyFault::Malformed(sentence)) => said(StatusCode::BAD_REQUEST, sentence),
            Self::NotTaken(BodyFault::TooSlow | BodyFault::Broken) => with(
                said(StatusCode::REQUEST_TIMEOUT, "the mail did not come in time; send it again"),
                header::CONNECTION,
                "close",
            ),
        }
    }
}

fn recorded(mail: &RecordedMail) -> Response {
    let readings: Vec<_> = mail
        .readings
        .iter()
        .map(|reading| {
            json!({ "part": reading.part, "kind": reading.kind, "order_ids": reading.order_ids,
                "outcome": reading.outcome })
        })
        .collect();
    plain(StatusCode::OK, &json!({ "mail": mail.id, "readings": readings }))
}

/// The answer to any method but POST.
pub(super) async fn wrong_method() -> Response {
    with(said(StatusCode::METHOD_NOT_ALLOWED, "mails are taken by POST"), header::ALLOW, "POST")
}

/// The answer at any other address below this one.
pub(super) async fn nothing_here() -> Response {
    said(StatusCode::NOT_FOUND, "there is no way in here; see docs/operator.md, \"Mail by HTTP\"")
}

fn try_again(sentence: &'static str) -> Response {
    with(said(StatusCode::SERVICE_UNAVAILABLE, sentence), header::RETRY_AFTER, SOON)
}

fn said(status: StatusCode, sentence: &'static str) -> Response {
    plain(status, &json!({ "error": sentence }))
}

fn plain(status: StatusCode, said: &serde_json::Value) -> Response {
    let response = (status, Json(said)).into_response();
    with(with(response, header::CACHE_CONTROL, "no-store"), header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn with(mut response: Response, name: header::HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
