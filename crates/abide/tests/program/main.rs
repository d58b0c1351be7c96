//! The built program as a stranger runs it: by its command line, files, sockets and signals alone.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't set up its case must stop"
)]

mod archives;
mod attachments;
mod bad_input;
mod by_hand;
mod by_http;
mod campaign_text;
mod coverage;
mod critical;
mod deletion;
mod demo;
mod dry_run;
mod feed;
mod folders;
mod house;
mod lmtp;
mod member_mail;
mod moving_in;
mod policy;
mod provenance;
mod reach;
mod reports;
mod review;
mod said;
mod sending;
mod serving;
mod two_processes;
mod words;
