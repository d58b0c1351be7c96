//! LMTP on its sockets, and behind Debian's Postfix by the recipe of docs/operator.md.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use intake::server::Place;
use intake::session::{Protocol, Terms};
use intake::{Server, ServerSettings};
use model::inbound::Door;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use crate::desk::{FAIL_FOR_B, FakeRecorder, RECORD, room};
use crate::house::Client;

fn settings() -> ServerSettings {
    ServerSettings::new(Terms { protocol: Protocol::Lmtp, ..Terms::for_domain("localhost").unwrap() })
}

async fn bound(place: &Place, recorder: &Arc<FakeRecorder>) -> Result<Server<FakeRecorder>, intake::IntakeError> {
    Server::bind_at(place, settings(), None, room(), Arc::clone(recorder)).await
}

#[tokio::test]
async fn each_recipient_is_answered_for_after_its_own_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let recorder = Arc::new(FakeRecorder::new());
    let server = bound(&Place::Socket(path.clone()), &recorder).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    let mut client = Client { stream: BufReader::new(UnixStream::connect(&path).await.unwrap()) };
    client.expect("220 localhost LMTP").await;
    client.cmd("LHLO client", "250").await;
    recorder.conduct.store(FAIL_FOR_B, Ordering::SeqCst);
    client.cmd("MAIL FROM:<someone@example.net>", "250").await;
    client.cmd("RCPT TO:<b@localhost>", "250").await;
    client.cmd("RCPT TO:<a@localhost>", "250").await;
    client.cmd("DATA", "354").await;
    client.cmd("Subject: hi\r\n\r\ntext\r\n.", "451 4.3.0").await;
    client.expect("250 2.6.0").await;
    let doors: Vec<_> = recorder.recorded.lock().unwrap().iter().map(|mail| (mail.door, mail.address)).collect();
    assert_eq!(doors, [(Door::Lmtp, Some(recorder.a.address))]);
    stop.send(()).unwrap();
    client.expect("421 4.3.2").await;
    running.await.unwrap();
    assert!(!path.exists(), "the socket's file stayed");
}

#[tokio::test]
async fn a_socket_that_a_killed_process_left_is_taken_over_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let (place, recorder) = (Place::Socket(path.clone()), Arc::new(FakeRecorder::new()));
    let server = bound(&place, &recorder).await.unwrap();
    assert!(bound(&place, &recorder).await.is_err(), "somebody listens there");
    drop(server);
    std::fs::write(&path, "a file of somebody's").unwrap();
    assert!(bound(&place, &recorder).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file of somebody's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_hands_mail_on_and_keeps_what_was_not_recorded_until_it_is() {
    let recorder = Arc::new(FakeRecorder::new());
    let server = bound(&Place::Port("127.0.0.1:0".parse().unwrap()), &recorder).await.unwrap();
    let port = server.address().unwrap().port();
    let further = format!(
        "relay_domains = localhost\ntransport_maps = inline:{{ {{ localhost = lmtp:inet:127.0.0.1:{port} }} }}\n\
         minimal_backoff_time = 1s\nmaximal_backoff_time = 1s\nqueue_run_delay = 1s"
    );
    let Some(postfix) = mailserver::Postfix::submission(&further) else { return };
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    recorder.conduct.store(FAIL_FOR_B, Ordering::SeqCst);
    let starttls = postfix.starttls_port().to_string();
    let sent = Command::new("swaks")
        .args([
            "--server",
            "127.0.0.1",
            "--port",
            &starttls,
            "-tls",
            "--auth",
            "PLAIN",
            "--auth-user",
            mailserver::USER,
        ])
        .args([
            "--auth-password",
            mailserver::PASSWORD,
            "--from",
            "seller@shop.example",
            "--to",
            "a@localhost,b@localhost",
        ])
        .args(["--header", "Subject: handed on"])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
    assert!(postfix.tells_of("status=deferred"), "{}", postfix.log());
    assert!(postfix.tells_of("status=sent (250 2.6.0 Recorded)"), "{}", postfix.log());
    let whom = || recorder.recorded.lock().unwrap().iter().map(|mail| mail.address).collect::<Vec<_>>();
    assert_eq!(whom(), [Some(recorder.a.address)]);
    recorder.conduct.store(RECORD, Ordering::SeqCst);
    let began = std::time::Instant::now();
    while whom().len() < 2 && began.elapsed() < std::time::Duration::from_secs(30) {
        postfix.control("flush").unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(whom(), [Some(recorder.a.address), Some(recorder.b.address)], "{}", postfix.log());
    stop.send(()).unwrap();
    running.await.unwrap();
}
