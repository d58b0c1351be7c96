//! What each verb answers, and in which order they may come.

use std::sync::Arc;

use intake::data::Allowance;
use intake::session::{Demand, Lookup, Recording, Session, Terms};

use crate::dialogue::{Dialogue, terms};

#[test]
fn a_mail_is_acknowledged_once_recorded() {
    let mut peer = Dialogue::addressed();
    peer.send("Subject: hi\r\n\r\n..dot", "250 2.6.0");
    assert_eq!(peer.mails[0].raw, b"Subject: hi\r\n\r\n.dot\r\n");
    assert_eq!(peer.mails[0].recipients, [peer.known["first-abc"]]);
    peer.cmd("QUIT", "221 2.0.0");
    assert!(peer.ended);
}

#[test]
fn the_extensions_are_those_that_stand_behind_them() {
    let mut peer = Dialogue::new();
    let said = peer.cmd("EHLO peer", "250-inbox.example.com");
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "250-inbox.example.com",
            "250-PIPELINING",
            "250-SIZE 26214400",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250-ENHANCEDSTATUSCODES",
            "250 STARTTLS",
        ]
    );
    let mut peer = Dialogue::with(Terms { tls: false, ..terms() });
    peer.raw(b"");
    assert!(!peer.cmd("EHLO peer", "250-").contains("STARTTLS"));
    peer.cmd("STARTTLS", "502 5.5.1");
    assert_eq!(peer.cmd("HELO peer", "250 "), "250 inbox.example.com\r\n");
}

#[test]
fn what_is_not_durable_is_not_acknowledged() {
    for (recording, reply) in [(Recording::TryAgain, "451 4.3.0"), (Recording::StorageFull, "452 4.3.1")] {
        let mut peer = Dialogue::addressed();
        peer.recording = recording;
        peer.send("a", reply);
        peer.cmd("MAIL FROM:<>", "250");
    }
}

#[test]
fn commands_come_in_their_order() {
    let mut peer = Dialogue::new();
    peer.cmd("MAIL FROM:<a@b>", "503 5.5.1");
    peer.cmd("RCPT TO:<first-abc@inbox.example.com>", "503 5.5.1");
    peer.cmd("DATA", "503 5.5.1");
    peer.cmd("EHLO", "501 5.5.4");
    peer.cmd("EHLO peer", "250");
    peer.cmd("RCPT TO:<first-abc@inbox.example.com>", "503 5.5.1");
    peer.cmd("MAIL FROM:<a@b>", "250");
    peer.cmd("MAIL FROM:<a@b>", "503 5.5.1");
    peer.cmd("DATA", "554 5.5.1");
    peer.cmd("RSET", "250 2.0.0");
    peer.cmd("MAIL FROM:<a@b>", "250");
    peer.cmd("EHLO again", "250");
    peer.cmd("MAIL FROM:<a@b>", "250");
}

#[test]
fn small_verbs_answer() {
    let mut peer = Dialogue::new();
    peer.cmd("NOOP", "250 2.0.0");
    peer.cmd("noop with words", "250 2.0.0");
    peer.cmd("VRFY first-abc", "252 2.1.5");
    peer.cmd("HELP", "214 2.0.0");
    peer.cmd("RSET now", "501 5.5.4");
    peer.cmd("AUTH PLAIN AGEAYg==", "502 5.5.1");
    peer.cmd("EXPN list", "502 5.5.1");
    peer.cmd("BLURB", "500 5.5.1");
    peer.cmd("QUIT now", "501 5.5.4");
    peer.cmd("quit", "221");
}

#[test]
fn a_line_that_is_none_is_refused_and_the_next_one_taken() {
    let mut peer = Dialogue::greeted();
    peer.cmd(&format!("NOOP {}", "x".repeat(3000)), "500 5.5.2");
    peer.cmd("NOOP", "250");
    peer.cmd("NOOP a\0b", "500 5.5.2");
    peer.cmd("NOOP a\rb", "500 5.5.2");
    assert!(peer.raw(b"NOOP \xff\r\n").starts_with("500 5.5.2"));
    peer.cmd("NOOP", "250");
    let longest = format!("NOOP {}", "x".repeat(2048 - 7));
    peer.cmd(&longest, "250");
    peer.cmd(&format!("{longest}x"), "500 5.5.2");
}

#[test]
fn a_bare_line_feed_ends_no_command() {
    let mut peer = Dialogue::addressed();
    let said = peer.raw(b"NOOP\nDATA\n");
    assert!(said.starts_with("500 5.5.2") && said.lines().count() == 1, "{said:?}");
    assert_eq!(peer.raw(b"RSET\n"), "", "still the same line");
    assert_eq!(peer.raw(b"rest of the line\r\n"), "");
    peer.cmd("DATA", "354");
}

#[test]
fn limits_end_the_session() {
    let mut peer = Dialogue::greeted();
    for _ in 0..9 {
        peer.cmd("NONSENSE", "500");
    }
    peer.cmd("NONSENSE", "421 4.7.0");
    assert!(peer.ended);
    assert_eq!(peer.raw(b"NOOP\r\n"), "", "a closed session answers nothing");

    let mut peer = Dialogue::addressed();
    for number in 0..19 {
        peer.cmd(&format!("RCPT TO:<guess{number}@inbox.example.com>"), "550");
    }
    peer.cmd("RCPT TO:<guess@inbox.example.com>", "421 4.7.0");
    assert!(peer.ended);

    let mut terms = terms();
    terms.limits.mails = 2;
    terms.limits.commands_without_mail = 8;
    let mut peer = Dialogue::with(terms.clone());
    peer.raw(b"EHLO peer\r\n");
    for _ in 0..2 {
        peer.cmd("MAIL FROM:<>", "250");
        peer.cmd("RCPT TO:<postmaster>", "250");
        peer.send("a", "250");
    }
    peer.cmd("MAIL FROM:<>", "421 4.7.0");

    let mut peer = Dialogue::with(terms);
    peer.raw(b"");
    for _ in 0..8 {
        peer.cmd("NOOP", "250");
    }
    peer.cmd("NOOP", "421 4.7.0");
}

#[test]
fn a_mail_too_large_is_refused_after_its_end_and_another_can_follow() {
    let mut terms = terms();
    terms.limits.mail = 100;
    let mut peer = Dialogue::with(terms);
    peer.raw(b"EHLO peer\r\n");
    for (length, reply) in [(101, "552 5.3.4"), (98, "250")] {
        peer.cmd("MAIL FROM:<>", "250");
        peer.cmd("RCPT TO:<first-abc@inbox.example.com>", "250");
        peer.send(&"x".repeat(length), reply);
    }
    assert_eq!(peer.mails.len(), 1);
}

#[test]
fn a_pipelined_group_is_answered_in_order() {
    let mut peer = Dialogue::new();
    let said = peer.raw(
        b"EHLO peer\r\nMAIL FROM:<a@b>\r\nRCPT TO:<nobody@inbox.example.com>\r\nRCPT TO:<first-abc@inbox.example.com>\r\nDATA\r\n\
          one\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<second-def@inbox.example.com>\r\nDATA\r\n.\r\nQUIT\r\nNOOP\r\n",
    );
    let codes: Vec<&str> = said.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "550", "250", "354", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(peer.mails[1].raw, b"");
}

#[test]
fn after_starttls_the_session_begins_anew() {
    let mut peer = Dialogue::addressed();
    let said = peer.raw(b"STARTTLS\r\nMAIL FROM:<injected@example.net>\r\n");
    assert_eq!(said.lines().count(), 1);
    assert!(said.starts_with("220 2.0.0"));
    peer.cmd("DATA", "503 5.5.1");
    peer.cmd("MAIL FROM:<a@b>", "503 5.5.1 Say EHLO first");
    assert!(!peer.cmd("EHLO peer", "250-").contains("STARTTLS"));
    peer.cmd("DATA", "503 5.5.1");
    peer.cmd("STARTTLS", "503 5.5.1");
    peer.cmd("STARTTLS x", "501 5.5.4");
}

#[test]
fn nothing_is_taken_while_the_handshake_is_open() {
    let mut session = Session::new(&Arc::new(terms()), &Allowance::new(1000));
    let input = b"EHLO x\r\nSTARTTLS\r\nRSET\r\n";
    let (taken, demand) = session.feed(input);
    assert_eq!(taken, input.len() - 6);
    assert!(matches!(demand, Some(Demand::StartTls)));
    assert_eq!(session.feed(b"RSET\r\n").0, 0);
}

#[test]
fn a_browser_and_a_chunking_peer_are_sent_away_before_their_body_is_taken_for_commands() {
    let mut peer = Dialogue::new();
    let said = peer.raw(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n");
    assert!(said.starts_with("421 ") && said.lines().count() == 1 && peer.ended);
    let mut peer = Dialogue::addressed();
    let said = peer.raw(b"BDAT 20 LAST\r\nMAIL FROM:<a@b>\r\n");
    assert!(said.starts_with("502 ") && said.lines().count() == 1 && peer.ended);
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut peer = Dialogue::addressed();
    peer.session.recorded(Recording::Durable);
    peer.session.recipient_found(Lookup::Unknown);
    peer.session.secured();
    assert_eq!(peer.raw(b""), "");
    peer.cmd("DATA", "354");
    peer.session.recorded(Recording::Durable);
    assert_eq!(peer.raw(b""), "");
}

#[test]
fn no_reply_repeats_what_the_peer_said() {
    let mut peer = Dialogue::new();
    let said = peer.raw(b"EHLO zebra\r\nzebra\r\nMAIL FROM:<zebra@zebra> ZEBRA\r\nMAIL FROM:<zebra@z>\r\nRCPT TO:<zebra@z>\r\nVRFY zebra\r\n");
    assert!(!said.to_lowercase().contains("zebra"));
}
