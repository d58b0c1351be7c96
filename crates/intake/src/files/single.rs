//! A file that is one mail.

use super::{Split, TooLarge, kind};

#[derive(Debug)]
pub(super) struct SingleMail {
    raw: Vec<u8>,
    limit: usize,
    began: bool,
    is_emlx: bool,
    too_large: bool,
}

impl SingleMail {
    pub(super) fn new(limit: usize) -> Self {
        Self { raw: Vec::new(), limit, began: false, is_emlx: false, too_large: false }
    }

    /// Apple Mail's own form; its count and properties are no part of the mail.
    pub(super) fn emlx(limit: usize) -> Self {
        Self { is_emlx: true, ..Self::new(limit) }
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
        if self.too_large {
            return Err(TooLarge);
        }
        let raw = std::mem::take(&mut self.raw);
        match kind::emlx(&raw).filter(|_| self.is_emlx) {
            // A file that was cut off has less than it says.
            Some(mail) => Ok(raw.get(mail.start..mail.end.min(raw.len())).unwrap_or_default().to_vec()),
            None => Ok(raw),
        }
    }
}
