//! Permits as the gate grants them.

use model::order::OrderStatus;
use model::{AccountId, Channel, Clock, Delivery, Marketplace, MessageId, OrderId, Purpose, Span, Timestamp};
use policy::{CapUse, Facts, OrderFacts, Permit, RenderedText, Verdict};

/// A permit for an order of the German store that nothing stands against, granted at a time.
pub fn permit(channel: Channel, delivery: Delivery, order_id: OrderId, at: Timestamp) -> Permit {
    let facts = Facts {
        message: MessageId::generate(),
        account: AccountId::from_bytes([7; 16]),
        order_id,
        store: Marketplace::De,
        channel,
        purpose: Purpose::Proactive,
        delivery,
        due: Some(at.minus(Span::hours(1))),
        closes: Some(at.plus(Span::days(3))),
        clock: Clock::real(at),
        ledger_time: at,
        stopped: false,
        has_sender: true,
        paced_for: None,
        restored: false,
        restricted: false,
        feed_broken: false,
        campaign_active: true,
        block_confirmed: false,
        important_by_email: false,
        withholding_marks: Vec::new(),
        solicit_without_alias: true,
        order: Some(OrderFacts {
            status: Some(OrderStatus::Shipped),
            incomplete: false,
            marks: Vec::new(),
            alias: Some("abc12def34ghi56@marketplace.amazon.de".parse().unwrap()),
            alias_shared: false,
        }),
        suppressions: Vec::new(),
        slot_taken: false,
        messaged_elsewhere: false,
        cap: CapUse::default(),
        priority: 50,
    };
    let text = RenderedText::plain("Your order".to_owned(), "Hello".to_owned());
    match policy::decide(&facts, (channel == Channel::Email).then_some(text)) {
        Verdict::Permitted(permit) => permit,
        other => panic!("{other:?}"),
    }
}
