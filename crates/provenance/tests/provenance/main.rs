//! What a mail proves, from the outside: known answers, changes, and mails made to cost much.
#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod altered;
mod answers;
mod bombs;
mod known;
