//! A submission server of the proof's own, on 127.0.0.1: takes every message, remembers it before it says 250, and is
//! never killed. So it knows what really left, whatever the program remembers of it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;

use crate::Fault;
use crate::random::Random;

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The order its subject names.
    pub order: String,
    /// Its Message-ID.
    pub message_id: String,
    /// When its last byte had come.
    pub at: Timestamp,
}

/// The server; it listens until the process ends.
#[derive(Debug, Clone)]
pub struct Sink {
    port: u16,
    taken: Arc<Mutex<Vec<Accepted>>>,
}

impl Sink {
    /// Listens on a free port. Before some of its replies it waits a little, so that a kill may find a message on
    /// its way.
    pub fn start(mut random: Random) -> Result<Self, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let sink = Self { port: listener.local_addr()?.port(), taken: Arc::default() };
        let own = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sink, random) = (own.clone(), random.fork());
                // A peer that is killed breaks its connection; what it had not ended was not taken.
                std::thread::spawn(move || sink.serve(&stream, random));
            }
        });
        Ok(sink)
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// All that it took so far.
    pub fn taken(&self) -> Vec<Accepted> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Accepted>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream, mut random: Random) -> Option<()> {
        let mut said = stream;
        let mut heard = BufReader::new(stream.try_clone().ok()?);
        said.write_all(b"220 sink.example ESMTP\r\n").ok()?;
        loop {
            let mut line = String::new();
            if heard.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if random.percent(10) {
                std::thread::sleep(Duration::from_millis(random.below(30)));
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => said.write_all(b"250-sink.example\r\n250 8BITMIME\r\n").ok()?,
                "DATA" => {
                    said.write_all(b"354 go on\r\n").ok()?;
                    let message = data(&mut heard)?;
                    self.lock().push(Accepted {
                        order: field(&message, "subject:")?.rsplit(' ').next()?.to_owned(),
                        message_id: field(&message, "message-id:")?.to_owned(),
                        at: Timestamp::from_clock(),
                    });
                    if random.percent(30) {
                        std::thread::sleep(Duration::from_millis(random.below(40)));
                    }
                    said.write_all(b"250 2.0.0 taken\r\n").ok()?;
                }
                "QUIT" => {
                    said.write_all(b"221 2.0.0 bye\r\n").ok()?;
                    return Some(());
                }
                _ => said.write_all(b"250 2.0.0 ok\r\n").ok()?,
            }
        }
    }
}

/// The lines up to the final dot; none where the connection broke before.
fn data(heard: &mut impl BufRead) -> Option<String> {
    let mut all = String::new();
    loop {
        let mut line = Vec::new();
        if heard.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(all);
        }
        all.push_str(&String::from_utf8_lossy(&line));
    }
}

/// A header field's value, named in lower case with its colon.
fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.lines().take_while(|line| !line.is_empty());
    head.filter(|line| line.is_char_boundary(name.len())).find_map(|line| {
        let (own, value) = line.split_at_checked(name.len())?;
        own.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{Answer, Session};

    #[test]
    fn a_message_is_remembered_once_its_last_byte_has_come_and_not_before() {
        let sink = Sink::start(Random::seeded(1)).unwrap();
        let mut session = Session::open(&format!("127.0.0.1:{}", sink.port())).unwrap();
        let mail = b"Message-ID: <message-1@a.example>\r\nSubject: Your order 111-0000000-0000001\r\n\r\nHello\r\n";
        assert_eq!(session.deliver("x@y.example", mail).unwrap(), Answer::Acknowledged);
        let taken = sink.taken();
        assert_eq!(
            (taken[0].order.as_str(), taken[0].message_id.as_str()),
            ("111-0000000-0000001", "<message-1@a.example>")
        );

        let mut broken = TcpStream::connect(("127.0.0.1", sink.port())).unwrap();
        broken.write_all(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<x@y.example>\r\nDATA\r\nSubject: a\r\n").unwrap();
        drop(broken);
        assert_eq!(session.deliver("x@y.example", mail).unwrap(), Answer::Acknowledged);
        assert_eq!(sink.taken().len(), 2);
    }
}
