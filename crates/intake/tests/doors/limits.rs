//! Peers that take too long, come too often or bring too much.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::house::{House, settings};

#[tokio::test]
async fn bytes_that_drip_are_taken_and_a_peer_that_stops_dripping_is_sent_away() {
    let mut settings = settings();
    settings.timing.data_pause = Duration::from_secs(1);
    settings.timing.command = Duration::from_secs(1);
    let house = House::with(settings).await;
    let mut client = house.client().await;
    client.address("a").await;
    client.cmd("DATA", "354").await;
    for byte in b"Subject: slow\r\n\r\nx\r\n.\r\n" {
        client.write(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.expect("250").await;
    assert_eq!(house.recorder.raws(), [b"Subject: slow\r\n\r\nx\r\n"]);

    client.address("a").await;
    client.cmd("DATA", "354").await;
    client.write(b"half a ma").await;
    client.expect("421 4.4.2").await;
    client.ended().await;

    let mut idle = house.client().await;
    idle.expect("421 4.4.2").await;
    idle.ended().await;
    assert_eq!(house.recorder.raws().len(), 1);
}

#[tokio::test]
async fn a_mail_has_its_time_however_steadily_it_drips() {
    let mut settings = settings();
    settings.timing.data = Duration::from_millis(400);
    settings.timing.session = Duration::from_millis(1200);
    let house = House::with(settings).await;
    let mut client = house.client().await;
    client.address("a").await;
    client.cmd("DATA", "354").await;
    let drip = async {
        for _ in 0..100 {
            if client.stream.write_all(b"x").await.is_err() || client.stream.flush().await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !client.stream.buffer().is_empty() {
                break;
            }
            let peeked = tokio::time::timeout(
                Duration::from_millis(1),
                tokio::io::AsyncBufReadExt::fill_buf(&mut client.stream),
            );
            if matches!(peeked.await, Ok(Ok([_, ..]))) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(4), drip).await.expect("it was never sent away");
    client.expect("421 4.4.2").await;

    let mut chatty = house.client().await;
    let chat = async {
        loop {
            chatty.write(b"NOOP\r\n").await;
            if chatty.reply().await.starts_with("421 4.4.2") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), chat).await.expect("a session has no end");
}

#[tokio::test]
async fn connections_are_limited_from_one_peer_and_in_all() {
    for (in_all, per_peer, reply) in [(2, 10, "421 4.3.2"), (10, 2, "421 4.7.0")] {
        let mut settings = settings();
        settings.connections = in_all;
        settings.connections_per_peer = per_peer;
        let house = House::with(settings).await;
        let mut first = house.client().await;
        let _second = house.client().await;
        let mut third = house.silent_client().await;
        third.expect(reply).await;
        third.ended().await;
        first.cmd("QUIT", "221").await;
        first.ended().await;
        // The seat is free soon after.
        for attempt in 0.. {
            let said = house.silent_client().await.reply().await;
            if said.starts_with("220") {
                break;
            }
            assert!(attempt < 100, "the seat is never given back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn mails_beyond_the_memory_set_apart_are_asked_to_come_again() {
    let mut settings = settings();
    settings.mail_memory = 100_000;
    let house = House::with(settings).await;
    let mut client = house.client().await;
    client.send("a", &"x\r\n".repeat(50_000), "452 4.3.1").await;
    client.send("a", &"x\r\n".repeat(10_000), "250").await;
    client.send("a", &"x\r\n".repeat(10_000), "250").await;
    assert_eq!(house.recorder.raws().len(), 2);
}

#[tokio::test]
async fn a_peer_that_does_not_take_its_replies_is_dropped() {
    let mut settings = settings();
    settings.timing.write = Duration::from_millis(300);
    settings.terms.limits.commands_without_mail = u32::MAX;
    let house = House::with(settings).await;
    let mut deaf = house.client().await;
    let flood = b"EHLO deaf\r\n".repeat(10_000);
    let shout = async { while deaf.stream.write_all(&flood).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), shout).await.expect("it is never dropped");
    house.client().await.cmd("NOOP", "250").await;
}
