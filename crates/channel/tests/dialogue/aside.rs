//! Between the messages: lines are used again, dead ones are found out before a permit is asked for, and a line is left
//! politely and soon.

use std::time::Instant;

use channel::{Line, Timeouts};

use crate::server::{At, Fault, Script, Server, says};
use crate::stage::{SHORT, ample, now, open, permit, told};

#[tokio::test]
async fn one_line_carries_many_messages_and_then_no_more() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    for _ in 0..Line::MOST_MESSAGES {
        assert!(line.ready().await);
        assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
    }
    assert!(!line.is_usable());
    assert!(!line.ready().await);
    assert_eq!(told(&line.hand_over(permit(), now).await), ("unreachable", None));
    line.close().await;
    assert_eq!(server.heard().connections, 1);
    assert_eq!(server.heard().mails.len(), 100);
    assert_eq!(server.verbs().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn a_line_that_died_while_idle_is_found_out_before_a_permit_is_asked_for() {
    for fault in [
        Fault::Cuts,
        Fault::Hangs,
        Fault::Drips,
        says("421 4.4.2 idle too long"),
        says("garbage"),
        says("354 go ahead"),
        says("500 what?"),
        Fault::Adds("250 stray\r\n".into()),
    ] {
        let name = format!("{fault:?}");
        let stray = matches!(fault, Fault::Adds(_));
        let server = Server::start(Script::with(At::Noop, fault)).await;
        let mut line = open(server.port, &Timeouts { aside: SHORT, ..ample() }).await.unwrap();
        // A stray reply behind a good one shows at the next command, at the latest.
        assert!(!line.ready().await || (stray && !line.ready().await), "{name}");
        assert!(!line.is_usable(), "{name}");
        assert!(!server.verbs().contains(&"MAIL".to_owned()), "{name}");
        line.close().await;
    }
}

#[tokio::test]
async fn a_future_dropped_half_way_leaves_a_line_that_is_not_used_again() {
    let server = Server::start(Script::with(At::Rcpt, Fault::Hangs)).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let halfway = async {
        server.until(|heard| heard.lines.iter().any(|line| line.starts_with("RCPT"))).await;
    };
    tokio::select! {
        sent = line.hand_over(permit(), now) => panic!("{sent:?}"),
        () = halfway => {}
    }
    assert!(!line.is_usable());
    assert!(!line.ready().await);
}

#[tokio::test]
async fn taking_leave_is_short_whatever_the_server_does() {
    for fault in [Fault::Hangs, Fault::Drips, Fault::Cuts, says("500 what?"), Fault::Says("x".repeat(100_000))] {
        let server = Server::start(Script::with(At::Quit, fault)).await;
        let line = open(server.port, &Timeouts { aside: SHORT, ..ample() }).await.unwrap();
        let began = Instant::now();
        line.close().await;
        assert!(began.elapsed() < SHORT * 10);
        server.until(|heard| heard.lines.last().is_some_and(|line| line == "QUIT")).await;
    }
}
