//! A file that is one mail.

use super::{Split, TooLarge, kind};

#[derive(Debug)]
pub(super) struct SingleMail {
    raw: Vec<u8>,
    limit: usize,
    began: bool,
    too_large: bool,
}

impl SingleMail {
    pub(super) fn new(limit: usize) -> Self {
        Self { raw: Vec::new(), limit, began: false, too_large: false }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let piece = if self.began { piece } else { kind::without_mark(piece) };
        self.began = true;
        if self.too_large || self.raw.len().saturating_add(piece.len()) > self.limit {
            self.too_large = true;
            self.raw = Vec::new();
        } else {
            self.raw.extend_from_slice(piece);
        }
    }

    pub(super) fn finish(&mut self) -> Split {
        if self.too_large { Err(TooLarge) } else { Ok(std::mem::take(&mut self.raw)) }
    }
}
