//! The dashboard through its own door: a router over a real store in a temporary folder.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod app;

mod access;
mod campaign_preview;
mod campaigns;
mod critical;
mod deletion;
mod design;
mod entrance;
mod exporting;
mod foreign_ids;
mod guard;
mod language;
mod lists;
mod members;
mod numbers;
mod operator;
mod opt_outs;
mod orders;
mod pages;
mod review;
mod second_factor;
mod sending;
mod set_up;
mod settings;
