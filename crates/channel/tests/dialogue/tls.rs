//! TLS and the sign-in: nothing secret is said before TLS stands and the certificate is believed, and nothing that came
//! before TLS is believed after it.

use std::time::Instant;

use channel::{Line, LineError, Timeouts, TrustedRoots};
use data_encoding::BASE64;
use mailserver::{Authority, PASSWORD, USER};
use model::Reason;
use model::sender::{Security, Sender, SubmissionServer};

use crate::opening::{UNREACHABLE, answers};
use crate::server::{At, Fault, Script, Server, acceptor, says};
use crate::stage::{SHORT, ample, now, permit, public_roots, sender, signing_in, told};

const TLS: (bool, bool, bool, bool, Option<u16>, Reason) = (false, false, true, false, None, Reason::ServerUnreachable);

fn roots(authority: &Authority) -> TrustedRoots {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &authority.certificate).unwrap();
    TrustedRoots::with_file(file.path()).unwrap()
}

/// A behaving server with STARTTLS (or TLS from the first byte) and sign-in.
fn script(authority: &Authority, at_once: bool) -> Script {
    Script {
        extensions: vec!["STARTTLS", "AUTH PLAIN LOGIN", "SIZE"],
        tls: Some((acceptor(authority), at_once)),
        ..Script::behaving()
    }
}

async fn open(server: &Server, security: Security, roots: &TrustedRoots) -> Result<Line, LineError> {
    Line::open(&signing_in(sender(server.port, security), PASSWORD), roots, &ample()).await
}

fn plain_words() -> String {
    format!("AUTH PLAIN {}", BASE64.encode(format!("\0{USER}\0{PASSWORD}").as_bytes()))
}

#[tokio::test]
async fn a_message_goes_under_tls_of_either_kind_after_signing_in() {
    let authority = Authority::new().unwrap();
    for (security, verbs) in [
        (Security::StartTls, vec!["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]),
        (Security::Tls, vec!["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]),
    ] {
        let server = Server::start(script(&authority, security == Security::Tls)).await;
        let mut line = open(&server, security, &roots(&authority)).await.unwrap();
        assert!(server.heard().lines.contains(&plain_words()));
        assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
        assert_eq!(server.verbs(), verbs);
        assert_eq!(server.heard().mails.len(), 1);
        line.close().await;
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_believed_ends_it_before_the_sign_in() {
    let (ours, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let elsewhere = Authority::naming(&["mail.example"]).unwrap();
    for security in [Security::StartTls, Security::Tls] {
        for (shown, trusted) in [(&ours, roots(&other)), (&ours, public_roots()), (&elsewhere, roots(&elsewhere))] {
            let server = Server::start(script(shown, security == Security::Tls)).await;
            let error = open(&server, security, &trusted).await.unwrap_err();
            assert_eq!(answers(&error), TLS);
            assert!(error.sentence().contains("certificate"));
            assert!(!server.verbs().contains(&"AUTH".to_owned()));
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_secret_is_said() {
    let authority = Authority::new().unwrap();
    let stripped = Script { extensions: vec!["AUTH PLAIN LOGIN"], ..script(&authority, false) };
    let refused = Script { faults: vec![(At::StartTls, says("454 4.7.0 not now"))], ..script(&authority, false) };
    let hung_up = Script { faults: vec![(At::StartTls, Fault::Cuts)], ..script(&authority, false) };
    for (script, expected, verbs) in [
        (stripped, TLS, vec!["EHLO"]),
        (refused, (false, false, true, false, Some(454), Reason::ServerUnreachable), vec!["EHLO", "STARTTLS"]),
        (hung_up, UNREACHABLE, vec!["EHLO", "STARTTLS"]),
    ] {
        let server = Server::start(script).await;
        let error = open(&server, Security::StartTls, &roots(&authority)).await.unwrap_err();
        assert_eq!(answers(&error), expected);
        assert_eq!(server.verbs(), verbs);
    }
}

#[tokio::test]
async fn what_somebody_slips_in_before_tls_is_not_believed_after_it() {
    let authority = Authority::new().unwrap();
    let injected = Fault::Adds("250-test\r\n250 AUTH PLAIN\r\n235 welcome\r\n".into());
    let server = Server::start(Script { faults: vec![(At::StartTls, injected)], ..script(&authority, false) }).await;
    let error = open(&server, Security::StartTls, &roots(&authority)).await.unwrap_err();
    assert_eq!(answers(&error), UNREACHABLE);
    assert_eq!(server.verbs(), ["EHLO", "STARTTLS"]);
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_told_apart_from_one_that_is_away() {
    let authority = Authority::new().unwrap();
    // Plain SMTP on the port where TLS is expected.
    let server = Server::start(Script::behaving()).await;
    let error = open(&server, Security::Tls, &roots(&authority)).await.unwrap_err();
    assert_eq!(answers(&error), TLS);
    // A handshake that never goes on.
    let mute = Server::start(Script::with(At::Greeting, Fault::Cuts)).await;
    let error = open(&mute, Security::Tls, &roots(&authority)).await.unwrap_err();
    assert_eq!(answers(&error), UNREACHABLE);
    let hanging = Server::start(Script::with(At::Greeting, Fault::Hangs)).await;
    let began = Instant::now();
    let sender = signing_in(sender(hanging.port, Security::Tls), PASSWORD);
    let error = Line::open(&sender, &roots(&authority), &Timeouts { tls: SHORT, ..ample() }).await.unwrap_err();
    assert_eq!(answers(&error), UNREACHABLE);
    assert!(began.elapsed() < SHORT * 10);
}

#[tokio::test]
async fn a_sign_in_that_is_refused_for_now_is_told_apart_from_one_refused_for_good() {
    for (reply, expected) in [
        ("535 5.7.8 wrong", (false, true, false, false, Some(535), Reason::SignInFailed)),
        ("534 5.7.9 too weak", (false, true, false, false, Some(534), Reason::SignInFailed)),
        ("454 4.7.0 later", (false, false, false, true, Some(454), Reason::ServerDeferred)),
        ("421 4.3.2 later", (false, false, false, true, Some(421), Reason::ServerDeferred)),
        ("250 ok", UNREACHABLE),
        ("334 again?", UNREACHABLE),
        ("welcome", UNREACHABLE),
    ] {
        for extensions in [vec!["AUTH PLAIN"], vec!["AUTH LOGIN"]] {
            let server = Server::start(Script { extensions, sign_in: reply, ..Script::behaving() }).await;
            let error = open(&server, Security::None, &public_roots()).await.unwrap_err();
            assert_eq!(answers(&error), expected, "{reply}");
            assert_eq!(server.verbs().iter().filter(|verb| *verb == "MAIL").count(), 0);
        }
    }
}

#[tokio::test]
async fn login_is_used_where_plain_is_not_offered_and_no_other_way_is_made_up() {
    let server = Server::start(Script { extensions: vec!["AUTH CRAM-MD5 LOGIN"], ..Script::behaving() }).await;
    open(&server, Security::None, &public_roots()).await.unwrap();
    let expected = ["AUTH LOGIN".to_owned(), BASE64.encode(USER.as_bytes()), BASE64.encode(PASSWORD.as_bytes())];
    assert_eq!(server.heard().lines[1..], expected);
    for extensions in [vec!["AUTH CRAM-MD5 XOAUTH2"], vec![]] {
        let server = Server::start(Script { extensions, ..Script::behaving() }).await;
        let error = open(&server, Security::None, &public_roots()).await.unwrap_err();
        assert_eq!(answers(&error), (false, true, false, false, None, Reason::SignInFailed));
        assert_eq!(server.verbs(), ["EHLO"]);
    }
}

#[tokio::test]
async fn a_name_without_tls_leads_to_this_machine_and_errors_show_nothing_of_anybody() {
    let server = Server::start(Script {
        extensions: vec!["AUTH PLAIN"],
        sign_in: "535 5.7.8 shop@shop.example unknown",
        ..Script::behaving()
    })
    .await;
    let settings = SubmissionServer::new("localhost", server.port, Security::None).unwrap();
    let sender = Sender { server: settings, ..signing_in(sender(server.port, Security::None), PASSWORD) };
    let error = Line::open(&sender, &public_roots(), &ample()).await.unwrap_err();
    assert_eq!(error.reply().unwrap().words(), "5.7.8 shop@shop.example unknown");
    let shown = format!("{error} {error:?} {}", error.sentence());
    for word in ["shop", "localhost", "127.0.0.1", PASSWORD, "unknown@"] {
        assert!(!shown.contains(word), "{shown}");
    }
}

#[test]
fn a_file_without_certificates_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let fault = TrustedRoots::with_file(file.path()).unwrap_err();
    assert!(fault.to_string().contains(&file.path().display().to_string()));
    assert!(TrustedRoots::with_file("/nowhere/ca.pem".as_ref()).is_err());
    std::fs::write(file.path(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(TrustedRoots::with_file(file.path()).is_err());
}

#[test]
fn one_tls_provider_is_linked_and_no_other_way_to_tls() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(lock.contains("name = \"ring\""));
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls", "boring"] {
        assert!(!lock.contains(&format!("name = \"{other}\"")), "{other} is linked");
    }
}
