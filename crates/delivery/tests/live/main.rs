//! Live e-mail through lanes: over a real store and a server that does as its script says, in every way that a server
//! can go wrong.
#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod house;
mod lanes;
mod permits;
mod server;
