//! The encoding of a report. UTF-16 is turned into UTF-8 before rows are cut; all others keep tabs, quotes and line
//! ends where ASCII has them (a second byte of Shift_JIS is 0x40 or above), so rows are cut first and each field is
//! decoded on its own.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the rows of a file are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Each row as UTF-8 where it is valid, else as what its bytes speak for.
    Utf8First,
    /// Windows-31J, which Amazon and encoding_rs call Shift_JIS.
    ShiftJis,
    /// Windows-1252.
    Windows1252,
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// The bytes can be cut into rows as they are, after so many of them.
    Rows { encoding: Encoding, mark: usize },
    /// They must be turned into UTF-8 first.
    Utf16 { big_endian: bool },
    /// No text.
    Binary,
}

/// Looks at the first bytes of a file.
pub(crate) fn sniff(prefix: &[u8]) -> Sniffed {
    match prefix {
        [0xef, 0xbb, 0xbf, ..] => return Sniffed::Rows { encoding: Encoding::Utf8First, mark: 3 },
        // Column names are ASCII, so without a mark the zeros stand at every second place.
        [0xff, 0xfe, ..] | [1..=255, 0, 1..=255, 0, ..] => return Sniffed::Utf16 { big_endian: false },
        [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255, ..] => return Sniffed::Utf16 { big_endian: true },
        _ => {}
    }
    // A NUL further on is one odd letter in one row.
    let first = memchr::memchr2(b'\n', b'\r', prefix).map_or(prefix, |end| &prefix[..end]);
    if memchr::memchr(0, first).is_some() {
        return Sniffed::Binary;
    }
    // The last line may be cut in the middle of a letter; it tells nothing that the others don't, unless it is alone.
    let whole = memchr::memrchr(b'\n', prefix).map_or(prefix, |end| &prefix[..end]);
    let (mut utf8, mut other) = (0_u32, Vec::new());
    for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        if std::str::from_utf8(line).is_ok() {
            utf8 += 1;
        } else {
            other.push(line);
        }
    }
    let encoding =
        if other.len() <= utf8 as usize { Encoding::Utf8First } else { by_bytes(&other.concat(), is_japanese(prefix)) };
    Sniffed::Rows { encoding, mark: 0 }
}

/// Whether the bytes name Amazon's Japanese shop.
fn is_japanese(bytes: &[u8]) -> bool {
    const SHOP: &[u8] = b"amazon.co.jp";
    memchr::memchr2_iter(b'A', b'a', bytes)
        .any(|at| bytes.get(at..at + SHOP.len()).is_some_and(|word| word.eq_ignore_ascii_case(SHOP)))
}

/// Shift_JIS or Windows-1252? Japanese text consists of pairs that begin with 0x81 to 0x9F (kana and the common
/// kanji), or of runs of half-width kana; European text has single letters above 0xC0 among ASCII.
fn by_bytes(bytes: &[u8], japanese: bool) -> Encoding {
    let (mut pairs, mut singles, mut at) = (0_usize, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        let trail = matches!(next, 0x40..=0x7e | 0x80..=0xfc);
        match byte {
            0x81..=0x9f if trail => {
                pairs += 1;
                at += 1;
            }
            0xe0..=0xea if trail && next >= 0x80 => at += 1,
            0xa1..=0xdf if matches!(next, 0xa1..=0xdf) => {
                pairs += 1;
                at += 1;
            }
            0x80.. => singles += 1,
            _ => {}
        }
        at += 1;
    }
    let sound = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    if sound && (japanese || pairs > singles) { Encoding::ShiftJis } else { Encoding::Windows1252 }
}

impl Encoding {
    /// The encoding of one row, and whether it is other than UTF-8.
    pub(crate) fn of_row(self, row: &[u8]) -> (RowEncoding, bool) {
        if row.is_ascii() {
            return (RowEncoding::Utf8, false);
        }
        match self {
            Self::ShiftJis => (RowEncoding::ShiftJis, true),
            Self::Windows1252 => (RowEncoding::Windows1252, true),
            Self::Utf8First if std::str::from_utf8(row).is_ok() => (RowEncoding::Utf8, false),
            Self::Utf8First => match by_bytes(row, is_japanese(row)) {
                Self::ShiftJis => (RowEncoding::ShiftJis, true),
                Self::Windows1252 | Self::Utf8First => (RowEncoding::Windows1252, true),
            },
        }
    }
}

/// How the fields of one row are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowEncoding {
    /// ASCII or UTF-8.
    Utf8,
    /// Windows-31J.
    ShiftJis,
    /// Windows-1252.
    Windows1252,
}

impl RowEncoding {
    /// The text of a field; what can't be decoded becomes U+FFFD.
    pub(crate) fn decode(self, field: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(field),
            Self::ShiftJis => SHIFT_JIS.decode_without_bom_handling(field).0,
            Self::Windows1252 => WINDOWS_1252.decode_without_bom_handling(field).0,
        }
    }
}

/// UTF-16 in, UTF-8 out, without its byte-order mark.
pub(crate) struct Utf16<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    taken: usize,
    ended: bool,
    /// Decoded bytes that did not fit the caller's buffer.
    text: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(inner: R, big_endian: bool) -> Self {
        let encoding = if big_endian { UTF_16BE } else { UTF_16LE };
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { inner, decoder, raw: Vec::new(), taken: 0, ended: false, text: Vec::new(), given: 0 }
    }

    /// Decodes the next piece into `text`; leaves it empty at the end.
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() {
            if self.taken == self.raw.len() {
                if self.ended {
                    return Ok(());
                }
                self.raw.resize(16 * 1024, 0);
                self.taken = 0;
                let read = self.inner.read(&mut self.raw);
                self.raw.truncate(read.as_ref().copied().unwrap_or_default());
                let got = read?;
                self.ended = got == 0;
            }
            // Three bytes of UTF-8 for two of UTF-16 and a few for an odd one: enough for the whole piece.
            self.text.resize(3 * (self.raw.len() - self.taken) + 64, 0);
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.taken..], &mut self.text, self.ended);
            self.text.truncate(written);
            self.taken += read;
            if self.ended && result == CoderResult::InputEmpty {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            if self.ended && self.taken == self.raw.len() {
                return Ok(0);
            }
            self.refill()?;
        }
        let rest = &self.text[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
