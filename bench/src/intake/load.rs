//! The load: so many connections at once, each with many mails, one after another, each acknowledged before the
//! next begins. It speaks SMTP with pipelining as mail servers do, and the same to every receiver.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Barrier;

use super::letter::Letter;
use crate::figures;

/// Connections from one address: half of what Abide admits of one peer, so that one made anew need not wait for the end of
/// the old one. Others come from the next address of this machine.
const FROM_ONE_ADDRESS: usize = 10;
/// Mails over one connection, before it is made anew.
const MAILS_A_CONNECTION: u32 = 100;
/// Not counted, while the connections come to speed.
const WARMING_UP: Duration = Duration::from_millis(500);

/// Where to.
#[derive(Clone)]
pub struct Target {
    /// The receivers; connections are shared out among them.
    pub receivers: Vec<SocketAddr>,
    /// Full addresses; notices are shared out among them.
    pub recipients: Arc<Vec<String>>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// All that were acknowledged, also outside of the time that counts.
    pub acknowledged: u32,
    /// Acknowledged within the time that counts, per second.
    pub a_second: f64,
    /// Half of the mails took at most so long from MAIL to the acknowledgement.
    pub median: Duration,
    /// 99 of 100 did.
    pub slow: Duration,
}

impl Outcome {
    /// One line.
    pub fn print(&self, what: &str) {
        println!(
            "{what:<44} {:>9.0} /s  p50 {:>7.1} ms  p99 {:>7.1} ms",
            self.a_second,
            self.median.as_secs_f64() * 1e3,
            self.slow.as_secs_f64() * 1e3
        );
    }
}

/// Numbers are never used twice in a run, so that each notice is a new one.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Sends for `counted` and a little more; every mail that is not acknowledged is an error.
pub fn send(target: &Target, connections: usize, counted: Duration, letter: &Letter) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let ready = Arc::new(Barrier::new(connections));
        let mut senders = tokio::task::JoinSet::new();
        for place in 0..connections {
            let sender = Sender {
                target: target.clone(),
                place,
                letter: letter.clone(),
                line: String::new(),
                heard: Vec::new(),
            };
            senders.spawn(sender.work(Arc::clone(&ready), counted));
        }
        let (mut acknowledged, mut times) = (0, Vec::new());
        while let Some(ended) = senders.join_next().await {
            let (all, mut within) = ended.map_err(|error| error.to_string())??;
            acknowledged += all;
            times.append(&mut within);
        }
        times.sort_unstable();
        let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied();
        let within = u32::try_from(times.len()).unwrap_or(u32::MAX);
        Ok(Outcome {
            acknowledged,
            a_second: f64::from(within) / counted.as_secs_f64(),
            median: at(50).unwrap_or_default(),
            slow: at(99).unwrap_or_default(),
        })
    })
}

/// The median of several rounds, each figure by itself.
pub fn median(rounds: &[Outcome]) -> Outcome {
    Outcome {
        acknowledged: rounds.iter().map(|round| round.acknowledged).sum(),
        a_second: figures::middle(rounds.iter().map(|round| round.a_second)),
        median: Duration::from_secs_f64(figures::middle(rounds.iter().map(|round| round.median.as_secs_f64()))),
        slow: Duration::from_secs_f64(figures::middle(rounds.iter().map(|round| round.slow.as_secs_f64()))),
    }
}

struct Sender {
    target: Target,
    place: usize,
    letter: Letter,
    line: String,
    /// How long each mail took that was acknowledged in the time that counts.
    heard: Vec<Duration>,
}

impl Sender {
    async fn work(mut self, ready: Arc<Barrier>, counted: Duration) -> Result<(u32, Vec<Duration>), String> {
        let mut stream = self.connect().await?;
        ready.wait().await;
        let from = Instant::now() + WARMING_UP;
        let until = from + counted;
        let (mut all, mut on_this) = (0, 0);
        while Instant::now() < until {
            if on_this == MAILS_A_CONNECTION {
                self.say(&mut stream, b"QUIT\r\n", "221").await?;
                stream = self.connect().await?;
                on_this = 0;
            }
            let began = Instant::now();
            self.mail(&mut stream).await?;
            let ended = Instant::now();
            if ended >= from && ended < until {
                self.heard.push(ended - began);
            }
            all += 1;
            on_this += 1;
        }
        self.say(&mut stream, b"QUIT\r\n", "221").await?;
        Ok((all, self.heard))
    }

    async fn connect(&mut self) -> Result<BufReader<TcpStream>, String> {
        let fault = |error: std::io::Error| format!("no connection to the receiver: {error}");
        let receiver = self.target.receivers.get(self.place % self.target.receivers.len().max(1));
        let receiver = *receiver.ok_or("no receiver")?;
        let host = u8::try_from(2 + self.place / FROM_ONE_ADDRESS).map_err(|_| "too many connections")?;
        let socket = TcpSocket::new_v4().map_err(fault)?;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0))).map_err(fault)?;
        let stream = socket.connect(receiver).await.map_err(fault)?;
        stream.set_nodelay(true).map_err(fault)?;
        let mut stream = BufReader::new(stream);
        self.hear(&mut stream, "220").await?;
        self.say(&mut stream, b"EHLO load.example\r\n", "250").await?;
        Ok(stream)
    }

    async fn mail(&mut self, stream: &mut BufReader<TcpStream>) -> Result<(), String> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let recipients = &self.target.recipients;
        let place = usize::try_from(number).unwrap_or_default() % recipients.len().max(1);
        let recipient = recipients.get(place).ok_or("no recipient")?;
        let envelope =
            format!("MAIL FROM:<bounces@eu-west-1.amazonses.com>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n").into_bytes();
        stream.write_all(&envelope).await.map_err(lost)?;
        self.hear(stream, "250").await?;
        self.hear(stream, "250").await?;
        self.hear(stream, "354").await?;
        let text = self.letter.numbered(number);
        stream.write_all(text).await.map_err(lost)?;
        self.say(stream, b".\r\n", "250").await
    }

    async fn say(&mut self, stream: &mut BufReader<TcpStream>, what: &[u8], expected: &str) -> Result<(), String> {
        stream.write_all(what).await.map_err(lost)?;
        self.hear(stream, expected).await
    }

    /// One reply; all its lines but the last have a hyphen after the code (RFC 5321, 4.2.1).
    async fn hear(&mut self, stream: &mut BufReader<TcpStream>, expected: &str) -> Result<(), String> {
        loop {
            self.line.clear();
            if stream.read_line(&mut self.line).await.map_err(lost)? == 0 {
                return Err("the receiver closed the connection".into());
            }
            if self.line.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            if self.line.starts_with(expected) {
                return Ok(());
            }
            return Err(format!("the receiver said {}", self.line.trim_end()));
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
fn lost(error: std::io::Error) -> String {
    format!("the connection was lost: {error}")
}
