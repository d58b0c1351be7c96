//! Speaks just enough SMTP (RFC 5321) to hand the demo's own mails to the demo's own receiver on this machine.
//! Real messages never pass here; they leave by a permit through `channel` alone.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::notices::Letter;
use crate::exit::Failure;

/// Longer than the receiver of the same process ever takes.
const PATIENCE: Duration = Duration::from_mins(1);

struct Dialogue {
    lines: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    out: OwnedWriteHalf,
}

/// Delivers a mail; returns the server's last word, once it has said that the mail is safe.
pub async fn deliver(server: SocketAddr, recipient: &str, letter: &Letter) -> Result<String, Failure> {
    let dialogue = hand_over(server, recipient, letter);
    let heard = tokio::time::timeout(PATIENCE, dialogue).await;
    let heard = heard.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut)));
    heard.map_err(|error| Failure::could_not_run(format!("the demo's own mail could not be handed over: {error}")))
}

async fn hand_over(server: SocketAddr, recipient: &str, letter: &Letter) -> std::io::Result<String> {
    let (input, out) = TcpStream::connect(server).await?.into_split();
    let mut dialogue = Dialogue { lines: BufReader::new(input).lines(), out };
    dialogue.hear("220").await?;
    dialogue.say("EHLO demo.example\r\n", "250").await?;
    dialogue.say(&format!("MAIL FROM:<{}>\r\n", letter.from), "250").await?;
    dialogue.say(&format!("RCPT TO:<{recipient}>\r\n"), "250").await?;
    dialogue.say("DATA\r\n", "354").await?;
    dialogue.out.write_all(&stuffed(&letter.raw)).await?;
    let answer = dialogue.say(".\r\n", "250").await?;
    dialogue.say("QUIT\r\n", "221").await?;
    Ok(answer)
}

impl Dialogue {
    async fn say(&mut self, command: &str, expected: &str) -> std::io::Result<String> {
        self.out.write_all(command.as_bytes()).await?;
        self.hear(expected).await
    }

    /// The last line of a reply (RFC 5321, 4.2.1: all others have a hyphen after the code).
    async fn hear(&mut self, expected: &str) -> std::io::Result<String> {
        loop {
            let line = self.lines.next_line().await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
            if line.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            return if line.starts_with(expected) { Ok(line) } else { Err(std::io::Error::other(line)) };
        }
    }
}

/// Lines that begin with a dot get another (RFC 5321, 4.5.2).
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 16);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out
}
