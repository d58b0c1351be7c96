//! `createReport`: a report of one kind, for stores of one region and a time.

use model::{Span, Timestamp};
use serde_json::{Value, json};

use super::ReportKind;
use crate::operation::text;
use crate::{OpaqueId, Operation, Request, Stores, Unreadable, Usage};

pub(super) const PATH: &str = "/reports/2021-06-30";
/// The longest time of a report of fulfilled shipments: Amazon says a month, and the shortest but February has 30 days.
const LONGEST: Span = Span::days(30);

/// Asks for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateReport {
    kind: ReportKind,
    stores: Stores,
    start: Timestamp,
    end: Timestamp,
}

/// A report that Amazon would not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReport {
    /// Turned around.
    #[error("the time of a report must begin before it ends")]
    Reversed,
    /// Not over.
    #[error("the time of a report must have passed")]
    Future,
    /// Too long.
    #[error("a report of fulfilled shipments covers at most 30 days")]
    TooLong,
}

impl CreateReport {
    /// For a time that has passed.
    pub fn new(
        kind: ReportKind,
        stores: Stores,
        start: Timestamp,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<Self, InvalidReport> {
        let (start, end) = (start.whole_seconds(), end.whole_seconds());
        if end <= start {
            return Err(InvalidReport::Reversed);
        }
        if end > now {
            return Err(InvalidReport::Future);
        }
        if kind == ReportKind::FulfilledShipments && end.since(start) > LONGEST {
            return Err(InvalidReport::TooLong);
        }
        Ok(Self { kind, stores, start, end })
    }
}

impl Operation for CreateReport {
    /// The report's id, which means something together with the seller alone.
    type Answer = OpaqueId;
    const NAME: &'static str = "createReport";
    const USAGE: Usage = Usage::of(16_700, 15);

    fn request(&self) -> Request {
        let mut body = json!({
            "reportType": self.kind.as_str(),
            "marketplaceIds": self.stores.ids().collect::<Vec<_>>(),
            "dataStartTime": self.start.to_string(),
            "dataEndTime": self.end.to_string(),
        });
        if self.kind.hides_store() {
            body["reportOptions"] = json!({"ShowSalesChannel": "true"});
        }
        Request::post(Some(self.stores.region()), format!("{PATH}/reports"), &body)
    }

    fn read(&self, body: &Value) -> Result<OpaqueId, Unreadable> {
        text(body, "reportId").and_then(OpaqueId::new).ok_or(Unreadable("the report's id"))
    }
}
