//! `getOrders`: pages of orders without lines.

use model::order::{Fulfilment, ImportedOrder, OrderStatus};
use model::{Alias, Marketplace, OrderId};
use serde_json::Value;

use super::Lines;
use crate::orders::value::{at, country, instant, is_elsewhere, order_id, put_lines, text, time};
use crate::orders::{OrderPage, OrderWindow, Read};
use crate::{Operation, PageToken, Request, Stores, Unreadable, Usage};

/// An order of which everything is known but its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinelessOrder(ImportedOrder);

/// Lines of another order than the one they were to be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are the lines of order {lines}, not of {order}")]
pub struct OtherOrder {
    /// The order.
    pub order: OrderId,
    /// The lines' order.
    pub lines: OrderId,
}

impl LinelessOrder {
    /// Which order it is.
    pub const fn order_id(&self) -> OrderId {
        self.0.order_id
    }

    /// The whole order.
    ///
    /// # Errors
    /// Where the lines are another order's.
    pub fn with_lines(self, lines: Lines) -> Result<ImportedOrder, OtherOrder> {
        let mut order = self.0;
        let (of, lines) = lines.into_parts();
        if of != order.order_id {
            return Err(OtherOrder { order: order.order_id, lines: of });
        }
        put_lines(&mut order, lines.into_iter());
        Ok(order)
    }
}

/// Orders of a time, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOrders {
    stores: Stores,
    window: OrderWindow,
    with_buyer: bool,
    page: Option<PageToken>,
}

impl GetOrders {
    /// The first page, of at most 100 orders, without anything of the buyer's.
    pub const fn new(stores: Stores, window: OrderWindow) -> Self {
        Self { stores, window, with_buyer: false, page: None }
    }

    /// With the buyer's name and relay address, which takes a restricted data token.
    #[must_use]
    pub const fn with_buyer(mut self) -> Self {
        self.with_buyer = true;
        self
    }

    /// The page that a token names.
    #[must_use]
    pub fn page(mut self, token: PageToken) -> Self {
        self.page = Some(token);
        self
    }
}

impl Operation for GetOrders {
    type Answer = OrderPage<LinelessOrder>;
    const NAME: &'static str = "getOrders";
    const USAGE: Usage = Usage::of(16_700, 20);

    fn request(&self) -> Request {
        let names = ["LastUpdatedAfter", "LastUpdatedBefore", "CreatedAfter", "CreatedBefore"];
        let request = Request::get(Some(self.stores.region()), "/orders/v0/orders".to_owned());
        let request = self.window.add_to(request, names).with_list("MarketplaceIds", self.stores.ids());
        let request = match &self.page {
            Some(token) => request.with("NextToken", token.as_str()),
            None => request,
        };
        if self.with_buyer { request.restricted(&["buyerInfo"]) } else { request }
    }

    fn read(&self, body: &Value) -> Result<Self::Answer, Unreadable> {
        let payload = at(body, &["payload"]);
        let orders = at(payload, &["Orders"]).as_array().ok_or(Unreadable("the list of orders"))?;
        let up_to = instant(at(payload, &["LastUpdatedBefore"])).or_else(|| instant(at(payload, &["CreatedBefore"])));
        let next = next(payload)?;
        if next.is_some() && next == self.page {
            return Err(Unreadable("a next page that is this one"));
        }
        Ok(OrderPage::of(orders.iter().map(read), next, up_to))
    }
}

/// The next page's token; this API also says the last page by an empty one.
pub(super) fn next(payload: &Value) -> Result<Option<PageToken>, Unreadable> {
    match payload.get("NextToken") {
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        other => PageToken::read(other),
    }
}

fn read(order: &Value) -> Read<LinelessOrder> {
    let channel = at(order, &["SalesChannel"]);
    if is_elsewhere(channel) {
        return Read::Elsewhere;
    }
    let id = match order_id(at(order, &["AmazonOrderId"])) {
        Ok(id) => id,
        Err(None) => return Read::Elsewhere,
        Err(Some(unread)) => return Read::Unread(unread),
    };
    let mut read = ImportedOrder::bare(id);
    let mut incomplete = false;
    read.store = at(order, &["MarketplaceId"])
        .as_str()
        .and_then(Marketplace::from_id)
        .or_else(|| channel.as_str().and_then(Marketplace::from_sales_channel));
    read.purchased_at = time(at(order, &["PurchaseDate"]), &mut incomplete);
    read.updated_at = time(at(order, &["LastUpdateDate"]), &mut incomplete);
    read.status = status(at(order, &["OrderStatus"]));
    read.fulfilment = match at(order, &["FulfillmentChannel"]).as_str() {
        Some("AFN") => Some(Fulfilment::Amazon),
        Some("MFN") => Some(Fulfilment::Merchant),
        _ => None,
    };
    read.delivery_window_start = time(at(order, &["EarliestDeliveryDate"]), &mut incomplete);
    read.delivery_window_end = time(at(order, &["LatestDeliveryDate"]), &mut incomplete);
    let alias: Option<Alias> =
        at(order, &["BuyerInfo", "BuyerEmail"]).as_str().and_then(|address| address.parse().ok());
    // Amazon Business EU buys and resells: whatever address stands there is no single buyer's (law 6).
    let is_resold = ["IsIBA", "IsSoldByAB"].iter().any(|flag| at(order, &[flag]) == &Value::Bool(true));
    read.alias = alias.filter(|alias| !is_resold || alias.is_shared_by_form());
    read.buyer_name = text(at(order, &["BuyerInfo", "BuyerName"]));
    read.ship_country = country(at(order, &["ShippingAddress", "CountryCode"]));
    read.business = at(order, &["IsBusinessOrder"]).as_bool();
    read.incomplete = incomplete;
    Read::Order(LinelessOrder(read))
}

fn status(value: &Value) -> Option<OrderStatus> {
    match value.as_str()? {
        "Pending" | "PendingAvailability" => Some(OrderStatus::Pending),
        "Unshipped" => Some(OrderStatus::Unshipped),
        "PartiallyShipped" => Some(OrderStatus::PartiallyShipped),
        // In Brazil: shipped, and its invoice is not confirmed to Amazon yet.
        "Shipped" | "InvoiceUnconfirmed" => Some(OrderStatus::Shipped),
        "Canceled" => Some(OrderStatus::Cancelled),
        _ => None,
    }
}
