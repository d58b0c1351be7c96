//! Law 2 through the live path: each attempt asks a new gate, and a permit holds ten seconds.

use std::sync::atomic::{AtomicI64, Ordering};

use model::member::Actor;
use model::suppression::Target;
use model::{MessageState, Reason, Span, Timestamp};

use crate::house::{House, buyer, fast, later, now};
use crate::server::{Does, Server, Stage};

#[tokio::test]
async fn a_message_put_off_by_the_server_leaves_by_a_new_gate() {
    let house = House::new().await;
    let server = Server::that(Does::Says(Stage::Rcpt, "450 4.2.0 later")).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..1).await;
    house.once(now()).await;
    let message = house.message(&seller, 0).await;
    assert_eq!((message.state, message.reason), (MessageState::Waiting, Some(Reason::ServerDeferred)));
    server.now(Does::Well);
    house.once(later(Span::minutes(5))).await;
    assert_eq!((server.mails(), house.message(&seller, 0).await.state), (1, MessageState::Sent));
}

#[tokio::test]
async fn a_message_put_off_by_the_server_is_refused_where_its_buyer_was_blocked_meanwhile() {
    let house = House::new().await;
    let server = Server::that(Does::Says(Stage::Body, "451 4.3.0 later")).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..2).await;
    house.once(now()).await;
    server.now(Does::Well);
    let target = Target::Buyer(buyer(0));
    house.store.add_suppression(seller.id, target, "asked by phone".into(), Actor::Operator, now()).await.unwrap();
    house.once(later(Span::minutes(5))).await;
    assert_eq!(server.mails(), 1);
    let blocked = house.message(&seller, 0).await;
    assert!(blocked.state.is_final() && blocked.state != MessageState::Sent, "{blocked:?}");
    assert_eq!(house.message(&seller, 1).await.state, MessageState::Sent);
}

/// How far this test's clock is ahead, in microseconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn jumping() -> Timestamp {
    Timestamp::from_clock().plus(Span::micros(AHEAD.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn a_server_that_stalls_at_rcpt_lets_the_permit_lapse_and_nothing_leaves_by_it() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    server.when(Stage::Rcpt, || AHEAD.store(Span::seconds(11).as_micros(), Ordering::SeqCst));
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..1).await;
    house.outbox_by(jumping).once(now()).await.unwrap();
    let message = house.message(&seller, 0).await;
    assert_eq!((message.state, message.reason), (MessageState::Waiting, Some(Reason::PermitExpired)));
    let seen = server.seen.lock().unwrap().reached.clone();
    assert!(seen.contains(&Stage::Rcpt) && !seen.contains(&Stage::Data), "{seen:?}");
    // A new permit, by the clock as it is now.
    house.outbox_by(jumping).once(later(Span::minutes(1))).await.unwrap();
    assert_eq!(house.message(&seller, 0).await.state, MessageState::Sent);
}
