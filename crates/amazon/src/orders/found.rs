//! One order of the API of 2026-01-01.
//!
//! - The delivery window is `deliverByWindow`. `shipByWindow` says by when it is to be shipped and is nothing that Abide keeps:
//!   a report's `promise-date`, which may be of delivery, is something else.
//! - It was shipped when the last of its parcels left that was not cancelled; parcels are told for orders that the seller
//!   ships. Where Amazon ships, no time of shipping or arrival is told: the report of fulfilled shipments has both.
//! - A line's price is that of a piece times the pieces, as reports have it, or, for what is sold by measure, what the line
//!   brings for the item itself.

use model::order::{Fulfilment, ImportedOrder, OrderItem, OrderStatus};
use model::{Marketplace, Money, Timestamp};
use serde_json::Value;

use super::value::{
    at, condition, country, instant, is_elsewhere, line, money, order_id, pieces, promotions, put_lines, text, time,
};
use super::{Read, UnreadOrder};

pub(super) fn read(order: &Value) -> Read<ImportedOrder> {
    let channel = at(order, &["salesChannel"]);
    if is_elsewhere(at(channel, &["channelName"])) {
        return Read::Elsewhere;
    }
    let id = match order_id(at(order, &["orderId"])) {
        Ok(id) => id,
        Err(None) => return Read::Elsewhere,
        Err(Some(unread)) => return Read::Unread(unread),
    };
    let Some(lines) = at(order, &["orderItems"]).as_array() else {
        return Read::Unread(UnreadOrder { order_id: Some(id), what: "the lines of the order" });
    };
    let mut read = ImportedOrder::bare(id);
    let mut incomplete = false;
    read.store = at(channel, &["marketplaceId"])
        .as_str()
        .and_then(Marketplace::from_id)
        .or_else(|| at(channel, &["marketplaceName"]).as_str().and_then(Marketplace::from_sales_channel));
    read.purchased_at = time(at(order, &["createdTime"]), &mut incomplete);
    read.updated_at = time(at(order, &["lastUpdatedTime"]), &mut incomplete);
    let fulfilment = at(order, &["fulfillment"]);
    read.status = status(at(fulfilment, &["fulfillmentStatus"]));
    read.fulfilment = match at(fulfilment, &["fulfilledBy"]).as_str() {
        Some("AMAZON") => Some(Fulfilment::Amazon),
        Some("MERCHANT") => Some(Fulfilment::Merchant),
        _ => None,
    };
    read.delivery_window_start = time(at(fulfilment, &["deliverByWindow", "earliestDateTime"]), &mut incomplete);
    read.delivery_window_end = time(at(fulfilment, &["deliverByWindow", "latestDateTime"]), &mut incomplete);
    let buyer = at(order, &["buyer"]);
    read.alias = at(buyer, &["buyerEmail"]).as_str().and_then(|address| address.parse().ok());
    read.buyer_name = text(at(buyer, &["buyerName"]));
    read.ship_country = country(at(order, &["recipient", "deliveryAddress", "countryCode"]));
    // Left out, it says nothing.
    let programs = at(order, &["programs"]).as_array();
    read.business = programs.map(|programs| programs.iter().any(|program| program == "AMAZON_BUSINESS"));
    put_parcels(&mut read, at(order, &["packages"]), &mut incomplete);
    read.incomplete = incomplete;
    put_lines(&mut read, lines.iter().map(read_line));
    Read::Order(read)
}

fn status(value: &Value) -> Option<OrderStatus> {
    match value.as_str()? {
        "PENDING" | "PENDING_AVAILABILITY" => Some(OrderStatus::Pending),
        "UNSHIPPED" => Some(OrderStatus::Unshipped),
        "PARTIALLY_SHIPPED" => Some(OrderStatus::PartiallyShipped),
        "SHIPPED" => Some(OrderStatus::Shipped),
        "CANCELLED" => Some(OrderStatus::Cancelled),
        // `UNFULFILLABLE` is none of the model's, as in reports.
        _ => None,
    }
}

fn put_parcels(order: &mut ImportedOrder, parcels: &Value, incomplete: &mut bool) {
    let parcels = parcels.as_array().map(Vec::as_slice).unwrap_or_default();
    for parcel in parcels.iter().filter(|parcel| at(parcel, &["packageStatus", "status"]) != "CANCELLED") {
        let left: Option<Timestamp> = time(at(parcel, &["shipTime"]), incomplete);
        order.shipped_at = order.shipped_at.max(left);
        // Carrier and number of the same parcel.
        let (carrier, number) = (text(at(parcel, &["carrier"])), text(at(parcel, &["trackingNumber"])));
        if order.tracking_number.is_none() && (number.is_some() || order.carrier.is_none()) {
            order.carrier = carrier.or_else(|| order.carrier.take());
            order.tracking_number = number;
        }
    }
}

fn read_line(item: &Value) -> Option<OrderItem> {
    let product = at(item, &["product"]);
    let (sku, asin) = (text(at(product, &["sellerSku"])), text(at(product, &["asin"])));
    let quantity = pieces(at(item, &["quantityOrdered"]));
    let breakdowns = at(item, &["promotion", "breakdowns"]).as_array();
    Some(OrderItem {
        line: line(at(item, &["orderItemId"]), sku.as_ref(), asin.as_ref())?,
        sku,
        asin,
        product_name: text(at(product, &["title"])),
        quantity,
        price: price(item, quantity),
        promotion_ids: promotions(breakdowns.into_iter().flatten().map(|used| at(used, &["promotionId"]))),
        condition: condition(at(product, &["condition", "conditionType"])),
    })
}

fn price(item: &Value, quantity: Option<u32>) -> Option<Money> {
    let measure = at(item, &["measurement"]);
    let one_each = at(measure, &["unit"]) == "COUNT" && at(measure, &["value"]).as_f64() == Some(1.0);
    let by_piece = measure.is_null() || one_each;
    let of_piece = money(at(item, &["product", "price", "unitPrice"]), "amount", "currencyCode").filter(|_| by_piece);
    let breakdowns = at(item, &["proceeds", "breakdowns"]).as_array();
    let for_item = || breakdowns.into_iter().flatten().find(|part| at(part, &["type"]) == "ITEM");
    of_piece
        .zip(quantity)
        .and_then(|(price, pieces)| price.times(pieces))
        .or_else(|| money(at(for_item()?, &["subtotal"]), "amount", "currencyCode"))
}

/// Up to when Amazon looked.
pub(super) fn up_to(body: &Value) -> Option<Timestamp> {
    instant(at(body, &["lastUpdatedBefore"])).or_else(|| instant(at(body, &["createdBefore"])))
}
