//! Header rows of Amazon's layouts (column names are facts) and files made of them with invented data.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use std::io::Write as _;

use model::order::ImportedOrder;
use report::{Counts, Defaults, Reader, Row};

/// All orders, as documented.
pub const ALL_ORDERS: &str = "\
    amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\t\
    fulfillment-channel\tsales-channel\torder-channel\tship-service-level\tproduct-name\tsku\t\
    asin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\t\
    gift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\t\
    ship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\t\
    purchase-order-number\tprice-designation";

/// All orders with `url`, as given in 2017.
pub const ALL_ORDERS_2017: &str = "\
    amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\t\
    fulfillment-channel\tsales-channel\torder-channel\turl\tship-service-level\tproduct-name\tsku\t\
    asin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\t\
    gift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\t\
    ship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\t\
    purchase-order-number\tprice-designation";

/// All orders as given in 2022.
pub const ALL_ORDERS_2022: &str = "\
    amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\t\
    fulfillment-channel\tsales-channel\torder-channel\tship-service-level\tproduct-name\tsku\t\
    asin\tnumber-of-items\titem-status\ttax-collection-model\ttax-collection-responsible-party\t\
    quantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\t\
    gift-wrap-tax\titem-promotion-discount\tship-promotion-discount\taddress-type\tship-city\t\
    ship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\t\
    purchase-order-number\tprice-designation";

/// Shipments by Amazon.
pub const FULFILLED: &str = "\
    amazon-order-id\tmerchant-order-id\tshipment-id\tshipment-item-id\tamazon-order-item-id\t\
    merchant-order-item-id\tpurchase-date\tpayments-date\tshipment-date\treporting-date\t\
    buyer-email\tbuyer-name\tbuyer-phone-number\tsku\tproduct-name\tquantity-shipped\tcurrency\t\
    item-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\t\
    ship-service-level\trecipient-name\tship-address-1\tship-address-2\tship-address-3\tship-city\t\
    ship-state\tship-postal-code\tship-country\tship-phone-number\tbill-address-1\tbill-address-2\t\
    bill-address-3\tbill-city\tbill-state\tbill-postal-code\tbill-country\t\
    item-promotion-discount\tship-promotion-discount\tcarrier\ttracking-number\t\
    estimated-arrival-date\tfulfillment-center-id\tfulfillment-channel\tsales-channel";

/// Orders the seller has to ship.
pub const ACTIONABLE: &str = "\
    order-id\torder-item-id\tpurchase-date\tpayments-date\treporting-date\tpromise-date\t\
    days-past-promise\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\tproduct-name\t\
    quantity-purchased\tquantity-shipped\tquantity-to-ship\tship-service-level\trecipient-name\t\
    ship-address-1\tship-address-2\tship-address-3\tship-city\tship-state\tship-postal-code\t\
    ship-country\tis-business-order\tpurchase-order-number\tprice-designation\tis-iba\t\
    verge-of-cancellation\tverge-of-lateShipment";

/// Orders the seller ships.
pub const ORDER_REPORT: &str = "\
    order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\t\
    buyer-phone-number\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\t\
    shipping-price\tshipping-tax\tship-service-level\trecipient-name\tship-address-1\t\
    ship-address-2\tship-address-3\tship-city\tship-state\tship-postal-code\tship-country\t\
    ship-phone-number\tdelivery-start-date\tdelivery-end-date\tdelivery-time-zone\t\
    delivery-Instructions\tsales-channel";

/// One row of a layout: the named columns filled, all others empty, a line end behind.
pub fn row(header: &str, values: &[(&str, &str)]) -> String {
    for (name, _) in values {
        assert!(header.split('\t').any(|column| column == *name), "no column {name}");
    }
    let fields: Vec<&str> = header
        .split('\t')
        .map(|column| values.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| value))
        .collect();
    fields.join("\t") + "\n"
}

/// A file of a layout.
pub fn sheet(header: &str, rows: &[&[(&str, &str)]]) -> String {
    let mut text = format!("{header}\n");
    for values in rows {
        text.push_str(&row(header, values));
    }
    text
}

/// Everything a report gives, and the counts.
pub fn read_with(bytes: &[u8], defaults: Defaults) -> (Vec<Row>, Counts) {
    let mut reader = Reader::new(bytes, defaults).unwrap();
    let rows = reader.by_ref().map(|row| row.unwrap()).collect();
    (rows, reader.counts())
}

/// The same without defaults.
pub fn read(bytes: &[u8]) -> (Vec<Row>, Counts) {
    read_with(bytes, Defaults::default())
}

/// The orders of a report without a bad row.
pub fn orders(bytes: &[u8]) -> Vec<ImportedOrder> {
    let (rows, counts) = read(bytes);
    assert_eq!(counts.bad, 0, "{rows:?}");
    rows.into_iter().filter_map(|row| if let Row::Order(order) = row { Some(*order) } else { None }).collect()
}

/// Its one order.
pub fn only(bytes: &[u8]) -> ImportedOrder {
    let mut orders = orders(bytes);
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

/// What is said about a file that is no report.
pub fn refusal(bytes: &[u8]) -> String {
    Reader::new(bytes, Defaults::default()).map(|_| ()).unwrap_err().to_string()
}

/// Packed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An invented order.
pub const ID: &str = "112-7654321-1234567";
