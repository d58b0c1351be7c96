//! The client core by its public doors: requests as they would be sent, answers as Amazon and others might give them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't set up its case must stop")]

mod failures;
mod give;
mod house;
mod messaging;
mod orders;
mod orders_v0;
mod participation;
mod permits;
mod plans;
mod reports;
mod restricted;
mod sign_in;
mod solicitation;
mod upload;
