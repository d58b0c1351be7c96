//! The permit: checked last before DATA and before the message's first byte; one to capture, or for another channel,
//! touches no line.

use channel::{Line, Sent};
use model::{Reason, Span};

use crate::server::{Script, Server};
use crate::stage::{ample, lapsing_after, now, open, permit, permit_to_capture, permit_to_solicit, told};

#[tokio::test]
async fn a_permit_that_lapses_before_data_is_taken_back_and_the_line_goes_on() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let sent = line.hand_over(permit(), lapsing_after(1)).await;
    assert_eq!(told(&sent), ("expired", None));
    assert_eq!(server.verbs(), ["EHLO", "MAIL", "RCPT", "RSET"], "DATA was never said");
    assert!(line.is_usable());
    assert_eq!(told(&line.hand_over(permit(), now).await), ("sent", Some(250)));
}

#[tokio::test]
async fn a_permit_that_lapses_while_the_server_thinks_about_data_sends_no_byte_of_the_message() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    let sent = line.hand_over(permit(), lapsing_after(2)).await;
    assert_eq!((told(&sent), line.is_usable()), (("expired", None), false));
    line.close().await;
    server.until(|heard| heard.lines.last().is_some_and(|line| line == "DATA")).await;
    let heard = server.heard();
    assert_eq!((heard.mails.len(), heard.fragment.len()), (0, 0));
}

#[tokio::test]
async fn a_permit_of_another_time_says_nothing_to_the_server() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    assert_eq!(told(&line.hand_over(permit(), lapsing_after(0)).await), ("expired", None));
    let earlier = || now().minus(Span::micros(1));
    assert_eq!(told(&line.hand_over(permit(), earlier).await), ("expired", None));
    assert_eq!(server.verbs(), ["EHLO"]);
    assert!(line.is_usable());
}

#[tokio::test]
async fn permits_to_capture_and_of_other_channels_touch_no_line() {
    let server = Server::start(Script::behaving()).await;
    let mut line = open(server.port, &ample()).await.unwrap();
    assert_eq!(line.hand_over(permit_to_capture(), now).await, Sent::Captured);
    assert_eq!(told(&line.hand_over(permit_to_solicit(), now).await), ("no channel", None));
    assert_eq!(server.verbs(), ["EHLO"]);
    assert!(line.is_usable());
}

#[test]
fn capturing_needs_no_line_and_sends_nothing() {
    assert_eq!(channel::capture(permit_to_capture(), now()), Sent::Captured);
    let late = now().plus(policy::Permit::LIFE);
    let lapsed = Sent::NotSent { reason: Reason::PermitExpired, reply: None };
    assert_eq!(channel::capture(permit_to_capture(), late), lapsed);
    let live = Sent::NotSent { reason: Reason::ChannelUnavailable, reply: None };
    assert_eq!(channel::capture(permit(), now()), live);
}

/// Workers run on several threads.
#[test]
fn handing_over_can_move_between_threads() {
    fn sendable<T: Send>(_: T) {}
    fn whole(line: &mut Line) {
        sendable(line.hand_over(permit(), now));
    }
    let _ = whole;
}
