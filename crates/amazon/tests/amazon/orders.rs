//! Orders of the API of 2026-01-01.

use amazon::orders::{GetOrder, IncludedData, OrderPage, OrderWindow, SearchOrders};
use amazon::{Endpoint, FailureKind, Operation, PageToken, Region, Stores, TokenKind};
use model::order::{Fulfilment, ImportedOrder, ItemCondition, OrderStatus};
use model::{Marketplace, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{answer, error, fields, pairs};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn search() -> SearchOrders {
    let stores = Stores::new([Marketplace::De, Marketplace::Fr]).unwrap();
    let now = at("2026-08-20T12:00:00Z");
    SearchOrders::new(stores, OrderWindow::changed(at("2026-08-20T09:00:00.5Z"), None, now).unwrap())
}

fn page(body: &Value) -> OrderPage {
    search().understand(&answer(200, body)).unwrap()
}

/// An order of a German buyer that the seller shipped in two parcels, with every field that Abide reads.
fn order() -> Value {
    json!({
        "orderId": "302-1111111-2222222",
        "createdTime": "2026-08-01T10:00:00Z",
        "lastUpdatedTime": "2026-08-04T11:30:00.250Z",
        "programs": ["PRIME", "AMAZON_BUSINESS"],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9", "marketplaceName": "Amazon.de"},
        "buyer": {"buyerName": "Ada Muster", "buyerEmail": "q1w2e3r4t5z6u7i@marketplace.amazon.de"},
        "recipient": {"deliveryAddress": {"name": "Ada Muster", "city": "Ulm", "countryCode": "DE"}},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "MERCHANT",
            "shipByWindow": {"earliestDateTime": "2026-08-02T00:00:00Z", "latestDateTime": "2026-08-03T22:00:00Z"},
            "deliverByWindow": {"earliestDateTime": "2026-08-05T00:00:00Z", "latestDateTime": "2026-08-07T22:00:00Z"}
        },
        "orderItems": [
            {
                "orderItemId": "70000000000001",
                "quantityOrdered": 3,
                "product": {
                    "asin": "B000TEST01", "title": "Lampe\u{7} klein", "sellerSku": "LAMP-1",
                    "condition": {"conditionType": "NEW"},
                    "price": {"unitPrice": {"amount": "19.90", "currencyCode": "EUR"}}
                },
                "promotion": {"breakdowns": [{"promotionId": "SUMMER"}, {"promotionId": "TEN OFF"}]}
            },
            {
                "orderItemId": "70000000000002",
                "quantityOrdered": 2,
                "measurement": {"unit": "KILOGRAMS", "value": 1.5},
                "product": {"asin": "B000TEST02", "price": {"unitPrice": {"amount": "4.00", "currencyCode": "EUR"}}},
                "proceeds": {"breakdowns": [
                    {"type": "SHIPPING", "subtotal": {"amount": "3.00", "currencyCode": "EUR"}},
                    {"type": "ITEM", "subtotal": {"amount": "6.00", "currencyCode": "EUR"}}
                ]}
            }
        ],
        "packages": [
            {"packageReferenceId": "1", "carrier": "DHL", "shipTime": "2026-08-03T08:00:00Z", "trackingNumber": "00340"},
            {"packageReferenceId": "2", "carrier": "GLS", "shipTime": "2026-08-04T09:00:00Z", "trackingNumber": "77"},
            {"packageReferenceId": "3", "packageStatus": {"status": "CANCELLED"}, "shipTime": "2026-08-06T09:00:00Z"}
        ]
    })
}

fn only(order: &Value) -> ImportedOrder {
    let page = page(&json!({"orders": [order]}));
    assert_eq!((page.unread.len(), page.elsewhere), (0, 0));
    page.orders.into_iter().next().unwrap()
}

#[test]
fn a_search_names_stores_time_and_parts_and_goes_on_by_token() {
    let request = search().request();
    assert_eq!((request.method().as_str(), request.path()), ("GET", "/orders/2026-01-01/orders"));
    assert_eq!((request.token(), request.body(), request.content_type()), (TokenKind::Access, "", None));
    let mut expected = vec![
        ("lastUpdatedAfter", "2026-08-20T09:00:00Z"),
        ("marketplaceIds", "A1PA6795UKMFR9,A13V1IB3VIYZZH"),
        ("maxResultsPerPage", "100"),
        ("includedData", "BUYER,PROMOTION,FULFILLMENT,PACKAGES"),
    ];
    assert_eq!(fields(request.query()), pairs(&expected));
    let next = search().page(PageToken::new("to/ken+==").unwrap()).request();
    expected.push(("paginationToken", "to/ken+=="));
    assert_eq!(fields(next.query()), pairs(&expected));
    assert!(request.url(&Endpoint::of(Region::NorthAmerica)).is_err());

    let window =
        OrderWindow::placed(at("2026-01-01T00:00:00Z"), Some(at("2026-02-01T00:00:00Z")), at("2026-08-20T12:00:00Z"));
    let request = SearchOrders::new(Stores::one(Marketplace::Jp), window.unwrap())
        .including(&[IncludedData::Recipient])
        .fulfilled_by(Fulfilment::Amazon)
        .per_page(0)
        .request();
    let expected = [
        ("createdAfter", "2026-01-01T00:00:00Z"),
        ("createdBefore", "2026-02-01T00:00:00Z"),
        ("marketplaceIds", "A1VC38T7YXB528"),
        ("fulfilledBy", "AMAZON"),
        ("maxResultsPerPage", "1"),
        ("includedData", "RECIPIENT"),
    ];
    assert_eq!(fields(request.query()), pairs(&expected));
}

#[test]
fn an_order_becomes_the_models_facts() {
    let order = only(&order());
    assert_eq!(order.order_id.as_str(), "302-1111111-2222222");
    assert_eq!((order.store, order.fulfilment), (Some(Marketplace::De), Some(Fulfilment::Merchant)));
    assert_eq!((order.status, order.business), (Some(OrderStatus::Shipped), Some(true)));
    assert_eq!(order.purchased_at, Some(at("2026-08-01T10:00:00Z")));
    assert_eq!(order.updated_at, Some(at("2026-08-04T11:30:00.250Z")));
    assert_eq!(order.delivery_window_start, Some(at("2026-08-05T00:00:00Z")));
    assert_eq!(order.delivery_window_end, Some(at("2026-08-07T22:00:00Z")));
    assert_eq!(order.promised_at, None, "by when it is to be shipped is no promise of delivery");
    assert_eq!(order.shipped_at, Some(at("2026-08-04T09:00:00Z")), "the last parcel that was not cancelled");
    assert_eq!((order.carrier.as_deref(), order.tracking_number.as_deref()), (Some("DHL"), Some("00340")));
    assert_eq!(order.alias.as_ref().unwrap().as_str(), "q1w2e3r4t5z6u7i@marketplace.amazon.de");
    assert_eq!((order.buyer_name.as_deref(), order.ship_country.as_deref()), (Some("Ada Muster"), Some("DE")));
    assert!(!order.incomplete);
    let [lamp, rope] = order.items.as_slice() else { panic!("{:?}", order.items) };
    assert_eq!((lamp.line.as_str(), lamp.quantity), ("70000000000001", Some(3)));
    assert_eq!((lamp.sku.as_deref(), lamp.asin.as_deref()), (Some("LAMP-1"), Some("B000TEST01")));
    assert_eq!(lamp.product_name.as_deref(), Some("Lampe  klein"));
    assert_eq!(lamp.price.as_ref().unwrap().to_string(), "59.70 EUR", "of all pieces, as in reports");
    assert_eq!((lamp.promotion_ids.as_deref(), lamp.condition), (Some("SUMMER,TEN OFF"), Some(ItemCondition::New)));
    assert_eq!(rope.price.as_ref().unwrap().to_string(), "6.00 EUR", "pieces say nothing of what is weighed");
}

#[test]
fn what_is_not_told_stays_unknown() {
    let bare = json!({
        "orderId": "302-1111111-2222222", "createdTime": "2026-08-01T10:00:00Z", "lastUpdatedTime": null,
        "salesChannel": {"channelName": "AMAZON"}, "orderItems": []
    });
    let mut expected = ImportedOrder::bare("302-1111111-2222222".parse().unwrap());
    expected.purchased_at = Some(at("2026-08-01T10:00:00Z"));
    assert_eq!(only(&bare), expected);
    let known = |change: fn(&mut Value)| {
        let mut changed = order();
        change(&mut changed);
        only(&changed)
    };
    assert_eq!(known(|order| order["programs"] = json!(["PRIME"])).business, Some(false));
    assert_eq!(known(|order| order["fulfillment"]["fulfillmentStatus"] = json!("UNFULFILLABLE")).status, None);
    assert_eq!(known(|order| order["buyer"]["buyerEmail"] = json!("someone@example.com")).alias, None);
    assert_eq!(known(|order| order["orderItems"][0]["quantityOrdered"] = json!(-1)).items[0].price, None);
    let by_name =
        known(|order| order["salesChannel"] = json!({"channelName": "AMAZON", "marketplaceName": "Amazon.fr"}));
    assert_eq!(by_name.store, Some(Marketplace::Fr));
    let without_number = known(|order| {
        order["packages"][0]["trackingNumber"] = json!("");
    });
    assert_eq!(
        (without_number.carrier.as_deref(), without_number.tracking_number.as_deref()),
        (Some("GLS"), Some("77"))
    );
}

#[test]
fn an_order_with_a_part_that_cannot_be_read_waits() {
    let waits = |change: fn(&mut Value)| {
        let mut changed = order();
        change(&mut changed);
        only(&changed).incomplete
    };
    assert!(waits(|order| order["createdTime"] = json!("yesterday")));
    assert!(waits(|order| order["lastUpdatedTime"] = json!("1970-01-19T03:58:30Z")));
    assert!(waits(|order| order["packages"][1]["shipTime"] = json!(7)));
    assert!(waits(|order| order["fulfillment"]["deliverByWindow"]["latestDateTime"] = json!("2026-13-01")));
    assert!(waits(|order| order["orderItems"][0] = json!({})));
    assert!(waits(|order| order["orderItems"][1]["orderItemId"] = json!("70000000000001")));
    assert!(waits(|order| {
        let lines = (0..201).map(|line| json!({"orderItemId": line.to_string(), "product": {}}));
        order["orderItems"] = lines.collect();
    }));
}

#[test]
fn one_order_that_cannot_be_read_keeps_no_other_from_it() {
    let (mut lineless, mut elsewhere, mut foreign) = (order(), order(), order());
    lineless["orderItems"] = Value::Null;
    elsewhere["orderId"] = json!("S02-1234567-1234567");
    foreign["salesChannel"]["channelName"] = json!("NON_AMAZON");
    let page = page(&json!({"orders": [lineless, {"orderId": "badOrderId"}, 7, elsewhere, foreign, order()]}));
    assert_eq!((page.orders.len(), page.elsewhere), (1, 2));
    let unread: Vec<_> =
        page.unread.iter().map(|unread| (unread.order_id.map(|id| id.to_string()), unread.what)).collect();
    let named = Some("302-1111111-2222222".to_owned());
    assert_eq!(unread, [(named, "the lines of the order"), (None, "the order id"), (None, "the order id")]);
}

#[test]
fn the_last_page_says_so_and_nothing_else_does() {
    assert_eq!(page(&json!({"orders": []})).next, None);
    assert_eq!(page(&json!({"orders": [], "pagination": {}})).next, None);
    assert_eq!(page(&json!({"orders": [], "pagination": {"nextToken": null}})).next, None);
    let more =
        page(&json!({"orders": [], "pagination": {"nextToken": "abc"}, "lastUpdatedBefore": "2026-08-20T11:58:00Z"}));
    assert_eq!((more.next.unwrap().as_str(), more.up_to), ("abc", Some(at("2026-08-20T11:58:00Z"))));
    let fails = |search: SearchOrders, body: &Value| search.understand(&answer(200, body)).unwrap_err().kind();
    for odd in [json!({"nextToken": ""}), json!({"nextToken": 5}), json!({"nextToken": "a b"}), json!("abc"), json!([])]
    {
        assert_eq!(fails(search(), &json!({"orders": [], "pagination": odd})), FailureKind::Unreadable, "{odd}");
    }
    // A page that names itself as the next would be read for ever.
    let again = search().page(PageToken::new("abc").unwrap());
    assert_eq!(fails(again, &json!({"orders": [], "pagination": {"nextToken": "abc"}})), FailureKind::Unreadable);
    assert_eq!(fails(search(), &json!({})), FailureKind::Unreadable);
    assert_eq!(fails(search(), &json!({"orders": {}})), FailureKind::Unreadable);
    let refused = search().understand(&error(400, "InvalidInput", "Not like this", "")).unwrap_err();
    assert_eq!(refused.kind(), FailureKind::Refused);
}

#[test]
fn one_order_is_asked_for_by_its_id() {
    let ask = |id: &str| GetOrder {
        order_id: id.parse().unwrap(),
        store: Marketplace::De,
        included: vec![IncludedData::Buyer],
    };
    let request = ask("302-1111111-2222222").request();
    assert_eq!(request.path(), "/orders/2026-01-01/orders/302-1111111-2222222");
    assert_eq!(fields(request.query()), pairs(&[("includedData", "BUYER")]));
    let body = answer(200, &json!({"order": order()}));
    assert_eq!(ask("302-1111111-2222222").understand(&body).unwrap(), only(&order()));
    assert_eq!(ask("302-1111111-3333333").understand(&body).unwrap_err().kind(), FailureKind::Unreadable);
}

#[test]
fn nothing_of_a_buyer_is_shown() {
    let page = page(&json!({"orders": [order()], "pagination": {"nextToken": "secret-token"}}));
    let shown = format!("{page:?}");
    assert!(!shown.contains("Ada") && !shown.contains("q1w2") && !shown.contains("secret-token"), "{shown}");
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[0-9]{3}-[0-9]{7}-[0-9]{7}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let names = "orderId|orderItems|packages|salesChannel|buyer|fulfillment|programs|product|shipTime|createdTime";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever stands in the place of whatever: the page is read, and every entry of it is accounted for.
    #[test]
    fn each_entry_of_a_page_has_an_outcome(entries in proptest::collection::vec(json_value(), 0..6)) {
        let page = page(&json!({"orders": entries}));
        let outcomes = page.orders.len() + page.unread.len() + usize::try_from(page.elsewhere).unwrap();
        prop_assert_eq!(outcomes, entries.len());
    }

    #[test]
    fn one_field_changed_breaks_nothing(place in 0_usize..8, value in json_value()) {
        let mut changed = order();
        let field = match place {
            0 => &mut changed["orderItems"][0]["product"],
            1 => &mut changed["fulfillment"],
            2 => &mut changed["packages"],
            3 => &mut changed["buyer"],
            4 => &mut changed["salesChannel"],
            5 => &mut changed["programs"],
            6 => &mut changed["orderItems"][0],
            _ => &mut changed["createdTime"],
        };
        *field = value;
        let page = page(&json!({"orders": [changed]}));
        prop_assert_eq!(page.orders.len() + page.unread.len() + usize::try_from(page.elsewhere).unwrap(), 1);
    }

    #[test]
    fn no_bytes_break_the_page(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let answer = amazon::Answer::new(200, [], body);
        prop_assert!(search().understand(&answer).is_err());
    }
}
