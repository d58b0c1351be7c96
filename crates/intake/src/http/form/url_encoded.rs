//! `application/x-www-form-urlencoded` (URL standard, "urlencoded parsing"): pairs at `&`, `+` for a blank, `%XX` for a
//! byte; a `%` that escapes nothing stands for itself.

use super::{Fields, Slot};
use crate::http::BodyFault;

/// Bytes of a name that are looked at; no known one is so long.
const LONGEST_NAME: usize = 64;

#[derive(Debug, Default)]
pub(super) struct UrlEncoded {
    name: Vec<u8>,
    /// Where the value goes; none within a name.
    slot: Option<Slot>,
    escape: Escape,
    /// Decoded bytes of the value that are not handed on yet.
    decoded: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Percent,
    /// The first digit, as it came and by its value.
    Digit(u8, u8),
}

impl UrlEncoded {
    pub(super) fn feed(&mut self, piece: &[u8], fields: &mut Fields) -> Result<(), BodyFault> {
        for &byte in piece {
            self.take(byte, fields)?;
        }
        self.hand_on(fields)
    }

    pub(super) fn finish(mut self, fields: &mut Fields) -> Result<(), BodyFault> {
        self.give_up_escape();
        self.end_pair(fields)
    }

    fn take(&mut self, byte: u8, fields: &mut Fields) -> Result<(), BodyFault> {
        match (self.escape, hex(byte)) {
            (Escape::Percent, Some(value)) => {
                self.escape = Escape::Digit(byte, value);
                return Ok(());
            }
            (Escape::Digit(_, first), Some(second)) => {
                self.escape = Escape::None;
                self.emit(first * 16 + second);
                return Ok(());
            }
            (_, _) => self.give_up_escape(),
        }
        match byte {
            b'&' => self.end_pair(fields)?,
            b'=' if self.slot.is_none() => self.slot = Some(fields.begin(&self.name)?),
            b'%' => self.escape = Escape::Percent,
            b'+' => self.emit(b' '),
            other => self.emit(other),
        }
        Ok(())
    }

    fn give_up_escape(&mut self) {
        match std::mem::take(&mut self.escape) {
            Escape::None => {}
            Escape::Percent => self.emit(b'%'),
            Escape::Digit(came, _) => {
                self.emit(b'%');
                self.emit(came);
            }
        }
    }

    fn emit(&mut self, byte: u8) {
        if self.slot.is_some() {
            self.decoded.push(byte);
        } else if self.name.len() <= LONGEST_NAME {
            self.name.push(byte);
        }
    }

    fn hand_on(&mut self, fields: &mut Fields) -> Result<(), BodyFault> {
        let outcome = self.slot.map_or(Ok(()), |slot| fields.push(slot, &self.decoded));
        self.decoded.clear();
        outcome
    }

    fn end_pair(&mut self, fields: &mut Fields) -> Result<(), BodyFault> {
        if self.slot.is_none() && !self.name.is_empty() {
            // A name alone is a field without a value.
            fields.begin(&self.name)?;
        }
        self.hand_on(fields)?;
        self.slot = None;
        self.name.clear();
        Ok(())
    }
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
