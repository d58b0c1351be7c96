//! Reports: asked for, waited for, downloaded within five minutes, unpacked and turned into UTF-8. What stands in them is read
//! by the crate `report`.

mod create;
mod document;
mod kind;
mod state;
mod unpack;

pub use create::{CreateReport, InvalidReport};
pub use document::{Document, Download, GetReportDocument, LINK_LIFE, Packing};
pub use kind::ReportKind;
pub use state::{GetReport, ReportState};
pub use unpack::{UnpackFault, Unpacked};
