//! Live sending on the dashboard: the step to it, the stop, and a message that was lost on its way.

use axum::http::StatusCode;
use model::member::{Actor, Role};
use model::order::{ImportedOrder, OrderStatus};
use model::sender::{Security, Sender, SenderLimits, SubmissionServer};
use model::{Channel, Clock, Delivery, Marketplace, MessageId, MessageState, OrderId, Span, Timestamp};
use policy::RenderedText;
use policy::words::Linter;
use store::{Attempt, Handover, NewCampaign, OutboxFilter, Planned, PlannedOutcome};

use crate::app::TestApp;

fn now() -> Clock {
    Clock::real(Timestamp::from_clock())
}

impl TestApp {
    async fn sender(&self) {
        let sender = Sender {
            from: "orders@blue.example".parse().unwrap(),
            name: None,
            server: SubmissionServer::new("127.0.0.1", 2500, Security::None).unwrap(),
            sign_in: None,
            limits: SenderLimits::default(),
        };
        self.store.set_sender(self.account.id, Marketplace::Us, sender, Actor::Operator, now()).await.unwrap();
    }

    async fn live(&self) {
        self.sender().await;
        let account = self.account.id;
        let live = self.store.switch_delivery(account, Marketplace::Us, Delivery::Live, None, Actor::Operator, now());
        live.await.unwrap();
    }

    async fn delivery(&self) -> Delivery {
        let account = self.store.account_by_id(self.account.id).await.unwrap();
        account.sellers.iter().find(|seller| seller.store == Marketplace::Us).unwrap().delivery
    }

    /// So many messages that are due, in a live store.
    pub async fn planned(&self, count: u32) {
        self.live().await;
        let (account, clock) = (self.account.id, now());
        let said = (1..=count).map(|number| {
            let order: OrderId = format!("111-0000001-100000{number}").parse().unwrap();
            ImportedOrder {
                store: Some(Marketplace::Us),
                purchased_at: Some(clock.real.minus(Span::days(12))),
                status: Some(OrderStatus::Shipped),
                alias: Some(format!("buyer{number}abc@marketplace.amazon.com").parse().unwrap()),
                ..ImportedOrder::bare(order)
            }
        });
        self.store.record_orders(account, said.collect(), clock).await.unwrap();
        let new = NewCampaign {
            name: "Ask".into(),
            text: Linter::built_in().unwrap().judge("name = \"Ask\"".into(), &[]).approved.unwrap(),
            withholding: Vec::new(),
            orders_after: None,
            priority: 50,
            attachments: Vec::new(),
        };
        let campaign = self.store.add_campaign(account, new, Actor::Operator, clock).await.unwrap();
        let outcome = PlannedOutcome::Message { due: clock.real, closes: clock.real.plus(Span::days(20)) };
        let planned =
            Planned { campaign: campaign.id, version: campaign.version, channel: Channel::Email, outcome, arm: None };
        for queued in self.store.orders_to_plan(10).await.unwrap() {
            self.store.record_plan(queued, vec![planned.clone()], clock).await.unwrap();
        }
    }

    /// A message that was lost on its way.
    async fn lost_message(&self) -> MessageId {
        self.planned(1).await;
        let claimed = self.store.claim_due(now(), 10).await.unwrap().remove(0);
        let text = RenderedText::plain("Hello".into(), "How was it?".into());
        let attempt = self.store.begin_attempt(claimed.clone(), Some(text), now()).await.unwrap();
        assert!(matches!(attempt, Attempt::Permitted(_)), "{attempt:?}");
        self.store.finish_attempt(&claimed, Handover::Lost, now()).await.unwrap();
        claimed.id
    }
}

#[tokio::test]
async fn a_store_goes_live_only_by_its_owner_who_typed_its_code_after_the_summary() {
    let app = TestApp::new().await;
    let path = "/a/blue-widgets/live/US";
    let owner = app.owner().await;
    assert!(owner.get(path).await.body.contains("go live yet"), "no sender is set");
    app.sender().await;
    let page = owner.get(path).await.body;
    for told in ["orders@blue.example", "127.0.0.1:2500", "No notice of Amazon", "Type US"] {
        assert!(page.contains(told), "{told}");
    }
    let summary = page.split("name=\"summary\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("summary", summary.as_str()), ("typed", "yes")];
    assert!(owner.post(path, &fields).await.body.contains("Nothing was changed"));
    assert_eq!(app.delivery().await, Delivery::Capture);
    let manager = app.member("blue-widgets", Role::Manager).await;
    let right = [("summary", summary.as_str()), ("typed", "us")];
    assert_eq!(manager.post(path, &right).await.status, StatusCode::FORBIDDEN);
    assert!(!manager.get(path).await.body.contains("name=\"typed\""));
    assert_eq!(app.delivery().await, Delivery::Capture);
    assert!(owner.post(path, &right).await.location().contains("done=live"));
    assert_eq!(app.delivery().await, Delivery::Live);
    assert!(owner.get("/a/blue-widgets").await.body.contains("badge-good\">live"));
    assert!(owner.post("/a/blue-widgets/live/US/capture", &[]).await.location().contains("done=captures"));
    assert_eq!(app.delivery().await, Delivery::Capture);
    // What was shown before the sender was changed is no ground to go live on.
    app.sender().await;
    assert!(owner.post(path, &right).await.body.contains("name=\"typed\""));
    assert_eq!(app.delivery().await, Delivery::Capture);
}

#[tokio::test]
async fn a_stop_stands_on_every_page_until_it_is_resumed() {
    let app = TestApp::new().await;
    app.live().await;
    let manager = app.member("blue-widgets", Role::Manager).await;
    assert!(manager.get("/a/blue-widgets").await.body.contains("Stop all sending"));
    assert!(
        manager.post("/a/blue-widgets/sending/stop", &[("note", "wrong text")]).await.location().contains("stopped")
    );
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    for page in ["", "/outbox", "/orders", "/opt-outs", "/ledger", "/live/US"] {
        let body = viewer.get(&format!("/a/blue-widgets{page}")).await.body;
        assert!(body.contains("Live sending is stopped</strong> for this account"), "{page}");
        assert!(!body.contains("/sending/resume"), "a viewer can't resume");
    }
    assert_eq!(manager.post("/a/blue-widgets/sending/resume", &[]).await.status, StatusCode::FORBIDDEN);
    assert!(app.owner().await.post("/a/blue-widgets/sending/resume", &[]).await.location().contains("resumed"));
    assert!(!viewer.get("/a/blue-widgets").await.body.contains("Live sending is stopped"));
    assert!(manager.post("/a/blue-widgets/sending/stop", &[("store", "US")]).await.location().contains("stopped"));
    assert!(viewer.get("/a/blue-widgets").await.body.contains("stopped</strong> for Amazon"));
    assert_eq!(manager.post("/a/blue-widgets/sending/stop", &[("store", "FR")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_the_operator_stops_the_whole_installation() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert_eq!(owner.post("/sending/stop", &[]).await.status, StatusCode::FORBIDDEN);
    assert!(!owner.get("/accounts").await.body.contains("/sending/stop"));
    let operator = app.operator().await;
    assert!(operator.get("/accounts").await.body.contains("/sending/stop"));
    operator.post("/sending/stop", &[]).await.location();
    assert!(owner.get("/a/blue-widgets").await.body.contains("stopped</strong> for the whole installation"));
    assert!(operator.get("/accounts").await.body.contains("/sending/resume"));
    operator.post("/sending/resume", &[]).await.location();
    assert!(!owner.get("/a/blue-widgets").await.body.contains("Live sending is stopped"));
}

#[tokio::test]
async fn a_lost_message_is_settled_by_one_of_two_buttons_and_only_once() {
    let app = TestApp::new().await;
    let message = app.lost_message().await;
    let agent = app.member("blue-widgets", Role::Agent).await;
    let path = format!("/a/blue-widgets/outbox/{message}");
    assert!(agent.get("/a/blue-widgets/outbox").await.body.contains(&path));
    let page = agent.get(&path).await.body;
    for told in ["Did it leave?", "It left", "It did not leave", "How was it?"] {
        assert!(page.contains(told), "{told}");
    }
    assert!(!app.member("blue-widgets", Role::Viewer).await.get(&path).await.body.contains("value=\"not_sent\""));
    let resolve = format!("{path}/resolve");
    let unclear = agent.post(&resolve, &[("settlement", "perhaps")]).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    let settled = agent.post(&resolve, &[("settlement", "sent"), ("note", "it is in Seller Central")]).await;
    assert!(settled.location().ends_with("done=settled_sent"));
    let row = app.store.outbox(app.account.id, OutboxFilter::All, None, 10).await.unwrap().rows.remove(0);
    assert_eq!(row.state, MessageState::Sent);
    let again = agent.post(&resolve, &[("settlement", "not_sent")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(!agent.get(&path).await.body.contains("Did it leave?"));
}

#[tokio::test]
async fn those_chosen_are_withdrawn_at_once_and_what_left_meanwhile_stays() {
    let app = TestApp::new().await;
    app.planned(4).await;
    let outbox = "/a/blue-widgets/outbox";
    let agent = app.member("blue-widgets", Role::Agent).await;
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    assert!(!viewer.get(outbox).await.body.contains("type=\"checkbox\""));
    assert_eq!(agent.get(outbox).await.body.matches("type=\"checkbox\"").count(), 4);
    let rows = app.store.outbox(app.account.id, OutboxFilter::All, None, 10).await.unwrap().rows;
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    app.store.withdraw_message(app.account.id, rows[0].id, Actor::Operator, now()).await.unwrap();
    let chosen: Vec<(&str, &str)> = ids[..3].iter().map(|id| ("message", id.as_str())).collect();
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = foreign.post("/a/green-gadgets/outbox/withdraw", &chosen).await;
    assert!(theirs.location().ends_with("withdrawn=0&gone=3"), "another account's are none: {}", theirs.location());
    let done = agent.post(&format!("{outbox}/withdraw"), &chosen).await;
    assert_eq!(done.location(), format!("{outbox}?done=chosen_withdrawn&withdrawn=2&gone=1"));
    let page = agent.get(done.location()).await.body;
    assert!(page.contains("2 waiting messages were withdrawn") && page.contains("1 did not wait any more"), "{page}");
    assert_eq!(page.matches("type=\"checkbox\"").count(), 1);
    let left = app.store.outbox(app.account.id, OutboxFilter::All, None, 10).await.unwrap().rows;
    assert_eq!(left.iter().filter(|row| row.state == MessageState::Planned).count(), 1);
    let none = agent.post(&format!("{outbox}/withdraw"), &[]).await;
    assert!(agent.get(none.location()).await.body.contains("No message was chosen"));
    let nonsense = agent.post(&format!("{outbox}/withdraw"), &[("message", "x")]).await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
    let many = vec![("message", ids[0].as_str()); 51];
    assert_eq!(agent.post(&format!("{outbox}/withdraw"), &many).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_outbox_is_shown_by_state_campaign_store_and_day() {
    let app = TestApp::new().await;
    app.planned(4).await;
    let (outbox, agent) = ("/a/blue-widgets/outbox", app.member("blue-widgets", Role::Agent).await);
    let rows = app.store.outbox(app.account.id, OutboxFilter::All, None, 10).await.unwrap().rows;
    app.store.withdraw_message(app.account.id, rows[0].id, Actor::Operator, now()).await.unwrap();
    let campaign = app.store.campaigns(app.account.id).await.unwrap().remove(0).id;
    let get = async |query: &str| agent.get(&format!("{outbox}?{query}")).await.body;
    let shown = |page: &str| {
        let mut ids: Vec<_> =
            rows.iter().map(|row| row.id.to_string()).filter(|id| page.contains(&format!("/outbox/{id}\""))).collect();
        ids.sort();
        ids.len()
    };
    let withdrawn = get("state=withdrawn&campaign=&store=&from=&to=").await;
    assert!(withdrawn.contains(&format!("/outbox/{}\"", rows[0].id)) && shown(&withdrawn) == 1, "{withdrawn}");
    assert!(withdrawn.contains("<option value=\"withdrawn\" selected>"));
    assert_eq!(shown(&get(&format!("campaign={campaign}")).await), 4);
    assert_eq!(shown(&get(&format!("campaign={campaign}&state=planned")).await), 3);
    assert_eq!(shown(&get("campaign=01890a5d-0000-7000-8000-000000000000").await), 0);
    let by_store: usize = shown(&get("store=US").await) + shown(&get("store=DE").await);
    assert_eq!(by_store, 4, "each is of one store");
    assert!(get("store=DE&from=2020-01-01").await.contains("Europe/Paris"), "the zone that Amazon gives for Germany");
    assert_eq!(shown(&get("to=2020-01-01").await), 0);
    assert_eq!(shown(&get("from=2020-01-01").await), 4);
    assert!(get("state=sent").await.contains("No message is such a one"));
    assert!(get("state=gone").await.contains("tell what is asked for"));
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = foreign.get(&format!("/a/green-gadgets/outbox?campaign={campaign}")).await;
    assert_eq!(shown(&theirs.body), 0, "another account's campaign tells nothing");
    assert_eq!(agent.get(&format!("{outbox}?before=x&state=sent")).await.status, StatusCode::NOT_FOUND);

    let (page, chosen) = (get(&format!("campaign={campaign}&state=planned")).await, rows[1].id.to_string());
    assert!(page.contains("<input type=\"hidden\" name=\"state\" value=\"planned\">"));
    let asked = campaign.to_string();
    let fields = [("message", chosen.as_str()), ("state", "planned"), ("campaign", asked.as_str())];
    let done = agent.post(&format!("{outbox}/withdraw"), &fields).await;
    let back = format!("{outbox}?state=planned&campaign={campaign}&done=chosen_withdrawn&withdrawn=1&gone=0");
    assert_eq!(done.location(), back, "to the part of the outbox from which it was chosen");
    assert_eq!(shown(&agent.get(&back).await.body), 2);
    let odd = agent.post(&format!("{outbox}/withdraw"), &[("state", "//evil.example")]).await;
    assert_eq!(odd.location(), format!("{outbox}?done=chosen_withdrawn&withdrawn=0&gone=0"));
}
