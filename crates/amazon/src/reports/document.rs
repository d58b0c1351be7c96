//! `getReportDocument`: where a report lies, and what its download says. The address lasts five minutes.

use model::Span;
use model::sender::Secret;
use serde_json::Value;

use super::ReportKind;
use super::create::PATH;
use crate::link::link;
use crate::operation::text;
use crate::percent::segment;
use crate::{OpaqueId, Operation, Region, Request, Unreadable, Usage};

/// How long a document's address holds, from the answer on.
pub const LINK_LIFE: Span = Span::minutes(5);

/// Asks where a report lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetReportDocument {
    /// The document.
    pub id: OpaqueId,
    /// The kind of the report, which decides on the token.
    pub kind: ReportKind,
    /// The region it was asked for in.
    pub region: Region,
}

/// How a document is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
}

/// Where a report lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The address; it needs no token, and none may be sent there.
    pub url: Secret,
    /// How it is packed.
    pub packing: Packing,
}

impl Operation for GetReportDocument {
    type Answer = Document;
    const NAME: &'static str = "getReportDocument";
    const USAGE: Usage = Usage::of(16_700, 15);

    fn request(&self) -> Request {
        let request = Request::get(Some(self.region), format!("{PATH}/documents/{}", segment(self.id.as_str())));
        if self.kind.is_restricted() { request.restricted(&[]) } else { request }
    }

    fn read(&self, body: &Value) -> Result<Document, Unreadable> {
        let url = text(body, "url").and_then(link).ok_or(Unreadable("the address of the document"))?;
        let packing = match body.get("compressionAlgorithm") {
            None | Some(Value::Null) => Packing::None,
            Some(word) if word == "GZIP" => Packing::Gzip,
            Some(_) => return Err(Unreadable("how the document is packed")),
        };
        Ok(Document { url, packing })
    }
}

/// What the status of a download says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// The document follows.
    Ready,
    /// The address has run out: ask for the document again.
    AskAnew,
    /// The store of documents fails: try again while the address holds.
    Later,
    /// Something in between answers.
    NotAmazon,
}

impl Download {
    /// By the status.
    pub const fn by_status(status: u16) -> Self {
        match status {
            200 => Self::Ready,
            // What the store says of a signature that has run out, and of a document that is gone.
            400 | 401 | 403 | 404 | 410 => Self::AskAnew,
            408 | 429 | 500.. => Self::Later,
            _ => Self::NotAmazon,
        }
    }
}
