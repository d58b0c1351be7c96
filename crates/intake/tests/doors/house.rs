//! A server on a free port of this machine with a recorder of our own, and a client that talks to it line by
//! line.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use intake::server::{Certificate, Tls};
use intake::session::Terms;
use intake::{ReadingRoom, Recorder, Server, ServerSettings};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::desk::{FakeRecorder, room};

/// A mail as it is sent, but for its end.
pub const MAIL: &str = "Subject: hi\r\n\r\n..text";
/// The same as it is recorded.
pub const RAW: &[u8] = b"Subject: hi\r\n\r\n.text\r\n";

pub struct House<R = FakeRecorder> {
    pub address: SocketAddr,
    pub recorder: Arc<R>,
    pub certificate: CertificateDer<'static>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

pub fn settings() -> ServerSettings {
    ServerSettings::new(Terms::for_domain("localhost").unwrap())
}

impl House {
    pub async fn open() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: ServerSettings) -> Self {
        Self::around(settings, room(), Arc::new(FakeRecorder::new())).await
    }
}

impl<R: Recorder> House<R> {
    pub async fn around(settings: ServerSettings, room: Arc<ReadingRoom>, recorder: Arc<R>) -> Self {
        let tls = Tls::open(&Certificate::InMemory, "localhost").unwrap();
        let certificate = tls.certificate().clone();
        let any = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(any, settings, Some(tls), room, Arc::clone(&recorder)).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, recorder, certificate, stop: Some(stop), running }
    }

    pub async fn client(&self) -> Client<TcpStream> {
        let mut client = self.silent_client().await;
        client.expect("220 localhost").await;
        client
    }

    pub async fn silent_client(&self) -> Client<TcpStream> {
        Client { stream: BufReader::new(TcpStream::connect(self.address).await.unwrap()) }
    }

    /// Asks the server to stop.
    pub fn begin_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has.
    pub async fn stopped(self) {
        tokio::time::timeout(Duration::from_secs(20), self.running).await.expect("the server hangs").unwrap();
    }
}

pub struct Client<S> {
    pub stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The last line of a reply; empty where the connection has ended.
    pub async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line);
            tokio::time::timeout(Duration::from_secs(20), read).await.expect("no reply").unwrap_or(0);
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    #[track_caller]
    pub fn expect(&mut self, reply: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let said = self.reply().await;
            assert!(said.starts_with(reply), "{said:?}, not {reply:?}, at {place}");
        }
    }

    pub async fn cmd(&mut self, command: &str, reply: &str) {
        self.write(format!("{command}\r\n").as_bytes()).await;
        let said = self.reply().await;
        assert!(said.starts_with(reply), "{command:?} was answered by {said:?}, not {reply:?}");
    }

    pub async fn address(&mut self, recipient: &str) {
        self.cmd("EHLO client", "250").await;
        self.cmd("MAIL FROM:<someone@example.net>", "250").await;
        self.cmd(&format!("RCPT TO:<{recipient}@localhost>"), "250").await;
    }

    pub async fn send(&mut self, recipient: &str, mail: &str, reply: &str) {
        self.address(recipient).await;
        self.cmd("DATA", "354").await;
        self.cmd(&format!("{mail}\r\n."), reply).await;
    }

    /// That the server has closed the connection.
    pub async fn ended(&mut self) {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(20), self.stream.read_to_end(&mut rest)).await;
        let _ = end.expect("the connection is still open");
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }
}
