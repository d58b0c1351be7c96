//! Planner, worker and explanation over a real store: an order in, its one message out, each with its reason.
#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use campaign::{Approval, approve};
use delivery::{explain, outbox_pass, plan_pass};
use model::explain::PlannedAs;
use model::member::Actor;
use model::message::OutboxRow;
use model::order::{ImportedOrder, OrderItem, OrderStatus};
use model::suppression::Target;
use model::{Account, Alias, Clock, Marketplace, MessageState, OrderId, Reason, Span, Timestamp};
use store::{Database, NewCampaign, Options, OutboxFilter, Store, Switch};

/// Thursday noon in Los Angeles, where the US store's hours are.
fn noon() -> Timestamp {
    "2026-08-20T19:00:00Z".parse().unwrap()
}

struct House {
    store: Store,
    account: Account,
    _folder: tempfile::TempDir,
}

impl House {
    /// An account with one e-mail campaign that keeps to `hours`.
    async fn with_hours(hours: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("abide.db"));
        let store = Store::open(Options { database, keys: folder.path().join("keys") }).await.unwrap();
        let began = noon().minus(Span::days(60));
        let account =
            store.add_account("Blue Widgets".into(), "blue-widgets".parse().unwrap(), vec![Marketplace::Us], began);
        let account = account.await.unwrap();
        let text = format!(
            "name = \"Ask\"\nchannel = \"email\"\n\n[trigger]\nwhen = \"delivered\"\n\n[window]\n{hours}\n\n[template.en]\n\
             subject = \"Order {{{{ order_id }}}}\"\n\
             text = \"How was order {{{{ order_id }}}}{{{{ product_name | default('') }}}}?\"\n"
        );
        let Approval { campaign, approved, .. } = approve(&text, &[]).unwrap();
        let withholding = campaign.withholding_marks();
        let new = NewCampaign {
            name: campaign.name,
            withholding,
            text: approved,
            orders_after: None,
            priority: campaign.priority,
            attachments: Vec::new(),
        };
        store.add_campaign(account.id, new, Actor::Operator, Clock::real(began)).await.unwrap();
        Self { store, account, _folder: folder }
    }

    /// Imports an order delivered so many days ago.
    async fn order(&self, number: u32, alias: &str, days: i64) -> OrderId {
        self.order_of(None, number, alias, days).await
    }

    /// The same of this product.
    async fn order_of(&self, product: Option<&str>, number: u32, alias: &str, days: i64) -> OrderId {
        let order: OrderId = format!("111-0000000-{number:07}").parse().unwrap();
        let said = ImportedOrder {
            store: Some(Marketplace::Us),
            purchased_at: Some(noon().minus(Span::days(days + 4))),
            status: Some(OrderStatus::Shipped),
            estimated_arrival: Some(noon().minus(Span::days(days))),
            alias: Some(alias.parse::<Alias>().unwrap()),
            items: product.map(named).into_iter().collect(),
            ..ImportedOrder::bare(order)
        };
        self.store.record_orders(self.account.id, vec![said], Clock::real(noon())).await.unwrap();
        order
    }

    async fn pass_at(&self, now: Timestamp) {
        let clock = Clock { real: noon(), given: Some(now) };
        plan_pass(&self.store, clock).await.unwrap();
        outbox_pass(&self.store, clock, noon).await.unwrap();
    }

    async fn message(&self, order: OrderId) -> OutboxRow {
        let page = self.store.outbox(self.account.id, OutboxFilter::Order(order), None, 10).await.unwrap();
        assert_eq!(page.rows.len(), 1, "the order has one message");
        page.rows[0].clone()
    }
}

fn named(product: &str) -> OrderItem {
    OrderItem { line: "1".into(), product_name: Some(product.into()), ..OrderItem::default() }
}

const BUYER: &str = "abc12def34ghi56@marketplace.amazon.com";

#[tokio::test]
async fn an_order_whose_time_has_come_is_captured_once_with_its_text() {
    let house = House::with_hours("").await;
    let order = house.order(1, BUYER, 8).await;
    house.pass_at(noon()).await;
    house.pass_at(noon()).await;
    let message = house.message(order).await;
    assert_eq!((message.state, message.reason), (MessageState::Captured, None));
    let said = house.store.message_content(house.account.id, message.id).await.unwrap().unwrap();
    assert_eq!(said.text.trim(), format!("How was order {order}?"));
}

#[tokio::test]
async fn a_message_that_had_to_wait_keeps_to_the_campaigns_hours() {
    let house = House::with_hours("hours = { from = \"09:00\", to = \"18:00\" }").await;
    let order = house.order(1, BUYER, 8).await;
    // Planned by day; no worker was at hand until the middle of the night.
    plan_pass(&house.store, Clock::real(noon())).await.unwrap();
    let night = Clock { real: noon(), given: Some(noon().plus(Span::hours(12))) };
    outbox_pass(&house.store, night, noon).await.unwrap();
    let message = house.message(order).await;
    assert_eq!((message.state, message.reason), (MessageState::Waiting, Some(Reason::NotDue)));
    assert_eq!(message.next_try, Some(noon().plus(Span::hours(21))), "nine in the morning in Los Angeles");
    house.pass_at(noon().plus(Span::hours(22))).await;
    assert_eq!(house.message(order).await.state, MessageState::Captured);
}

#[tokio::test]
async fn a_blocked_buyer_is_refused_and_the_explanation_says_so() {
    let house = House::with_hours("").await;
    let target = Target::Buyer(BUYER.parse().unwrap());
    let clock = Clock::real(noon());
    house
        .store
        .add_suppression(house.account.id, target, "asked by phone".into(), Actor::Operator, clock)
        .await
        .unwrap();
    let order = house.order(1, BUYER, 8).await;
    house.pass_at(noon()).await;
    let message = house.message(order).await;
    assert_eq!((message.state, message.reason), (MessageState::Refused, Some(Reason::Blocked)));
    let explained = explain(&house.store, house.account.id, order, clock).await.unwrap();
    assert_eq!(explained.summary, format!("No message may leave for this order. {}", Reason::Blocked.sentence()));
    assert_eq!((explained.suppressions.len(), explained.messages.len(), explained.campaigns.len()), (1, 1, 1));
}

#[tokio::test]
async fn a_text_that_breaks_a_rule_by_what_fills_it_in_is_refused_and_the_rule_is_named() {
    let house = House::with_hours("").await;
    let clock = Clock::real(noon());
    let gift = house.order_of(Some("Free gift card \u{1F381}"), 1, BUYER, 8).await;
    let kettle = house.order_of(Some("Kettle, purple"), 2, "def12def34ghi56@marketplace.amazon.com", 8).await;
    let foretold = explain(&house.store, house.account.id, gift, clock).await.unwrap();
    let told = &foretold.campaigns[0];
    assert_eq!((told.outcome, told.reason), (PlannedAs::No, Some(Reason::TextRefused)));
    let broken: Vec<_> = told.steps.iter().filter(|step| step.condition == "wording").collect();
    assert_eq!(broken.iter().map(|step| step.value.as_str()).collect::<Vec<_>>(), ["incentive", "emoji"]);
    assert!(broken[0].sentence.contains("`incentive`") && broken[0].sentence.contains("gift card"), "{broken:?}");

    house.pass_at(noon()).await;
    let message = house.message(gift).await;
    assert_eq!((message.state, message.reason), (MessageState::Refused, Some(Reason::TextRefused)));
    assert_eq!(house.message(kettle).await.state, MessageState::Captured);
    let explained = explain(&house.store, house.account.id, gift, clock).await.unwrap();
    let sentence = Reason::TextRefused.sentence();
    assert_eq!(explained.summary, format!("The message is refused. {sentence} Rules broken: incentive, emoji."));
}

#[tokio::test]
async fn a_campaign_that_is_switched_off_and_on_again_goes_on() {
    let house = House::with_hours("").await;
    let order = house.order(1, BUYER, 2).await;
    house.pass_at(noon()).await;
    assert_eq!(house.message(order).await.state, MessageState::Planned);
    let stored = house.store.campaigns(house.account.id).await.unwrap().remove(0);
    let switch =
        |to| house.store.switch_campaign(house.account.id, "Ask".into(), to, Actor::Operator, Clock::real(noon()));
    switch(Switch::Off).await.unwrap();
    house.order(1, BUYER, 3).await;
    house.pass_at(noon()).await;
    assert_eq!(house.message(order).await.reason, Some(Reason::CampaignOff));
    switch(Switch::On(approve(&stored.text, &[]).unwrap().approved)).await.unwrap();
    house.pass_at(noon()).await;
    assert_eq!(house.message(order).await.state, MessageState::Planned);
}

impl House {
    /// A further campaign, from the account's first day on.
    async fn campaign(&self, name: &str, fields: &str, text: Option<&str>) {
        let template = text.map_or_else(String::new, |text| {
            format!("[template.en]\nsubject = \"Order {{{{ order_id }}}}\"\ntext = \"{text}\"\n")
        });
        let channel = if text.is_some() { "email" } else { "solicitation" };
        let file = format!(
            "name = \"{name}\"\nchannel = \"{channel}\"\n{fields}\n[trigger]\nwhen = \"delivered\"\n{template}"
        );
        let Approval { campaign, approved, .. } = approve(&file, &[]).unwrap();
        let withholding = campaign.withholding_marks();
        let new = NewCampaign {
            name: campaign.name,
            withholding,
            text: approved,
            orders_after: None,
            priority: campaign.priority,
            attachments: Vec::new(),
        };
        let began = Clock::real(noon().minus(Span::days(60)));
        self.store.add_campaign(self.account.id, new, Actor::Operator, began).await.unwrap();
    }

    /// What became of the order's message by this campaign.
    async fn of(&self, order: OrderId, campaign: &str) -> Option<OutboxRow> {
        let page = self.store.outbox(self.account.id, OutboxFilter::Order(order), None, 10).await.unwrap();
        page.rows.into_iter().find(|row| row.campaign.as_deref() == Some(campaign))
    }

    async fn state(&self, order: OrderId, campaign: &str) -> (MessageState, Option<Reason>) {
        let row = self.of(order, campaign).await.unwrap();
        (row.state, row.reason)
    }
}

const FIRST: &str = "How was order {{ order_id }}{{ product_name | default('') }}?";

#[tokio::test]
async fn the_campaign_with_the_higher_priority_gets_the_slot_and_the_other_says_so() {
    let house = House::with_hours("").await;
    house.campaign("First", "priority = 90", Some(FIRST)).await;
    let order = house.order(1, BUYER, 8).await;
    house.pass_at(noon()).await;
    house.pass_at(noon()).await;
    assert_eq!(house.state(order, "First").await, (MessageState::Captured, None));
    assert_eq!(house.state(order, "Ask").await, (MessageState::Waiting, Some(Reason::LowerPriority)));
    let next = house.of(order, "Ask").await.unwrap().next_try.unwrap();
    // Once its own time comes, the slot is taken and that is the end of it.
    house.pass_at(next.plus(Span::seconds(1))).await;
    let ended = house.state(order, "Ask").await;
    assert_eq!(ended.0, MessageState::Refused, "{ended:?}");
}

#[tokio::test]
async fn explain_tells_who_goes_first() {
    let house = House::with_hours("").await;
    house.campaign("First", "priority = 90", Some(FIRST)).await;
    let order = house.order(1, BUYER, 8).await;
    let told = explain(&house.store, house.account.id, order, Clock::real(noon())).await.unwrap();
    let of = |name: &str| told.campaigns.iter().find(|campaign| campaign.campaign == name).unwrap();
    assert_eq!(of("First").outcome, PlannedAs::Message);
    assert_eq!((of("Ask").outcome, of("Ask").reason), (PlannedAs::Waits, Some(Reason::LowerPriority)));
    assert!(of("Ask").steps.iter().any(|step| step.condition == "priority" && step.outcome == "waits"));
}

#[tokio::test]
async fn where_the_higher_message_is_refused_or_taken_back_the_next_one_goes() {
    let house = House::with_hours("").await;
    house.campaign("First", "priority = 90", Some(FIRST)).await;
    house.campaign("Plain", "priority = 70", Some("How was order {{ order_id }}?")).await;
    // The name of the product spoils the letters that have it, and no other.
    let gift = house.order_of(Some(" Free gift card \u{1F381}"), 1, BUYER, 8).await;
    let late = house.order(2, "def12def34ghi56@marketplace.amazon.com", 3).await;
    house.pass_at(noon()).await;
    assert_eq!(house.state(gift, "First").await, (MessageState::Refused, Some(Reason::TextRefused)));
    let first = house.of(late, "First").await.unwrap();
    assert_eq!(first.state, MessageState::Planned);
    house.store.withdraw_message(house.account.id, first.id, Actor::Operator, Clock::real(noon())).await.unwrap();
    house.pass_at(noon()).await;
    assert_eq!(house.state(gift, "Plain").await, (MessageState::Captured, None));
    assert_eq!(house.state(late, "First").await, (MessageState::Withdrawn, Some(Reason::WithdrawnByMember)));
    assert_eq!(house.state(late, "Plain").await.0, MessageState::Planned);
    assert_eq!(house.state(late, "Ask").await, (MessageState::Waiting, Some(Reason::LowerPriority)));
}

#[tokio::test]
async fn where_the_higher_one_only_waits_the_next_goes_in_the_last_days_of_its_window() {
    let house = House::with_hours("").await;
    house.campaign("Letter", "priority = 90", Some(FIRST)).await;
    house.campaign("Amazon", "priority = 10", None).await;
    let order: OrderId = "111-0000000-0000009".parse().unwrap();
    let said = ImportedOrder {
        store: Some(Marketplace::Us),
        purchased_at: Some(noon().minus(Span::days(12))),
        status: Some(OrderStatus::Shipped),
        estimated_arrival: Some(noon().minus(Span::days(8))),
        ..ImportedOrder::bare(order)
    };
    house.store.record_orders(house.account.id, vec![said], Clock::real(noon())).await.unwrap();
    house.pass_at(noon()).await;
    assert_eq!(house.state(order, "Letter").await, (MessageState::Waiting, Some(Reason::NoAlias)));
    assert_eq!(house.state(order, "Amazon").await, (MessageState::Waiting, Some(Reason::LowerPriority)));
    let next = house.of(order, "Amazon").await.unwrap().next_try;
    assert_eq!(next, Some(noon().plus(Span::days(30 - 8 - 3))));
    house.pass_at(next.unwrap()).await;
    assert_eq!(house.state(order, "Amazon").await, (MessageState::Captured, None));
}

#[tokio::test]
async fn a_split_test_writes_in_two_ways_and_to_some_not_at_all() {
    let house = House::with_hours("").await;
    let clock = Clock::real(noon());
    // The campaign of the house makes room.
    house.store.switch_campaign(house.account.id, "Ask".into(), Switch::Off, Actor::Operator, clock).await.unwrap();
    let tables = "\n[split]\nhold_out = 30\n[variant.b]\nshare = 30\n[variant.b.template.en]\n\
                  subject = \"Order {{ order_id }}\"\ntext = \"Is it as you hoped? {{ order_id }}\"\n";
    let file = format!(
        "name = \"Split\"\nchannel = \"email\"\n[trigger]\nwhen = \"delivered\"\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"How was order {{{{ order_id }}}}?\"\n{tables}"
    );
    let Approval { campaign, approved, .. } = approve(&file, &[]).unwrap();
    let new = NewCampaign {
        name: campaign.name.clone(),
        withholding: campaign.withholding_marks(),
        text: approved,
        orders_after: None,
        priority: 90,
        attachments: Vec::new(),
    };
    let began = Clock::real(noon().minus(Span::days(60)));
    let stored = house.store.add_campaign(house.account.id, new, Actor::Operator, began).await.unwrap();
    // A campaign below it gets the orders that it holds out.
    house.campaign("Next", "priority = 10", Some("Was all well with {{ order_id }}?")).await;
    let mut orders = Vec::new();
    for number in 0..40_u32 {
        orders.push(house.order(number, &format!("abc{number:02}def34ghi56@marketplace.amazon.com"), 8).await);
    }
    house.pass_at(noon()).await;
    house.pass_at(noon()).await;
    let mut seen = [0_u32; 3];
    for order in orders {
        let place = house.store.keys().split_place(house.account.id, stored.id, order).unwrap();
        let arm = campaign.split.arm(place).name().to_owned();
        let row = house.of(order, "Split").await.unwrap();
        let told = explain(&house.store, house.account.id, order, clock).await.unwrap();
        let told = told.campaigns.into_iter().find(|told| told.campaign == "Split").unwrap();
        assert_eq!(told.steps.iter().find(|step| step.condition == "split").unwrap().value, arm);
        let text = match house.store.message_content(house.account.id, row.id).await.unwrap() {
            Some(said) => said.text,
            None => String::new(),
        };
        match arm.as_str() {
            "hold_out" => {
                assert_eq!((row.state, row.reason), (MessageState::Withdrawn, Some(Reason::HeldOut)));
                assert_eq!(house.state(order, "Next").await, (MessageState::Captured, None));
                seen[0] += 1;
            }
            "b" => {
                assert!(text.starts_with("Is it as you hoped?"), "{text}");
                seen[1] += 1;
            }
            _ => {
                assert!(text.starts_with("How was order"), "{text}");
                seen[2] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
    let results = house.store.split_results(house.account.id, stored.id, 1).await.unwrap();
    assert_eq!(results["hold_out"].orders, seen[0]);
    assert_eq!((results["b"].captured, results["a"].captured), (seen[1], seen[2]));
}
