//! The body of a request, taken as a stream: no more of it than may be, no slower than may be.

use axum::body::Body;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::kept::Kept;
use super::{FormReader, HttpSettings};

/// Why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// It, or the mail in it, has more bytes than may be.
    TooLarge,
    /// It is not what it says it is; the sentence tells what is wrong.
    Malformed(&'static str),
    /// All memory for mails is in use.
    NoMemory,
    /// Its sender took too long.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// What takes a body's pieces.
pub(super) trait Sink {
    /// Takes the next piece.
    fn take(&mut self, piece: &[u8]) -> Result<(), BodyFault>;
}

impl Sink for Kept {
    fn take(&mut self, piece: &[u8]) -> Result<(), BodyFault> {
        self.push(piece)
    }
}

impl Sink for FormReader {
    fn take(&mut self, piece: &[u8]) -> Result<(), BodyFault> {
        self.feed(piece)
    }
}

/// Takes a body of at most `most` bytes. Of one that is refused, as much again is read and dropped: a client that
/// sends first and listens then would else find a broken connection in place of the reason.
pub(super) async fn receive(
    body: Body,
    settings: &HttpSettings,
    most: usize,
    sink: &mut impl Sink,
) -> Result<(), BodyFault> {
    let end = Instant::now() + settings.whole;
    let mut stream = body.into_data_stream();
    let (mut taken, mut fault) = (0_usize, None);
    loop {
        let deadline = end.min(Instant::now() + settings.pause);
        let piece = match timeout_at(deadline, stream.next()).await {
            Err(_) => return Err(fault.unwrap_or(BodyFault::TooSlow)),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(BodyFault::Broken),
            Ok(Some(Ok(piece))) => piece,
        };
        taken = taken.saturating_add(piece.len());
        match fault {
            None if taken > most => fault = Some(BodyFault::TooLarge),
            None => fault = sink.take(&piece).err(),
            Some(fault) if taken > most.saturating_mul(2) => return Err(fault),
            Some(_) => {}
        }
    }
    fault.map_or(Ok(()), Err)
}
