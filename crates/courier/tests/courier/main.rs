//! The courier against the stand-in: every known failure comes back as the pure crate classifies it, and what reaches a buyer
//! is sent, refused, not sent or unknown, each for its own reason.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't set up its case must stop")]

#[path = "../../../amazon/tests/amazon/permits.rs"]
mod permits;
mod proxies;
mod reading;
mod stage;
mod to_buyers;
