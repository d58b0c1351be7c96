//! The main way through the house, with the real reader and the real store: a notice by SMTP is on the list
//! when the peer hears 250, and stays there over a restart; the same one again changes nothing.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::house::{House, settings};
use cluster::FreshDatabase;
use intake::importing::{Again, record_all};
use intake::reading::{Arrival, RoomSettings, reader_of_notices};
use intake::{MailFiles, ReadingRoom};
use model::inbound::{Door, Outcome};
use model::suppression::{SuppressionReason, SuppressionState};
use model::{Account, Marketplace, Timestamp};
use store::{Database, Options, Store, SuppressionFilter};

const NOTICE: &str = "From: \"Amazon.com\" <auto-communication@amazon.com>\r\n\
    Message-ID: <0102-invented@eu-west-1.amazonses.com>\r\n\
    Date: Thu, 20 Aug 2026 10:00:00 +0000\r\n\
    Subject: Your message to a buyer could not be delivered\r\n\
    X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\n\
    X-Marketplace-ID: ATVPDKIKX0DER\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    We were unable to deliver the message you sent for order [111-2222222-3333333] because the buyer has chosen\r\n\
    to opt out of receiving unsolicited messages from sellers.\r\n";

pub struct Ground {
    pub folder: tempfile::TempDir,
    pub postgres: Option<FreshDatabase>,
}

impl Ground {
    pub async fn store(&self) -> Arc<Store> {
        let database = match &self.postgres {
            Some(database) => Database::Postgres(database.url().clone()),
            None => Database::Sqlite(self.folder.path().join("abide.sqlite")),
        };
        Arc::new(Store::open(Options { database, keys: self.folder.path().join("keys") }).await.unwrap())
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

pub fn reading_room() -> Arc<ReadingRoom> {
    Arc::new(ReadingRoom::open(reader_of_notices(), &RoomSettings::default()).unwrap())
}

async fn secret_of(store: &Store, account: &Account) -> String {
    store.addresses(account.id).await.unwrap().remove(0).local_part
}

async fn suppressed(store: &Store, account: &Account) -> Vec<String> {
    let page = store.suppressions(account.id, SuppressionFilter::All, None, 100).await.unwrap();
    page.rows
        .iter()
        .inspect(|row| assert_eq!((row.reason, row.state), (SuppressionReason::OptOut, SuppressionState::Active)))
        .map(|row| row.order_id.unwrap().to_string())
        .collect()
}

async fn story(ground: Ground) {
    let store = ground.store().await;
    let handle = "blue-widgets".parse().unwrap();
    let us: Marketplace = "US".parse().unwrap();
    let account = store.add_account("Blue Widgets".into(), handle, vec![us], Timestamp::from_clock()).await.unwrap();
    let secret = secret_of(&store, &account).await;

    let mut house = House::around(settings(), reading_room(), Arc::clone(&store)).await;
    let mut client = house.client().await;
    client.cmd("EHLO client", "250").await;
    client.cmd("MAIL FROM:<>", "250").await;
    client.cmd("RCPT TO:<nobody@localhost>", "550 5.1.1").await;
    client.cmd("RSET", "250").await;
    client.send(&secret.to_uppercase(), NOTICE, "250 2.6.0").await;
    assert_eq!(suppressed(&store, &account).await, ["111-2222222-3333333"], "acknowledged, and not on the list");
    client.send(&secret, NOTICE, "250 2.6.0").await;
    assert_eq!(suppressed(&store, &account).await.len(), 1, "the same notice counted twice");
    client.cmd("QUIT", "221").await;
    house.begin_to_stop();
    house.stopped().await;
    drop(store);

    let store = ground.store().await;
    assert_eq!(suppressed(&store, &account).await, ["111-2222222-3333333"], "forgotten over a restart");
    let path = ground.path().join("again.mbox");
    let mbox = format!("From a Thu Aug 20 10:00:00 2026\n{}\n", NOTICE.replace("\r\n", "\n"));
    std::fs::write(&path, mbox.clone() + &mbox.replace("0102-invented", "0103-invented").replace("3333333", "4444444"))
        .unwrap();
    let arrival = Arrival {
        account: account.id,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
    };
    let mut outcomes = Vec::new();
    record_all(MailFiles::new(&[path]), &reading_room(), store.as_ref(), (arrival, Again::PassOver), |told| {
        outcomes.push(told.outcome.unwrap().mail().readings[0].outcome);
        ControlFlow::Continue(())
    })
    .await;
    assert_eq!(outcomes, [Outcome::Repeated, Outcome::Suppressed]);
    assert_eq!(suppressed(&store, &account).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_by_smtp_is_on_the_list_when_it_is_acknowledged_on_sqlite() {
    story(Ground { folder: tempfile::tempdir().unwrap(), postgres: None }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_by_smtp_is_on_the_list_when_it_is_acknowledged_on_postgres() {
    if let Some(database) = cluster::fresh_database() {
        story(Ground { folder: tempfile::tempdir().unwrap(), postgres: Some(database) }).await;
    }
}
