//! What must hold of every bytes that a stranger can hand to Abide: one function for each door, which panics
//! where it doesn't. `fuzz/` drives them by coverage for as long as one likes; the tests of this crate drive the
//! same functions on stable Rust for some seconds, from the same corpus.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "these are checks: they fail by panicking"
)]

mod answers;
mod archives;
mod campaigns;
mod data;
mod http;
mod imap;
mod lists;
mod mutator;
mod names;
mod notices;
mod pieces;
mod proofs;
mod reports;
mod session;

pub use mutator::Mutator;

/// A door: its name, which is also its corpus's, and the function that checks one input.
pub type Target = (&'static str, fn(&[u8]));

/// Every door.
pub const TARGETS: &[Target] = &[
    ("session", session::check),
    ("data", data::check),
    ("imap", imap::check),
    ("notice", notices::check),
    ("provenance", proofs::check),
    ("report", reports::check),
    ("list", lists::check),
    ("campaign", campaigns::check),
    ("names", names::check),
    ("archive", archives::check),
    ("http", http::check),
    ("amazon", answers::check),
];

/// Checks one input at one door.
///
/// # Panics
/// Where something doesn't hold, or there is no such door.
pub fn check(target: &str, input: &[u8]) {
    let Some((_, check)) = TARGETS.iter().find(|(name, _)| *name == target) else { panic!("no target {target}") };
    check(input);
}

/// Cuts `input` into pieces by a seed: none empty, now and then one byte alone.
fn pieces(input: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut state = u32::from(seed) * 2 + 1;
    let mut rest = input;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let most = if seed.is_multiple_of(4) { 1 } else { 1 + (state >> 20) % 97 };
        let (piece, behind) = rest.split_at(rest.len().min(most as usize));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
