//! Logs tell what happened without telling of whom (law 8). A binary of its own, since there is one log and
//! one panic hook in a process.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use intake::reading::{RoomSettings, hide_panics_of_readers};
use intake::session::Terms;
use intake::{PostmasterBox, ReadingRoom, Recipient, Recorder, RecorderError, Server, ServerSettings};
use model::inbound::{IncomingMail, RecordedMail};
use model::{AccountId, AddressId, MailId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Fails for every other mail; keeps all to the postmaster.
struct Moody(Mutex<bool>, PostmasterBox);

impl Recorder for Moody {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        match local_part {
            "zebra-secret" => Ok(Some(Recipient { account: AccountId::generate(), address: AddressId::generate() })),
            "zebra-broken" => Err(RecorderError::unavailable("no connection")),
            _ => Ok(None),
        }
    }

    async fn record(&self, _: IncomingMail) -> Result<RecordedMail, RecorderError> {
        let mut fails = self.0.lock().unwrap();
        *fails = !*fails;
        if *fails {
            Err(RecorderError::storage_full("no space left"))
        } else {
            Ok(RecordedMail { id: MailId::generate(), readings: Vec::new() })
        }
    }

    async fn record_postmaster(&self, raw: &[u8]) -> Result<(), RecorderError> {
        self.1.keep(raw.to_vec(), Timestamp::from_clock()).await
    }
}

#[tokio::test]
async fn logs_hold_no_address_name_or_text() {
    let log = Log::default();
    let sink = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || sink.clone()).init();
    hide_panics_of_readers();
    let reader = |raw: &[u8]| panic!("at {}", String::from_utf8_lossy(raw));
    let room = ReadingRoom::open(Arc::new(reader), &RoomSettings { threads: 1, ..RoomSettings::default() }).unwrap();
    let settings = ServerSettings::new(Terms::for_domain("localhost").unwrap());
    let any = "127.0.0.1:0".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let moody = Moody(Mutex::new(false), PostmasterBox::at(folder.path().join("postmaster")));
    let server = Server::bind(any, settings, None, Arc::new(room), Arc::new(moody)).await.unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));

    let mut peer = TcpStream::connect(address).await.unwrap();
    let mail = "MAIL FROM:<zebra@example.net>\r\nRCPT TO:<zebra-secret@localhost>\r\nRCPT TO:<zebra-broken@localhost>\r\n\
        RCPT TO:<zebra-nobody@localhost>\r\nRCPT TO:<postmaster>\r\nDATA\r\nSubject: zebra\r\n\r\nzebra\r\n.\r\n";
    let dialogue = format!("EHLO zebra\r\nzebra\r\n{mail}{mail}QUIT\r\n");
    peer.write_all(dialogue.as_bytes()).await.unwrap();
    let mut said = String::new();
    peer.read_to_string(&mut said).await.unwrap();
    assert!(said.contains("452 4.3.1") && said.contains("250 2.6.0"), "{said}");
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("the server hangs").unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for told in [
        "mail recorded",
        "could not be recorded",
        "a reader panicked",
        "mail to postmaster kept",
        "could not be looked up",
        "session ended",
    ] {
        assert!(log.contains(told), "{told:?} is missing in:\n{log}");
    }
    assert!(!log.to_lowercase().contains("zebra"), "{log}");
}
