//! The listening socket: who may come in, and how the house is closed. Nothing that a peer does ends it.

use std::future::Future;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use model::inbound::Door;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::connection::{Connection, House};
use super::peers::Peers;
use super::settings::ServerSettings;
use super::socket::{Place, Socket, Stream};
use super::tls::Tls;
use crate::IntakeError;
use crate::data::Allowance;
use crate::reading::ReadingRoom;
use crate::recording::Recorder;
use crate::session::Protocol;

/// An SMTP or LMTP receiver that listens and is yet to run.
pub struct Server<R> {
    socket: Socket,
    connections: Arc<Semaphore>,
    peers: Arc<Peers>,
    drain: Duration,
    house: Arc<House<R>>,
}

impl<R> std::fmt::Debug for Server<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("place", self.socket.place()).finish_non_exhaustive()
    }
}

impl<R: Recorder> Server<R> {
    /// Takes the port; peers wait until [`Self::run`].
    ///
    /// # Errors
    /// The port is taken, forbidden, or not this machine's.
    pub async fn bind(
        address: SocketAddr,
        settings: ServerSettings,
        tls: Option<Tls>,
        room: Arc<ReadingRoom>,
        recorder: Arc<R>,
    ) -> Result<Self, IntakeError> {
        Ok(Self::open(Socket::bind(&Place::Port(address)).await?, settings, tls, room, recorder))
    }

    /// Takes a place to listen at, a port or a Unix socket. On a socket TLS would guard nothing and is not offered.
    ///
    /// # Errors
    /// As [`Self::bind`]; the socket's folder is missing or not ours to write in, or somebody listens there already.
    pub async fn bind_at(
        place: &Place,
        settings: ServerSettings,
        tls: Option<Tls>,
        room: Arc<ReadingRoom>,
        recorder: Arc<R>,
    ) -> Result<Self, IntakeError> {
        let tls = tls.filter(|_| matches!(place, Place::Port(_)));
        Ok(Self::open(Socket::bind(place).await?, settings, tls, room, recorder))
    }

    fn open(
        socket: Socket,
        mut settings: ServerSettings,
        tls: Option<Tls>,
        room: Arc<ReadingRoom>,
        recorder: Arc<R>,
    ) -> Self {
        settings.terms.tls = tls.is_some();
        Self {
            socket,
            connections: Arc::new(Semaphore::new(settings.connections)),
            peers: Peers::new(settings.connections_per_peer),
            drain: settings.timing.drain,
            house: Arc::new(House {
                recorder,
                room,
                door: match settings.terms.protocol {
                    Protocol::Smtp => Door::Smtp,
                    Protocol::Lmtp => Door::Lmtp,
                },
                terms: Arc::new(settings.terms),
                timing: settings.timing,
                tls,
                allowance: Allowance::new(settings.mail_memory),
            }),
        }
    }

    /// Its port, where it listens at one; tells which where 0 was asked for.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.socket.place() {
            Place::Port(address) => Some(*address),
            Place::Socket(_) => None,
        }
    }

    /// Where it listens.
    pub fn place(&self) -> &Place {
        self.socket.place()
    }

    /// Serves until `stop` is ready, then lets mails in flight finish, for a while, and says 421 to all
    /// others. What was not acknowledged by then will be sent again by its peer.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let (closing, closed) = watch::channel(false);
        let mut sessions = JoinSet::new();
        let mut number: u64 = 0;
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = sessions.join_next(), if !sessions.is_empty() => report(ended),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        number += 1;
                        self.welcome(stream, peer, number, &closed, &mut sessions);
                    }
                    Err(error) => {
                        // Out of file descriptors, mostly: it passes when sessions end.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
        drop(self.socket);
        let _ = closing.send(true);
        let drained = tokio::time::timeout(self.drain, async {
            while let Some(ended) = sessions.join_next().await {
                report(ended);
            }
        });
        if drained.await.is_err() {
            tracing::warn!(sessions = sessions.len(), "sessions were cut off; their peers will send the mails again");
            sessions.shutdown().await;
        }
    }

    fn welcome(
        &self,
        stream: Stream,
        peer: Option<IpAddr>,
        number: u64,
        closed: &watch::Receiver<bool>,
        sessions: &mut JoinSet<()>,
    ) {
        let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() else {
            turn_away(stream, b"421 4.3.2 Too many connections; come back soon\r\n", number);
            return;
        };
        // Who can reach a Unix socket is said by its folder's mode.
        let seat = match peer.map(|peer| self.peers.seat(peer)) {
            Some(None) => {
                turn_away(stream, b"421 4.7.0 Too many connections from your address\r\n", number);
                return;
            }
            Some(seat) => seat,
            None => None,
        };
        let connection = Connection::new(number, Arc::clone(&self.house), closed.clone());
        sessions.spawn(async move {
            match stream {
                Stream::Tcp(stream) => connection.serve(stream).await,
                Stream::Unix(stream) => connection.serve(stream).await,
            }
            drop((permit, seat));
        });
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        // Without its message, which could quote what the peer said.
        tracing::error!("a session panicked and was dropped; this is a defect of Abide");
    }
}

/// One line without waiting for anybody.
fn turn_away(stream: Stream, line: &[u8], session: u64) {
    tracing::info!(session, "a connection was turned away: too many at once");
    // Whether the peer hears it is his affair.
    let _ = match stream {
        Stream::Tcp(stream) => stream.into_std().and_then(|mut stream| stream.write(line)),
        Stream::Unix(stream) => stream.into_std().and_then(|mut stream| stream.write(line)),
    };
}
