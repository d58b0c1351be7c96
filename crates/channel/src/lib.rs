//! How a permitted message leaves: by SMTP submission, over a [`Line`] that is opened first. Everything that sends takes
//! a [`policy::Permit`] by value and can send nothing else (law 3); the permit is checked last, before DATA (law 2).

mod capabilities;
mod error;
mod handing;
mod line;
pub mod mail;
mod opening;
mod reply;
mod sent;
mod stuffing;
mod timeouts;
mod wire;

pub use connection::{TrustFault, TrustedRoots};
pub use error::LineError;
pub use line::Line;
pub use sent::{ASK_ANEW, NO_WAY_YET, Sent, capture};
pub use timeouts::Timeouts;
