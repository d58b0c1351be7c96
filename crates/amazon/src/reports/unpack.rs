//! The bytes of a downloaded report as a stream: unpacked as the document says, and turned into UTF-8 where the download's
//! header names another encoding. Neither may go beyond a limit, so that a bomb ends in an error.
//!
//! Where no encoding is named, or UTF-8 is, or one that nobody knows, the bytes stay as they are: the reader of reports tells
//! the encoding by the bytes then, row by row.

use std::io::{self, BufReader, Read};

use encoding_rs::{Decoder, Encoding, REPLACEMENT, UTF_8};
use flate2::bufread::MultiGzDecoder;

use super::Packing;

/// Why the stream of a report ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpackFault {
    /// More than the limit, packed or unpacked.
    #[error("the report is larger than the limit")]
    TooLarge,
    /// The packing is damaged, or the download was cut off.
    #[error("the report is damaged or was cut off; it is downloaded again")]
    Damaged,
}

impl UnpackFault {
    /// What an error of the stream was; none where reading the download itself failed.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// A report's bytes.
pub struct Unpacked<R: Read> {
    inner: Inner<Bounded<R>>,
    left: u64,
    decoding: Option<Decoding>,
}

enum Inner<R: Read> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<BufReader<R>>>),
}

impl<R: Read> Unpacked<R> {
    /// Of a download packed so, with the value of its `Content-Type`, up to so many bytes.
    pub fn new(download: R, packing: Packing, content_type: Option<&str>, most: u64) -> Self {
        let download = Bounded { inner: download, left: most };
        let inner = match packing {
            Packing::None => Inner::Plain(download),
            Packing::Gzip => Inner::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(download)))),
        };
        Self { inner, left: most, decoding: content_type.and_then(charset).map(Decoding::new) }
    }

    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = match &mut self.inner {
            Inner::Plain(read) => read.read(buffer)?,
            Inner::Gzip(read) => read.read(buffer).map_err(damage)?,
        };
        take(&mut self.left, got)?;
        Ok(got)
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut decoding) = self.decoding.take() else { return self.unpack(buffer) };
        let got = decoding.read(buffer, |raw| self.unpack(raw));
        self.decoding = Some(decoding);
        got
    }
}

/// Reads no further than its limit.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        take(&mut self.left, got)?;
        Ok(got)
    }
}

fn take(left: &mut u64, got: usize) -> io::Result<()> {
    *left = left.checked_sub(got as u64).ok_or_else(|| io::Error::other(UnpackFault::TooLarge))?;
    Ok(())
}

fn damage(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            io::Error::other(UnpackFault::Damaged)
        }
        _ => error,
    }
}

/// The encoding that a `Content-Type` names, where the bytes have to be turned from it.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1);
    let named = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let label = named?.1.trim().trim_matches('"');
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_8 && *encoding != REPLACEMENT)
}

/// Bytes of one encoding in, UTF-8 out; what can't be decoded becomes U+FFFD.
struct Decoding {
    decoder: Decoder,
    raw: Vec<u8>,
    taken: usize,
    ended: bool,
    text: Vec<u8>,
    given: usize,
}

impl Decoding {
    /// A mark at the beginning says more than the header.
    fn new(encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder();
        Self { decoder, raw: Vec::new(), taken: 0, ended: false, text: Vec::new(), given: 0 }
    }

    fn read(&mut self, buffer: &mut [u8], mut more: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.taken == self.raw.len() {
                if self.ended {
                    return Ok(0);
                }
                self.raw.resize(16 * 1024, 0);
                self.taken = 0;
                let got = more(&mut self.raw);
                self.raw.truncate(got.as_ref().copied().unwrap_or_default());
                self.ended = got? == 0;
            }
            self.decode();
        }
        let rest = &self.text[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }

    fn decode(&mut self) {
        // At most three bytes for one, and a few for what was left over from before: enough for the whole piece.
        self.text.resize(3 * (self.raw.len() - self.taken) + 64, 0);
        self.given = 0;
        let (_, read, written, _) = self.decoder.decode_to_utf8(&self.raw[self.taken..], &mut self.text, self.ended);
        self.text.truncate(written);
        self.taken += read;
    }
}
