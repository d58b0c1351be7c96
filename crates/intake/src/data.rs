//! The bytes of one mail, from the reply 354 to the line with the single dot. Only CRLF.CRLF ends a mail
//! (RFC 5321, 4.1.1.4); a bare CR or LF never does, is kept as it came, since signatures cover the bytes,
//! and is reported. Memory is bounded, and any chunking of the stream gives the same mail.

mod allowance;

pub use allowance::{Allowance, Share};

use std::sync::Arc;

/// Reads one mail from the stream.
#[derive(Debug)]
pub struct DataReader {
    place: Place,
    raw: Vec<u8>,
    limit: usize,
    share: Share,
    refused: Option<DataRefusal>,
    mixed_line_ends: bool,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After CRLF, or at the very beginning.
    LineStart,
    /// After a dot at the start of a line; the dot is not in the mail yet.
    Dot,
    /// After such a dot and CR; neither is in the mail yet.
    DotCr,
    /// Within a line.
    Inside,
    /// After a CR that is in the mail already.
    Cr,
}

/// A mail that has ended.
#[derive(Debug)]
pub struct Data {
    /// The bytes as the sender wrote them, without the dots added for transport.
    pub raw: Vec<u8>,
    /// Whether a bare CR or a bare LF stands in it.
    pub mixed_line_ends: bool,
    /// The memory it holds, given back when this is dropped.
    pub share: Share,
}

/// Why a mail that has ended can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataRefusal {
    /// It is longer than the limit, for good.
    TooLarge,
    /// The mails being received fill the memory set apart for them, for now.
    NoRoom,
}

impl DataReader {
    /// A reader for one mail of at most `limit` bytes, which takes its memory from `allowance`.
    pub fn new(limit: usize, allowance: &Arc<Allowance>) -> Self {
        Self {
            place: Place::LineStart,
            raw: Vec::new(),
            limit,
            share: Share::none(allowance),
            refused: None,
            mixed_line_ends: false,
        }
    }

    /// Takes bytes of the stream, up to the end of the mail at most. Returns how many were taken and
    /// whether the mail has ended; what stands behind the end is left to the caller.
    pub fn feed(&mut self, input: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.place == Place::Inside {
                // The bulk of a mail goes this way, a line at a time.
                let rest = input.get(at..).unwrap_or_default();
                let plain = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                if plain > 0 {
                    self.keep(rest.get(..plain).unwrap_or_default());
                    at += plain;
                    continue;
                }
            }
            at += 1;
            if self.step(byte) {
                return (at, true);
            }
        }
        (at, false)
    }

    /// One byte; true where it ends the mail.
    fn step(&mut self, byte: u8) -> bool {
        match (self.place, byte) {
            (Place::LineStart, b'.') => self.place = Place::Dot,
            (Place::Dot, b'\r') => self.place = Place::DotCr,
            (Place::DotCr, b'\n') => return true,
            (Place::DotCr, _) => {
                // A dot, a bare CR and more: the dot was added for transport (RFC 5321, 4.5.2).
                self.keep(b"\r");
                self.place = Place::Cr;
                return self.step(byte);
            }
            (Place::Cr, b'\n') => {
                self.keep(b"\n");
                self.place = Place::LineStart;
            }
            (Place::Cr, _) => {
                self.mixed_line_ends = true;
                self.place = Place::Inside;
                return self.step(byte);
            }
            (Place::LineStart | Place::Dot | Place::Inside, _) => {
                self.keep(&[byte]);
                if byte == b'\n' {
                    self.mixed_line_ends = true;
                }
                self.place = if byte == b'\r' { Place::Cr } else { Place::Inside };
            }
        }
        false
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.refused.is_some() {
            return;
        }
        let needed = self.raw.len().saturating_add(bytes.len());
        if needed > self.limit {
            self.refuse(DataRefusal::TooLarge);
            return;
        }
        if needed > self.raw.capacity() {
            let capacity = self.raw.capacity().saturating_mul(2).max(needed).max(4096).min(self.limit);
            if !self.share.grow_to(capacity) {
                self.refuse(DataRefusal::NoRoom);
                return;
            }
            self.raw.reserve_exact(capacity.saturating_sub(self.raw.len()));
        }
        self.raw.extend_from_slice(bytes);
    }

    fn refuse(&mut self, refusal: DataRefusal) {
        // The rest is still taken from the stream, so that it is not mistaken for commands.
        self.refused = Some(refusal);
        self.raw = Vec::new();
        self.share.give_back();
    }

    /// The mail, once [`Self::feed`] has said that it ended.
    pub fn finish(self) -> Result<Data, DataRefusal> {
        match self.refused {
            Some(refusal) => Err(refusal),
            None => Ok(Data { raw: self.raw, mixed_line_ends: self.mixed_line_ends, share: self.share }),
        }
    }
}
