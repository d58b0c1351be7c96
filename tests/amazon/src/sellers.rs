//! Where a seller sells, and restricted data tokens.

use model::Span;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::shop::{Call, Shop, Token};

pub(crate) fn participations(shop: &Shop, call: &Call<'_>) -> Answer {
    let entry = |store: &model::Marketplace| {
        let facts = store.facts();
        json!({
            "marketplace": {
                "id": facts.id, "name": format!("Amazon.{}", store.to_string().to_lowercase()),
                "countryCode": store.to_string(), "defaultCurrencyCode": facts.currency,
                "defaultLanguageCode": "en_US", "domainName": facts.retail_domain,
            },
            "participation": {"isParticipating": true, "hasSuspendedListings": false},
            "storeName": "The shop",
        })
    };
    let list: Vec<Value> = shop.accounts[call.account].stores.iter().map(entry).collect();
    Answer::json(200, &json!({"payload": list}))
}

pub(crate) fn restricted_token(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = |resource: &Value| {
        let elements = resource["dataElements"].as_array().map(Vec::as_slice).unwrap_or_default();
        (text(&resource["method"]), text(&resource["path"]), elements.iter().map(text).collect())
    };
    let asked = call.body["restrictedResources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let resources: Vec<(String, String, Vec<String>)> = asked.iter().map(resource).collect();
    let token = format!("Atz.sprdt|stand-in-{}", shop.number());
    let ends = call.now.plus(Span::hours(1));
    shop.tokens.insert(token.clone(), Token { account: call.account, ends, restricted: Some(resources) });
    Answer::json(200, &json!({"restrictedDataToken": token, "expiresIn": 3600}))
}
