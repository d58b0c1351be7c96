//! What a campaign's text would do, while it is typed: for real orders, with nothing written and nothing kept.

use axum::http::StatusCode;
use model::Timestamp;
use model::member::Role;

use crate::app::{Browser, TestApp};

const NEW: &str = "/a/blue-widgets/campaigns/preview";
const FIRST: &str = "111-1234567-1234567";
const SECOND: &str = "222-1234567-1234567";

fn text(words: &str, more: &str) -> String {
    format!(
        "name = \"Ask\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n{more}\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"{words}\"\n"
    )
}

/// Orders that were delivered a week ago: one of a kettle, one of a lamp.
async fn with_orders(app: &TestApp, browser: &Browser<'_>) {
    let now = Timestamp::from_clock();
    let at = |days| now.minus(model::Span::days(days)).to_jiff().to_string();
    let row = |id: &str, product: &str| {
        let alias = format!("a{}@marketplace.amazon.com", &id[..3]);
        format!("{id}\t{}\tShipped\tAmazon.com\t{alias}\tSKU-1\t{product}\t1\t{}\n", at(12), at(7))
    };
    let head = "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tbuyer-email\tsku\tproduct-name\t\
                quantity-shipped\testimated-arrival-date\n";
    let report =
        [head, &row(FIRST, "Kettle <i>red</i>"), &row(SECOND, "Lamp with a free gift card for a review")].concat();
    let answer = browser.upload("/a/blue-widgets/orders", &[("store", "US")], report.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(app.store.has_orders(app.account.id).await.unwrap());
}

#[tokio::test]
async fn a_text_is_shown_as_the_letter_of_a_real_order_and_nothing_is_kept() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let nobody = owner.post(NEW, &[("text", &text("How was it?", ""))]).await.body;
    assert!(nobody.contains("No order of the last 30 days is known"), "{nobody}");
    with_orders(&app, &owner).await;
    let entries = app.store.ledger_page(app.account.id, None, 100).await.unwrap().rows.len();
    let words = "How do you like {{ items[0].name }}?";
    let shown = owner.post(NEW, &[("text", &text(words, "")), ("order", FIRST)]).await.body;
    assert!(shown.starts_with("<div id=\"preview\">"), "a part of a page: {shown}");
    assert!(shown.contains("<strong>2</strong> would get its message"), "{shown}");
    assert!(shown.contains(&format!("Order {FIRST}")) && shown.contains(">passed<"), "{shown}");
    assert!(shown.contains("How do you like Kettle &#60;i&#62;red"), "what a listing says is text: {shown}");
    assert!(shown.contains(&format!("<option>{SECOND}")), "another order can be chosen: {shown}");
    assert_eq!(app.store.ledger_page(app.account.id, None, 100).await.unwrap().rows.len(), entries);
    assert!(app.store.campaigns(app.account.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_that_breaks_a_rule_once_it_is_filled_in_says_so() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    with_orders(&app, &owner).await;
    let words = "How do you like {{ items[0].name }}?";
    let shown = owner.post(NEW, &[("text", &text(words, "")), ("order", SECOND)]).await.body;
    assert!(shown.contains("Filled in it breaks") && shown.contains("incentive"), "{shown}");
    let broken = owner.post(NEW, &[("text", &text("A free gift card for your review!", ""))]).await.body;
    assert!(broken.contains("not allowed") && broken.contains("Line 7"), "{broken}");
    assert!(broken.contains("would get its message"), "the letter is shown beside what stands against it");
    let mistake = owner.post(NEW, &[("text", &text("Hi", "chanel = 1"))]).await.body;
    assert!(mistake.contains(">mistake<") && !mistake.contains("class=\"card letter\""), "{mistake}");
}

#[tokio::test]
async fn why_the_others_get_nothing_is_counted() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    with_orders(&app, &owner).await;
    let text = text("Hi", "[conditions]\nquantity = { min = 5 }");
    let shown = owner.post(NEW, &[("text", &text)]).await.body;
    assert!(shown.contains("<strong>0</strong> would get its message"), "{shown}");
    assert!(shown.contains("2 ×") && shown.contains("<code>quantity</code> (2)"), "{shown}");
}

#[tokio::test]
async fn without_scripts_checking_shows_the_same_and_the_editor_asks_by_itself_with_them() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    with_orders(&app, &owner).await;
    let fields = [("text", &*text("How was it?", "")), ("action", "check"), ("order", SECOND)];
    let page = owner.upload_named("/a/blue-widgets/campaigns/new", &fields, ("", b"")).await.body;
    assert!(page.contains(&format!("Order {SECOND}</h3>")) && page.contains(">passed<"), "{page}");
    assert!(page.contains(&format!("hx-post=\"{NEW}\"")) && page.contains("<script src=\"/assets/htmx"), "{page}");
}

#[tokio::test]
async fn who_may_not_write_campaigns_sees_no_preview() {
    let app = TestApp::new().await;
    let agent = app.member("blue-widgets", Role::Agent).await;
    assert_eq!(agent.post(NEW, &[("text", "x")]).await.status, StatusCode::FORBIDDEN);
    let large = "x".repeat(3 * 1024 * 1024);
    let owner = app.owner().await;
    assert_eq!(owner.post(NEW, &[("text", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
