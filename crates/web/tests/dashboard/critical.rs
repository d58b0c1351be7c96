//! The guided form for critical messages: what is not critical is turned away with its rule and nothing typed is lost; what
//! passes is shown ready to be sent, and who may not write finds no way in.

use axum::http::StatusCode;
use model::{Span, Timestamp};

use crate::app::{Browser, TestApp};

const ORDERS: &str = "/a/blue-widgets/orders";
const ORDER: &str = "111-1234567-1234567";
const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.com";
const GOOD: &str = "Hello, the shipping address of your order 111-1234567-1234567 is incomplete: the house number is \
                    missing. Could you tell us the full address so that the carrier can deliver the parcel?";

async fn with_order(app: &TestApp) -> Browser<'_> {
    let owner = app.owner().await;
    let header =
        "order-id\torder-item-id\tpurchase-date\tbuyer-email\tsku\tproduct-name\tquantity-purchased\tsales-channel";
    let day = Timestamp::from_clock().minus(Span::days(5));
    let row = format!("{header}\n{ORDER}\t1\t{day}\t{ALIAS}\tS\tHat\t1\tAmazon.com\n");
    owner.upload(ORDERS, &[], row.as_bytes()).await;
    owner
}

#[tokio::test]
async fn what_is_not_critical_comes_back_with_its_rule_and_all_that_was_typed() {
    let app = TestApp::new().await;
    let owner = with_order(&app).await;
    let path = format!("{ORDERS}/{ORDER}/critical");
    assert!(owner.get(&format!("{ORDERS}/{ORDER}")).await.body.contains(&path));
    let empty = owner.get(&path).await.body;
    assert!(empty.contains("shipping_address") && empty.contains("What is it about?"));
    let unchosen = owner.post(&path, &[("text", GOOD)]).await;
    assert_eq!(unchosen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unchosen.body.contains("choose what the message is about") && unchosen.body.contains("house number"));
    let asked = "Your order 111-1234567-1234567 was shipped to your address. Please leave us a review of the product.";
    let refused = owner.post(&path, &[("reason", "shipping_address"), ("subject", "<b>Hi"), ("text", asked)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in ["not allowed", "was shipped to your address", "&#60;b&#62;Hi", "checked"] {
        assert!(refused.body.contains(kept), "{kept}: {}", refused.body);
    }
    assert!(owner.get(&path).await.body.find("Critical messages of this order").is_none(), "nothing was written");
}

#[tokio::test]
async fn what_passes_is_shown_ready_to_be_sent_and_noted_as_sent() {
    let app = TestApp::new().await;
    let owner = with_order(&app).await;
    let path = format!("{ORDERS}/{ORDER}/critical");
    let written = owner.post(&path, &[("reason", "shipping_address"), ("text", GOOD)]).await;
    let at = written.location().to_owned();
    assert!(at.starts_with("/a/blue-widgets/critical/"), "{at} {}", written.body);
    let shown = owner.get(&at).await.body;
    for told in ["Additional Information Required", "house number", "https://sellercentral.amazon.com", "to be sent"] {
        assert!(shown.contains(told), "{told}");
    }
    assert!(owner.post(&format!("{at}/sent"), &[]).await.location().contains("done=critical_sent"));
    let after = owner.get(&at).await.body;
    assert!(after.contains("sent in Seller Central") && !after.contains("I have sent it"));
    assert!(owner.get(&path).await.body.contains("Critical messages of this order"));
    assert_eq!(owner.get("/a/blue-widgets/critical/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stop_and_the_limit_are_confirmed_in_the_form() {
    let app = TestApp::new().await;
    let owner = with_order(&app).await;
    let path = format!("{ORDERS}/{ORDER}/critical");
    owner.post(&format!("{ORDERS}/{ORDER}/stop"), &[]).await;
    let form = [("reason", "shipping_address"), ("text", GOOD)];
    let held = owner.post(&path, &form).await;
    assert_eq!(held.status, StatusCode::CONFLICT);
    assert!(held.body.contains("confirm_block") && !held.body.contains("confirm_limit"), "{}", held.body);
    let block = [&form[..], &[("confirm_block", "yes")]].concat();
    for _ in 0..2 {
        assert!(owner.post(&path, &block).await.location().contains("/critical/"));
    }
    let beyond = owner.post(&path, &block).await;
    assert_eq!(beyond.status, StatusCode::CONFLICT);
    assert!(beyond.body.contains("confirm_limit") && beyond.body.contains("confirm_block"), "{}", beyond.body);
    let both = [&block[..], &[("confirm_limit", "yes")]].concat();
    assert!(owner.post(&path, &both).await.location().contains("/critical/"));
}

#[tokio::test]
async fn by_e_mail_it_is_offered_only_where_the_operator_says_so_and_can_be_taken_back() {
    let app = TestApp::new().await;
    let owner = with_order(&app).await;
    let path = format!("{ORDERS}/{ORDER}/critical");
    let by_email = [("reason", "shipping_address"), ("text", GOOD), ("route", "important_email")];
    assert!(!owner.get(&path).await.body.contains("important_email"));
    let refused = owner.post(&path, &by_email).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("not switched on"), "{}", refused.body);
    assert!(refused.body.contains("house number") && !refused.body.contains("confirm_limit"), "{}", refused.body);

    let clock = model::Clock::real(Timestamp::from_clock());
    let (store, account, us) = (&app.store, app.account.id, model::Marketplace::Us);
    let operator = model::member::Actor::Operator;
    let sender = model::sender::Sender {
        from: "orders@shop.example".parse().unwrap(),
        name: None,
        server: model::sender::SubmissionServer::new("127.0.0.1", 1, model::sender::Security::None).unwrap(),
        sign_in: None,
        limits: model::sender::SenderLimits { connections: 1, per_minute: 10 },
    };
    store.set_sender(account, us, sender, operator.clone(), clock).await.unwrap();
    store.switch_delivery(account, us, model::Delivery::Live, None, operator.clone(), clock).await.unwrap();
    store.set_important_by_email(account, us, true, operator, clock).await.unwrap();
    assert!(owner.get(&path).await.body.contains("announced in 2025 that it has no effect"));
    let written = owner.post(&path, &by_email).await;
    let shown = owner.get(written.location()).await.body;
    assert!(shown.contains("/a/blue-widgets/outbox/") && !shown.contains("Additional Information Required"), "{shown}");
    let back = owner.post(&format!("{}/withdraw", written.location()), &[]).await;
    let shown = owner.get(back.location()).await.body;
    assert!(shown.contains("taken back") && shown.contains("counts towards no limit"), "{shown}");
    assert!(!shown.contains("Take it back"));
}
