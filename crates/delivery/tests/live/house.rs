//! The one helper: an installation with sellers whose US stores send for real.

use std::time::Duration;

use campaign::{Approval, approve};
use channel::{Timeouts, TrustedRoots};
use delivery::{Outbox, OutboxCounts, plan_pass};
use model::member::Actor;
use model::message::OutboxRow;
use model::order::{ImportedOrder, OrderStatus};
use model::sender::{Security, Sender, SenderLimits, SubmissionServer};
use model::{Account, Alias, Clock, Delivery, Marketplace, OrderId, Span, Timestamp};
use store::{Database, NewCampaign, Options, OutboxFilter, Store};
use tokio::sync::watch;

use crate::server::Server;

/// Each step of a dialogue may take so long here.
pub const PATIENCE: Duration = Duration::from_secs(2);

const CAMPAIGN: &str = "name = \"Ask\"\nchannel = \"email\"\n\n[trigger]\nwhen = \"delivered\"\n\n[window]\n\n\
    [template.en]\nsubject = \"Order {{ order_id }}\"\ntext = \"How was order {{ order_id }}?\"\n";

pub struct House {
    pub store: Store,
    stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

pub fn now() -> Clock {
    Clock::real(Timestamp::from_clock())
}

/// A clock so far ahead, as a trial has it; permits go by the real one.
pub fn later(span: Span) -> Clock {
    let real = Timestamp::from_clock();
    Clock { real, given: Some(real.plus(span)) }
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("abide.db"));
        let store = Store::open(Options { database, keys: folder.path().join("keys") }).await.unwrap();
        Self { store, stop: watch::channel(false).0, _folder: folder }
    }

    /// A seller whose US store is live and sends through that server.
    pub async fn seller(&self, name: &str, server: &Server, limits: SenderLimits) -> Account {
        let began = Timestamp::from_clock().minus(Span::days(60));
        let account =
            self.store.add_account(name.into(), name.parse().unwrap(), vec![Marketplace::Us], began).await.unwrap();
        let Approval { campaign, approved, .. } = approve(CAMPAIGN, &[]).unwrap();
        let withholding = campaign.withholding_marks();
        let new = NewCampaign {
            name: campaign.name,
            withholding,
            text: approved,
            orders_after: None,
            priority: campaign.priority,
            attachments: Vec::new(),
        };
        self.store.add_campaign(account.id, new, Actor::Operator, Clock::real(began)).await.unwrap();
        let sender = Sender {
            from: format!("orders@{name}.example").parse().unwrap(),
            name: None,
            server: SubmissionServer::new("127.0.0.1", server.port, Security::None).unwrap(),
            sign_in: None,
            limits,
        };
        self.store.set_sender(account.id, Marketplace::Us, sender, Actor::Operator, now()).await.unwrap();
        self.store
            .switch_delivery(account.id, Marketplace::Us, Delivery::Live, None, Actor::Operator, now())
            .await
            .unwrap();
        account
    }

    /// So many orders, delivered eight days ago, each of a buyer of its own.
    pub async fn orders(&self, account: &Account, numbers: std::ops::Range<u32>) {
        let real = Timestamp::from_clock();
        let said = numbers.map(|number| ImportedOrder {
            store: Some(Marketplace::Us),
            purchased_at: Some(real.minus(Span::days(12))),
            status: Some(OrderStatus::Shipped),
            estimated_arrival: Some(real.minus(Span::days(8))),
            alias: Some(buyer(number)),
            ..ImportedOrder::bare(order(number))
        });
        self.store.record_orders(account.id, said.collect(), now()).await.unwrap();
        plan_pass(&self.store, now()).await.unwrap();
    }

    /// A worker.
    pub fn outbox(&self) -> Outbox<'_> {
        self.outbox_by(Timestamp::from_clock)
    }

    /// A worker with a clock of its own.
    pub fn outbox_by(&self, real_now: fn() -> Timestamp) -> Outbox<'_> {
        let roots = TrustedRoots::public().unwrap();
        Outbox::new(&self.store, roots, real_now, self.stop.subscribe()).timeouts(Timeouts::each(PATIENCE))
    }

    /// One pass to its end.
    pub async fn once(&self, clock: Clock) -> OutboxCounts {
        self.outbox().once(clock).await.unwrap()
    }

    /// Tells the workers to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub async fn messages(&self, account: &Account) -> Vec<OutboxRow> {
        self.store.outbox(account.id, OutboxFilter::All, None, 500).await.unwrap().rows
    }

    pub async fn message(&self, account: &Account, number: u32) -> OutboxRow {
        let rows = self.store.outbox(account.id, OutboxFilter::Order(order(number)), None, 10).await.unwrap().rows;
        assert_eq!(rows.len(), 1, "an order has one message");
        rows[0].clone()
    }
}

pub fn order(number: u32) -> OrderId {
    format!("111-0000000-{number:07}").parse().unwrap()
}

pub fn buyer(number: u32) -> Alias {
    format!("buyer{number:09}@marketplace.amazon.com").parse().unwrap()
}

/// Connections, and as many messages a minute as there may be.
pub fn fast(connections: u8) -> SenderLimits {
    SenderLimits { connections, per_minute: 6000 }
}
