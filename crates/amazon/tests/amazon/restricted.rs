//! Restricted data tokens: asked for from the requests that need one, and for no other.

use amazon::orders::OrderWindow;
use amazon::orders::v0::GetOrders;
use amazon::reports::{GetReport, GetReportDocument, ReportKind};
use amazon::restricted::{CreateRestrictedDataToken, NotRestricted};
use amazon::{Endpoint, FailureKind, OpaqueId, Operation, Region, Request, Stores, TokenKind};
use model::{Marketplace, Span};
use serde_json::{Value, json};

use crate::give::{answer, error};

fn document(id: &str, region: Region) -> Request {
    let kind = ReportKind::UnshippedOrders;
    GetReportDocument { id: OpaqueId::new(id).unwrap(), kind, region }.request()
}

fn orders() -> Request {
    let at = |text: &str| text.parse().unwrap();
    let window = OrderWindow::changed(at("2026-08-01T00:00:00Z"), None, at("2026-08-20T12:00:00Z")).unwrap();
    GetOrders::new(Stores::one(Marketplace::De), window).with_buyer().request()
}

#[test]
fn a_token_is_for_the_very_paths_it_was_asked_for() {
    let (first, second, other) = (document("doc.1", Region::Europe), orders(), document("doc.2", Region::Europe));
    let call = CreateRestrictedDataToken::new([&first, &second, &first]).unwrap();
    let request = call.request();
    assert_eq!(
        request.url(&Endpoint::of(Region::Europe)).unwrap(),
        "https://sellingpartnerapi-eu.amazon.com/tokens/2021-03-01/restrictedDataToken"
    );
    assert_eq!(request.token(), TokenKind::Access);
    let expected = json!({"restrictedResources": [
        {"method": "GET", "path": "/reports/2021-06-30/documents/doc.1"},
        {"method": "GET", "path": "/orders/v0/orders", "dataElements": ["buyerInfo"]}
    ]});
    assert_eq!(serde_json::from_str::<Value>(request.body()).unwrap(), expected);
    let given = answer(200, &json!({"restrictedDataToken": "Atz.sprdt|hidden", "expiresIn": 3600}));
    let token = call.understand(&given).unwrap();
    assert_eq!((token.secret.reveal(), token.lives), ("Atz.sprdt|hidden", Span::hours(1)));
    assert!(token.covers(&first) && token.covers(&second) && !token.covers(&other));
    let open = GetReport { id: OpaqueId::new("doc.1").unwrap(), region: Region::Europe }.request();
    assert!(!token.covers(&open));
    assert!(!format!("{token:?}").contains("hidden"));
}

#[test]
fn no_token_is_asked_for_without_need() {
    let open = GetReport { id: OpaqueId::new("1").unwrap(), region: Region::Europe }.request();
    let asked = |requests: &[&Request]| CreateRestrictedDataToken::new(requests.iter().copied());
    assert_eq!(asked(&[&open]), Err(NotRestricted::NeedsNone));
    assert_eq!(asked(&[]), Err(NotRestricted::Count));
    let (here, there) = (document("1", Region::Europe), document("1", Region::FarEast));
    assert_eq!(asked(&[&here, &there]), Err(NotRestricted::Regions));
    let many: Vec<Request> = (0..51).map(|number| document(&number.to_string(), Region::Europe)).collect();
    let all: Vec<&Request> = many.iter().collect();
    assert!(asked(&all[..50]).is_ok());
    assert_eq!(asked(&all), Err(NotRestricted::Count));
}

#[test]
fn an_odd_answer_is_no_token() {
    let call = CreateRestrictedDataToken::new([&orders()]).unwrap();
    for odd in [
        json!({}),
        json!({"restrictedDataToken": "a b", "expiresIn": 3600}),
        json!({"restrictedDataToken": "a", "expiresIn": 0}),
        json!({"restrictedDataToken": "a", "expiresIn": "3600"}),
        json!({"restrictedDataToken": 7, "expiresIn": 3600}),
    ] {
        assert_eq!(call.understand(&answer(200, &odd)).unwrap_err().kind(), FailureKind::Unreadable);
    }
    let words = "Application does not have access to one or more requested data elements: [buyerInfo]";
    let failure = call.understand(&error(400, "InvalidInput", words, "")).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::RoleMissing);
}
