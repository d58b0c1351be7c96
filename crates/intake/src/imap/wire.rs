//! The bytes of a dialogue: commands out, whole responses in. A command's time covers all of its responses, and their
//! number has an end, so that no server can hold a command for ever.

use std::time::{Duration, Instant};

use connection::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::ImapFault;
use super::gathering::Gatherer;
use super::response::{Response, Status, Verdict, understand};

/// Responses to one command.
const MOST_RESPONSES: u32 = 20_000;

/// Bytes taken from the connection at a time.
const PIECE: usize = 8 * 1024;

/// A connection with what came in and was not understood yet.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    gatherer: Gatherer,
    tag: u32,
    /// Whether the server told of mails (EXISTS) since this was last taken back. It tells once, whatever was asked.
    pub(super) told_of_mails: bool,
}

/// The time that a step has, for all of its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

impl Wire {
    pub(super) fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), gatherer: Gatherer::new(0), tag: 0, told_of_mails: false }
    }

    /// The bare connection, for TLS to be laid over it; refused where bytes have come that TLS would not cover.
    pub(super) fn into_stream(self) -> Result<Box<dyn Stream>, ImapFault> {
        if self.gatherer.is_empty() { Ok(self.stream) } else { Err(ImapFault::misbehaved()) }
    }

    /// How many bytes of literals the next responses may hold.
    pub(super) fn allow(&mut self, literals: usize) {
        self.gatherer.allow(literals);
    }

    /// Sends a command; its tag.
    pub(super) async fn send(&mut self, command: &[u8], deadline: Deadline) -> Result<String, ImapFault> {
        self.tag = self.tag.wrapping_add(1);
        let tag = format!("a{}", self.tag);
        let mut line = zeroize::Zeroizing::new(Vec::with_capacity(tag.len() + command.len() + 3));
        line.extend_from_slice(tag.as_bytes());
        line.push(b' ');
        line.extend_from_slice(command);
        line.extend_from_slice(b"\r\n");
        self.say(&line, deadline).await?;
        Ok(tag)
    }

    /// Sends bytes as they are.
    pub(super) async fn say(&mut self, bytes: &[u8], deadline: Deadline) -> Result<(), ImapFault> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(deadline.left(), sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ImapFault::lost()),
            Err(_) => Err(ImapFault::too_slow()),
        }
    }

    /// The next response. Can be given up while it waits, and nothing is lost.
    pub(super) async fn hear(&mut self, deadline: Deadline) -> Result<Response, ImapFault> {
        loop {
            if let Some(gathered) = self.gatherer.next().map_err(|_| ImapFault::misbehaved())? {
                let response = understand(gathered);
                self.told_of_mails |= matches!(response, Response::Exists(_));
                return Ok(response);
            }
            let mut piece = [0; PIECE];
            match timeout(deadline.left(), self.stream.read(&mut piece)).await {
                Ok(Ok(count)) if count > 0 => self.gatherer.push(piece.get(..count).unwrap_or_default()),
                Ok(_) => return Err(ImapFault::lost()),
                Err(_) => return Err(ImapFault::too_slow()),
            }
        }
    }

    /// One command with all its responses: `tell` hears of each but the last, which is its end.
    pub(super) async fn command(
        &mut self,
        command: &[u8],
        within: Duration,
        tell: impl FnMut(Response) -> Result<(), ImapFault>,
    ) -> Result<Status, ImapFault> {
        let deadline = Deadline::within(within);
        let tag = self.send(command, deadline).await?;
        self.end_of(&tag, deadline, tell).await
    }

    /// The responses until a command's end.
    pub(super) async fn end_of(
        &mut self,
        tag: &str,
        deadline: Deadline,
        mut tell: impl FnMut(Response) -> Result<(), ImapFault>,
    ) -> Result<Status, ImapFault> {
        for _ in 0..MOST_RESPONSES {
            match self.hear(deadline).await? {
                Response::Done { tag: its_tag, status } if its_tag == tag => return Ok(status),
                Response::Done { .. } | Response::Continue => return Err(ImapFault::misbehaved()),
                Response::Status(status) if status.verdict == Verdict::Bye => {
                    return Err(ImapFault::lost().saying(&status.words));
                }
                other => tell(other)?,
            }
        }
        Err(ImapFault::misbehaved())
    }
}
