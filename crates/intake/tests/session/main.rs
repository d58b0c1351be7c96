//! Sessions as dialogues, without sockets.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod arbitrary;
mod dialogue;
mod lmtp;
mod recipients;
mod verbs;
