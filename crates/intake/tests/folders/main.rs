//! Watched folders against Debian's Dovecot, and against servers that lie, dawdle and babble: nothing lost, nothing
//! twice, nothing touched that nobody asked for, nothing that grows or hangs.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't set up its case must stop")]

mod arriving;
mod hostile;
mod house;
mod signing_in;
mod touching;
