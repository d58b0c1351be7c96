//! Bombs for the SMTP session and its data reader: lines without end, commands without end, dots and bare line
//! ends, 25 MB each.

use std::hint::black_box;
use std::sync::Arc;

use intake::data::{Allowance, DataReader};
use intake::session::{Demand, Lookup, Recording, Session, Terms};

use super::Bomb;

const STREAM: usize = 26_000_000;

/// To a session, in pieces as a socket gives them.
fn talk(head: &str, filling: &str) -> Box<dyn FnOnce()> {
    let mut stream = head.as_bytes().to_vec();
    stream.extend(filling.as_bytes().repeat(STREAM / filling.len().max(1)));
    Box::new(move || {
        let Ok(terms) = Terms::for_domain("inbox.example.com") else { return };
        let mut session = Session::new(&Arc::new(terms), &Allowance::new(STREAM * 2));
        for mut piece in stream.chunks(16 * 1024) {
            loop {
                let (taken, demand) = session.feed(piece);
                piece = piece.get(taken..).unwrap_or_default();
                black_box(session.take_output());
                let next = match demand {
                    None => break,
                    Some(Demand::FindRecipient(_)) => session.recipient_found(Lookup::Unavailable),
                    Some(Demand::Record(mail)) => {
                        drop(mail);
                        session.recorded(Recording::Durable)
                    }
                    Some(other) => Some(other),
                };
                if next.is_some() {
                    return;
                }
            }
        }
    })
}

fn data(filling: &'static str) -> Box<dyn FnOnce()> {
    let stream = filling.as_bytes().repeat(STREAM / filling.len().max(1));
    Box::new(move || {
        let mut reader = DataReader::new(STREAM, &Allowance::new(STREAM * 2));
        for mut piece in stream.chunks(16 * 1024) {
            while !piece.is_empty() {
                let (taken, ended) = reader.feed(piece);
                piece = piece.get(taken..).unwrap_or_default();
                if ended {
                    reader = DataReader::new(STREAM, &Allowance::new(STREAM * 2));
                }
            }
        }
        black_box(reader.finish().is_ok());
    })
}

pub fn all() -> Vec<Bomb> {
    let bomb = |name, prepare| Bomb { name, prepare };
    vec![
        bomb("session: a command line without end", || talk("", "a")),
        bomb("session: returns without end", || talk("", "\r")),
        bomb("session: NULs", || talk("", "\0")),
        bomb("session: commands without end", || talk("EHLO x\r\n", "NOOP\r\n")),
        bomb("session: a mail without recipient that doesn't end", || {
            talk("EHLO x\r\nMAIL FROM:<>\r\nDATA\r\n", "x\r\n")
        }),
        bomb("session: a mail to the postmaster that doesn't end", || {
            talk("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n", "..\r\n")
        }),
        bomb("data: dots", || data(".")),
        bomb("data: lines of two dots", || data("..\r\n")),
        bomb("data: returns", || data("\r")),
        bomb("data: line ends", || data("\r\n")),
        bomb("data: ends that are none", || data("\r\n.\r\r\n.\n")),
        bomb("data: millions of empty mails", || data(".\r\n")),
        bomb("data: one line", || data("x")),
    ]
}
