//! Notices that arrive by SMTP while something else goes on: one every 25 ms, each timed from the instant at which
//! it was due until its 250, so that a server that stalls is not spared the ones that waited behind.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// From one notice to the next.
const EVERY: Duration = Duration::from_millis(25);

/// Mails after which a new connection is opened, as the receiver takes a limited number in one.
const IN_ONE: u32 = 100;

/// A sender at work.
pub struct Sender {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Duration>, String>>,
}

impl Sender {
    /// Begins to send to this address at this server.
    pub fn begin(server: &str, to: &str) -> Result<Self, String> {
        let mut peer = Peer::greet(server)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, to, server) = (Arc::clone(&stop), to.to_owned(), server.to_owned());
        let thread = std::thread::spawn(move || {
            let (mut due, mut took, mut number) = (Instant::now(), Vec::new(), 0_u32);
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                peer.send(&to, &opt_out(number))?;
                took.push(due.elapsed());
                due += EVERY;
                number += 1;
                if number.is_multiple_of(IN_ONE) {
                    peer = Peer::greet(&server)?;
                }
            }
            Ok(took)
        });
        Ok(Self { stop, thread })
    }

    /// Ends it; how long each notice took, the shortest first.
    pub fn end(self) -> Result<Vec<Duration>, String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut took = self.thread.join().map_err(|_| "the sender broke off")??;
        took.sort_unstable();
        Ok(took)
    }
}

/// The time that so many in a thousand did not exceed.
pub fn thousandth(sorted: &[Duration], thousandths: usize) -> Duration {
    sorted.get((sorted.len() * thousandths / 1000).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

struct Peer {
    reader: BufReader<TcpStream>,
}

impl Peer {
    fn greet(server: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(server).map_err(|error| format!("{server}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut peer = Self { reader: BufReader::new(stream) };
        peer.expect("220")?;
        peer.say("EHLO bench.example\r\n", "250")?;
        Ok(peer)
    }

    fn send(&mut self, to: &str, mail: &str) -> Result<(), String> {
        self.say("MAIL FROM:<bounces@example.net>\r\n", "250")?;
        self.say(&format!("RCPT TO:<{to}>\r\n"), "250")?;
        self.say("DATA\r\n", "354")?;
        self.say(mail, "250")
    }

    fn say(&mut self, words: &str, code: &str) -> Result<(), String> {
        self.reader.get_mut().write_all(words.as_bytes()).map_err(|error| error.to_string())?;
        self.expect(code)
    }

    fn expect(&mut self, code: &str) -> Result<(), String> {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).map_err(|error| error.to_string())?;
            if !line.starts_with(code) {
                return Err(format!("the server said {line:?}"));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}

/// An invented opt-out, ready for DATA.
fn opt_out(number: u32) -> String {
    format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nTo: seller@example.com\r\n\
         Message-ID: <bench-{number}@eu-west-1.amazonses.com>\r\n\
         Subject: Your message to a buyer could not be delivered\r\nX-Marketplace-ID: ATVPDKIKX0DER\r\n\
         X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nDear seller,\r\nWe were unable to deliver the message you \
         sent for order [109-5555555-{number:07}] because the buyer has chosen to opt out of receiving unsolicited \
         messages from sellers.\r\n.\r\n"
    )
}
