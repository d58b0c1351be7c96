//! The built program on a machine that breaks under it: disks that are full, syncs that fail, a database that is
//! cut off, clocks that jump, dead names, nodes that sleep or have other keys. What was acknowledged stands, what
//! was not is wholly there or not at all, and the program goes on by itself.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't set up its case must stop"
)]

mod broken_machine;
mod clock;
mod cut_off;
mod disk;
mod names;
mod nodes;

#[path = "../program/house.rs"]
#[expect(dead_code, reason = "shared with the other tests of the program, which use more of it")]
mod house;
mod post;
mod taker;
