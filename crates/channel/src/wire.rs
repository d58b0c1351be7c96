//! The bytes of a dialogue: one command out, one reply in, each whole within its time. The server may speak only when
//! asked: bytes that come unasked mean that replies and commands no longer match, and end the dialogue.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use connection::Stream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::reply::{self, Parsed, Reply};

/// Why a step did not end in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireFault {
    /// Closed, or broken.
    Lost,
    /// The step's time is up.
    TooSlow,
    /// No reply, too long a one, or one that nobody asked for.
    OutOfStep,
}

/// A connection with what came in and was not read yet.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), unread: Vec::new() }
    }

    /// The bare connection, for TLS to be laid over it; refused where bytes have come that TLS would not cover.
    pub(crate) fn into_stream(self) -> Result<Box<dyn Stream>, WireFault> {
        if self.unread.is_empty() { Ok(self.stream) } else { Err(WireFault::OutOfStep) }
    }

    /// One command, with its line end, and its reply.
    pub(crate) async fn ask(&mut self, command: &[u8], within: Duration) -> Result<Reply, WireFault> {
        timeout(within, async {
            self.silent().await?;
            self.write(command).await?;
            self.reply().await
        })
        .await
        .unwrap_or(Err(WireFault::TooSlow))
    }

    /// The reply that is due.
    pub(crate) async fn hear(&mut self, within: Duration) -> Result<Reply, WireFault> {
        timeout(within, self.reply()).await.unwrap_or(Err(WireFault::TooSlow))
    }

    /// Bytes that are no command.
    pub(crate) async fn say(&mut self, bytes: &[u8], within: Duration) -> Result<(), WireFault> {
        timeout(within, self.write(bytes)).await.unwrap_or(Err(WireFault::TooSlow))
    }

    /// Nothing has come in that nobody asked for, as far as can be seen without waiting.
    pub(crate) async fn silent(&mut self) -> Result<(), WireFault> {
        if !self.unread.is_empty() {
            return Err(WireFault::OutOfStep);
        }
        let mut space = [0; 1];
        let mut seen = ReadBuf::new(&mut space);
        let stream = &mut self.stream;
        let looked = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *stream).poll_read(context, &mut seen)));
        match looked.await {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) if !seen.filled().is_empty() => Err(WireFault::OutOfStep),
            Poll::Ready(_) => Err(WireFault::Lost),
        }
    }

    /// Says that no more will be written.
    pub(crate) async fn shut(&mut self, within: Duration) {
        // The connection is given up; how its end is taken matters to nobody.
        let _ = timeout(within, self.stream.shutdown()).await;
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), WireFault> {
        self.stream.write_all(bytes).await.map_err(|_| WireFault::Lost)?;
        self.stream.flush().await.map_err(|_| WireFault::Lost)
    }

    async fn reply(&mut self) -> Result<Reply, WireFault> {
        loop {
            match reply::parse(&self.unread) {
                Parsed::Whole(reply, taken) => {
                    self.unread.drain(..taken);
                    return Ok(reply);
                }
                Parsed::Not => return Err(WireFault::OutOfStep),
                Parsed::More => {}
            }
            // What is unread stays below a reply's longest length and this, since the parser gives up before.
            let mut space = [0; 1024];
            match self.stream.read(&mut space).await {
                Ok(0) | Err(_) => return Err(WireFault::Lost),
                Ok(count) => self.unread.extend_from_slice(space.get(..count).unwrap_or_default()),
            }
        }
    }
}
