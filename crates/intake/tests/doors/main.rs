//! The doors as they stand in a running program: real sockets, files, threads and stores.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod delivering;
mod desk;
mod grading;
mod house;
mod http;
mod importing;
mod limits;
mod lmtp;
mod notice_by_smtp;
mod opening;
mod tls;
