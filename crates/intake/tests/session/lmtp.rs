//! LMTP (RFC 2033): its greeting, and an answer for each recipient after the mail.

use intake::session::{Demand, Lookup, Protocol, RecordedFor, Recording, Session, Terms};
use std::sync::Arc;

use intake::data::Allowance;

use crate::dialogue::{Dialogue, recipient, terms};

fn lmtp() -> Terms {
    Terms { protocol: Protocol::Lmtp, ..terms() }
}

fn greeted() -> Dialogue {
    let mut peer = Dialogue::with(lmtp());
    assert_eq!(peer.raw(b""), "220 inbox.example.com LMTP Abide\r\n");
    peer.cmd("LHLO peer.example.net", "250");
    peer
}

#[test]
fn each_language_refuses_the_other_s_greeting() {
    let mut peer = Dialogue::with(lmtp());
    peer.raw(b"");
    peer.cmd("EHLO peer", "500 5.5.1");
    peer.cmd("HELO peer", "500 5.5.1");
    peer.cmd("MAIL FROM:<>", "503 5.5.1 Say LHLO first");
    let offered = peer.cmd("LHLO peer", "250-inbox.example.com");
    assert!(offered.contains("PIPELINING") && offered.contains("ENHANCEDSTATUSCODES"), "RFC 2033, 5: {offered}");
    Dialogue::new().cmd("LHLO peer", "500 5.5.1");
}

#[test]
fn without_a_recipient_data_is_a_503() {
    let mut peer = greeted();
    peer.cmd("MAIL FROM:<>", "250");
    peer.cmd("RCPT TO:<nobody@inbox.example.com>", "550 5.1.1");
    peer.cmd("DATA", "503 5.5.1");
}

#[test]
fn every_rcpt_that_was_accepted_is_answered_for_in_its_order() {
    let mut session = Session::new(&Arc::new(lmtp()), &Allowance::new(1 << 20));
    let (first, second) = (recipient(), recipient());
    let stream = b"LHLO p\r\nMAIL FROM:<>\r\nRCPT TO:<one@inbox.example.com>\r\nRCPT TO:<none@inbox.example.com>\r\n\
        RCPT TO:<postmaster>\r\nRCPT TO:<two@inbox.example.com>\r\nRCPT TO:<one+x@inbox.example.com>\r\nDATA\r\na\r\n.\r\nNOOP\r\n";
    let mut rest = &stream[..];
    loop {
        let (taken, demand) = session.feed(rest);
        rest = &rest[taken..];
        match demand {
            None => break,
            Some(Demand::FindRecipient(local_part)) => {
                session.recipient_found(match local_part.0.as_str() {
                    "one" => Lookup::Known(first),
                    "two" => Lookup::Known(second),
                    _ => Lookup::Unknown,
                });
            }
            Some(Demand::Record(mail)) => {
                assert_eq!(mail.recipients, [first, second], "each address once");
                assert!(mail.postmaster);
                session.take_output();
                session.recorded_for(&RecordedFor {
                    recipients: vec![Recording::Durable, Recording::TryAgain],
                    postmaster: Some(Recording::StorageFull),
                });
            }
            Some(other) => unreachable!("{other:?}"),
        }
    }
    let said = String::from_utf8(session.take_output()).unwrap();
    let codes: Vec<&str> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
    // One, the postmaster, two, one again; then NOOP.
    assert_eq!(codes, ["250", "452", "451", "250", "250"], "{said}");
}

#[test]
fn a_mail_that_is_too_large_is_refused_for_each_recipient() {
    let mut terms = lmtp();
    terms.limits.mail = 10;
    let mut peer = Dialogue::with(terms);
    peer.raw(b"");
    peer.cmd("LHLO p", "250");
    peer.cmd("MAIL FROM:<>", "250");
    peer.cmd("RCPT TO:<first-abc@inbox.example.com>", "250");
    peer.cmd("RCPT TO:<second-def@inbox.example.com>", "250");
    peer.cmd("DATA", "354");
    let said = peer.raw(b"more than ten bytes\r\n.\r\n");
    assert_eq!(said.matches("552 5.3.4").count(), 2, "{said}");
    assert!(peer.mails.is_empty());
}

#[test]
fn an_outcome_that_is_missing_is_no_success() {
    let mut session = Session::new(&Arc::new(lmtp()), &Allowance::new(1 << 20));
    let mut rest = &b"LHLO p\r\nMAIL FROM:<>\r\nRCPT TO:<one@inbox.example.com>\r\nDATA\r\na\r\n.\r\n"[..];
    while let (taken, Some(demand)) = session.feed(rest) {
        rest = &rest[taken..];
        match demand {
            Demand::FindRecipient(_) => drop(session.recipient_found(Lookup::Known(recipient()))),
            _ => drop(session.recorded_for(&RecordedFor { recipients: Vec::new(), postmaster: None })),
        }
    }
    let said = String::from_utf8(session.take_output()).unwrap();
    assert!(said.ends_with("451 4.3.0 The mail can't be recorded now; try again later\r\n"), "{said}");
}
