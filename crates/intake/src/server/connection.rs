//! One connection: bytes from the socket into the session, its replies out, and its demands met. Every wait
//! has an end; a session that is lost in the middle of a mail has recorded nothing.

use std::sync::Arc;
use std::time::Duration;

use model::inbound::Door;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::recording::record;
use super::settings::Timing;
use super::tls::Tls;
use crate::data::Allowance;
use crate::reading::ReadingRoom;
use crate::recording::{Recorder, RecorderError};
use crate::session::{Demand, Lookup, Session, Tally, Terms};

/// Bytes taken from a socket at once.
const PIECE: usize = 16 * 1024;

/// What all connections share.
pub(super) struct House<R> {
    pub(super) recorder: Arc<R>,
    pub(super) room: Arc<ReadingRoom>,
    pub(super) terms: Arc<Terms>,
    /// By which door its mails come.
    pub(super) door: Door,
    pub(super) timing: Timing,
    pub(super) tls: Option<Tls>,
    pub(super) allowance: Arc<Allowance>,
}

/// How a stretch of a session in plain text or in TLS ended.
enum Ending {
    /// The connection is done with.
    Closed,
    /// The peer is waiting for the handshake.
    StartTls,
}

/// Why a session was lost without a goodbye.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// The peer went away or the connection broke.
    Broken,
    /// The peer did not take our replies.
    WriteTimedOut,
}

impl Loss {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::WriteTimedOut => "peer stopped listening",
        }
    }
}

impl From<std::io::Error> for Loss {
    fn from(_: std::io::Error) -> Self {
        Self::Broken
    }
}

impl From<tokio::time::error::Elapsed> for Loss {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::WriteTimedOut
    }
}

pub(super) struct Connection<R> {
    number: u64,
    house: Arc<House<R>>,
    closing: watch::Receiver<bool>,
    session: Session,
    began: Instant,
    /// Set while a mail's bytes come in.
    data_began: Option<Instant>,
}

impl<R: Recorder> Connection<R> {
    pub(super) fn new(number: u64, house: Arc<House<R>>, closing: watch::Receiver<bool>) -> Self {
        let session = Session::new(&house.terms, &house.allowance);
        Self { number, house, closing, session, began: Instant::now(), data_began: None }
    }

    pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut self, mut stream: S) {
        tracing::debug!(session = self.number, "session begun");
        let ending = match self.talk(&mut stream).await {
            Ok(Ending::StartTls) => self.serve_in_tls(stream).await,
            other => other,
        };
        self.tell(ending.err());
    }

    /// One line for a session from which something came or was refused, so that a mail that never arrived can
    /// be looked for; the many that only knock are for whoever wants to see them.
    fn tell(&self, loss: Option<Loss>) {
        let Tally { mails, refused_mails, unknown_recipients, faults, .. } = self.session.tally();
        let (session, tls) = (self.number, self.session.is_secured());
        let lost = loss.map_or("no", Loss::as_str);
        if mails + refused_mails + unknown_recipients > 0 {
            tracing::info!(session, mails, refused_mails, unknown_recipients, faults, tls, lost, "session ended");
        } else {
            tracing::debug!(session, faults, tls, lost, "session ended");
        }
    }

    async fn serve_in_tls<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: S) -> Result<Ending, Loss> {
        let Some(tls) = &self.house.tls else { return Err(Loss::Broken) };
        let mut stream = timeout(self.house.timing.handshake, tls.acceptor.accept(stream)).await??;
        self.session.secured();
        self.talk(&mut stream).await
    }

    /// Talks until the end or until TLS is asked for. What the peer sent in plain text behind STARTTLS is
    /// dropped with `buffer` here (RFC 3207, 4.2).
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<Ending, Loss> {
        let mut buffer = vec![0; PIECE];
        loop {
            self.flush(stream).await?;
            let count = match self.listen(stream, &mut buffer).await {
                Heard::Bytes(count) => count,
                Heard::Nothing => return Err(Loss::Broken),
                Heard::TooLate => {
                    self.session.time_out();
                    return self.close(stream).await;
                }
                Heard::Closing => {
                    self.session.shut_down();
                    return self.close(stream).await;
                }
            };
            let mut rest = buffer.get(..count).unwrap_or_default();
            loop {
                let (taken, demand) = self.session.feed(rest);
                rest = rest.get(taken..).unwrap_or_default();
                self.watch_data();
                let Some(demand) = demand else { break };
                let next = self.meet(demand, stream).await?;
                match next {
                    Next::GoOn => {}
                    Next::End(Ending::Closed) => return self.close(stream).await,
                    Next::End(ending) => {
                        self.flush(stream).await?;
                        return Ok(ending);
                    }
                }
            }
        }
    }

    async fn meet<S: AsyncWrite + Unpin>(&mut self, demand: Demand, stream: &mut S) -> Result<Next, Loss> {
        let follow_up = match demand {
            Demand::FindRecipient(local_part) => {
                let answer = match self.house.recorder.find_recipient(&local_part.0).await {
                    Ok(Some(recipient)) => Lookup::Known(recipient),
                    Ok(None) => Lookup::Unknown,
                    Err(RecorderError::Flooded) => {
                        tracing::warn!(session = self.number, "an address has more unproven mail than is believable");
                        Lookup::Flooded
                    }
                    Err(error) => {
                        tracing::error!(
                            session = self.number,
                            error = error.in_full(),
                            "an address could not be looked up"
                        );
                        Lookup::Unavailable
                    }
                };
                self.session.recipient_found(answer)
            }
            Demand::Record(mail) => {
                // What was said before need not wait for the disk.
                self.flush(stream).await?;
                let House { recorder, room, door, .. } = self.house.as_ref();
                let outcomes = record(recorder.as_ref(), room, *door, *mail, self.number).await;
                self.session.recorded_for(&outcomes)
            }
            Demand::StartTls => return Ok(Next::End(Ending::StartTls)),
            Demand::Close => return Ok(Next::End(Ending::Closed)),
        };
        match follow_up {
            None => Ok(Next::GoOn),
            // Answers lead to nothing but an end.
            Some(_) => Ok(Next::End(Ending::Closed)),
        }
    }

    /// Waits for bytes, no longer than the peer may take.
    async fn listen<S: AsyncRead + Unpin>(&mut self, stream: &mut S, buffer: &mut [u8]) -> Heard {
        let timing = &self.house.timing;
        let now = Instant::now();
        let read = stream.read(buffer);
        let outcome = if let Some(began) = self.data_began {
            // A mail in flight is finished even when the program stops.
            timeout_at(earlier(now, timing.data_pause, began, timing.data), read).await
        } else {
            let deadline = earlier(now, timing.command, self.began, timing.session);
            tokio::select! {
                biased;
                _ = self.closing.wait_for(|closing| *closing) => return Heard::Closing,
                outcome = timeout_at(deadline, read) => outcome,
            }
        };
        match outcome {
            Err(_) => Heard::TooLate,
            Ok(Ok(0) | Err(_)) => Heard::Nothing,
            Ok(Ok(count)) => Heard::Bytes(count),
        }
    }

    fn watch_data(&mut self) {
        if !self.session.in_data() {
            self.data_began = None;
        } else if self.data_began.is_none() {
            self.data_began = Some(Instant::now());
        }
    }

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<(), Loss> {
        let output = self.session.take_output();
        if !output.is_empty() {
            timeout(self.house.timing.write, async {
                stream.write_all(&output).await?;
                stream.flush().await
            })
            .await??;
        }
        Ok(())
    }

    async fn close<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<Ending, Loss> {
        self.flush(stream).await?;
        timeout(self.house.timing.write, stream.shutdown()).await??;
        Ok(Ending::Closed)
    }
}

enum Next {
    GoOn,
    End(Ending),
}

enum Heard {
    Bytes(usize),
    Nothing,
    TooLate,
    Closing,
}

/// The earlier of two deadlines, each a beginning and a length.
fn earlier(one: Instant, one_length: Duration, other: Instant, other_length: Duration) -> Instant {
    (one + one_length).min(other + other_length)
}
