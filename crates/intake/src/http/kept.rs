//! Bytes that are kept of a request: up to a limit, and only as far as the common memory goes.

use std::sync::Arc;

use super::BodyFault;
use crate::data::{Allowance, Share};

/// The room for the first bytes.
const BEGINNING: usize = 16 * 1024;

/// Bytes with the memory set apart for them.
#[derive(Debug)]
pub struct Kept {
    bytes: Vec<u8>,
    share: Share,
    limit: usize,
}

impl Kept {
    /// None yet, and never more than `limit`.
    pub fn new(limit: usize, allowance: &Arc<Allowance>) -> Self {
        Self { bytes: Vec::new(), share: Share::none(allowance), limit }
    }

    /// Adds a piece. Where it has no place, all memory is given back.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), BodyFault> {
        let needed = self.bytes.len().saturating_add(piece.len());
        if needed > self.limit {
            self.give_back();
            return Err(BodyFault::TooLarge);
        }
        if needed > self.bytes.capacity() {
            let room = self.bytes.capacity().saturating_mul(2).max(needed).max(BEGINNING).min(self.limit);
            if !self.share.grow_to(room) {
                self.give_back();
                return Err(BodyFault::NoMemory);
            }
            self.bytes.reserve_exact(room.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// What was kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes and their memory, which is given back when dropped.
    pub fn into_parts(self) -> (Vec<u8>, Share) {
        (self.bytes, self.share)
    }

    /// Mails travel with CRLF; a form or a JSON text that brings LF alone has changed it, and a signature would not
    /// verify any more. A mail with a CRLF anywhere is left as it is.
    pub fn restore_line_ends(self) -> Result<Self, BodyFault> {
        if self.bytes.contains(&b'\r') {
            return Ok(self);
        }
        let mut restored = self.empty_beside();
        for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    restored.push(text)?;
                    restored.push(b"\r\n")?;
                }
                None => restored.push(line)?,
            }
        }
        Ok(restored)
    }

    /// Another of the same memory; restored line ends may go beyond the limit by as much as they add.
    fn empty_beside(&self) -> Self {
        Self { bytes: Vec::new(), share: self.share.another(), limit: self.limit.saturating_mul(2) }
    }

    fn give_back(&mut self) {
        self.bytes = Vec::new();
        self.share.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_line_feeds_become_what_they_were() {
        let allowance = Allowance::new(1 << 20);
        let restored = |text: &str| {
            let mut kept = Kept::new(100, &allowance);
            kept.push(text.as_bytes()).unwrap();
            String::from_utf8(kept.restore_line_ends().unwrap().bytes().to_vec()).unwrap()
        };
        assert_eq!(restored("a\n\nb\n"), "a\r\n\r\nb\r\n");
        assert_eq!(restored("a\r\nb\n"), "a\r\nb\n");
        assert_eq!(restored("a"), "a");
    }

    #[test]
    fn memory_is_given_back_whatever_happens() {
        let allowance = Allowance::new(40 * 1024);
        let mut one = Kept::new(30 * 1024, &allowance);
        one.push(&vec![0; 20 * 1024]).unwrap();
        assert!(allowance.free() < 20 * 1024 + 1);
        let mut other = Kept::new(30 * 1024, &allowance);
        assert_eq!(other.push(&vec![0; 25 * 1024]), Err(BodyFault::NoMemory));
        assert_eq!(one.push(&vec![0; 20 * 1024]), Err(BodyFault::TooLarge));
        assert_eq!(allowance.free(), 40 * 1024);
    }
}
