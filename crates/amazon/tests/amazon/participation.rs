//! The stores of a seller.

use amazon::{FailureKind, GetMarketplaceParticipations, Operation, Region};
use model::Marketplace;
use serde_json::{Value, json};

use crate::give::answer;

fn entry(id: &str, participating: &Value) -> Value {
    json!({
        "marketplace": {"id": id, "countryCode": "DE", "name": "Amazon.de", "domainName": "www.amazon.de"},
        "storeName": "Muster Lampen",
        "participation": {"isParticipating": participating, "hasSuspendedListings": false}
    })
}

#[test]
fn known_stores_are_told_apart_from_unknown_ones() {
    let call = GetMarketplaceParticipations { region: Region::Europe };
    assert_eq!(call.request().path(), "/sellers/v1/marketplaceParticipations");
    assert_eq!(call.request().query(), "");
    let list = [
        entry("A1PA6795UKMFR9", &json!(true)),
        entry("A2ZV50J4W1RKNI", &json!(true)),
        entry("A13V1IB3VIYZZH", &json!(false)),
        entry("A1PA6795UKMFR9", &json!(true)),
    ];
    let found = call.understand(&answer(200, &json!({"payload": list}))).unwrap();
    let stores: Vec<_> = found.stores.iter().map(|store| (store.store, store.is_participating)).collect();
    assert_eq!(stores, [(Marketplace::De, true), (Marketplace::Fr, false)]);
    assert_eq!((found.stores[0].name.as_deref(), found.stores[0].is_suspended), (Some("Muster Lampen"), false));
    assert_eq!(found.unknown, ["A2ZV50J4W1RKNI"]);
    for odd in [json!({}), json!({"payload": [{}]}), json!({"payload": [entry("A1PA6795UKMFR9", &json!("yes"))]})] {
        assert_eq!(call.understand(&answer(200, &odd)).unwrap_err().kind(), FailureKind::Unreadable);
    }
}
