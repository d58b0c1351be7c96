//! Who may be written to, and how addresses and parameters are written.

use crate::dialogue::{Dialogue, recipient, terms};

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
