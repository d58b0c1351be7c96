//! How a permitted message leaves: by SMTP submission, over a [`Line`] that is opened first. Everything that sends to a
//! buyer takes a [`policy::Permit`] by value and can send nothing else (law 3); the permit is checked last, before DATA
//! (law 2). Mail to members goes to a [`policy::MemberMailbox`], which no buyer's address can be.

mod capabilities;
mod error;
mod handing;
mod line;
pub mod mail;
mod member_mail;
mod opening;
mod reply;
mod sent;
mod stuffing;
mod timeouts;
mod wire;

pub use connection::{TrustFault, TrustedRoots};
pub use error::LineError;
pub use line::Line;
pub use member_mail::MemberLetter;
pub use sent::{ASK_ANEW, NO_WAY_YET, Sent, capture};
pub use timeouts::Timeouts;
