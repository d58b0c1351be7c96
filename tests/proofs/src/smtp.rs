//! A small SMTP client (RFC 5321) that tells for certain whether a mail was acknowledged: only a 250 after the final
//! dot is, and a connection that breaks before it is not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::{Fault, fault};

/// How long one reply may take.
const REPLY_WITHIN: Duration = Duration::from_mins(2);

/// A session that has said EHLO.
pub struct Session {
    stream: TcpStream,
    heard: BufReader<TcpStream>,
}

/// What the receiver answered to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 250 after the data: it is durable (law 1).
    Acknowledged,
    /// Any other reply, at any step.
    NotTaken(String),
}

impl Session {
    /// Connects and greets.
    pub fn open(address: &str) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        let heard = BufReader::new(stream.try_clone()?);
        let mut session = Self { stream, heard };
        session.expect("220")?;
        session.say(b"EHLO proof.example\r\n")?;
        session.expect("250")?;
        Ok(session)
    }

    /// Delivers one mail. An error means that the connection broke: then nothing was acknowledged.
    pub fn deliver(&mut self, recipient: &str, mail: &[u8]) -> Result<Answer, Fault> {
        for (line, code) in
            [("MAIL FROM:<>".to_owned(), "250"), (format!("RCPT TO:<{recipient}>"), "250"), ("DATA".to_owned(), "354")]
        {
            self.say(format!("{line}\r\n").as_bytes())?;
            let reply = self.hear()?;
            if !reply.starts_with(code) {
                self.say(b"RSET\r\n")?;
                self.hear()?;
                return Ok(Answer::NotTaken(reply));
            }
        }
        self.say(&stuffed(mail))?;
        let reply = self.hear()?;
        Ok(if reply.starts_with("250") { Answer::Acknowledged } else { Answer::NotTaken(reply) })
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        Ok(self.stream.write_all(bytes)?)
    }

    fn expect(&mut self, code: &str) -> Result<(), Fault> {
        let reply = self.hear()?;
        if reply.starts_with(code) { Ok(()) } else { Err(fault(format!("{reply} in place of {code}"))) }
    }

    /// The last line of a reply.
    fn hear(&mut self) -> Result<String, Fault> {
        loop {
            let mut line = String::new();
            if self.heard.read_line(&mut line)? == 0 {
                return Err(fault("the connection was closed"));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}

/// A mail as it goes over the wire, with its final dot (RFC 5321, 4.5.2). Lines end with CRLF already.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(mail.len() + 8);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_dot_gets_a_second_one_and_the_mail_its_end() {
        assert_eq!(stuffed(b"a\r\n.b\r\n"), b"a\r\n..b\r\n.\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n.\r\n");
    }
}
