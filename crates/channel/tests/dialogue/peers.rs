//! Real servers: Debian's Postfix as a submission server, and `smtp-sink` in its fault modes.

use channel::{Line, Sent, Timeouts, TrustedRoots};
use mailserver::{PASSWORD, Postfix, Sink};
use model::sender::{Security, ServerReply};
use model::{Reason, outbox_message_of};

use crate::opening::answers;
use crate::stage::{SHORT, ample, now, open, permit, permit_saying, public_roots, sender, signing_in, text, told};

async fn line_to(postfix: &Postfix, security: Security) -> Line {
    let port = if security == Security::Tls { postfix.tls_port() } else { postfix.starttls_port() };
    let roots = TrustedRoots::with_file(&postfix.authority_file()).unwrap();
    Line::open(&signing_in(sender(port, security), PASSWORD), &roots, &ample()).await.unwrap()
}

#[tokio::test]
async fn postfix_delivers_what_was_written_byte_for_byte_and_names_its_queue_id() {
    let Some(postfix) = Postfix::submission("") else { return };
    let mut names = Vec::new();
    for security in [Security::StartTls, Security::Tls] {
        let mut line = line_to(&postfix, security).await;
        for _ in 0..2 {
            assert!(line.ready().await);
            let permit = permit();
            names.push(permit.message());
            let sent = line.hand_over(permit, now).await;
            let Sent::Sent(reply) = &sent else { panic!("{sent:?}\n{}", postfix.log()) };
            let queue_id = reply.words().rsplit(' ').next().unwrap_or_default();
            assert!(reply.words().contains("queued as") && postfix.tells_of(queue_id), "{}", reply.words());
        }
        line.close().await;
    }
    let mails = postfix.mailbox().wait_for(4);
    assert_eq!(mails.len(), 4, "{}", postfix.log());
    let mut found = Vec::new();
    for mail in mails {
        // Postfix keeps LF in its Maildir, and puts its own fields before ours.
        let mail = String::from_utf8(mail).unwrap().replace('\n', "\r\n");
        let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
        let message = outbox_message_of(parsed.message_id().unwrap()).unwrap();
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text().text);
        let ours = mail.find("\r\nDate: ").unwrap() + 2;
        assert_eq!(&mail[ours..], crate::stage::written(message), "as it was written");
        assert!(mail.starts_with("Return-Path: <orders@shop.example>"), "{mail}");
        found.push(message);
    }
    found.sort_unstable();
    names.sort_unstable();
    assert_eq!(found, names, "each once");
}

#[tokio::test]
async fn postfix_delivers_files_byte_for_byte() {
    let Some(postfix) = Postfix::submission("message_size_limit = 20000000") else { return };
    let mut content = b"%PDF-1.7\n".to_vec();
    content.extend((0..=255_u8).cycle().take(9_900_000));
    let attached =
        |name: &str, content: &[u8]| model::Attachment::new(name.parse().unwrap(), content.to_vec()).unwrap();
    let attachments =
        vec![attached("Anleitung für Käufer.pdf", &content), attached("a.png", b"\x89PNG\r\n\x1a\n.\r\n")];
    let mut line = line_to(&postfix, Security::StartTls).await;
    let letter = policy::RenderedText { attachments, ..text() };
    assert_eq!(told(&line.hand_over(permit_saying(letter), now).await), ("sent", Some(250)), "{}", postfix.log());
    let mails = postfix.mailbox().wait_for(1);
    let parsed = mail_parser::MessageParser::default().parse(&mails[0]).unwrap();
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text().text);
    let names: Vec<_> =
        parsed.attachments().map(|part| mail_parser::MimeHeaders::attachment_name(part).unwrap()).collect();
    assert_eq!(names, ["Anleitung für Käufer.pdf", "a.png"]);
    assert!(parsed.attachment(0).unwrap().contents() == content, "the file came back otherwise");
    assert_eq!(parsed.attachment(1).unwrap().contents(), b"\x89PNG\r\n\x1a\n.\r\n");
}

#[tokio::test]
async fn postfix_refuses_the_wrong_password_a_stranger_and_what_is_too_large() {
    let Some(postfix) = Postfix::submission("message_size_limit = 2000") else { return };
    let roots = TrustedRoots::with_file(&postfix.authority_file()).unwrap();
    let settings = sender(postfix.starttls_port(), Security::StartTls);
    let wrong = Line::open(&signing_in(settings.clone(), "wrong"), &roots, &ample()).await.unwrap_err();
    assert_eq!(answers(&wrong), (false, true, false, false, Some(535), Reason::SignInFailed));
    let untrusted = Line::open(&signing_in(settings.clone(), PASSWORD), &public_roots(), &ample()).await.unwrap_err();
    assert!(untrusted.is_tls_problem());
    // Too large costs the one message.
    let mut line = line_to(&postfix, Security::StartTls).await;
    let large = policy::RenderedText { text: "long line of words\n".repeat(200), ..text() };
    assert_eq!(told(&line.hand_over(permit_saying(large), now).await), ("rejected", Some(552)));
    assert!(line.ready().await);
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
    // Who has not signed in is refused, and the message waits for that to be mended.
    let mut stranger = Line::open(&settings, &roots, &ample()).await.unwrap();
    assert_eq!(told(&stranger.hand_over(permit(), now).await), ("sender", Some(554)));
    assert_eq!(postfix.mailbox().wait_for(1).len(), 1);
}

#[tokio::test]
async fn postfix_that_lets_nobody_use_the_from_address_fails_no_message_for_good() {
    let further = "smtpd_sender_login_maps = static:another@shop.example\n\
                   smtpd_sender_restrictions = reject_sender_login_mismatch";
    let Some(postfix) = Postfix::submission(further) else { return };
    let mut line = line_to(&postfix, Security::StartTls).await;
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sender", Some(553)), "{}", postfix.log());
    assert!(line.ready().await);
}

#[tokio::test]
async fn postfix_stopped_under_a_line_is_found_out_before_the_next_permit() {
    let Some(postfix) = Postfix::submission("") else { return };
    let mut line = line_to(&postfix, Security::StartTls).await;
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
    postfix.control("stop").unwrap();
    // A session may outlive its master; then it still answers, or says goodbye.
    let ready = line.ready().await;
    let roots = TrustedRoots::with_file(&postfix.authority_file()).unwrap();
    let sender = signing_in(sender(postfix.starttls_port(), Security::StartTls), PASSWORD);
    let error = Line::open(&sender, &roots, &ample()).await.unwrap_err();
    assert!(error.is_unreachable() && error.is_transient());
    assert_eq!(line.is_usable(), ready);
}

/// Each fault mode of smtp-sink, what becomes of the message, and whether the line goes on.
#[tokio::test]
async fn smtp_sink_in_each_fault_mode_costs_one_message_at_most() {
    type Told = (&'static str, Option<u16>);
    let modes: [(&[&str], Told, bool); 18] = [
        (&[], ("sent", Some(250)), true),
        (&["-8", "-E", "-F", "-N", "-p", "-a"], ("sent", Some(250)), true),
        (&["-h", "another.name"], ("sent", Some(250)), true),
        (&["-w", "1"], ("sent", Some(250)), true),
        (&["-T", "512", "-H", "1"], ("sent", Some(250)), true),
        (&["-r", "MAIL"], ("deferred", Some(450)), true),
        (&["-r", "RCPT"], ("deferred", Some(450)), true),
        (&["-r", "DATA"], ("deferred", Some(450)), true),
        (&["-r", "."], ("deferred", Some(450)), true),
        (&["-r", "RCPT", "-b", "452 4.2.2 full"], ("deferred", Some(452)), true),
        (&["-f", "RCPT", "-B", "550 5.1.1 nobody"], ("rejected", Some(550)), true),
        (&["-f", ".", "-B", "550 5.7.1 spam"], ("rejected", Some(550)), true),
        (&["-q", "MAIL"], ("unreachable", None), false),
        (&["-q", "DATA"], ("unreachable", None), false),
        (&["-q", "."], ("lost", None), false),
        (&["-Q", "RCPT"], ("deferred", Some(421)), false),
        (&["-Q", "."], ("deferred", Some(421)), false),
        (&["-f", "MAIL,RCPT,DATA"], ("unreachable", Some(500)), false),
    ];
    let mut running = tokio::task::JoinSet::new();
    for (arguments, expected, usable) in modes {
        running.spawn(async move {
            let Some(sink) = Sink::start(arguments) else { return };
            let mut line = open(sink.port(), &ample()).await.unwrap();
            let sent = line.hand_over(permit(), now).await;
            assert_eq!((told(&sent), line.is_usable()), (expected, usable), "{arguments:?}");
            assert_eq!(line.ready().await, usable, "{arguments:?}");
            line.close().await;
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn smtp_sink_that_aborts_in_the_message_or_dawdles_over_it_leaves_it_unknown() {
    // It says 550 at once after 354, and hangs up: whether that answers the message can't be told from its loss.
    let Some(aborting) = Sink::start(&["-A", "0"]) else { return };
    let mut line = open(aborting.port(), &ample()).await.unwrap();
    let sent = line.hand_over(permit(), now).await;
    assert!(matches!(told(&sent), ("lost" | "unreachable", None) | ("rejected", Some(550))), "{:?}", told(&sent));
    let Some(dawdling) = Sink::start(&["-W", ".:30"]) else { return };
    let mut line = open(dawdling.port(), &Timeouts { last_reply: SHORT, ..ample() }).await.unwrap();
    assert_eq!((told(&line.hand_over(permit(), now).await), line.is_usable()), (("lost", None), false));
}

#[tokio::test]
async fn smtp_sink_that_refuses_or_leaves_at_the_door_costs_no_permit() {
    for (arguments, unreachable, reply) in [
        (["-f", "CONNECT"], false, Some(500)),
        (["-r", "CONNECT"], false, Some(450)),
        (["-Q", "CONNECT"], false, Some(421)),
        (["-q", "CONNECT"], true, None),
        (["-q", "EHLO"], true, None),
        (["-r", "EHLO"], false, Some(450)),
    ] {
        let Some(sink) = Sink::start(&arguments) else { return };
        let error = open(sink.port(), &ample()).await.unwrap_err();
        let told = (error.is_unreachable(), error.reply().map(ServerReply::code));
        assert_eq!(told, (unreachable, reply), "{arguments:?}");
    }
    // One that knows no ESMTP is greeted as of old.
    let Some(old) = Sink::start(&["-e"]) else { return };
    let mut line = open(old.port(), &ample()).await.unwrap();
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
}
