//! The dashboard over a store in a temporary folder with a little in it, to look at: prints its address and the
//! one-time link. `cargo run -p web --example preview [PORT]`

use std::sync::Arc;

use model::explain::{CampaignExplanation, ExplainedStep, Explanation, PlannedAs};
use model::inbound::{Door, IncomingMail};
use model::member::Actor;
use model::order::{Fulfilment, ImportedOrder, OrderItem, OrderStatus};
use model::suppression::Target;
use model::{
    AccountId, AccountSettings, Alias, Channel, Clock, Marketplace, OrderId, Provenance, Reason, Span, Timestamp,
};
use policy::words::{Approved, Linter};
use store::{Database, NewCampaign, Options, OutboxFilter, Planned, PlannedOutcome, Store, SuppressionFilter};
use web::{Explain, WebSettings, WebState};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let folder = std::env::temp_dir().join(format!("abide-preview-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let options = Options { database: Database::Sqlite(folder.join("abide.db")), keys: folder.join("keys") };
    let store = Arc::new(Store::open(options).await?);
    fill(&store).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let settings = WebSettings::local(listener.local_addr()?, "in.example.com");
    let link = store.create_one_time_link(None, Timestamp::from_clock()).await?;
    println!("{}", settings.public_url);
    println!("{}{}", settings.public_url, web::welcome_path(&link.0));
    let router = web::router(WebState { explain: explain(Arc::clone(&store)), reach: reach(), store, settings });
    web::serve(listener, router, std::future::pending()).await?;
    Ok(())
}

/// What the program's own explanation looks like, roughly.
/// Campaigns reach the one order that there is said to be, but for those whose text says otherwise.
fn reach() -> web::AskReach {
    std::sync::Arc::new(|_, campaign, _| {
        Box::pin(async move {
            let messages = u64::from(!campaign.name.contains("nobody"));
            let noes = std::collections::BTreeMap::from([(model::Reason::ConditionNotMet, 1 - messages)]);
            let noes = if messages == 1 { std::collections::BTreeMap::new() } else { noes };
            Ok(campaign::Reach { orders: 1, messages, noes, ..campaign::Reach::default() })
        })
    })
}

fn explain(store: Arc<Store>) -> Explain {
    Arc::new(move |account, order_id, _| {
        let store = Arc::clone(&store);
        Box::pin(async move {
            let order = store.order(account, order_id).await?;
            let step = |condition: &str, value: &str, outcome, sentence: &str| ExplainedStep {
                condition: condition.into(),
                value: value.into(),
                outcome,
                sentence: sentence.into(),
            };
            let suppressions = store.suppressions(account, SuppressionFilter::Order(order_id), None, 50).await?.rows;
            let campaign = CampaignExplanation {
                campaign: "Ask for a review".into(),
                version: 1,
                state: model::CampaignState::Active,
                channel: Channel::Email,
                outcome: if suppressions.is_empty() { PlannedAs::Message } else { PlannedAs::No },
                reason: (!suppressions.is_empty()).then_some(Reason::OptedOut),
                due: order
                    .as_ref()
                    .and_then(|order| order.delivery)
                    .map(|delivery| delivery.latest.plus(Span::days(7))),
                closes: None,
                next_try: None,
                steps: vec![
                    step("store", "US", "met", "The order is of a store that the campaign covers."),
                    step("refunded", "no", "met", "The order was not refunded."),
                    step("delay", "7 days", "waits", "Seven days after delivery have not passed yet."),
                ],
            };
            let summary = if suppressions.is_empty() {
                "A message is planned for this order."
            } else {
                "No message: the buyer opted out of unsolicited messages; Amazon's notice says so."
            };
            Ok(Explanation {
                order_id,
                order,
                summary: summary.into(),
                suppressions,
                messaged_elsewhere: store.messaged_elsewhere(account, order_id).await?,
                messages: store.outbox(account, OutboxFilter::Order(order_id), None, 50).await?.rows,
                critical: store.critical_of_order(account, order_id).await?,
                campaigns: vec![campaign],
            })
        })
    })
}

async fn fill(store: &Store) -> Result<(), Failure> {
    let now = Timestamp::from_clock();
    let account = store
        .add_account("Blue Widgets".into(), "blue-widgets".parse()?, vec![Marketplace::Us, Marketplace::De], now)
        .await?;
    store.add_account("Green Gadgets GmbH".into(), "green-gadgets".parse()?, vec![Marketplace::De], now).await?;
    let mut orders = Vec::new();
    for n in 1..=9_i64 {
        let order: OrderId = format!("111-000000{n}-100000{n}").parse()?;
        let delivered = now.minus(Span::days(8));
        orders.push(ImportedOrder {
            store: Some(if n % 3 == 0 { Marketplace::De } else { Marketplace::Us }),
            purchased_at: Some(now.minus(Span::days(12))),
            status: Some(OrderStatus::Shipped),
            fulfilment: Some(Fulfilment::Amazon),
            shipped_at: Some(now.minus(Span::days(11))),
            estimated_arrival: Some(delivered),
            alias: (n != 4).then(|| format!("buyer{n}abc@marketplace.amazon.com").parse()).transpose()?,
            ship_country: Some("US".into()),
            items: vec![OrderItem {
                line: "1".into(),
                sku: Some("BW-9".into()),
                product_name: Some("Blue widget <b>\"deluxe\"</b> & stand".into()),
                quantity: Some(2),
                ..OrderItem::default()
            }],
            ..ImportedOrder::bare(order)
        });
    }
    let clock = Clock::real(now);
    store.record_orders(account.id, orders, clock).await?;
    let campaign = NewCampaign {
        name: "Ask for a review".into(),
        text: approved(
            &campaign::starters().first().map(|starter| starter.file(None, &["en", "de"])).unwrap_or_default(),
        )?,
        withholding: Vec::new(),
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    };
    let campaign = store.add_campaign(account.id, campaign, Actor::Operator, clock).await?;
    plan(store, &campaign, clock).await?;
    notices(store, account.id, now).await?;
    let buyer: Alias = "buyer5abc@marketplace.amazon.com".parse()?;
    let note = "asked by phone not to be written to".to_owned();
    store.add_suppression(account.id, Target::Buyer(buyer), note, Actor::Operator, clock).await?;
    Ok(())
}

/// Plans a message for each order that waits for the planner.
async fn plan(store: &Store, campaign: &model::campaign::StoredCampaign, clock: Clock) -> Result<(), Failure> {
    for (n, queued) in store.orders_to_plan(100).await?.into_iter().enumerate() {
        let due = clock.now().plus(Span::hours(i64::try_from(n)? * 7 + 2));
        let outcome = if n == 3 {
            PlannedOutcome::Waits { reason: Reason::NoAlias, next_try: None, due: None, closes: None }
        } else {
            PlannedOutcome::Message { due, closes: due.plus(Span::days(20)) }
        };
        let one =
            Planned { campaign: campaign.id, version: campaign.version, channel: Channel::Email, outcome, arm: None };
        store.record_plan(queued, vec![one], clock).await?;
    }
    Ok(())
}

/// Mails as Amazon's own come in.
async fn notices(store: &Store, account: AccountId, now: Timestamp) -> Result<(), Failure> {
    let address = store.addresses(account).await?.into_iter().next();
    for (n, minutes) in [(1, 50), (2, 30), (7, 10)] {
        if n == 7 {
            // As an account that trusts no mail unseen: the notice is held.
            let settings = AccountSettings { trust_addresses: false, ..AccountSettings::default() };
            store.change_settings(account, settings, Actor::Operator, now).await?;
        }
        let order = format!("111-000000{n}-100000{n}");
        let raw = format!(
            "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nTo: seller@example.com\r\nSubject: Your message to a buyer could not be delivered\r\n\
             Message-ID: <{n}@amazon.com>\r\nDate: Thu, 20 Aug 2026 12:00:00 +0000\r\n\r\n\
             We were unable to deliver the message you sent for order [{order}] because the buyer has chosen to opt out \
             of receiving unsolicited messages from sellers.\r\n"
        )
        .into_bytes();
        let received_at = now.minus(Span::minutes(minutes));
        let mail = IncomingMail {
            account,
            address: address.as_ref().map(|address| address.id),
            source: None,
            door: Door::Smtp,
            received_at,
            written_at: Some(received_at),
            digest: [u8::try_from(n)?; 32],
            read: Some(notice::read(&raw)),
            raw,
            provenance: Provenance::Unproven,
            may_be_proven: false,
        };
        store.record_mail(mail).await?;
    }
    Ok(())
}

fn approved(text: &str) -> Result<Approved, Failure> {
    Linter::built_in()?.judge(text.into(), &[]).approved.ok_or_else(|| "the words break a rule".into())
}
