//! The servers start, speak SMTP, and are gone with their values.

#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use mailserver::{Postfix, Sink};

fn greeting(port: u16) -> String {
    let mut line = String::new();
    BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap()).read_line(&mut line).unwrap();
    line
}

#[test]
fn a_sink_takes_mail_and_is_gone_with_its_value() {
    let Some(sink) = Sink::capturing(&[]) else { return };
    let connection = TcpStream::connect(("127.0.0.1", sink.port())).unwrap();
    let mut replies = BufReader::new(connection.try_clone().unwrap()).lines();
    assert!(replies.next().unwrap().unwrap().starts_with("220"));
    for (say, hear) in [
        ("HELO test", "250"),
        ("MAIL FROM:<a@a.example>", "250"),
        ("RCPT TO:<b@b.example>", "250"),
        ("DATA", "354"),
        ("Subject: kept\r\n\r\ntext\r\n.", "250"),
    ] {
        (&connection).write_all(format!("{say}\r\n").as_bytes()).unwrap();
        assert!(replies.next().unwrap().unwrap().starts_with(hear), "{say}");
    }
    drop(connection);
    while !sink.captured().contains("Subject: kept") {
        std::thread::yield_now();
    }
    let port = sink.port();
    drop(sink);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_postfix_greets_and_is_gone_with_its_value() {
    let Some(postfix) = Postfix::submission("") else { return };
    assert!(greeting(postfix.starttls_port()).starts_with("220 submission.test"));
    let (port, authority) = (postfix.starttls_port(), postfix.authority_file());
    assert!(authority.exists());
    drop(postfix);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!Path::new(&authority).exists());
}
