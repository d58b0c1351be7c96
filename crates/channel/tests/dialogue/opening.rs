//! Opening a line: each step's faults are told apart as far as somebody needs it, and cost their own time at most.

use std::time::{Duration, Instant};

use channel::{LineError, Timeouts};
use model::Reason;

use crate::server::{At, Fault, Script, Server, says};
use crate::stage::{SHORT, ample, open};

/// The answers of an error: unreachable, sign-in, TLS, transient, the reply's code, the outbox's reason.
pub fn answers(error: &LineError) -> (bool, bool, bool, bool, Option<u16>, Reason) {
    let reply = error.reply().map(model::sender::ServerReply::code);
    let (unreachable, sign_in, tls) = (error.is_unreachable(), error.is_sign_in_refused(), error.is_tls_problem());
    (unreachable, sign_in, tls, error.is_transient(), reply, error.reason())
}

pub const UNREACHABLE: (bool, bool, bool, bool, Option<u16>, Reason) =
    (true, false, false, true, None, Reason::ServerUnreachable);

#[tokio::test]
async fn where_nobody_listens_the_server_is_unreachable() {
    // A port that was ours a moment ago.
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(answers(&open(port, &ample()).await.unwrap_err()), UNREACHABLE);
}

#[tokio::test]
async fn every_fault_of_greeting_and_ehlo_is_told_for_what_it_is() {
    for at in [At::Greeting, At::Ehlo] {
        for (fault, expected) in [
            (Fault::Cuts, UNREACHABLE),
            (says("SSH-2.0-OpenSSH"), UNREACHABLE),
            (Fault::Says("\u{16}\u{3}\u{1}".into()), UNREACHABLE),
            (Fault::Says(format!("220 {}", "x".repeat(100_000))), UNREACHABLE),
            (says("421 4.3.2 busy"), (false, false, false, true, Some(421), Reason::ServerDeferred)),
            (says("450 4.3.2 busy"), (false, false, false, true, Some(450), Reason::ServerDeferred)),
            (says("554 5.7.1 blocked"), (false, false, false, false, Some(554), Reason::ServerUnreachable)),
            (says("354 go ahead"), (true, false, false, true, Some(354), Reason::ServerUnreachable)),
            // Another service's greeting, or a reply that nobody asked for.
            (Fault::Adds("250 and more\r\n".into()), UNREACHABLE),
        ] {
            let name = format!("{at:?} {fault:?}");
            let stray = matches!(fault, Fault::Adds(_));
            let server = Server::start(Script::with(at, fault)).await;
            match open(server.port, &ample()).await {
                Err(error) => assert_eq!(answers(&error), expected, "{name}"),
                // Behind the last step a stray reply shows when the line is asked whether it is ready.
                Ok(mut line) => assert!(stray && at == At::Ehlo && !line.ready().await, "{name}"),
            }
            assert!(!server.verbs().contains(&"MAIL".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_drips_gets_each_steps_time_and_no_more() {
    for at in [At::Greeting, At::Ehlo] {
        for fault in [Fault::Hangs, Fault::Drips] {
            let server = Server::start(Script::with(at, fault)).await;
            let timeouts = Timeouts { greeting: SHORT, introduction: SHORT, ..ample() };
            let began = Instant::now();
            assert_eq!(answers(&open(server.port, &timeouts).await.unwrap_err()), UNREACHABLE);
            assert!(began.elapsed() < SHORT * 10);
        }
    }
}

#[tokio::test]
async fn all_of_opening_has_one_time_besides() {
    let server = Server::start(Script::with(At::Ehlo, Fault::Drips)).await;
    let began = Instant::now();
    let timeouts = Timeouts { opening: SHORT, ..ample() };
    assert_eq!(answers(&open(server.port, &timeouts).await.unwrap_err()), UNREACHABLE);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn an_old_server_without_ehlo_is_greeted_by_helo() {
    let server = Server::start(Script::with(At::Ehlo, says("502 5.5.1 what?"))).await;
    // This one knows no HELO either.
    assert_eq!(
        answers(&open(server.port, &ample()).await.unwrap_err()),
        (false, false, false, false, Some(500), Reason::ServerUnreachable)
    );
    assert_eq!(server.heard().lines, ["EHLO [127.0.0.1]", "HELO [127.0.0.1]"]);
}
