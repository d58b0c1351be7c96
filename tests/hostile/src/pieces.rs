//! A file that comes in pieces, as from a network.

use std::io::Read;

/// Gives one piece a time.
pub(crate) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    number: usize,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(pieces: Vec<&'a [u8]>) -> Self {
        Self { pieces, number: 0 }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(piece) = self.pieces.get_mut(self.number) else { return Ok(0) };
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        *piece = &piece[count..];
        if piece.is_empty() {
            self.number += 1;
        }
        Ok(count)
    }
}
