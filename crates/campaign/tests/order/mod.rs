//! Orders and campaigns as the tests need them.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use campaign::Campaign;
use model::order::{DeliveryBasis, DeliveryDate, Fulfilment, Marked, Order, OrderItem, OrderMark, OrderStatus};
use model::{Marketplace, Timestamp};

pub const ID: &str = "112-7654321-1234567";

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Placed on 1 July, delivered on the 10th, one item, everything known.
pub fn order() -> Order {
    Order {
        order_id: ID.parse().unwrap(),
        store: Marketplace::Us,
        purchased_at: Some(time("2026-07-01T09:00:00Z")),
        status: Some(OrderStatus::Shipped),
        fulfilment: Some(Fulfilment::Amazon),
        shipped_at: Some(time("2026-07-03T09:00:00Z")),
        delivery: Some(delivery("2026-07-10T12:00:00Z", "2026-07-10T12:00:00Z")),
        promised_at: None,
        delivery_window_end: Some(time("2026-07-10T12:00:00Z")),
        estimated_arrival: None,
        alias: "qqq11qqq22qqq33@marketplace.amazon.com".parse().ok(),
        alias_shared: false,
        repeat_buyer: Some(false),
        ship_country: Some("US".to_owned()),
        business: Some(false),
        carrier: None,
        tracking_number: None,
        buyer_language: None,
        feedback_stars: None,
        review_stars: None,
        items: vec![item("KET-1", "Kettle, steel")],
        incomplete: false,
        marks: Vec::new(),
        refunds: Vec::new(),
    }
}

pub fn item(sku: &str, name: &str) -> OrderItem {
    OrderItem {
        line: sku.to_owned(),
        sku: Some(sku.to_owned()),
        asin: Some("B0TEST0001".to_owned()),
        product_name: Some(name.to_owned()),
        quantity: Some(2),
        price: None,
        promotion_ids: None,
        condition: None,
    }
}

/// A mark of a confirmed notice, of the day the tests call now.
pub fn marked(mark: OrderMark) -> Marked {
    Marked { mark, since: time("2026-07-20T12:00:00Z"), provisional: false }
}

pub fn delivery(earliest: &str, latest: &str) -> DeliveryDate {
    DeliveryDate { earliest: time(earliest), latest: time(latest), basis: DeliveryBasis::DeliveryWindow }
}

/// A campaign by e-mail, with more fields at the top and more tables at the end.
pub fn campaign_with(top: &str, tables: &str) -> Campaign {
    Campaign::parse(&format!(
        "name = \"Ask\"\nchannel = \"email\"\n{top}\n{tables}\n\
         [template.en]\nsubject = \"Order {{{{ order_id }}}}\"\ntext = \"Please review it.\"\n"
    ))
    .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())
    .unwrap()
}

/// A campaign by e-mail that asks as soon as Amazon allows.
pub fn campaign(tables: &str) -> Campaign {
    campaign_with("trigger = { when = \"delivered\" }", tables)
}

/// A campaign with this letter.
pub fn letter(subject: &str, text: &str) -> Campaign {
    let quoted = |text: &str| format!("{text:?}").replace("\\'", "'");
    Campaign::parse(&format!(
        "name = \"Ask\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n\
         [template.en]\nsubject = {}\ntext = {}\n",
        quoted(subject),
        quoted(text)
    ))
    .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())
    .unwrap()
}
