//! A member's campaign: whatever he writes is taken or refused with sentences, and a letter made of it is
//! bounded and the same each time.

use campaign::{Campaign, StoreNames, render};
use model::order::{DeliveryBasis, DeliveryDate, Order, OrderItem, OrderStatus};
use model::{Marketplace, Timestamp};

/// The input is a campaign's TOML.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Campaign::parse(text) {
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
        }
        Ok(campaign) => {
            let store = StoreNames { store_name: "Blue Widgets" };
            let once = render(&campaign, &order(), &store);
            let again = render(&campaign, &order(), &store);
            match (once, again) {
                (Ok(once), Ok(again)) => {
                    assert_eq!((&once.subject, &once.text), (&again.subject, &again.text));
                    assert!(!once.subject.contains(['\r', '\n']), "a subject of several lines");
                    assert!(once.text.len() + once.subject.len() < 1 << 20, "a letter without bounds");
                }
                (Err(once), Err(again)) => assert_eq!(once.to_string(), again.to_string()),
                _ => panic!("rendered once and not again"),
            }
        }
    }
}

fn order() -> Order {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    Order {
        order_id: "112-7654321-1234567".parse().unwrap(),
        store: Marketplace::Us,
        purchased_at: Some(at("2026-07-01T09:00:00Z")),
        status: Some(OrderStatus::Shipped),
        fulfilment: None,
        shipped_at: None,
        delivery: Some(DeliveryDate {
            earliest: at("2026-07-10T12:00:00Z"),
            latest: at("2026-07-10T12:00:00Z"),
            basis: DeliveryBasis::DeliveryWindow,
        }),
        promised_at: None,
        delivery_window_end: None,
        estimated_arrival: None,
        alias: None,
        alias_shared: false,
        repeat_buyer: None,
        ship_country: Some("US".to_owned()),
        business: Some(false),
        carrier: Some("{{ order_id }}".to_owned()),
        tracking_number: Some("1\r\n2".to_owned()),
        buyer_language: None,
        feedback_stars: None,
        review_stars: None,
        items: vec![OrderItem {
            line: "KET-1".to_owned(),
            sku: Some("KET-1".to_owned()),
            asin: Some("B0TEST0001".to_owned()),
            product_name: Some("Kettle {{ order_id }} <b>\r\nBcc: x@example.com".to_owned()),
            quantity: Some(2),
            price: None,
            promotion_ids: None,
            condition: None,
        }],
        incomplete: false,
        marks: Vec::new(),
        refunds: Vec::new(),
    }
}
