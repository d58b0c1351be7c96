//! An answer before it goes to the wire, in the forms that Amazon's have.

use std::time::Duration;

use serde_json::{Value, json};

/// How an answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    /// No byte of it.
    Nothing,
    /// Half of it, then the connection ends.
    Half,
    /// It, and then zeros without end.
    Endless,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) ending: Ending,
    pub(crate) after: Duration,
}

impl Answer {
    pub(crate) fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body, ending: Ending::Whole, after: Duration::ZERO }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string().into_bytes())
    }

    pub(crate) fn hal(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/hal+json", body.to_string().into_bytes())
    }

    /// Amazon's list of errors.
    pub(crate) fn error(status: u16, code: &str, message: &str, details: &str) -> Self {
        Self::json(status, &json!({"errors": [{"code": code, "message": message, "details": details}]}))
    }

    pub(crate) fn invalid(message: &str) -> Self {
        Self::error(400, "InvalidInput", message, "")
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "NotFound", "The requested resource was not found.", "")
    }

    pub(crate) fn throttled() -> Self {
        Self::error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.", "")
    }

    pub(crate) fn denied(details: &str) -> Self {
        Self::error(403, "Unauthorized", "Access to requested resource is denied.", details)
    }

    /// 403 whose own message says why.
    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::error(403, "Unauthorized", message, "")
    }

    pub(crate) fn page(status: u16) -> Self {
        Self::bytes(
            status,
            "text/html; charset=utf-8",
            b"<html><body><h1>Please sign in to the network</h1></body></html>".to_vec(),
        )
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
