//! Lanes: a server's trouble stays with its store, and lines are used again.

use std::time::Duration;

use model::member::Actor;
use model::message::Settlement;
use model::sender::SenderLimits;
use model::sending::StopScope;
use model::{Marketplace, MessageState, Reason, Span};

use crate::house::{House, fast, later, now, order};
use crate::server::{Does, Server, Stage};

/// One seller's server hangs there; the other's messages leave meanwhile, and the hanging one costs at most what
/// `lost` says.
async fn hangs_alone(stage: Stage, lost: usize) {
    let house = House::new().await;
    let (hanging, well) = (Server::that(Does::Hangs(stage)).await, Server::that(Does::Well).await);
    let unlucky = house.seller("unlucky", &hanging, fast(3)).await;
    let lucky = house.seller("lucky", &well, fast(3)).await;
    house.orders(&unlucky, 0..20).await;
    house.orders(&lucky, 20..40).await;
    let mut outbox = house.outbox();
    outbox.pass(now()).await.unwrap();
    outbox.meanwhile(well.until(|seen| seen.mails.len() == 20)).await;
    outbox.meanwhile(hanging.until(|seen| seen.reached.contains(&stage))).await;
    let counts = outbox.end().await.unwrap();
    assert_eq!(hanging.mails(), 0);
    assert_eq!(hanging.seen.lock().unwrap().connections, 1, "one message shows how the server is");
    assert_eq!(counts.lost, lost as u64);
    let states: Vec<_> = house.messages(&unlucky).await.into_iter().map(|row| (row.state, row.reason)).collect();
    let unknown = states.iter().filter(|(state, _)| *state == MessageState::Unknown).count();
    assert_eq!(unknown, lost, "{states:?}");
    let waits = (MessageState::Waiting, Some(Reason::ServerUnreachable));
    assert_eq!(states.iter().filter(|state| **state == waits).count(), 20 - lost, "{states:?}");
    // Until its rest is over, the server is left alone.
    house.once(now()).await;
    assert_eq!(hanging.seen.lock().unwrap().connections, 1);
    let trouble = house.store.sender_status(unlucky.id, Marketplace::Us).await.unwrap().unwrap();
    assert_eq!(trouble.reason, Reason::ServerUnreachable);
    // It is well again: all leave but what was lost, and the trouble is forgotten.
    hanging.now(Does::Well);
    let after = house.once(later(Span::minutes(10))).await;
    assert_eq!((after.sent, hanging.mails()), (20 - lost as u64, 20 - lost));
    assert_eq!(house.store.sender_status(unlucky.id, Marketplace::Us).await.unwrap(), None);
}

#[tokio::test]
async fn a_server_that_hangs_before_its_greeting_holds_up_nobody_else() {
    hangs_alone(Stage::Greeting, 0).await;
}

#[tokio::test]
async fn a_server_that_hangs_at_the_introduction_holds_up_nobody_else() {
    hangs_alone(Stage::Ehlo, 0).await;
}

#[tokio::test]
async fn a_server_that_hangs_at_mail_holds_up_nobody_else() {
    hangs_alone(Stage::Mail, 0).await;
}

#[tokio::test]
async fn a_server_that_hangs_at_rcpt_holds_up_nobody_else() {
    hangs_alone(Stage::Rcpt, 0).await;
}

#[tokio::test]
async fn a_server_that_hangs_at_data_holds_up_nobody_else() {
    hangs_alone(Stage::Data, 0).await;
}

#[tokio::test]
async fn a_server_that_hangs_after_the_text_costs_one_message_and_holds_up_nobody_else() {
    hangs_alone(Stage::Body, 1).await;
}

#[tokio::test]
async fn a_line_carries_many_messages_and_serves_the_next_pass_too() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    let mut outbox = house.outbox();
    house.orders(&seller, 0..10).await;
    outbox.pass(now()).await.unwrap();
    outbox.rest().await.unwrap();
    house.orders(&seller, 10..20).await;
    outbox.pass(now()).await.unwrap();
    let counts = outbox.end().await.unwrap();
    let seen = server.seen.lock().unwrap();
    assert_eq!((counts.sent, seen.mails.len(), seen.connections, seen.quits), (10, 20, 1, 1));
}

#[tokio::test]
async fn a_store_gets_the_connections_it_may_have_and_no_more() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    let seller = house.seller("blue", &server, fast(3)).await;
    house.orders(&seller, 0..40).await;
    assert_eq!(house.once(now()).await.sent, 40);
    assert_eq!(server.seen.lock().unwrap().most_open, 3);
}

#[tokio::test]
async fn by_default_a_server_that_begins_to_hang_in_the_midst_of_good_work_costs_one_message() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    let limits = SenderLimits { per_minute: 6000, ..SenderLimits::default() };
    let seller = house.seller("blue", &server, limits).await;
    let mut outbox = house.outbox();
    house.orders(&seller, 0..5).await;
    outbox.pass(now()).await.unwrap();
    outbox.meanwhile(server.until(|seen| seen.mails.len() == 5)).await;
    outbox.rest().await.unwrap();
    server.now(Does::Hangs(Stage::Body));
    house.orders(&seller, 5..25).await;
    outbox.pass(now()).await.unwrap();
    let counts = outbox.end().await.unwrap();
    assert_eq!((counts.lost, server.mails()), (1, 5), "{counts:?}");
}

#[tokio::test]
async fn a_message_cut_off_after_its_text_is_unknown_and_is_never_sent_again_by_itself() {
    let house = House::new().await;
    let server = Server::that(Does::Cuts(Stage::Body)).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..1).await;
    assert_eq!(house.once(now()).await.lost, 1);
    server.now(Does::Well);
    for minutes in [1, 10, 60, 600] {
        house.once(later(Span::minutes(minutes))).await;
    }
    let message = house.message(&seller, 0).await;
    assert_eq!((message.state, message.reason), (MessageState::Unknown, Some(Reason::LostInFlight)));
    assert_eq!(server.mails(), 0);
    // Only when somebody found that it did not leave does it come before the gate anew.
    let settled = house.store.settle(
        seller.id,
        message.id,
        Settlement::NotSent,
        "not in Seller Central".into(),
        Actor::Operator,
        later(Span::minutes(601)),
    );
    settled.await.unwrap();
    house.once(later(Span::minutes(602))).await;
    assert_eq!((server.mails(), house.message(&seller, 0).await.state), (1, MessageState::Sent));
}

#[tokio::test]
async fn a_refusal_for_good_fails_one_message_with_the_servers_words() {
    let house = House::new().await;
    let server = Server::that(Does::Says(Stage::Rcpt, "550 5.1.1 no such buyer")).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..1).await;
    assert_eq!(house.once(now()).await.failed, 1);
    let message = house.message(&seller, 0).await;
    assert_eq!((message.state, message.reason), (MessageState::Failed, Some(Reason::RejectedByServer)));
    let detail = house.store.message_detail(seller.id, message.id).await.unwrap().unwrap();
    assert_eq!(
        detail.reply.map(|reply| (reply.code(), reply.words().to_owned())),
        Some((550, "5.1.1 no such buyer".into()))
    );
}

#[tokio::test]
async fn a_server_that_refuses_message_after_message_is_left_alone_before_it_has_failed_them_all() {
    let house = House::new().await;
    let server = Server::that(Does::Says(Stage::Rcpt, "554 not from you")).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..20).await;
    let counts = house.once(now()).await;
    assert_eq!((counts.failed, counts.waiting), (5, 15));
}

#[tokio::test]
async fn told_to_stop_a_lane_ends_what_is_under_permit_gives_back_the_rest_and_takes_leave() {
    let house = House::new().await;
    let server = Server::that(Does::Waits(Stage::Body)).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..10).await;
    let mut outbox = house.outbox();
    outbox.pass(now()).await.unwrap();
    outbox.meanwhile(server.until(|seen| seen.reached.contains(&Stage::Body))).await;
    house.stop();
    server.go_on();
    let counts = outbox.end().await.unwrap();
    assert_eq!((counts.sent, counts.waiting, server.mails()), (1, 9, 1));
    assert_eq!(server.seen.lock().unwrap().quits, 1);
    // Another worker has them at once, without waiting for leases.
    let free = house.store.claim_due(later(Span::seconds(2)), 100).await.unwrap();
    assert_eq!(free.len(), 9);
}

#[tokio::test]
async fn a_stop_in_the_middle_lets_the_message_under_permit_leave_and_no_other() {
    let house = House::new().await;
    let server = Server::that(Does::Waits(Stage::Mail)).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 0..5).await;
    let mut outbox = house.outbox();
    outbox.pass(now()).await.unwrap();
    outbox.meanwhile(server.until(|seen| seen.reached.contains(&Stage::Mail))).await;
    let scope = StopScope::Account(seller.id);
    house.store.stop_sending(scope, Actor::Operator, None, now()).await.unwrap();
    server.now(Does::Well);
    server.go_on();
    let counts = outbox.end().await.unwrap();
    assert_eq!((counts.sent, server.mails()), (1, 1));
    let held = house.messages(&seller).await.into_iter().filter(|row| row.reason == Some(Reason::LiveOff)).count();
    assert_eq!(held, 4);
    house.store.resume_sending(scope, Actor::Operator, None, now()).await.unwrap();
    house.once(later(Span::hours(2))).await;
    assert_eq!(server.mails(), 5);
}

#[tokio::test]
async fn a_store_keeps_to_its_messages_a_minute() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    // A bucket of five, full again after five seconds.
    let seller = house.seller("blue", &server, SenderLimits { connections: 2, per_minute: 60 }).await;
    house.orders(&seller, 0..7).await;
    assert_eq!(house.once(now()).await.sent, 7);
    let seen = server.seen.lock().unwrap();
    let after = |n: usize| seen.mails[n].0 - seen.mails[0].0;
    assert!(after(4) < Duration::from_secs(4) && after(5) > Duration::from_secs(4), "{:?} {:?}", after(4), after(5));
}

#[tokio::test]
async fn what_a_lane_can_not_take_in_time_goes_back_for_its_turn() {
    let house = House::new().await;
    let server = Server::that(Does::Waits(Stage::Greeting)).await;
    let seller = house.seller("blue", &server, SenderLimits { connections: 1, per_minute: 6 }).await;
    house.orders(&seller, 0..50).await;
    let mut outbox = house.outbox();
    outbox.pass(now()).await.unwrap();
    let waiting = house.messages(&seller).await.into_iter().filter(|row| row.state == MessageState::Waiting);
    let turns: Vec<_> = waiting.filter_map(|row| row.next_try).collect();
    assert!(turns.len() >= 45, "a lane of six a minute takes in few: {}", turns.len());
    assert!(turns.iter().all(|turn| *turn > now().real.plus(Span::seconds(20))));
    house.stop();
    outbox.end().await.unwrap();
    assert_eq!(server.mails(), 0);
}

#[tokio::test]
async fn a_mail_bears_its_order_its_sender_and_its_own_id() {
    let house = House::new().await;
    let server = Server::that(Does::Well).await;
    let seller = house.seller("blue", &server, fast(1)).await;
    house.orders(&seller, 7..8).await;
    house.once(now()).await;
    let mail = server.seen.lock().unwrap().mails[0].1.clone();
    let message = house.message(&seller, 7).await;
    let detail = house.store.message_detail(seller.id, message.id).await.unwrap().unwrap();
    assert!(mail.contains(&format!("Subject: Order {}", order(7))), "{mail}");
    assert!(mail.contains("From: ") && mail.contains("orders@blue.example"), "{mail}");
    assert!(mail.contains(&format!("Message-ID: {}", detail.message_id.unwrap())), "{mail}");
    assert_eq!(detail.reply.map(|reply| reply.code()), Some(250));
}
