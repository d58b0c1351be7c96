//! A server on a free port of this machine with a recorder of our own, and a client that talks to it line by
//! line.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use intake::reading::{ReadOut, RoomSettings};
use intake::server::{Certificate, Tls};
use intake::session::Terms;
use intake::{ReadingRoom, Recipient, Recorder, RecorderError, Server, ServerSettings};
use model::inbound::{IncomingMail, RecordedMail};
use model::{AccountId, AddressId, MailId, MailRead};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// What the recorder is told to do with the next mails.
pub const RECORD: u8 = 0;
pub const FAIL: u8 = 1;
pub const FULL: u8 = 2;
/// Fails for the address `b` alone.
pub const FAIL_FOR_B: u8 = 3;

pub struct FakeRecorder {
    pub a: Recipient,
    pub b: Recipient,
    pub conduct: AtomicU8,
    pub recorded: Mutex<Vec<IncomingMail>>,
    pub postmaster: Mutex<Vec<usize>>,
    /// Where set, a recording waits for `go`.
    pub wait: AtomicBool,
    pub waiting: Notify,
    pub go: Notify,
}

impl FakeRecorder {
    fn new() -> Self {
        let recipient = || Recipient { account: AccountId::generate(), address: AddressId::generate() };
        Self {
            a: recipient(),
            b: recipient(),
            conduct: AtomicU8::new(RECORD),
            recorded: Mutex::default(),
            postmaster: Mutex::default(),
            wait: AtomicBool::new(false),
            waiting: Notify::new(),
            go: Notify::new(),
        }
    }

    pub fn raws(&self) -> Vec<Vec<u8>> {
        self.recorded.lock().unwrap().iter().map(|mail| mail.raw.clone()).collect()
    }
}

impl Recorder for FakeRecorder {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        match local_part {
            "a" => Ok(Some(self.a)),
            "b" => Ok(Some(self.b)),
            "broken" => Err(RecorderError::unavailable("no connection")),
            _ => Ok(None),
        }
    }

    async fn record(&self, mail: IncomingMail) -> Result<RecordedMail, RecorderError> {
        if self.wait.load(Ordering::SeqCst) {
            self.waiting.notify_one();
            self.go.notified().await;
        }
        match self.conduct.load(Ordering::SeqCst) {
            FAIL => return Err(RecorderError::unavailable("no connection")),
            FULL => return Err(RecorderError::storage_full("no space")),
            FAIL_FOR_B if mail.address == Some(self.b.address) => {
                return Err(RecorderError::unavailable("no connection"));
            }
            _ => {}
        }
        self.recorded.lock().unwrap().push(mail);
        Ok(RecordedMail { id: MailId::generate(), readings: Vec::new() })
    }

    async fn record_postmaster(&self, raw: &[u8]) -> Result<(), RecorderError> {
        self.postmaster.lock().unwrap().push(raw.len());
        Ok(())
    }
}

pub struct House {
    pub address: SocketAddr,
    pub recorder: Arc<FakeRecorder>,
    pub certificate: CertificateDer<'static>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

pub fn settings() -> ServerSettings {
    ServerSettings::new(Terms::for_domain("localhost").unwrap())
}

pub fn room() -> Arc<ReadingRoom> {
    let reader = |raw: &[u8]| {
        assert!(!raw.starts_with(b"Panic:"), "asked for");
        ReadOut { read: MailRead { subject: None, from_domain: None, readings: Vec::new() }, written_at: None }
    };
    Arc::new(ReadingRoom::open(Arc::new(reader), &RoomSettings { threads: 1, ..RoomSettings::default() }).unwrap())
}

impl House {
    pub async fn open() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: ServerSettings) -> Self {
        let recorder = Arc::new(FakeRecorder::new());
        let tls = Tls::open(&Certificate::InMemory, "localhost").unwrap();
        let certificate = tls.certificate().clone();
        let any = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(any, settings, Some(tls), room(), Arc::clone(&recorder)).await.unwrap();
        let address = server.address();
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
