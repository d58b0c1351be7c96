//! A submission server that does as its script says, and remembers what happened to it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Where in the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Body,
}

/// What it does there in place of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Well,
    Hangs(Stage),
    Cuts(Stage),
    Says(Stage, &'static str),
    /// Waits until the test lets it go on.
    Waits(Stage),
}

/// What happened to it.
#[derive(Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub open: usize,
    pub most_open: usize,
    pub quits: usize,
    /// Each mail that it took, and when.
    pub mails: Vec<(Instant, String)>,
    /// How often each stage was reached.
    pub reached: Vec<Stage>,
}

/// Something that happens when a stage is reached.
type Hook = Option<(Stage, fn())>;

/// The server.
#[derive(Clone)]
pub struct Server {
    pub port: u16,
    does: Arc<Mutex<Does>>,
    pub seen: Arc<Mutex<Seen>>,
    go_on: Arc<Notify>,
    changed: Arc<Notify>,
    hook: Arc<Mutex<Hook>>,
}

impl Server {
    pub async fn that(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            does: Arc::new(Mutex::new(does)),
            seen: Arc::default(),
            go_on: Arc::default(),
            changed: Arc::default(),
            hook: Arc::default(),
        };
        let own = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let own = own.clone();
                tokio::spawn(async move {
                    own.note(|seen| {
                        seen.connections += 1;
                        seen.open += 1;
                        seen.most_open = seen.most_open.max(seen.open);
                    });
                    // A client that goes away ends the dialogue.
                    let _ = own.serve(stream).await;
                    own.note(|seen| seen.open -= 1);
                });
            }
        });
        server
    }

    /// From now on it does this.
    pub fn now(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// Something that happens when a stage is reached.
    pub fn when(&self, stage: Stage, hook: fn()) {
        *self.hook.lock().unwrap() = Some((stage, hook));
    }

    pub fn go_on(&self) {
        self.go_on.notify_one();
    }

    pub fn mails(&self) -> usize {
        self.seen.lock().unwrap().mails.len()
    }

    /// Waits for a state.
    pub async fn until(&self, right: impl Fn(&Seen) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if right(&self.seen.lock().unwrap()) {
                    return;
                }
                changed.await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(30), wait).await;
        assert!(waited.is_ok(), "never came: {:?}", self.seen.lock().unwrap());
    }

    fn note(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen.lock().unwrap());
        self.changed.notify_waiters();
    }

    /// What it says at a stage; none where it is not to say anything more.
    async fn says(&self, stage: Stage, well: &'static str) -> Option<&'static str> {
        self.note(|seen| seen.reached.push(stage));
        let hook = *self.hook.lock().unwrap();
        if let Some((_, hook)) = hook.filter(|(at, _)| *at == stage) {
            hook();
        }
        let does = *self.does.lock().unwrap();
        match does {
            Does::Hangs(at) if at == stage => std::future::pending().await,
            Does::Cuts(at) if at == stage => None,
            Does::Says(at, reply) if at == stage => Some(reply),
            Does::Waits(at) if at == stage => {
                self.go_on.notified().await;
                Some(well)
            }
            _ => Some(well),
        }
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let Some(greeting) = self.says(Stage::Greeting, "220 test").await else { return Ok(()) };
        stream.write_all(format!("{greeting}\r\n").as_bytes()).await?;
        loop {
            let mut line = String::new();
            // Also hears the client hang up while it hangs itself.
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            let answer = async {
                match word.as_str() {
                    "EHLO" | "HELO" => self.says(Stage::Ehlo, "250 test").await,
                    "MAIL" => self.says(Stage::Mail, "250 ok").await,
                    "RCPT" => self.says(Stage::Rcpt, "250 ok").await,
                    "DATA" => self.says(Stage::Data, "354 go on").await,
                    "QUIT" => {
                        self.note(|seen| seen.quits += 1);
                        Some("221 bye")
                    }
                    _ => Some("250 ok"),
                }
            };
            let Some(reply) = answer.await else { return Ok(()) };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
            if word == "DATA" && reply.starts_with('3') {
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await? == 0 {
                        return Ok(());
                    }
                }
                let Some(reply) = self.says(Stage::Body, "250 queued as 42").await else { return Ok(()) };
                if reply.starts_with('2') {
                    self.note(|seen| seen.mails.push((Instant::now(), mail)));
                }
                stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
            }
            if word == "QUIT" {
                return Ok(());
            }
        }
    }
}
