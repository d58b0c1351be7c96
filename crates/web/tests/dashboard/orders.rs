//! Uploading order reports, and an order's own page.

use axum::http::StatusCode;
use model::{Span, Timestamp};

use crate::app::TestApp;

const ORDERS: &str = "/a/blue-widgets/orders";
const ORDER: &str = "111-1234567-1234567";
const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.com";

/// A day within which personal data of an order are still kept (law 8).
fn lately() -> String {
    Timestamp::from_clock().minus(Span::days(5)).to_string()
}

fn report(rows: &[&str]) -> Vec<u8> {
    let header =
        "order-id\torder-item-id\tpurchase-date\tbuyer-email\tsku\tproduct-name\tquantity-purchased\tsales-channel";
    format!("{header}\n{}\n", rows.join("\n")).into_bytes()
}

#[tokio::test]
async fn a_report_is_taken_and_its_bad_rows_are_named() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let day = lately();
    let file = report(&[
        &format!("{ORDER}\t1\t{day}\t{ALIAS}\tS\t<b>Hat</b> & \"co\"\t1\tAmazon.com"),
        "222-1234567-1234567\t1\tyesterday\t\tS\tHat\t1\tAmazon.com",
        "333-1234567-1234567\t1\t2026-08-01T10:00:00+00:00\t\tS\tHat\t1\tAmazon.co.jp",
        "S01-1234567-1234567\t1\t2026-08-01T10:00:00+00:00\t\tS\tHat\t1\tNon-Amazon",
    ]);
    let taken = owner.upload(ORDERS, &[("store", "")], &file).await;
    assert_eq!(taken.status, StatusCode::OK);
    for count in ["New orders</dt><dd>2<", "Bad rows</dt><dd>1<", "skipped</dt><dd>1<", "account lacks</dt><dd>1<"] {
        assert!(taken.body.contains(count), "{count}: {}", taken.body);
    }
    assert!(taken.body.contains("<td data-label=\"Line\">3</td>"));
    let again = owner.upload(ORDERS, &[("store", "")], &file).await;
    assert!(again.body.contains("New orders</dt><dd>0<"));

    let page = owner.get(&format!("{ORDERS}/{ORDER}")).await.body;
    assert!(page.contains("&#60;b&#62;Hat&#60;/b&#62; &#38; &#34;co&#34;"), "{page}");
    assert!(page.contains(ALIAS) && page.contains("Seven days after delivery") && page.contains("It waits."));
}

#[tokio::test]
async fn the_chosen_store_is_taken_for_rows_that_name_none() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let file = b"order-id\tpurchase-date\n111-1234567-1234567\t2026-08-01T10:00:00+00:00\n";
    let without = owner.upload(ORDERS, &[("store", "")], file).await;
    assert!(without.body.contains("Without a store</dt><dd>1<"));
    let with = owner.upload(ORDERS, &[("store", "DE")], file).await;
    assert!(with.body.contains("New orders</dt><dd>1<"));
    assert!(owner.get(&format!("{ORDERS}/{ORDER}")).await.body.contains("Germany"));
    let nonsense = owner.upload(ORDERS, &[("store", "XX")], file).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_no_report_is_named_for_what_it_is() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let mut page = b"<!doctype html><html><title>Sign in</title>".to_vec();
    page.resize(3 * 1024 * 1024, b' ');
    let answer = owner.upload(ORDERS, &[("store", "US")], &page).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("This is a web page, not an order report"), "{}", answer.body);
    let empty = owner.upload(ORDERS, &[("store", "US")], b"").await;
    assert!(empty.body.contains("This file is empty"));
}

#[tokio::test]
async fn many_orders_are_taken_slice_by_slice() {
    let app = TestApp::new().await;
    let rows: Vec<String> = (0..1000)
        .map(|n| format!("111-1234567-{n:07}\t1\t2026-08-01T10:00:00+00:00\t\tS\tHat\t1\tAmazon.com"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let taken = app.owner().await.upload(ORDERS, &[], &report(&rows)).await;
    assert!(taken.body.contains("New orders</dt><dd>1000<"), "{}", taken.body);
}

#[tokio::test]
async fn an_order_is_found_by_its_id_and_stopped_or_its_buyer_blocked_from_its_page() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let path = format!("{ORDERS}/{ORDER}");
    assert_eq!(owner.post(&format!("{ORDERS}/find"), &[("order", &format!(" {ORDER} "))]).await.location(), path);
    let unclear = owner.post(&format!("{ORDERS}/find"), &[("order", "12")]).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unclear.body.contains("not an Amazon order id"));

    assert!(owner.get(&path).await.body.contains("No report has named this order yet"));
    let unknown = owner.post(&format!("{path}/block"), &[]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody knows the buyer");
    assert!(owner.post(&format!("{path}/stop"), &[]).await.location().contains("done=stopped"));

    let row = format!("{ORDER}\t1\t{}\t{ALIAS}\tS\tHat\t1\tAmazon.com", lately());
    owner.upload(ORDERS, &[], &report(&[&row])).await;
    let blocked = owner.post(&format!("{path}/block"), &[("note", "rude")]).await;
    assert!(blocked.location().contains("done=blocked") && !blocked.location().contains('@'));
    assert!(owner.get(&path).await.body.contains("order stop"));
    assert_eq!(owner.get(&format!("{ORDERS}/nonsense")).await.status, StatusCode::NOT_FOUND);
}
