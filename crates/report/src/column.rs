//! The columns that are kept, found by name in any order and case. Names as in Amazon's flat-file order reports;
//! where a layout has several names for one thing, the first in the list wins. All other columns are never read.

use crate::error::ReportError;
use crate::record::Records;
use std::io::Read;

/// A column that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Column {
    OrderId,
    PurchaseDate,
    LastUpdatedDate,
    OrderStatus,
    FulfillmentChannel,
    SalesChannel,
    ItemId,
    Sku,
    Asin,
    ProductName,
    Quantity,
    Currency,
    ItemPrice,
    PromotionIds,
    BuyerEmail,
    BuyerName,
    ShipCountry,
    IsBusinessOrder,
    IsIba,
    ShipmentDate,
    EstimatedArrivalDate,
    PromiseDate,
    DeliveryStartDate,
    DeliveryEndDate,
    Carrier,
    TrackingNumber,
    ItemCondition,
    BuyerLanguage,
    FeedbackStars,
    ReviewStars,
}

const KNOWN: [(Column, &[&str]); 30] = [
    (Column::OrderId, &["amazon-order-id", "order-id"]),
    (Column::PurchaseDate, &["purchase-date"]),
    (Column::LastUpdatedDate, &["last-updated-date"]),
    (Column::OrderStatus, &["order-status"]),
    (Column::FulfillmentChannel, &["fulfillment-channel"]),
    (Column::SalesChannel, &["sales-channel"]),
    (Column::ItemId, &["amazon-order-item-id", "order-item-id"]),
    (Column::Sku, &["sku"]),
    (Column::Asin, &["asin"]),
    (Column::ProductName, &["product-name"]),
    (Column::Quantity, &["quantity-purchased", "quantity", "quantity-shipped"]),
    (Column::Currency, &["currency"]),
    (Column::ItemPrice, &["item-price"]),
    (Column::PromotionIds, &["promotion-ids"]),
    (Column::BuyerEmail, &["buyer-email"]),
    (Column::BuyerName, &["buyer-name"]),
    (Column::ShipCountry, &["ship-country"]),
    (Column::IsBusinessOrder, &["is-business-order"]),
    (Column::IsIba, &["is-iba"]),
    (Column::ShipmentDate, &["shipment-date"]),
    (Column::EstimatedArrivalDate, &["estimated-arrival-date"]),
    (Column::PromiseDate, &["promise-date"]),
    (Column::DeliveryStartDate, &["delivery-start-date"]),
    (Column::DeliveryEndDate, &["delivery-end-date"]),
    (Column::Carrier, &["carrier"]),
    (Column::TrackingNumber, &["tracking-number"]),
    (Column::ItemCondition, &["item-condition", "condition"]),
    (Column::BuyerLanguage, &["buyer-language"]),
    // The seller feedback report calls its stars `Rating` (they stand beside `Order ID`).
    (Column::FeedbackStars, &["feedback-stars", "rating"]),
    (Column::ReviewStars, &["review-stars"]),
];

/// Where the kept columns stand in one file.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    places: [Option<usize>; KNOWN.len()],
    /// Columns in the header.
    pub(crate) count: usize,
    /// The place of the last column that is kept; a row may end after it.
    pub(crate) last: usize,
}

impl Columns {
    /// Finds the columns in the header row that `records` stands at.
    pub(crate) fn of_header<R: Read>(records: &Records<R>) -> Result<Self, ReportError> {
        let names: Vec<String> = (0..records.len()).map(|place| plain_name(&records.field(place))).collect();
        let mut places = [None; KNOWN.len()];
        for (column, wanted) in KNOWN {
            places[column as usize] = wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
        }
        let Some(order_id) = places[Column::OrderId as usize] else {
            let holds_order = names.iter().any(|name| name.parse::<model::OrderId>().is_ok());
            return Err(if holds_order { ReportError::NoHeader } else { ReportError::NoOrderId });
        };
        if places.iter().flatten().count() < 2 {
            return Err(ReportError::NoKnownColumns);
        }
        let last = places.iter().flatten().copied().max().unwrap_or(order_id);
        Ok(Self { places, count: names.len(), last })
    }

    /// Where the column stands, if the file has it.
    pub(crate) const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }

    /// Amazon's name of the column.
    pub(crate) const fn name(column: Column) -> &'static str {
        KNOWN[column as usize].1[0]
    }
}

/// A column's name in lower case with hyphens, as people and programs also write it with blanks or underscores.
fn plain_name(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell)
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .to_ascii_lowercase()
        .replace([' ', '_'], "-")
}
