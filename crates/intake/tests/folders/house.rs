//! A store, an account, and a watcher of its folders at a quick pace; what came of it is waited for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connection::TrustedRoots;
use intake::imap::Pace;
use intake::reading::{Reader, RoomSettings, reader_of_notices};
use intake::{FolderWatcher, ReadingRoom};
use mailserver::{Dovecot, PASSWORD, USER};
use model::inbound::{Door, InboundRow};
use model::mail_folder::{FolderProof, FolderStart, FolderStatus, FolderTrouble, MailFolder};
use model::member::Actor;
use model::sender::{Secret, Security, SubmissionServer};
use model::{Account, Clock, Timestamp};
use store::{Database, InboundFilter, Options, Store, SuppressionFilter};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct House {
    folder: tempfile::TempDir,
    pub store: Arc<Store>,
    pub account: Account,
}

pub struct Watching {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Watching {
    /// Ends it as the program does.
    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.expect("the watcher hangs").unwrap();
    }
}

pub fn quick() -> Pace {
    Pace {
        idle: Duration::from_mins(5),
        poll: Duration::from_millis(200),
        after_failure: Duration::from_millis(200),
        after_refusal: Duration::from_millis(200),
        longest: Duration::from_secs(1),
        ..Pace::default()
    }
}

pub fn folder(dovecot: &Dovecot) -> MailFolder {
    MailFolder {
        server: SubmissionServer::new("127.0.0.1", dovecot.tls_port(), Security::Tls).unwrap(),
        user: USER.into(),
        proof: FolderProof::Password(Secret::new(PASSWORD.into())),
        folder: "INBOX".parse().unwrap(),
        move_to: None,
        start: FolderStart::Whole,
    }
}

/// An order of that number.
pub fn order(number: u32) -> String {
    format!("111-0000000-{number:07}")
}

/// An opt-out notice about the order of that number.
pub fn notice(number: u32) -> Vec<u8> {
    let order = order(number);
    format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nTo: seller@example.com\r\n\
         Date: Thu, 20 Aug 2026 12:00:00 +0000\r\nMessage-ID: <{order}@eu-west-1.amazonses.com>\r\n\
         Subject: Your message to a buyer could not be delivered\r\nX-Marketplace-ID: ATVPDKIKX0DER\r\n\
         X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\nContent-Type: text/plain\r\n\r\n\
         We were unable to deliver the message you sent for order [{order}] because the buyer has chosen to opt out of \
         receiving unsolicited messages from sellers.\r\n"
    )
    .into_bytes()
}

/// A mail that is none of ours.
pub fn letter(number: u32) -> Vec<u8> {
    format!("From: aunt@example.net\r\nTo: me@example.com\r\nSubject: Cake {number}\r\n\r\nCome on Sunday.\r\n")
        .into_bytes()
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path().to_owned()).await;
        let now = Timestamp::from_clock();
        let us = vec!["US".parse().unwrap()];
        let account = store.add_account("Blue Widgets".into(), "blue-widgets".parse().unwrap(), us, now).await.unwrap();
        Self { folder, store: Arc::new(store), account }
    }

    /// A second node over the same database.
    pub async fn other_node(&self) -> Self {
        let store = opened(self.folder.path().to_owned()).await;
        Self { folder: tempfile::tempdir().unwrap(), store: Arc::new(store), account: self.account.clone() }
    }

    pub async fn set(&self, folder: MailFolder) {
        let clock = Clock::real(Timestamp::from_clock());
        self.store.set_mail_folder(self.account.id, None, folder, Actor::Operator, clock).await.unwrap();
    }

    pub fn watch(&self, roots: TrustedRoots) -> Watching {
        self.watch_at(quick(), roots)
    }

    pub fn watch_at(&self, pace: Pace, roots: TrustedRoots) -> Watching {
        self.watch_reading(reader_of_notices(), pace, roots)
    }

    pub fn watch_reading(&self, reader: Arc<Reader>, pace: Pace, roots: TrustedRoots) -> Watching {
        let room = ReadingRoom::open(reader, &RoomSettings::default()).unwrap();
        let watcher = FolderWatcher::new(Arc::clone(&self.store), Arc::new(room), roots).at_pace(pace);
        let (stop, stopped) = watch::channel(false);
        Watching { stop, task: tokio::spawn(watcher.work_until(stopped)) }
    }

    pub async fn status(&self) -> FolderStatus {
        self.store.mail_folder(self.account.id, None).await.unwrap().unwrap().1
    }

    /// Orders on the list, sorted.
    pub async fn suppressed(&self) -> Vec<String> {
        let page = self.store.suppressions(self.account.id, SuppressionFilter::All, None, 1000).await.unwrap();
        let mut orders: Vec<String> =
            page.rows.iter().map(|row| row.order_id.map(|order| order.to_string()).unwrap_or_default()).collect();
        orders.sort();
        orders
    }

    /// All mails that came in, newest first.
    pub async fn mails(&self) -> Vec<InboundRow> {
        let rows = self.store.inbound_log(self.account.id, InboundFilter::All, None, 1000).await.unwrap().rows;
        assert!(rows.iter().all(|row| row.door == Door::Imap));
        rows
    }

    pub async fn wait_for_suppressed(&self, count: usize) {
        let began = Instant::now();
        while self.suppressed().await.len() < count {
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{:?}, {:?}",
                self.suppressed().await,
                self.status().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn wait_for_mails(&self, count: usize) {
        let began = Instant::now();
        while self.mails().await.len() < count {
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{}, {:?}",
                self.mails().await.len(),
                self.status().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the folder was seen to be up to date after now.
    pub async fn wait_until_read(&self) {
        let asked = Timestamp::from_clock();
        let began = Instant::now();
        while self.status().await.read_at.is_none_or(|read| read < asked) {
            assert!(began.elapsed() < Duration::from_mins(1), "{:?}", self.status().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the folder was seen to be up to date at all.
    pub async fn wait_until_read_once(&self) {
        let began = Instant::now();
        while self.status().await.read_at.is_none() {
            assert!(began.elapsed() < Duration::from_mins(1), "{:?}", self.status().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn wait_until_well(&self) {
        let began = Instant::now();
        while self.status().await.trouble.is_some() {
            assert!(began.elapsed() < Duration::from_mins(1), "{:?}", self.status().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn wait_for_trouble(&self, trouble: FolderTrouble) {
        let began = Instant::now();
        while self.status().await.trouble.is_none_or(|(its, _)| its != trouble) {
            assert!(began.elapsed() < Duration::from_mins(1), "{:?}", self.status().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn opened(folder: PathBuf) -> Store {
    let options = Options { database: Database::Sqlite(folder.join("abide.db")), keys: folder.join("keys") };
    Store::open(options).await.unwrap()
}

/// The public authorities and this server's own.
pub fn roots(dovecot: &Dovecot) -> TrustedRoots {
    TrustedRoots::with_file(&dovecot.authority_file()).unwrap()
}
