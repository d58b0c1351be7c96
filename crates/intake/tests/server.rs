//! The receiver on a real socket, with a recorder that does as it is told.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod desk;
mod house;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use desk::{FAIL, FAIL_FOR_B, FULL, RECORD, room};
use house::{Client, House, settings};
use intake::server::{Certificate, Tls};
use intake::{IntakeError, Server};
use model::inbound::Door;
use model::{Provenance, Timestamp};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const MAIL: &str = "Subject: hi\r\n\r\n..text";
const RAW: &[u8] = b"Subject: hi\r\n\r\n.text\r\n";

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

#[tokio::test]
async fn bytes_that_drip_are_taken_and_a_peer_that_stops_dripping_is_sent_away() {
    let mut settings = settings();
    settings.timing.data_pause = Duration::from_millis(300);
    settings.timing.command = Duration::from_millis(300);
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

async fn secured(
    house: &House,
    mut client: Client<tokio::net::TcpStream>,
    starttls: &[u8],
) -> std::io::Result<Client<TlsStream<tokio::net::TcpStream>>> {
    client.write(starttls).await;
    client.expect("220 2.0.0").await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(house.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, client.stream.into_inner()).await?;
    Ok(Client { stream: BufReader::new(stream) })
}

#[tokio::test]
async fn mail_comes_in_under_tls() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.cmd("EHLO client", "250").await;
    let mut client = secured(&house, client, b"STARTTLS\r\n").await.unwrap();
    client.cmd("MAIL FROM:<a@b>", "503").await;
    client.send("a", MAIL, "250 2.6.0").await;
    client.cmd("QUIT", "221").await;
    client.ended().await;
    assert_eq!(house.recorder.raws(), [RAW]);
}

#[tokio::test]
async fn what_was_injected_behind_starttls_is_never_taken_for_a_command() {
    let house = House::open().await;
    let mut client = house.client().await;
    client.address("a").await;
    let injected =
        b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<a@localhost>\r\nDATA\r\nevil\r\n.\r\n";
    let mut client = secured(&house, client, injected).await.expect("the injected text reached the handshake");
    client.cmd("DATA", "503").await;
    client.send("b", MAIL, "250").await;
    assert_eq!(house.recorder.raws(), [RAW]);
}

#[tokio::test]
async fn a_peer_that_fails_its_handshake_is_dropped_in_time() {
    let mut settings = settings();
    settings.timing.handshake = Duration::from_millis(200);
    let house = House::with(settings).await;
    for junk in [b"this is no handshake at all\r\n".as_slice(), b""] {
        let mut client = house.client().await;
        client.cmd("STARTTLS", "220").await;
        client.write(junk).await;
        let mut rest = Vec::new();
        let end = tokio::io::AsyncReadExt::read_to_end(&mut client.stream, &mut rest);
        let _ = tokio::time::timeout(Duration::from_secs(10), end).await.expect("it was never dropped");
    }
}

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

#[test]
fn a_self_signed_certificate_is_made_once_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("tls");
    let made = Tls::open(&Certificate::SelfSigned(folder.clone()), "localhost").unwrap();
    let kept = Tls::open(&Certificate::SelfSigned(folder.clone()), "localhost").unwrap();
    assert_eq!(made.certificate(), kept.certificate());
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.join("key.pem")), 0o600);
    assert_eq!(mode(folder.clone()), 0o700);
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    Tls::open(&Certificate::Files { certificate: certificate.clone(), key: key.clone() }, "x").unwrap();
    let swapped = Tls::open(&Certificate::Files { certificate: key, key: certificate }, "x").unwrap_err().to_string();
    assert!(swapped.contains("key.pem holds no usable certificate"), "{swapped}");
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
