//! What came back: the status, the few headers that matter, the body. Whoever reads it from the wire stops at
//! [`LARGEST_BODY`]; what it means is said by the operation that was asked.

use model::Span;
use serde_json::Value;

use crate::words::RequestId;
use crate::{Rate, Words, header};

/// The most bytes of a body that are read. A page of 100 orders with all that Amazon can tell has about two million.
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// The longest wait that an answer can ask for.
const LONGEST_WAIT: i64 = 3_600;

/// An answer of Amazon's, or of whoever stands in between.
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) rate: Option<Rate>,
    pub(crate) retry_after: Option<Span>,
    error_type: Option<String>,
    content_type: String,
    body: Vec<u8>,
}

impl Answer {
    /// From the status, the headers (names in any case) and the body.
    pub fn new<'h>(status: u16, headers: impl IntoIterator<Item = (&'h str, &'h [u8])>, body: Vec<u8>) -> Self {
        let (request_id, rate, retry_after, error_type) = (None, None, None, None);
        let mut answer = Self { status, request_id, rate, retry_after, error_type, content_type: String::new(), body };
        for (name, value) in headers {
            let Ok(value) = std::str::from_utf8(value) else { continue };
            match name.to_ascii_lowercase().as_str() {
                header::REQUEST_ID => answer.request_id = RequestId::new(value),
                header::RATE => answer.rate = Rate::parse(value),
                // `Name:http://…` or `Name`.
                header::ERROR_TYPE => answer.error_type = value.split(':').next().map(|name| cut(name.trim(), 100)),
                "retry-after" => answer.retry_after = wait(value),
                "content-type" => answer.content_type = cut(value, 200).to_ascii_lowercase(),
                _ => {}
            }
        }
        answer
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Amazon's id of the request.
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// The rate that holds at this time for the operation, where the answer tells it.
    pub const fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Whether it is a page for people, which no call of the API answers with: a proxy's, a portal's, a load balancer's.
    pub(crate) fn is_page(&self) -> bool {
        let start = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body).trim_ascii_start();
        self.content_type.contains("html") || start.starts_with(b"<")
    }

    /// Whether the body is more than any call answers.
    pub(crate) fn is_too_large(&self) -> bool {
        self.body.len() > LARGEST_BODY
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// The body as JSON. `serde_json` bounds how deep it is nested.
    pub(crate) fn json(&self) -> Option<Value> {
        if self.is_too_large() {
            return None;
        }
        serde_json::from_slice(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)).ok()
    }

    /// What it says went wrong.
    pub(crate) fn complaint(&self) -> Complaint {
        let body = self.json().unwrap_or(Value::Null);
        let text = |value: &Value, names: &[&str]| {
            names.iter().find_map(|name| value.get(name).and_then(Value::as_str)).unwrap_or_default().to_owned()
        };
        let mut complaint = Complaint { code: self.error_type.clone().unwrap_or_default(), ..Complaint::default() };
        let errors = body.get("errors").and_then(Value::as_array);
        let first = errors.and_then(|errors| errors.first());
        complaint.is_listed = first.is_some();
        complaint.is_amazons = complaint.is_listed || self.request_id.is_some() || self.error_type.is_some();
        let source = first.unwrap_or(&body);
        let code = text(source, &["code", "Code", "__type", "error"]);
        if !code.is_empty() {
            complaint.code = code;
        }
        complaint.message = text(source, &["message", "Message", "error_description"]);
        complaint.details = text(source, &["details", "Details"]);
        // Others of the list may say what the first does not.
        let rest = errors.into_iter().flatten().skip(1).take(9);
        let rest: Vec<String> = rest.map(|error| text(error, &["message"])).collect();
        let all = [&complaint.code, &complaint.message, &complaint.details].into_iter().chain(&rest);
        let all: Vec<&str> = all.map(String::as_str).filter(|part| !part.is_empty()).collect();
        complaint.words = Words::new(&all.join(" | "));
        complaint
    }
}

impl std::fmt::Debug for Answer {
    /// Without its body, which may hold a token or personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.request_id.as_ref().map_or("none", RequestId::as_str);
        write!(f, "Answer({}, request {id}, {} bytes)", self.status, self.body.len())
    }
}

/// What an answer says went wrong, whichever of its forms it has: a list of errors, plain or beside HAL links; the gateway's
/// lone message; the sign-in's error with its description.
#[derive(Default)]
pub(crate) struct Complaint {
    /// The name of the error.
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: String,
    /// All of it.
    pub(crate) words: Words,
    /// It stands in a list of errors.
    pub(crate) is_listed: bool,
    /// Something in it shows that Amazon wrote it.
    pub(crate) is_amazons: bool,
}

/// `Retry-After` in seconds (RFC 9110, 10.2.3), at most an hour. Amazon promises none; a proxy or gateway may send one.
fn wait(text: &str) -> Option<Span> {
    let seconds: i64 = text.trim().parse().ok()?;
    (seconds >= 0).then(|| Span::seconds(seconds.min(LONGEST_WAIT)))
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(characters).collect()
}
