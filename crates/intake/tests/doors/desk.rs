//! A recorder that does as it is told, and a room in which mails that begin with `Panic:` break the reader.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use intake::reading::{ReadOut, RoomSettings};
use intake::{ReadingRoom, Recipient, Recorder, RecorderError};
use model::inbound::{IncomingMail, RecordedMail};
use model::{AccountId, AddressId, MailId, MailRead};
use tokio::sync::Notify;

/// What the recorder is told to do with the next mails.
pub const RECORD: u8 = 0;
pub const FAIL: u8 = 1;
pub const FULL: u8 = 2;
/// Fails for the address `b` alone.
pub const FAIL_FOR_B: u8 = 3;

pub struct FakeRecorder {
    pub a: Recipient,
    pub b: Recipient,
    pub conduct: AtomicU8,
    pub recorded: Mutex<Vec<IncomingMail>>,
    pub postmaster: Mutex<Vec<usize>>,
    /// Where set, a recording waits for `go`.
    pub wait: AtomicBool,
    pub waiting: Notify,
    pub go: Notify,
}

impl FakeRecorder {
    pub fn new() -> Self {
        let recipient = || Recipient { account: AccountId::generate(), address: AddressId::generate() };
        Self {
            a: recipient(),
            b: recipient(),
            conduct: AtomicU8::new(RECORD),
            recorded: Mutex::default(),
            postmaster: Mutex::default(),
            wait: AtomicBool::new(false),
            waiting: Notify::new(),
            go: Notify::new(),
        }
    }

    pub fn raws(&self) -> Vec<Vec<u8>> {
        self.recorded.lock().unwrap().iter().map(|mail| mail.raw.clone()).collect()
    }
}

impl Recorder for FakeRecorder {
    async fn find_recipient(&self, local_part: &str) -> Result<Option<Recipient>, RecorderError> {
        match local_part {
            "a" => Ok(Some(self.a)),
            "b" => Ok(Some(self.b)),
            "broken" => Err(RecorderError::unavailable("no connection")),
            _ => Ok(None),
        }
    }

    async fn record(&self, mail: IncomingMail) -> Result<RecordedMail, RecorderError> {
        if self.wait.load(Ordering::SeqCst) {
            self.waiting.notify_one();
            self.go.notified().await;
        }
        match self.conduct.load(Ordering::SeqCst) {
            FAIL => return Err(RecorderError::unavailable("no connection")),
            FULL => return Err(RecorderError::storage_full("no space")),
            FAIL_FOR_B if mail.address == Some(self.b.address) => {
                return Err(RecorderError::unavailable("no connection"));
            }
            _ => {}
        }
        self.recorded.lock().unwrap().push(mail);
        Ok(RecordedMail { id: MailId::generate(), readings: Vec::new() })
    }

    async fn record_postmaster(&self, raw: &[u8]) -> Result<(), RecorderError> {
        self.postmaster.lock().unwrap().push(raw.len());
        Ok(())
    }
}

pub fn room() -> Arc<ReadingRoom> {
    let reader = |raw: &[u8]| {
        assert!(!raw.starts_with(b"Panic:"), "asked for");
        read_out()
    };
    Arc::new(ReadingRoom::open(Arc::new(reader), &RoomSettings { threads: 1, ..RoomSettings::default() }).unwrap())
}

/// A reading of nothing.
pub fn read_out() -> ReadOut {
    ReadOut {
        read: MailRead { subject: None, from_domain: None, readings: Vec::new(), self_test: None },
        written_at: None,
    }
}
