//! The stage that stories about orders, buyers and notices play on: one account with two campaigns, one that
//! writes e-mails and one that asks for reviews; its US store captures, its German store is live.

use model::account::Delivery;
use model::inbound::{Door, IncomingMail, RecordedMail, RecordedReading};
use model::ledger::{LedgerKind, LedgerRow};
use model::member::{Actor, Role};
use model::message::{ClaimedMessage, OutboxRow};
use model::messaged::{MessagedChange, MessagedOrder};
use model::notice::{Identity, MailRead, Remark};
use model::order::{ImportedOrder, ImportedOrders, OrderStatus};
use model::sender::{Secret, Security, Sender, SenderLimits, SignIn, SubmissionServer};
use model::suppression::SuppressionRow;
use model::{
    Account, Alert, Alias, CampaignId, Channel, Clock, Forwarded, Marketplace, MatchedBy, MemberId, MessageState,
    NoticeKind, OrderId, Provenance, Reading, Reason, Span, Timestamp,
};
use policy::RenderedText;
use policy::words::{Approved, Linter};
use store::{
    Attempt, Handover, NewCampaign, OutboxFilter, PLANNED_AT_ONCE, Planned, PlannedOutcome, Store, SuppressionFilter,
};

use crate::{Ground, at};

/// The present of every story.
pub const NOW: Timestamp = at_micros("2026-08-20T12:00:00Z", 1_787_227_200_000_000);

const fn at_micros(_written: &str, micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// The present as a clock.
pub const fn now() -> Clock {
    Clock::real(NOW)
}

/// The order of that number: even ones are the US store's (captured), odd ones the German store's (live).
pub fn order(number: u32) -> OrderId {
    format!("111-0000000-{number:07}").parse().unwrap()
}

/// The alias of the buyer of that number.
pub fn alias(number: u32) -> Alias {
    format!("buyer{number}zebra@marketplace.amazon.com").parse().unwrap()
}

/// A member in that role.
pub fn member(role: Role) -> Actor {
    Actor::Member { id: MemberId::generate(), role }
}

pub struct Stage {
    pub store: Store,
    pub account: Account,
    pub email: CampaignId,
    pub review: CampaignId,
}

impl Stage {
    pub async fn on(ground: &Ground) -> Self {
        let (store, account) = ground.with_account().await;
        let germany = "DE".parse().unwrap();
        live(&store, &account, germany).await;
        let account = store.account(&account.handle).await.unwrap();
        Self::with(store, account).await
    }

    pub async fn with(store: Store, account: Account) -> Self {
        let (email, review) = (campaign(&store, &account, "letter").await, campaign(&store, &account, "review").await);
        Self { store, account, email, review }
    }

    /// Records a mail that must be taken, and the one reading of it.
    pub async fn receive(&self, letter: &Letter) -> RecordedReading {
        self.receive_mail(letter).await.readings.remove(0)
    }

    pub async fn receive_mail(&self, letter: &Letter) -> RecordedMail {
        self.store.record_mail(letter.mail(&self.account)).await.unwrap()
    }

    /// Imports a shipped order, with its alias where one is given.
    pub async fn import(&self, number: u32, buyer: Option<Alias>) -> ImportedOrders {
        self.import_order(ImportedOrder { alias: buyer, ..shipped(number) }).await
    }

    pub async fn import_order(&self, order: ImportedOrder) -> ImportedOrders {
        self.store.record_orders(self.account.id, vec![order], now()).await.unwrap()
    }

    /// Imports a list of orders that another tool has messaged.
    pub async fn list_messaged(&self, numbers: &[u32]) -> MessagedChange {
        self.list_messaged_by(numbers, Actor::Operator).await.unwrap()
    }

    pub async fn list_messaged_by(&self, numbers: &[u32], by: Actor) -> Result<MessagedChange, store::StoreError> {
        let orders: Vec<_> =
            numbers.iter().map(|number| MessagedOrder { order_id: order(*number), messaged_at: None }).collect();
        let digest = store::messaged_list_digest(&orders);
        self.store.import_messaged_orders(self.account.id, digest, orders, by, now()).await
    }

    /// Plans every order that stands in the queue: each campaign makes a message of it, due an hour ago.
    pub async fn plan(&self) {
        self.plan_for(&[(self.email, Channel::Email), (self.review, Channel::Solicitation)]).await;
    }

    /// The same with the e-mail campaign alone.
    pub async fn plan_emails(&self) {
        self.plan_for(&[(self.email, Channel::Email)]).await;
    }

    pub async fn plan_for(&self, campaigns: &[(CampaignId, Channel)]) {
        let outcome = PlannedOutcome::Message { due: NOW.minus(Span::hours(1)), closes: NOW.plus(Span::days(15)) };
        for queued in self.store.orders_to_plan(PLANNED_AT_ONCE).await.unwrap() {
            if queued.account != self.account.id {
                continue;
            }
            let planned = campaigns
                .iter()
                .map(|(campaign, channel)| Planned {
                    campaign: *campaign,
                    version: 1,
                    channel: *channel,
                    outcome,
                    arm: None,
                })
                .collect();
            self.store.record_plan(queued, planned, now()).await.unwrap();
        }
    }

    /// What is due, claimed by one worker.
    pub async fn claim(&self) -> Vec<ClaimedMessage> {
        self.store.claim_due(now(), 200).await.unwrap()
    }

    /// The only message that is due.
    pub async fn claim_one(&self) -> ClaimedMessage {
        let mut claimed = self.claim().await;
        assert_eq!(claimed.len(), 1, "one message is due");
        claimed.remove(0)
    }

    pub async fn attempt(&self, claimed: &ClaimedMessage) -> Attempt {
        attempt(&self.store, claimed, now()).await
    }

    /// Imports, plans and claims one e-mail about the order.
    pub async fn claimed_email(&self, number: u32, buyer: u32) -> ClaimedMessage {
        self.import(number, Some(alias(buyer))).await;
        self.plan_emails().await;
        self.claim_one().await
    }

    pub async fn finish(&self, claimed: &ClaimedMessage, handover: Handover) {
        self.store.finish_attempt(claimed, handover, now()).await.unwrap();
    }

    /// Every message of an order, oldest first.
    pub async fn messages(&self, number: u32) -> Vec<OutboxRow> {
        let filter = OutboxFilter::Order(order(number));
        let mut rows = self.store.outbox(self.account.id, filter, None, 100).await.unwrap().rows;
        rows.reverse();
        rows
    }

    /// The state and reason of an order's one message.
    pub async fn message(&self, number: u32) -> (MessageState, Option<Reason>) {
        let rows = self.messages(number).await;
        assert_eq!(rows.len(), 1, "order {number} has one message");
        (rows[0].state, rows[0].reason)
    }

    /// The suppression list, oldest first.
    pub async fn list(&self) -> Vec<SuppressionRow> {
        let page = self.store.suppressions(self.account.id, SuppressionFilter::All, None, 1000).await.unwrap();
        page.rows.into_iter().rev().collect()
    }

    /// The ledger, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerRow> {
        let mut rows = self.store.ledger_page(self.account.id, None, 10_000).await.unwrap().rows;
        rows.reverse();
        rows
    }

    /// What the ledger's last entry of a kind says.
    pub async fn last_entry(&self, kind: LedgerKind) -> serde_json::Value {
        let rows = self.ledger().await;
        let row = rows.iter().rfind(|row| row.kind == kind).unwrap_or_else(|| panic!("no entry {kind}"));
        serde_json::from_str(row.payload.as_deref().unwrap()).unwrap()
    }

    pub async fn alerts(&self) -> Vec<Alert> {
        self.store.alerts(self.account.id, None, 1000).await.unwrap().rows
    }
}

/// Gives a store a sender that no pace holds back and switches it to live, as an operator does.
pub async fn live(store: &Store, account: &Account, marketplace: Marketplace) {
    let before = Clock::real(at("2026-08-01T00:00:00Z"));
    store.set_sender(account.id, marketplace, sender(), Actor::Operator, before).await.unwrap();
    let summary = store.live_summary(account.id, marketplace, before).await.unwrap();
    let switched =
        store.switch_delivery(account.id, marketplace, Delivery::Live, Some(summary.token), Actor::Operator, before);
    assert!(switched.await.unwrap());
}

/// A sender as these stories' stores have it.
pub fn sender() -> Sender {
    Sender {
        from: "orders@shop.example".parse().unwrap(),
        name: Some("The Kettle Shop".into()),
        server: SubmissionServer::new("127.0.0.1", 2525, Security::None).unwrap(),
        sign_in: Some(SignIn { user: "kettle-user".into(), password: Secret::new("tin-whistle".into()) }),
        limits: SenderLimits { connections: 2, per_minute: 6000 },
    }
}

/// A campaign's text as the linter gives it back; these have no letters.
pub fn approved(text: &str) -> Approved {
    Linter::built_in().unwrap().judge(text.into(), &[]).approved.unwrap()
}

async fn campaign(store: &Store, account: &Account, name: &str) -> CampaignId {
    let new = NewCampaign {
        name: name.into(),
        text: approved(&format!("name = \"{name}\"")),
        withholding: vec![model::order::OrderMark::Refunded],
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    };
    store.add_campaign(account.id, new, Actor::Operator, Clock::real(at("2026-08-01T00:00:00Z"))).await.unwrap().id
}

/// What the letters of these stories say.
pub fn text() -> RenderedText {
    RenderedText::plain("About your purple kettle".into(), "Did the purple kettle arrive?".into())
}

pub async fn attempt(store: &Store, claimed: &ClaimedMessage, clock: Clock) -> Attempt {
    let text = (claimed.channel == Channel::Email).then(text);
    store.begin_attempt(claimed.clone(), text, clock).await.unwrap()
}

/// A shipped order, delivered ten days before the present.
pub fn shipped(number: u32) -> ImportedOrder {
    let store = if number.is_multiple_of(2) { "US" } else { "DE" };
    ImportedOrder {
        store: Some(store.parse().unwrap()),
        purchased_at: Some(at("2026-08-05T08:00:00Z")),
        status: Some(OrderStatus::Shipped),
        estimated_arrival: Some(at("2026-08-10T18:00:00Z")),
        tracking_number: Some("TBA000000000001".into()),
        ..ImportedOrder::bare(order(number))
    }
}

/// The mode of the order's store.
pub const fn delivery_of(number: u32) -> Delivery {
    if number.is_multiple_of(2) { Delivery::Capture } else { Delivery::Live }
}

/// A mail with one reading, as it would come in; changed field by field.
#[derive(Clone)]
pub struct Letter {
    pub kind: NoticeKind,
    pub orders: Vec<OrderId>,
    pub alias: Option<Alias>,
    pub message_id: Option<String>,
    pub sentence: Option<[u8; 32]>,
    pub date: Option<jiff::civil::Date>,
    pub matched_by: MatchedBy,
    pub forwarded: Forwarded,
    pub provenance: Provenance,
    pub door: Door,
    pub received_at: Timestamp,
    pub written_at: Option<Timestamp>,
    pub remarks: Vec<Remark>,
    pub raw: Vec<u8>,
    /// Whether it bears a signature that is still to be looked at.
    pub signed: bool,
    pub form: Option<[u8; 32]>,
    pub refunded: Option<model::Money>,
    pub report: Option<model::delivery_report::DeliveryReport>,
}

impl Letter {
    pub fn of(kind: NoticeKind, number: u32) -> Self {
        Self {
            kind,
            orders: vec![order(number)],
            alias: None,
            message_id: Some(format!("{kind}-{number}@eu-west-1.amazonses.com")),
            sentence: Some([u8::try_from(number % 250).unwrap(); 32]),
            date: Some(jiff::civil::date(2026, 8, 20)),
            matched_by: MatchedBy::Header,
            forwarded: Forwarded::None,
            provenance: Provenance::Unproven,
            door: Door::Smtp,
            received_at: NOW,
            written_at: Some(NOW),
            remarks: Vec::new(),
            raw: Vec::new(),
            signed: false,
            form: None,
            refunded: None,
            report: None,
        }
    }

    pub fn opt_out(number: u32) -> Self {
        Self::of(NoticeKind::OptOut, number)
    }

    pub fn by(self, buyer: u32) -> Self {
        Self { alias: Some(alias(buyer)), ..self }
    }

    pub fn numbered(self, message_id: &str) -> Self {
        Self { message_id: Some(message_id.into()), ..self }
    }

    pub fn by_structure(self) -> Self {
        Self { matched_by: MatchedBy::Structure, ..self }
    }

    /// The raw bytes, never the same for letters that differ.
    pub fn raw(&self) -> Vec<u8> {
        if !self.raw.is_empty() {
            return self.raw.clone();
        }
        let orders: Vec<_> = self.orders.iter().map(OrderId::as_str).collect();
        let alias = self.alias.as_ref().map_or("", Alias::as_str);
        format!(
            "Subject: Secret subject\r\nMessage-ID: <{:?}>\r\nX-Door: {}\r\n\r\n{} {} {alias} {} {:?}\r\n",
            self.message_id,
            self.door,
            self.kind,
            orders.join(" "),
            self.forwarded,
            self.date,
        )
        .into_bytes()
    }

    pub fn reading(&self, part: u32) -> Reading {
        Reading {
            part,
            kind: self.kind,
            order_ids: self.orders.clone(),
            alias: self.alias.clone(),
            marketplace: Some("US".parse().unwrap()),
            language: None,
            forwarded: self.forwarded,
            matched_by: self.matched_by,
            identity: Identity {
                message_id: self.message_id.clone(),
                sentence: self.sentence,
                date: self.date,
                digest: digest(&self.raw()),
            },
            remarks: self.remarks.clone(),
            form: self.form,
            refunded: self.refunded.clone(),
            report: self.report.clone(),
        }
    }

    pub fn mail(&self, account: &Account) -> IncomingMail {
        self.mail_with(account, vec![self.reading(0)])
    }

    pub fn mail_with(&self, account: &Account, readings: Vec<Reading>) -> IncomingMail {
        IncomingMail {
            account: account.id,
            address: None,
            source: None,
            door: self.door,
            received_at: self.received_at,
            written_at: self.written_at,
            digest: digest(&self.raw()),
            raw: self.raw(),
            read: Some(MailRead {
                subject: Some("Secret subject".into()),
                from_domain: Some("amazon.com".into()),
                readings,
                self_test: None,
            }),
            provenance: self.provenance,
            may_be_proven: self.signed,
        }
    }
}

/// Something that differs where the bytes differ; the store takes it as it is given.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut digest = [0; 32];
    for (place, eight) in digest.chunks_mut(8).enumerate() {
        let mut hasher = DefaultHasher::new();
        (place, bytes).hash(&mut hasher);
        eight.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    digest
}

/// The reason of a no, whichever it is; a yes is a failure.
pub fn reason_of(attempt: &Attempt) -> Reason {
    match attempt {
        Attempt::Refused(refusal) | Attempt::Waits(refusal, _) => refusal.reason,
        other => panic!("it was not refused: {other:?}"),
    }
}

pub fn permitted(attempt: Attempt) -> policy::Permit {
    match attempt {
        Attempt::Permitted(permit) => permit,
        other => panic!("it was not permitted: {other:?}"),
    }
}
