//! Orders in both forms of Amazon's API, page by page. A page's token holds for a day, for whom and for what it was given.

use model::{Span, Timestamp};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::shop::{Call, Order, Page, Shop};

const TOKEN_LIFE: Span = Span::hours(24);

pub(crate) fn search(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let names = ["lastUpdatedAfter", "lastUpdatedBefore", "createdAfter", "createdBefore"];
    let size = call.query("maxResultsPerPage").and_then(|size| size.parse().ok()).unwrap_or(100);
    let (orders, next) = match page(shop, call, names, ("marketplaceIds", "paginationToken"), size) {
        Ok(page) => page,
        Err(answer) => return answer,
    };
    let included = call.list("includedData");
    let mut body = json!({
        "orders": orders.iter().map(|order| told(order, &included)).collect::<Vec<_>>(),
        "lastUpdatedBefore": call.query("lastUpdatedBefore").map_or_else(|| settled(call.now).to_string(), str::to_owned),
    });
    if let Some(token) = next {
        body["pagination"] = json!({"nextToken": token});
    }
    Answer::json(200, &body)
}

pub(crate) fn one(shop: &Shop, call: &Call<'_>) -> Answer {
    let order = call.order_id().and_then(|id| shop.orders[call.account].get(&id));
    order.map_or_else(Answer::not_found, |order| {
        Answer::json(200, &json!({"order": told(order, &call.list("includedData"))}))
    })
}

pub(crate) fn older(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let names = ["LastUpdatedAfter", "LastUpdatedBefore", "CreatedAfter", "CreatedBefore"];
    let size = call.query("MaxResultsPerPage").and_then(|size| size.parse().ok()).unwrap_or(100);
    let (orders, next) = match page(shop, call, names, ("MarketplaceIds", "NextToken"), size) {
        Ok(page) => page,
        Err(answer) => return answer,
    };
    let mut payload = json!({
        "Orders": orders.iter().map(|order| told_of_old(order, call.restricted)).collect::<Vec<_>>(),
        "LastUpdatedBefore": settled(call.now).to_string(),
    });
    if let Some(token) = next {
        payload["NextToken"] = json!(token);
    }
    Answer::json(200, &json!({"payload": payload}))
}

pub(crate) fn lines(shop: &Shop, call: &Call<'_>) -> Answer {
    let Some(order) = call.order_id().and_then(|id| shop.orders[call.account].get(&id)) else {
        return Answer::not_found();
    };
    let line = |number: u32| {
        json!({
            "ASIN": "B000TEST01", "SellerSKU": format!("SKU-{number}"), "OrderItemId": format!("7000000000{number:04}"),
            "Title": "Lamp", "QuantityOrdered": 1, "ConditionId": "New",
            "ItemPrice": {"Amount": "19.90", "CurrencyCode": order.store.facts().currency},
        })
    };
    let items: Vec<Value> = (1..=order.lines).map(line).collect();
    Answer::json(200, &json!({"payload": {"AmazonOrderId": order.order_id.as_str(), "OrderItems": items}}))
}

fn settled(now: Timestamp) -> Timestamp {
    now.minus(Span::minutes(2))
}

/// The orders of one page in the order of their times, and the next page's token.
fn page(
    shop: &mut Shop,
    call: &Call<'_>,
    names: [&str; 4],
    (stores, token): (&str, &str),
    size: usize,
) -> Result<(Vec<Order>, Option<String>), Answer> {
    let query: Vec<(String, String)> = call.query.iter().filter(|(name, _)| name != token).cloned().collect();
    let ids = match call.query(token) {
        Some(given) => {
            let page = shop.pages.get(given).filter(|page| page.account == call.account && page.query == query);
            let page = page.ok_or_else(|| Answer::invalid("The token is not valid for this request."))?;
            if call.now >= page.ends {
                return Err(Answer::invalid("The token has expired."));
            }
            page.orders.clone()
        }
        None => first(shop, call, names, stores)?,
    };
    let orders = ids.iter().take(size).filter_map(|id| shop.orders[call.account].get(id).cloned()).collect();
    let rest: Vec<_> = ids.into_iter().skip(size).collect();
    if rest.is_empty() {
        return Ok((orders, None));
    }
    let next = format!("stand-in/page+{}==", shop.number());
    let page = Page { account: call.account, query, orders: rest, ends: call.now.plus(TOKEN_LIFE) };
    shop.pages.insert(next.clone(), page);
    Ok((orders, Some(next)))
}

fn first(shop: &Shop, call: &Call<'_>, names: [&str; 4], stores: &str) -> Result<Vec<model::OrderId>, Answer> {
    let time = |name: &str| call.query(name).and_then(|text| text.parse::<Timestamp>().ok());
    let [changed_after, changed_before, placed_after, placed_before] = names.map(time);
    if changed_after.is_some() == placed_after.is_some() {
        return Err(Answer::invalid("Exactly one of created after and last updated after is required."));
    }
    let by_change = changed_after.is_some();
    let (after, before) = if by_change { (changed_after, changed_before) } else { (placed_after, placed_before) };
    let (after, end) = (after.unwrap_or(Timestamp::MIN), before.unwrap_or_else(|| settled(call.now)));
    if end > settled(call.now) || end < after {
        return Err(Answer::invalid("The times must be in order and at least two minutes ago."));
    }
    let stores = call.list(stores);
    let of = |order: &Order| if by_change { order.changed } else { order.placed };
    // Orders older than two years are not told.
    let oldest = call.now.minus(Span::days(730));
    let mut found: Vec<&Order> = shop.orders[call.account]
        .values()
        .filter(|order| stores.is_empty() || stores.contains(&order.store.facts().id))
        .filter(|order| (after..=end).contains(&of(order)) && order.placed >= oldest)
        .filter(|order| {
            let by = call.query("fulfilledBy");
            by.is_none_or(|by| by == if order.by_amazon { "AMAZON" } else { "MERCHANT" })
        })
        .filter(|order| {
            call.query("fulfillmentStatuses").is_none_or(|list| list.split(',').any(|one| one == order.status))
        })
        .collect();
    found.sort_by_key(|order| (of(order), order.order_id));
    Ok(found.into_iter().map(|order| order.order_id).collect())
}

fn told(order: &Order, included: &[&str]) -> Value {
    let line = |number: u32| {
        json!({
            "orderItemId": format!("7000000000{number:04}"), "quantityOrdered": 1,
            "product": {
                "asin": "B000TEST01", "title": "Lamp", "sellerSku": format!("SKU-{number}"),
                "price": {"unitPrice": {"amount": "19.90", "currencyCode": order.store.facts().currency}},
            },
        })
    };
    let mut told = json!({
        "orderId": order.order_id.as_str(),
        "createdTime": order.placed.to_string(),
        "lastUpdatedTime": order.changed.to_string(),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": order.store.facts().id},
        "orderItems": (1..=order.lines).map(line).collect::<Vec<_>>(),
    });
    if let (true, Some(alias)) = (included.contains(&"BUYER"), &order.alias) {
        told["buyer"] = json!({"buyerEmail": alias});
    }
    if included.contains(&"FULFILLMENT") {
        told["fulfillment"] = json!({
            "fulfillmentStatus": order.status,
            "fulfilledBy": if order.by_amazon { "AMAZON" } else { "MERCHANT" },
            "deliverByWindow": {
                "earliestDateTime": order.delivery.0.to_string(), "latestDateTime": order.delivery.1.to_string(),
            },
        });
    }
    told
}

fn told_of_old(order: &Order, with_buyer: bool) -> Value {
    let status = match order.status {
        "PENDING" => "Pending",
        "UNSHIPPED" => "Unshipped",
        "PARTIALLY_SHIPPED" => "PartiallyShipped",
        "CANCELLED" => "Canceled",
        _ => "Shipped",
    };
    let mut told = json!({
        "AmazonOrderId": order.order_id.as_str(),
        "PurchaseDate": order.placed.to_string(),
        "LastUpdateDate": order.changed.to_string(),
        "OrderStatus": status,
        "FulfillmentChannel": if order.by_amazon { "AFN" } else { "MFN" },
        "MarketplaceId": order.store.facts().id,
        "EarliestDeliveryDate": order.delivery.0.to_string(),
        "LatestDeliveryDate": order.delivery.1.to_string(),
    });
    if let (true, Some(alias)) = (with_buyer, &order.alias) {
        told["BuyerInfo"] = json!({"BuyerEmail": alias});
    }
    told
}
