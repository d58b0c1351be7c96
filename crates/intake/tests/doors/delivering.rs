//! Mail over a real socket, to a recorder that does as it is told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use model::inbound::Door;
use model::{Provenance, Timestamp};
use tokio::io::AsyncWriteExt;

use crate::desk::{FAIL, FAIL_FOR_B, FULL, RECORD};
use crate::house::{House, MAIL, RAW};

#[tokio::test]
async fn a_mail_is_recorded_for_its_account_with_the_bytes_that_came() {
    let house = House::open().await;
    let before = Timestamp::from_clock();
    let mut client = house.client().await;
    client.send("a", MAIL, "250 2.6.0").await;
    let recorded = house.recorder.recorded.lock().unwrap().clone();
    assert_eq!(recorded.len(), 1);
    let mail = &recorded[0];
    assert_eq!((mail.account, mail.address), (house.recorder.a.account, Some(house.recorder.a.address)));
    assert_eq!((mail.door, mail.provenance, mail.raw.as_slice()), (Door::Smtp, Provenance::Unproven, RAW));
    assert!(mail.read.is_some());
    assert!(before <= mail.received_at && mail.received_at <= Timestamp::from_clock());
    client.cmd("QUIT", "221").await;
    client.ended().await;
}

#[tokio::test]
async fn a_failed_recording_is_never_acknowledged_and_the_session_goes_on() {
    let house = House::open().await;
    let mut client = house.client().await;
    for (conduct, reply) in [(FAIL, "451 4.3.0"), (FULL, "452 4.3.1"), (RECORD, "250 2.6.0")] {
        house.recorder.conduct.store(conduct, Ordering::SeqCst);
        client.send("a", MAIL, reply).await;
    }
    client.cmd("MAIL FROM:<>", "250").await;
    client.cmd("RCPT TO:<broken@localhost>", "451 4.3.0").await;
    assert_eq!(house.recorder.raws().len(), 1);
}

#[tokio::test]
async fn every_recipient_gets_the_mail_and_one_failure_keeps_the_250_back_but_not_the_others() {
    let house = House::open().await;
    for (conduct, reply, recorded) in [(RECORD, "250", 2), (FAIL_FOR_B, "451", 3)] {
        house.recorder.conduct.store(conduct, Ordering::SeqCst);
        let mut client = house.client().await;
        client.address("b").await;
        client.cmd("RCPT TO:<a@localhost>", "250").await;
        client.cmd("RCPT TO:<a+again@localhost>", "250").await;
        client.cmd("DATA", "354").await;
        client.cmd("x\r\n.", reply).await;
        assert_eq!(house.recorder.raws(), vec![b"x\r\n".to_vec(); recorded]);
    }
}

#[tokio::test]
async fn the_acknowledgement_waits_for_the_recorder() {
    let house = House::open().await;
    house.recorder.wait.store(true, Ordering::SeqCst);
    let mut client = house.client().await;
    client.address("a").await;
    client.cmd("DATA", "354").await;
    client.write(b"x\r\n.\r\n").await;
    house.recorder.waiting.notified().await;
    let early = tokio::time::timeout(Duration::from_millis(200), client.reply()).await;
    assert!(early.is_err(), "{early:?} before the mail was durable");
    house.recorder.go.notify_one();
    client.expect("250 2.6.0").await;
}

#[tokio::test]
async fn a_mail_that_breaks_its_reader_is_recorded_unread() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.send("a", "Panic: yes\r\n", "250").await;
    assert!(house.recorder.recorded.lock().unwrap()[0].read.is_none());
    client.send("a", MAIL, "250").await;
}

#[tokio::test]
async fn mail_to_the_postmaster_goes_its_own_way() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.send("PostMaster", MAIL, "250").await;
    assert_eq!(*house.recorder.postmaster.lock().unwrap(), [RAW.len()]);
    assert!(house.recorder.raws().is_empty());
}

#[tokio::test]
async fn a_mail_cut_off_within_its_data_is_not_recorded() {
    let mut house = House::open().await;
    for cut in ["", "Subject: x", "Subject: x\r\n\r\ntext\r\n.", "Subject: x\r\n\r\ntext\r\n.\r"] {
        let mut client = house.client().await;
        client.address("a").await;
        client.cmd("DATA", "354").await;
        client.write(cut.as_bytes()).await;
        client.stream.shutdown().await.unwrap();
        client.ended().await;
    }
    house.begin_to_stop();
    let recorder = Arc::clone(&house.recorder);
    house.stopped().await;
    assert!(recorder.raws().is_empty());
}

#[tokio::test]
async fn a_pipelined_session_is_answered_whole() {
    let house = House::open().await;
    let mut client = house.client().await;
    let mut all = b"EHLO client\r\n".to_vec();
    for number in 0..50 {
        let mail = format!("MAIL FROM:<a@b>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nnumber {number}\r\n.\r\n");
        all.extend_from_slice(mail.as_bytes());
    }
    all.extend_from_slice(b"QUIT\r\n");
    client.write(&all).await;
    client.expect("250").await;
    for _ in 0..50 {
        for reply in ["250 2.1.0", "250 2.1.5", "354", "250 2.6.0"] {
            client.expect(reply).await;
        }
    }
    client.expect("221").await;
    client.ended().await;
    assert_eq!(house.recorder.raws()[49], b"number 49\r\n");
}

/// Swaks is a mail client of somebody else's, so it doesn't share our misunderstandings.
#[tokio::test]
async fn swaks_delivers() {
    let house = House::open().await;
    for tls in [true, false] {
        let mut command = tokio::process::Command::new("swaks");
        command.args([
            "--to",
            "a@localhost",
            "--from",
            "someone@example.net",
            "--h-Subject",
            "hello",
            "--body",
            ".\n..\nbody",
            "--server",
        ]);
        command.arg(house.address.to_string());
        if tls {
            command.arg("-tls");
        }
        match command.output().await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("skipped: swaks is not installed (apt install swaks)");
                return;
            }
            output => {
                let output = output.unwrap();
                let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                if tls && said.contains("requires Net::SSLeay") {
                    println!("skipped under TLS: swaks lacks Net::SSLeay (apt install libnet-ssleay-perl)");
                    continue;
                }
                assert!(output.status.success(), "{said}");
            }
        }
    }
    for raw in house.recorder.raws() {
        let text = String::from_utf8(raw).unwrap();
        assert!(text.contains("\r\nSubject: hello\r\n") && text.contains("\r\n.\r\n..\r\nbody"), "{text}");
    }
    assert!(!house.recorder.raws().is_empty());
}
