//! How the house is opened and closed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use intake::{IntakeError, Server};

use crate::desk::room;
use crate::house::{House, settings};

#[tokio::test]
async fn a_port_that_is_taken_is_said_so_in_one_sentence() {
    let house = House::open().await;
    let again = Server::bind(house.address, settings(), None, room(), Arc::clone(&house.recorder)).await;
    let error = again.unwrap_err();
    assert!(matches!(error, IntakeError::PortTaken(address) if address == house.address));
    assert_eq!(
        error.to_string(),
        format!("{} is taken by another program; stop it, or choose another address with ABIDE_SMTP", house.address)
    );
    let foreign =
        Server::bind("192.0.2.1:2525".parse().unwrap(), settings(), None, room(), Arc::clone(&house.recorder)).await;
    assert!(matches!(foreign.unwrap_err(), IntakeError::Listen { .. }));
}

#[tokio::test]
async fn stopping_finishes_the_mail_in_flight_and_sends_the_others_away() {
    let mut house = House::open().await;
    house.recorder.wait.store(true, Ordering::SeqCst);
    let mut recording = house.client().await;
    recording.address("a").await;
    recording.cmd("DATA", "354").await;
    recording.write(b"one\r\n.\r\n").await;
    house.recorder.waiting.notified().await;
    let mut sending = house.client().await;
    sending.address("a").await;
    sending.cmd("DATA", "354").await;
    sending.write(b"two\r\n").await;
    let mut idle = house.client().await;
    idle.cmd("EHLO client", "250").await;
    // The server has to have seen the beginning of `two`.
    tokio::time::sleep(Duration::from_millis(100)).await;

    house.begin_to_stop();
    idle.expect("421 4.3.2").await;
    idle.ended().await;
    house.recorder.wait.store(false, Ordering::SeqCst);
    house.recorder.go.notify_one();
    recording.expect("250").await;
    recording.expect("421 4.3.2").await;
    sending.write(b".\r\n").await;
    sending.expect("250").await;
    sending.expect("421 4.3.2").await;
    assert!(tokio::net::TcpStream::connect(house.address).await.is_err(), "it still listens");
    let recorder = Arc::clone(&house.recorder);
    house.stopped().await;
    assert_eq!(recorder.raws(), [b"one\r\n", b"two\r\n"]);
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut settings = settings();
    settings.timing.drain = Duration::from_millis(200);
    let mut house = House::with(settings).await;
    let mut client = house.client().await;
    client.address("a").await;
    client.cmd("DATA", "354").await;
    client.write(b"never ends").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.begin_to_stop();
    house.stopped().await;
    client.ended().await;
}
