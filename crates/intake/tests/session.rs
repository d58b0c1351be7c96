//! Sessions as dialogues, and against arbitrary bytes.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::HashMap;
use std::sync::Arc;

use intake::Recipient;
use intake::data::Allowance;
use intake::session::{Demand, Lookup, ReceivedMail, Recording, Session, Terms};
use model::{AccountId, AddressId};
use proptest::prelude::*;

/// A peer that talks to a session, and the world behind it.
struct Dialogue {
    session: Session,
    known: HashMap<String, Recipient>,
    lookups_fail: bool,
    recording: Recording,
    mails: Vec<ReceivedMail>,
    ended: bool,
    asked_for: Vec<String>,
}

fn terms() -> Terms {
    Terms { tls: true, ..Terms::for_domain("inbox.example.com").unwrap() }
}

fn recipient() -> Recipient {
    Recipient { account: AccountId::generate(), address: AddressId::generate() }
}

impl Dialogue {
    fn with(terms: Terms) -> Self {
        let session = Session::new(&Arc::new(terms), &Allowance::new(1 << 20));
        let known = ["first-abc", "second-def"].map(|name| (name.to_owned(), recipient()));
        Self {
            session,
            known: known.into(),
            lookups_fail: false,
            recording: Recording::Durable,
            mails: Vec::new(),
            ended: false,
            asked_for: Vec::new(),
        }
    }

    /// After the greeting.
    fn new() -> Self {
        let mut dialogue = Self::with(terms());
        assert_eq!(dialogue.raw(b""), "220 inbox.example.com ESMTP Abide\r\n");
        dialogue
    }

    /// After EHLO.
    fn greeted() -> Self {
        let mut dialogue = Self::new();
        dialogue.cmd("EHLO peer.example.net", "250");
        dialogue
    }

    /// After MAIL and RCPT.
    fn addressed() -> Self {
        let mut dialogue = Self::greeted();
        dialogue.cmd("MAIL FROM:<someone@example.net>", "250 2.1.0");
        dialogue.cmd("RCPT TO:<first-abc@inbox.example.com>", "250 2.1.5");
        dialogue
    }

    fn raw(&mut self, mut input: &[u8]) -> String {
        loop {
            let (taken, demand) = self.session.feed(input);
            input = &input[taken..];
            let follow_up = match demand {
                None => break,
                Some(Demand::FindRecipient(local_part)) => {
                    self.asked_for.push(local_part.0.clone());
                    let answer = match self.known.get(&local_part.0) {
                        _ if self.lookups_fail => Lookup::Unavailable,
                        Some(recipient) => Lookup::Known(*recipient),
                        None => Lookup::Unknown,
                    };
                    self.session.recipient_found(answer)
                }
                Some(Demand::Record(mail)) => {
                    self.mails.push(*mail);
                    self.session.recorded(self.recording)
                }
                Some(Demand::StartTls) => {
                    input = b"";
                    self.session.secured();
                    None
                }
                Some(Demand::Close) => Some(Demand::Close),
            };
            if follow_up.is_some() {
                self.ended = true;
                break;
            }
        }
        String::from_utf8(self.session.take_output()).unwrap()
    }

    /// One command and how its reply begins.
    #[track_caller]
    fn cmd(&mut self, command: &str, reply: &str) -> String {
        let said = self.raw(format!("{command}\r\n").as_bytes());
        assert!(said.starts_with(reply), "{command:?} was answered by {said:?}, not {reply:?}");
        assert!(said.ends_with("\r\n"));
        said
    }

    #[track_caller]
    fn send(&mut self, mail: &str, reply: &str) {
        self.cmd("DATA", "354 ");
        let said = self.raw(mail.as_bytes());
        assert_eq!(said, "", "a reply before the end of the mail");
        let said = self.raw(b"\r\n.\r\n");
        assert!(said.starts_with(reply), "the mail was answered by {said:?}, not {reply:?}");
    }
}

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
fn recipients_are_found_by_their_canonical_local_part() {
    for written in [
        "<first-abc@inbox.example.com>",
        "<First-ABC@INBOX.Example.com>",
        "<first-abc@inbox.example.com.>",
        "<first-abc+amazon@inbox.example.com>",
        "<\"first-abc\"@inbox.example.com>",
        "<\"fir\\st-abc\"@inbox.example.com>",
        "<@one.example,@two.example:first-abc@inbox.example.com>",
        " <first-abc@inbox.example.com>",
    ] {
        let mut peer = Dialogue::greeted();
        peer.cmd("mail from:<a@b>", "250");
        peer.cmd(&format!("rcpt to:{written}"), "250 2.1.5");
        assert_eq!(peer.asked_for, ["first-abc"]);
    }
}

#[test]
fn unknown_and_foreign_recipients_are_refused_for_good_and_apart() {
    let mut peer = Dialogue::addressed();
    peer.cmd("RCPT TO:<nobody@inbox.example.com>", "550 5.1.1");
    peer.cmd("RCPT TO:<+tag@inbox.example.com>", "550 5.1.1");
    peer.cmd("RCPT TO:<first-abc@example.com>", "550 5.7.1");
    peer.cmd("RCPT TO:<first-abc@inbox.example.com.evil.example>", "550 5.7.1");
    peer.cmd("RCPT TO:<first-abc@sub.inbox.example.com>", "550 5.7.1");
    peer.cmd("RCPT TO:<first-abc@[192.0.2.1]>", "550 5.7.1");
    assert_eq!(peer.asked_for, ["first-abc", "nobody"]);
    peer.send("a", "250");
    assert_eq!(peer.mails[0].recipients.len(), 1);
}

#[test]
fn a_failed_look_up_is_for_now() {
    let mut peer = Dialogue::greeted();
    peer.lookups_fail = true;
    peer.cmd("MAIL FROM:<a@b>", "250");
    peer.cmd("RCPT TO:<first-abc@inbox.example.com>", "451 4.3.0");
    peer.cmd("DATA", "554 5.5.1");
}

#[test]
fn the_postmaster_is_always_there() {
    for written in ["<postmaster>", "<Postmaster>", "<POSTMASTER@inbox.example.com>", "<postmaster@Inbox.Example.Com.>"]
    {
        let mut peer = Dialogue::greeted();
        peer.cmd("MAIL FROM:<>", "250");
        peer.cmd(&format!("RCPT TO:{written}"), "250 2.1.5");
        peer.send("a", "250");
        assert!(peer.mails[0].postmaster && peer.mails[0].recipients.is_empty() && peer.asked_for.is_empty());
    }
    let mut peer = Dialogue::greeted();
    peer.cmd("MAIL FROM:<>", "250");
    peer.cmd("RCPT TO:<postmaster@example.com>", "550 5.7.1");
}

#[test]
fn an_address_named_twice_gets_the_mail_once() {
    let mut peer = Dialogue::addressed();
    peer.cmd("RCPT TO:<FIRST-ABC+again@inbox.example.com>", "250");
    peer.cmd("RCPT TO:<second-def@inbox.example.com>", "250");
    peer.send("a", "250");
    assert_eq!(peer.mails[0].recipients, [peer.known["first-abc"], peer.known["second-def"]]);
}

#[test]
fn mal_formed_addresses_and_parameters_are_refused() {
    let mut terms = terms();
    terms.limits.faults = 100;
    let mut peer = Dialogue::with(terms);
    peer.raw(b"EHLO peer\r\n");
    for bad in [
        "MAIL",
        "MAIL FROM",
        "MAIL FROM:",
        "MAIL FROM:a@b",
        "MAIL FROM:<a",
        "MAIL FROM:<a@>",
        "MAIL FROM:<@b>",
        "MAIL FROM:<a@b>x",
        "MAIL FROM:<a@b@c>",
        "MAIL FROM:<\"a@b>",
        "MAIL FROM:<\"\"@b>",
        "MAIL FROM:<a b@c>",
        "MAIL FROM:<a@b c>",
        "MAIL TO:<a@b>",
        "MAIL FROM:<@x,y:a@b>",
        "MAIL FROM:<a>",
        "MAIL FROM:<postmaster>",
        "MAIL FROM:<a@[]>",
        "MAIL FROM:<<a@b>>",
    ] {
        peer.cmd(bad, "501 5.1.7");
    }
    for (bad, reply) in [
        ("SIZE=x", "501 5.5.4"),
        ("SIZE", "501 5.5.4"),
        ("SIZE=", "501 5.5.4"),
        ("SIZE=1 SIZE=1", "501 5.5.4"),
        ("SIZE=000000000000000000000", "501 5.5.4"),
        ("BODY=BINARYMIME", "501 5.5.4"),
        ("BODY", "501 5.5.4"),
        ("SMTPUTF8=1", "501 5.5.4"),
        ("AUTH=<>", "555 5.5.4"),
        ("RET=FULL", "555 5.5.4"),
        ("X", "555 5.5.4"),
        ("SIZE=26214401", "552 5.3.4"),
        ("SIZE=99999999999999999999", "552 5.3.4"),
    ] {
        peer.cmd(&format!("MAIL FROM:<a@b> {bad}"), reply);
    }
    peer.cmd("MAIL FROM:<a@b>  size=26214400 body=8bitmime smtputf8 ", "250");
    for bad in ["RCPT TO:<>", "RCPT TO:<a>", "RCPT TO:a@b", "RCPT FROM:<a@b>", "RCPT TO:<a@b>x"] {
        peer.cmd(bad, "501 5.1.3");
    }
    peer.cmd("RCPT TO:<first-abc@inbox.example.com> NOTIFY=NEVER", "555 5.5.4");
}

#[test]
fn addresses_beyond_ascii_need_smtputf8() {
    let mut peer = Dialogue::greeted();
    peer.cmd("MAIL FROM:<jürgen@example.net>", "553 5.6.7");
    peer.cmd("MAIL FROM:<jürgen@example.net> SMTPUTF8", "250");
    peer.cmd("RCPT TO:<jürgen@inbox.example.com>", "550 5.1.1");
    peer.cmd("RSET", "250");
    peer.cmd("MAIL FROM:<a@b>", "250");
    peer.cmd("RCPT TO:<jürgen@inbox.example.com>", "553 5.6.7");
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
fn a_mail_has_a_hundred_recipients_at_most() {
    let mut peer = Dialogue::greeted();
    peer.known.extend((0..101).map(|number| (format!("box{number}"), recipient())));
    peer.cmd("MAIL FROM:<a@b>", "250");
    for number in 0..100 {
        peer.cmd(&format!("RCPT TO:<box{number}@inbox.example.com>"), "250");
    }
    peer.cmd("RCPT TO:<box100@inbox.example.com>", "452 4.5.3");
    peer.send("a", "250");
    assert_eq!(peer.mails[0].recipients.len(), 100);
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
    peer.cmd("MAIL FROM:<a@b>", "503 5.5.1");
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

fn command() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => Just(b"EHLO x\r\n".to_vec()),
        2 => Just(b"MAIL FROM:<a@b>\r\n".to_vec()),
        2 => Just(b"RCPT TO:<first-abc@inbox.example.com>\r\n".to_vec()),
        1 => Just(b"RCPT TO:<nobody@inbox.example.com>\r\n".to_vec()),
        1 => Just(b"RCPT TO:<postmaster>\r\n".to_vec()),
        3 => Just(b"DATA\r\n".to_vec()),
        3 => Just(b"\r\n.\r\n".to_vec()),
        1 => Just(b"STARTTLS\r\n".to_vec()),
        1 => Just(b"RSET\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => "[A-Z]{4} (FROM|TO):<[ -~]{0,20}>? ?[A-Z=]{0,8}\r\n".prop_map(String::into_bytes),
        1 => Just(b"x".repeat(5000)),
    ]
}

proptest! {
    /// Whatever comes: no panic, replies bounded by the input, and a 250 2.6.0 for each mail that was said to
    /// be durable and for no other.
    #[test]
    fn any_bytes_in_any_pieces_are_survived_and_only_durable_mail_is_acknowledged(
        commands in proptest::collection::vec(command(), 0..40), outcomes in any::<u64>(), size in 1usize..200,
    ) {
        let stream = commands.concat();
        let mut peer = Dialogue::with(terms());
        let mut said = String::new();
        let mut durable = 0;
        for (number, piece) in stream.chunks(size).enumerate() {
            peer.recording = if outcomes >> (number % 64) & 1 == 1 { Recording::Durable } else { Recording::TryAgain };
            let before = peer.mails.len();
            said.push_str(&peer.raw(piece));
            if peer.recording == Recording::Durable {
                durable += peer.mails.len() - before;
            }
        }
        prop_assert_eq!(said.matches("250 2.6.0").count(), durable);
        prop_assert!(said.len() <= 200 + stream.len() * 40);
        for line in said.lines() {
            prop_assert!(line.len() <= 510 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit));
        }
    }

    /// The replies don't depend on how the bytes came.
    #[test]
    fn any_chunking_gives_the_same_dialogue(commands in proptest::collection::vec(command(), 0..30), size in 1usize..50) {
        // What follows STARTTLS is thrown away by pieces, so there it does depend.
        let stream = commands.iter().filter(|command| !command.starts_with(b"START")).flatten().copied().collect::<Vec<_>>();
        let mut whole = Dialogue::with(terms());
        let mut pieces = Dialogue::with(terms());
        let one = whole.raw(&stream);
        let other: String = stream.chunks(size).map(|piece| pieces.raw(piece)).collect();
        prop_assert!(one.trim_start_matches("220 inbox.example.com ESMTP Abide\r\n") == other.trim_start_matches("220 inbox.example.com ESMTP Abide\r\n"));
        prop_assert_eq!(whole.mails.len(), pieces.mails.len());
    }
}
