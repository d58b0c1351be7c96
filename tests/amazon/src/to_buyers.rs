//! What reaches buyers: review requests and typed messages, what an order offers of them, and files that go with them.

use model::{OrderId, Span};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::shop::{Call, Link, Order, Shop};

const REVIEW: &str = "productReviewAndSellerFeedback";

/// The order that a call is about, where it is the account's and of that store. What Amazon says of others' orders is not
/// known; here they are not found.
fn order(shop: &Shop, call: &Call<'_>) -> Result<Order, Answer> {
    let order = call.order_id().and_then(|id| shop.orders[call.account].get(&id));
    let order = order.filter(|order| call.query("marketplaceIds") == Some(order.store.facts().id));
    order.cloned().ok_or_else(Answer::not_found)
}

fn is_open(order: &Order, call: &Call<'_>) -> bool {
    let (earliest, latest) = order.delivery;
    order.status == "SHIPPED" && (earliest.plus(Span::days(5))..=latest.plus(Span::days(30))).contains(&call.now)
}

fn offered(call: &Call<'_>, folder: &str, names: &[&str]) -> Answer {
    let base = format!("/{folder}/v1/orders/{}", call.stars.first().copied().unwrap_or_default());
    let part = if folder == "messaging" { "messages" } else { "solicitations" };
    let store = call.query("marketplaceIds").unwrap_or_default();
    let link = |name: &&str| json!({"href": format!("{base}/{part}/{name}?marketplaceIds={store}"), "name": name});
    let names = if call.fault == Some(Fault::NoActions) { &[] } else { names };
    let links: Vec<Value> = names.iter().map(link).collect();
    Answer::hal(200, &json!({"_links": {"self": {"href": base}, "actions": links}, "_embedded": {"actions": []}}))
}

pub(crate) fn solicitations(shop: &Shop, call: &Call<'_>) -> Answer {
    let order = match order(shop, call) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let had = shop.tally.solicited.contains_key(&order.order_id);
    let offers = order.offers_review && !had && is_open(&order, call);
    offered(call, "solicitations", if offers { &[REVIEW] } else { &[] })
}

pub(crate) fn solicit(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let order = match order(shop, call) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    if shop.tally.solicited.contains_key(&order.order_id) || !order.offers_review {
        return Answer::unauthorized("The requested solicitation is not available for this amazonOrderId.");
    }
    if !is_open(&order, call) {
        return Answer::unauthorized(
            "You can\u{2019}t use this feature to request a review outside the 5-30 day range after the order delivery date.",
        );
    }
    *shop.tally.solicited.entry(order.order_id).or_default() += 1;
    Answer::hal(201, &json!({}))
}

pub(crate) fn messages(shop: &Shop, call: &Call<'_>) -> Answer {
    match order(shop, call) {
        Ok(order) => offered(call, "messaging", &order.messages),
        Err(answer) => answer,
    }
}

pub(crate) fn attributes(shop: &Shop, call: &Call<'_>) -> Answer {
    match order(shop, call) {
        Ok(order) => Answer::json(200, &json!({"buyer": {"locale": order.locale}})),
        Err(answer) => answer,
    }
}

pub(crate) fn message(shop: &mut Shop, call: &Call<'_>, action: &str) -> Answer {
    let order = match order(shop, call) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    // The invoice is offered as `sendInvoice`.
    let name = if action == "invoice" { "sendInvoice" } else { action };
    if !order.messages.contains(&name) {
        return Answer::unauthorized("Invalid amazonOrderId and template combination.");
    }
    let files = call.body["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_there = |file: &Value| {
        let id = file["uploadDestinationId"].as_str().unwrap_or_default();
        shop.links.get(&format!("/upload/{id}")).is_some_and(|link| link.filled && link.account == call.account)
    };
    if !files.iter().all(is_there) {
        return Answer::invalid("The attachment was not uploaded.");
    }
    *shop.tally.messaged.entry(order.order_id).or_default() += 1;
    Answer::hal(201, &json!({}))
}

pub(crate) fn place_for_file(shop: &mut Shop, call: &Call<'_>) -> Answer {
    // The rest of the path is that of the message.
    let order: Option<OrderId> =
        call.stars.first().and_then(|rest| rest.split('/').nth(3)).and_then(|id| id.parse().ok());
    if order.is_none_or(|id| !shop.orders[call.account].contains_key(&id)) {
        return Answer::not_found();
    }
    let md5 = call.query("contentMD5").map(str::to_owned);
    let id = shop.number().to_string();
    let (url, ends) = (format!("{}/upload/{id}", shop.base), call.now.plus(Span::minutes(5)));
    let headers = json!({"Content-MD5": md5});
    let link = Link { account: call.account, ends, document: None, md5, charset: None, filled: false };
    shop.links.insert(format!("/upload/{id}"), link);
    Answer::json(201, &json!({"payload": {"uploadDestinationId": id, "url": url, "headers": headers}}))
}
