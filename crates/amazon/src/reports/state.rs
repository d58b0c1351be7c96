//! `getReport`: how far a report is.

use serde_json::Value;

use super::create::PATH;
use crate::operation::text;
use crate::percent::segment;
use crate::{OpaqueId, Operation, Region, Request, Unreadable, Usage};

/// Asks how far a report is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetReport {
    /// The report.
    pub id: OpaqueId,
    /// The region it was asked for in.
    pub region: Region,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportState {
    /// It waits its turn.
    InQueue,
    /// It is being made.
    InProgress,
    /// It is there, under this id of its document.
    Done(OpaqueId),
    /// It was not made: mostly there was nothing to tell, or one like it was asked for too soon.
    Cancelled,
    /// Amazon failed. Where there is a document, it says why.
    Fatal(Option<OpaqueId>),
}

impl ReportState {
    /// Whether it changes no more.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::InQueue | Self::InProgress)
    }
}

impl Operation for GetReport {
    type Answer = ReportState;
    const NAME: &'static str = "getReport";
    const USAGE: Usage = Usage::of(2_000_000, 15);

    fn request(&self) -> Request {
        Request::get(Some(self.region), format!("{PATH}/reports/{}", segment(self.id.as_str())))
    }

    fn read(&self, body: &Value) -> Result<ReportState, Unreadable> {
        let document = match text(body, "reportDocumentId") {
            Some(id) => Some(OpaqueId::new(id).ok_or(Unreadable("the id of the report's document"))?),
            None => None,
        };
        match text(body, "processingStatus") {
            Some("IN_QUEUE") => Ok(ReportState::InQueue),
            Some("IN_PROGRESS") => Ok(ReportState::InProgress),
            Some("DONE") => document.map(ReportState::Done).ok_or(Unreadable("the id of the report's document")),
            Some("CANCELLED") => Ok(ReportState::Cancelled),
            Some("FATAL") => Ok(ReportState::Fatal(document)),
            _ => Err(Unreadable("how far the report is")),
        }
    }
}
