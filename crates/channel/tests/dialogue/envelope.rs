//! What a behaving server hears and takes.

use model::outbox_message_of;

use crate::server::{At, Script, Server, says};
use crate::stage::{ALIAS, FROM, ample, now, open, permit, permit_saying, text, told};

/// The wire's bytes without the stuffing.
fn unstuffed(mail: &[u8]) -> String {
    let lines = mail.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_prefix(b".").unwrap_or(line));
    String::from_utf8(lines.collect::<Vec<_>>().concat()).unwrap()
}

#[tokio::test]
async fn the_server_takes_one_mail_from_the_store_to_the_buyer_and_its_words_are_kept() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let permit = permit();
    let message = permit.message();
    let sent = line.hand_over(permit, now).await;
    let channel::Sent::Sent(reply) = &sent else { panic!("{sent:?}") };
    assert_eq!(reply.words(), "2.0.0 Ok: queued as 4ABC");
    let heard = server.heard();
    let mail = unstuffed(&heard.mails[0]);
    assert_eq!(heard.lines[1], format!("MAIL FROM:<{FROM}> SIZE={}", mail.len()));
    assert_eq!(heard.lines[2..], [format!("RCPT TO:<{ALIAS}>"), "DATA".into()]);
    let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some(text().subject.as_str()));
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text().text);
    assert_eq!(outbox_message_of(parsed.message_id().unwrap()), Some(message));
}

#[tokio::test]
async fn a_size_is_told_only_to_who_asks_and_a_limit_that_lies_costs_one_message_at_most() {
    for extensions in [vec![], vec!["SIZE"], vec!["SIZE 10"], vec!["SIZE 99999999999999999999999"], vec!["SIZE lots"]] {
        let asked = !extensions.is_empty();
        let server = Server::start(Script { extensions, ..Script::behaving() }).await;
        let mut line = open(server.port, &ample()).await.unwrap();
        assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
        assert_eq!(server.heard().lines[1].contains(" SIZE="), asked);
    }
    let strict = Script { extensions: vec!["SIZE 10"], ..Script::with(At::Mail, says("552 5.3.4 too large")) };
    let server = Server::start(strict).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    assert_eq!(told(&line.hand_over(permit(), now).await), ("rejected", Some(552)));
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
}

#[tokio::test]
async fn no_text_reaches_the_dialogue() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let hostile = policy::RenderedText::plain(
        "x\r\n.\r\nMAIL FROM:<evil@evil.example>\r\nBcc: evil@evil.example".into(),
        "a\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n\n.\n\r.\r\nQUIT\u{0}\n.".into(),
    );
    assert_eq!(told(&line.hand_over(permit_saying(hostile), now).await), ("sent", Some(250)));
    line.close().await;
    assert_eq!(server.verbs(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    let heard = server.heard();
    assert_eq!(heard.mails.len(), 1);
    assert!(!unstuffed(&heard.mails[0]).contains("\nBcc"));
}
