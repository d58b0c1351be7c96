//! Orders of the API that ends in 2027: without lines first, whole once all pages of them are there.

use amazon::orders::v0::{GetOrderItems, GetOrders, LinelessOrder, Lines, LinesPage};
use amazon::orders::{OrderPage, OrderWindow};
use amazon::{FailureKind, Operation, PageToken, Stores, TokenKind};
use model::order::{Fulfilment, OrderStatus};
use model::{Marketplace, OrderId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{answer, fields, pairs};

const ID: &str = "302-1111111-2222222";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ask() -> GetOrders {
    let now = at("2026-08-20T12:00:00Z");
    GetOrders::new(
        Stores::one(Marketplace::De),
        OrderWindow::changed(at("2026-08-20T09:00:00Z"), Some(at("2026-08-20T10:00:00Z")), now).unwrap(),
    )
}

fn order() -> Value {
    json!({
        "AmazonOrderId": ID,
        "PurchaseDate": "2026-08-01T10:00:00Z",
        "LastUpdateDate": "2026-08-04T11:30:00Z",
        "OrderStatus": "Shipped",
        "FulfillmentChannel": "MFN",
        "SalesChannel": "Amazon.de",
        "MarketplaceId": "A1PA6795UKMFR9",
        "EarliestShipDate": "2026-08-02T00:00:00Z",
        "LatestShipDate": "2026-08-03T00:00:00Z",
        "EarliestDeliveryDate": "2026-08-05T00:00:00Z",
        "LatestDeliveryDate": "2026-08-07T22:00:00Z",
        "IsBusinessOrder": false,
        "ShippingAddress": {"CountryCode": "UK"},
        "BuyerInfo": {"BuyerEmail": "q1w2e3r4t5z6u7i@marketplace.amazon.de", "BuyerName": "Ada Muster"}
    })
}

fn page(payload: &Value) -> OrderPage<LinelessOrder> {
    ask().understand(&answer(200, &json!({"payload": payload}))).unwrap()
}

fn lineless(order: &Value) -> LinelessOrder {
    page(&json!({"Orders": [order]})).orders.into_iter().next().unwrap()
}

fn item(line: usize) -> Value {
    json!({
        "OrderItemId": format!("{}", 70_000 + line), "ASIN": "B000TEST01", "SellerSKU": "LAMP-1", "Title": "Lampe",
        "QuantityOrdered": 3, "ItemPrice": {"CurrencyCode": "EUR", "Amount": "59.70"},
        "PromotionIds": ["SUMMER", "TEN OFF"], "ConditionId": "Used"
    })
}

fn lines_of(call: &GetOrderItems, items: &[Value], token: &Value) -> LinesPage {
    let body = json!({"payload": {"AmazonOrderId": ID, "OrderItems": items, "NextToken": token}});
    call.understand(&answer(200, &body)).unwrap()
}

fn call() -> GetOrderItems {
    GetOrderItems::new(ID.parse().unwrap(), Marketplace::De)
}

fn all(items: &[Value]) -> Lines {
    let LinesPage::All(lines) = lines_of(&call(), items, &Value::Null) else { panic!("one page") };
    lines
}

#[test]
fn a_page_is_asked_for_with_or_without_the_buyer() {
    let request = ask().request();
    let expected = [
        ("LastUpdatedAfter", "2026-08-20T09:00:00Z"),
        ("LastUpdatedBefore", "2026-08-20T10:00:00Z"),
        ("MarketplaceIds", "A1PA6795UKMFR9"),
    ];
    assert_eq!((request.path(), request.token()), ("/orders/v0/orders", TokenKind::Access));
    assert_eq!(fields(request.query()), pairs(&expected));
    let more = ask().with_buyer().page(PageToken::new("2YgY==").unwrap()).request();
    assert_eq!(more.token(), TokenKind::Restricted(&["buyerInfo"]));
    assert_eq!(fields(more.query()).last().unwrap(), &pairs(&[("NextToken", "2YgY==")])[0]);
}

#[test]
fn an_order_is_whole_with_its_lines_and_with_its_own_alone() {
    let order = lineless(&order()).with_lines(all(&[item(1), item(2)])).unwrap();
    assert_eq!((order.store, order.status), (Some(Marketplace::De), Some(OrderStatus::Shipped)));
    assert_eq!((order.fulfilment, order.business), (Some(Fulfilment::Merchant), Some(false)));
    assert_eq!(
        (order.delivery_window_start, order.delivery_window_end),
        (Some(at("2026-08-05T00:00:00Z")), Some(at("2026-08-07T22:00:00Z")))
    );
    assert_eq!((order.promised_at, order.shipped_at), (None, None));
    assert_eq!((order.ship_country.as_deref(), order.buyer_name.as_deref()), (Some("GB"), Some("Ada Muster")));
    assert_eq!(order.items.len(), 2);
    assert_eq!(order.items[0].price.as_ref().unwrap().to_string(), "59.70 EUR", "already of all pieces");
    assert_eq!(order.items[0].promotion_ids.as_deref(), Some("SUMMER,TEN OFF"));
    assert!(!order.incomplete);

    let mut other = self::order();
    other["AmazonOrderId"] = json!("302-1111111-9999999");
    let mixed = lineless(&other).with_lines(all(&[item(1)])).unwrap_err();
    assert_eq!((mixed.order.to_string(), mixed.lines.to_string()), ("302-1111111-9999999".to_owned(), ID.to_owned()));
}

#[test]
fn an_address_that_a_reseller_shares_is_no_buyers() {
    let alias = |flag: &str, address: &str| {
        let mut order = order();
        order[flag] = json!(true);
        order["BuyerInfo"]["BuyerEmail"] = json!(address);
        lineless(&order).with_lines(all(&[item(1)])).unwrap().alias
    };
    assert_eq!(alias("IsIBA", "q1w2e3r4t5z6u7i@marketplace.amazon.de"), None);
    assert_eq!(alias("IsSoldByAB", "q1w2e3r4t5z6u7i@marketplace.amazon.de"), None);
    assert!(alias("IsIBA", "no-reply-amazon-iba-buyer@marketplace.amazon.de").unwrap().is_shared_by_form());
    assert!(alias("IsPrime", "q1w2e3r4t5z6u7i@marketplace.amazon.de").is_some());
}

#[test]
fn lines_of_several_pages_come_together() {
    let LinesPage::More(next) = lines_of(&call(), &[item(1)], &json!("t/1")) else { panic!("more") };
    assert_eq!(next.request().path(), format!("/orders/v0/orders/{ID}/orderItems"));
    assert_eq!(fields(next.request().query()), pairs(&[("NextToken", "t/1")]));
    // The last page of this API may say so by an empty token.
    let LinesPage::All(lines) = lines_of(&next, &[item(2)], &json!("")) else { panic!("all") };
    assert_eq!(lineless(&order()).with_lines(lines).unwrap().items.len(), 2);

    let body = json!({"payload": {"AmazonOrderId": ID, "OrderItems": [], "NextToken": "t/1"}});
    assert_eq!(
        next.understand(&answer(200, &body)).unwrap_err().kind(),
        FailureKind::Unreadable,
        "the same page again"
    );
    for odd in [json!(5), json!("a b"), json!({})] {
        let body = json!({"payload": {"AmazonOrderId": ID, "OrderItems": [], "NextToken": odd}});
        assert_eq!(call().understand(&answer(200, &body)).unwrap_err().kind(), FailureKind::Unreadable);
    }
    let other = json!({"payload": {"AmazonOrderId": "302-1111111-9999999", "OrderItems": []}});
    assert_eq!(call().understand(&answer(200, &other)).unwrap_err().kind(), FailureKind::Unreadable);
}

#[test]
fn lines_without_end_are_not_gathered_without_end() {
    let mut call = call();
    for page in 0..10 {
        let items: Vec<Value> = (0..50).map(|line| item(page * 50 + line)).collect();
        match lines_of(&call, &items, &json!(format!("page-{page}"))) {
            LinesPage::More(next) => call = next,
            LinesPage::All(lines) => {
                assert_eq!(page, 4);
                let order = lineless(&order()).with_lines(lines).unwrap();
                assert!(order.incomplete && order.items.len() == 200);
                return;
            }
        }
    }
    panic!("it went on");
}

#[test]
fn a_page_of_orders_tells_the_next_and_what_it_left_out() {
    let mut elsewhere = order();
    elsewhere["SalesChannel"] = json!("Non-Amazon DE");
    let read = page(&json!({"Orders": [order(), elsewhere, {}], "NextToken": "abc", "CreatedBefore": "1.5E9"}));
    assert_eq!((read.orders.len(), read.elsewhere, read.unread.len()), (1, 1, 1));
    assert_eq!((read.next.unwrap().as_str(), read.up_to), ("abc", None));
    assert_eq!(page(&json!({"Orders": [], "NextToken": ""})).next, None);
    assert!(ask().understand(&answer(200, &json!({"payload": null}))).is_err());
    assert!(ask().understand(&answer(200, &json!({"payload": {"Orders": [], "NextToken": 7}}))).is_err());
    let again = ask().page(PageToken::new("abc").unwrap());
    assert!(again.understand(&answer(200, &json!({"payload": {"Orders": [], "NextToken": "abc"}}))).is_err());
}

#[test]
fn each_status_is_the_models_or_none() {
    let status = |word: &str| {
        let mut order = order();
        order["OrderStatus"] = json!(word);
        lineless(&order).with_lines(all(&[])).unwrap().status
    };
    assert_eq!(status("Canceled"), Some(OrderStatus::Cancelled));
    assert_eq!(status("PendingAvailability"), Some(OrderStatus::Pending));
    assert_eq!(status("InvoiceUnconfirmed"), Some(OrderStatus::Shipped));
    assert_eq!((status("Unfulfillable"), status("shipped")), (None, None));
}

proptest! {
    #[test]
    fn any_id_and_any_text_of_a_line_is_read_or_left_out(id in "[0-9]{3}-[0-9]{7}-[0-9]{7}", title in any::<String>(), amount in ".{0,12}") {
        let id: OrderId = id.parse().unwrap();
        let call = GetOrderItems::new(id, Marketplace::De);
        let mut line = item(1);
        line["Title"] = json!(title);
        line["ItemPrice"]["Amount"] = json!(amount);
        let body = json!({"payload": {"AmazonOrderId": id, "OrderItems": [line]}});
        let mut order = order();
        order["AmazonOrderId"] = json!(id);
        let LinesPage::All(lines) = call.understand(&answer(200, &body)).unwrap() else { panic!("one page") };
        let read = lineless(&order).with_lines(lines).unwrap();
        prop_assert!(read.items[0].product_name.as_ref().is_none_or(|name| name.chars().count() <= 1000 && !name.chars().any(char::is_control)));
    }
}
