//! A submission server that behaves, but for one fault at one stage. It notes every line it hears, and the mails it has
//! taken, so that a test can tell what left.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the message's end.
    End,
    Rset,
    Noop,
    Quit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Says this instead, as it stands, and goes on.
    Says(String),
    /// Says the right thing and this behind it in the same packet.
    Adds(String),
    /// Says this and hangs up.
    SaysAndCuts(String),
    /// Says this and reads no more.
    SaysAndHangs(String),
    /// Hangs up without a word.
    Cuts,
    /// Says nothing any more.
    Hangs,
    /// One byte after the other, each in time, without end.
    Drips,
}

/// What the server can do, and what it does wrong.
#[derive(Clone)]
pub struct Script {
    pub extensions: Vec<&'static str>,
    /// Each happens once.
    pub faults: Vec<(At, Fault)>,
    /// TLS from the first byte, or after STARTTLS.
    pub tls: Option<(TlsAcceptor, bool)>,
    /// AUTH is answered so.
    pub sign_in: &'static str,
}

impl Script {
    pub fn behaving() -> Self {
        Self {
            extensions: vec!["SIZE 1000000", "PIPELINING"],
            faults: Vec::new(),
            tls: None,
            sign_in: "235 2.7.0 welcome",
        }
    }

    pub fn with(at: At, fault: Fault) -> Self {
        Self { faults: vec![(at, fault)], ..Self::behaving() }
    }
}

pub fn says(reply: &str) -> Fault {
    Fault::Says(format!("{reply}\r\n"))
}

/// The server's end of TLS.
pub fn acceptor(authority: &mailserver::Authority) -> TlsAcceptor {
    let chain = CertificateDer::from_pem_slice(authority.server_certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(authority.server_key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What the server has heard and taken.
#[derive(Debug, Default)]
pub struct Heard {
    /// Every command line.
    pub lines: Vec<String>,
    /// Every message that came to its end, as it came over the wire, without the end mark.
    pub mails: Vec<Vec<u8>>,
    /// What came of a message whose end never came.
    pub fragment: Vec<u8>,
    pub connections: usize,
}

pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let notes = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            // The fault happens once, over all connections.
            let mut script = script;
            while let Ok((stream, _)) = listener.accept().await {
                notes.lock().unwrap().connections += 1;
                let _ = serve(stream, &mut script, &notes).await;
            }
        });
        Self { port, heard, task }
    }

    pub fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap()
    }

    /// The commands' first words, in order.
    pub fn verbs(&self) -> Vec<String> {
        self.heard().lines.iter().map(|line| line.split([' ', ':']).next().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until what it heard is as wanted; the test's own time-out ends a wait in vain.
    pub async fn until(&self, wanted: impl Fn(&Heard) -> bool) {
        while !wanted(&self.heard()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

trait Both: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Both for S {}

struct Session<'s> {
    stream: BufReader<Box<dyn Both>>,
    script: &'s mut Script,
    notes: &'s Mutex<Heard>,
}

async fn serve(stream: TcpStream, script: &mut Script, notes: &Mutex<Heard>) -> std::io::Result<()> {
    let stream: Box<dyn Both> = match &script.tls {
        Some((acceptor, true)) => Box::new(acceptor.accept(stream).await?),
        _ => Box::new(stream),
    };
    let mut session = Session { stream: BufReader::new(stream), script, notes };
    session.answer(At::Greeting, "220 test ESMTP\r\n").await?;
    loop {
        let Some(line) = session.line().await? else { return Ok(()) };
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let mut lines: Vec<&str> = vec!["test"];
                lines.extend(session.script.extensions.iter());
                let last = lines.len() - 1;
                let reply: Vec<String> = lines
                    .iter()
                    .enumerate()
                    .map(|(place, line)| format!("250{}{line}\r\n", if place == last { ' ' } else { '-' }))
                    .collect();
                session.answer(At::Ehlo, &reply.concat()).await?;
            }
            "STARTTLS" => {
                if session.answer(At::StartTls, "220 go ahead\r\n").await? {
                    let Some((acceptor, _)) = session.script.tls.clone() else { return Ok(()) };
                    let Session { stream, script, notes } = session;
                    let stream: Box<dyn Both> = Box::new(acceptor.accept(stream.into_inner()).await?);
                    session = Session { stream: BufReader::new(stream), script, notes };
                }
            }
            "AUTH" => {
                if line.starts_with("AUTH LOGIN") {
                    for question in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                        session.say(question).await?;
                        session.line().await?;
                    }
                }
                let reply = format!("{}\r\n", session.script.sign_in);
                session.answer(At::Auth, &reply).await?;
            }
            "MAIL" => drop(session.answer(At::Mail, "250 2.1.0 ok\r\n").await?),
            "RCPT" => drop(session.answer(At::Rcpt, "250 2.1.5 ok\r\n").await?),
            "DATA" => {
                if session.answer(At::Data, "354 go ahead\r\n").await? {
                    session.message().await?;
                    session.answer(At::End, "250 2.0.0 Ok: queued as 4ABC\r\n").await?;
                }
            }
            "RSET" => drop(session.answer(At::Rset, "250 2.0.0 ok\r\n").await?),
            "NOOP" => drop(session.answer(At::Noop, "250 2.0.0 ok\r\n").await?),
            "QUIT" => return session.answer(At::Quit, "221 2.0.0 bye\r\n").await.map(drop),
            _ => session.say("500 5.5.2 what?\r\n").await?,
        }
    }
}

impl Session<'_> {
    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        self.notes.lock().unwrap().lines.push(line.clone());
        Ok(Some(line))
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(reply.as_bytes()).await?;
        self.stream.get_mut().flush().await
    }

    /// Whether the right reply was given, so that what follows it happens.
    async fn answer(&mut self, at: At, right: &str) -> std::io::Result<bool> {
        let place = self.script.faults.iter().position(|(stage, _)| *stage == at);
        let fault = place.map(|place| self.script.faults.remove(place).1);
        let cut = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        match fault {
            None => self.say(right).await.map(|()| true),
            Some(Fault::Says(reply)) => self.say(&reply).await.map(|()| false),
            Some(Fault::Adds(more)) => self.say(&format!("{right}{more}")).await.map(|()| true),
            Some(Fault::SaysAndCuts(reply)) => self.say(&reply).await.and(Err(cut())),
            Some(Fault::SaysAndHangs(reply)) => {
                self.say(&reply).await?;
                std::future::pending().await
            }
            Some(Fault::Cuts) => Err(cut()),
            Some(Fault::Hangs) => {
                // Until the client gives up.
                let mut rest = Vec::new();
                self.stream.read_to_end(&mut rest).await?;
                Err(cut())
            }
            Some(Fault::Drips) => {
                self.say("250-").await?;
                loop {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    self.say("x").await?;
                }
            }
        }
    }

    async fn message(&mut self) -> std::io::Result<()> {
        let mut mail = Vec::new();
        loop {
            let before = mail.len();
            if self.stream.read_until(b'\n', &mut mail).await? == 0 {
                self.notes.lock().unwrap().fragment = mail;
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if &mail[before..] == b".\r\n" {
                mail.truncate(before);
                self.notes.lock().unwrap().mails.push(mail);
                return Ok(());
            }
        }
    }
}
