//! `searchOrders` and `getOrder` of the API of 2026-01-01. Neither needs a restricted data token; what a role forbids is left
//! out of the answer.

use model::order::{Fulfilment, ImportedOrder};
use model::{Marketplace, OrderId};
use serde_json::Value;

use super::found::{read, up_to};
use super::value::at;
use super::{IncludedData, OrderPage, OrderWindow, Read};
use crate::{Operation, PageToken, Region, Request, Stores, Unreadable, Usage};

const PATH: &str = "/orders/2026-01-01/orders";
/// The most orders of a page.
const LARGEST_PAGE: u8 = 100;

/// Orders of a time, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOrders {
    stores: Stores,
    window: OrderWindow,
    included: Vec<IncludedData>,
    fulfilled_by: Option<Fulfilment>,
    per_page: u8,
    page: Option<PageToken>,
}

impl SearchOrders {
    /// The first page, of at most 100 orders, with all that Abide has a use for.
    pub fn new(stores: Stores, window: OrderWindow) -> Self {
        let included = IncludedData::USED.to_vec();
        Self { stores, window, included, fulfilled_by: None, per_page: LARGEST_PAGE, page: None }
    }

    /// With other parts of the orders.
    #[must_use]
    pub fn including(mut self, included: &[IncludedData]) -> Self {
        self.included = included.to_vec();
        self
    }

    /// Those alone that are shipped so.
    #[must_use]
    pub const fn fulfilled_by(mut self, fulfilment: Fulfilment) -> Self {
        self.fulfilled_by = Some(fulfilment);
        self
    }

    /// Pages of so many orders, 1 to 100.
    #[must_use]
    pub fn per_page(mut self, orders: u8) -> Self {
        self.per_page = orders.clamp(1, LARGEST_PAGE);
        self
    }

    /// The page that a token names. The rest must be asked as for the page that gave it.
    #[must_use]
    pub fn page(mut self, token: PageToken) -> Self {
        self.page = Some(token);
        self
    }
}

impl Operation for SearchOrders {
    type Answer = OrderPage;
    const NAME: &'static str = "searchOrders";
    const USAGE: Usage = Usage::of(5_600, 20);

    fn request(&self) -> Request {
        let names = ["lastUpdatedAfter", "lastUpdatedBefore", "createdAfter", "createdBefore"];
        let request = self.window.add_to(Request::get(Some(self.stores.region()), PATH.to_owned()), names);
        let by = match self.fulfilled_by {
            Some(Fulfilment::Amazon) => Some("AMAZON"),
            Some(Fulfilment::Merchant) => Some("MERCHANT"),
            None => None,
        };
        let request = request
            .with_list("marketplaceIds", self.stores.ids())
            .with_list("fulfilledBy", by)
            .with("maxResultsPerPage", &self.per_page.to_string())
            .with_list("includedData", self.included.iter().map(|part| part.as_str()));
        match &self.page {
            Some(token) => request.with("paginationToken", token.as_str()),
            None => request,
        }
    }

    fn read(&self, body: &Value) -> Result<OrderPage, Unreadable> {
        let orders = at(body, &["orders"]).as_array().ok_or(Unreadable("the list of orders"))?;
        let next = match body.get("pagination") {
            None | Some(Value::Null) => None,
            Some(Value::Object(pagination)) => PageToken::read(pagination.get("nextToken"))?,
            Some(_) => return Err(Unreadable("the pagination")),
        };
        if next.is_some() && next == self.page {
            return Err(Unreadable("a next page that is this one"));
        }
        Ok(OrderPage::of(orders.iter().map(read), next, up_to(body)))
    }
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOrder {
    /// Which.
    pub order_id: OrderId,
    /// Its store, which the call does not name: its region alone counts.
    pub store: Marketplace,
    /// The parts of it that are asked for.
    pub included: Vec<IncludedData>,
}

impl Operation for GetOrder {
    type Answer = ImportedOrder;
    const NAME: &'static str = "getOrder";
    const USAGE: Usage = Usage::of(500_000, 30);

    fn request(&self) -> Request {
        Request::get(Some(Region::of(self.store)), format!("{PATH}/{}", self.order_id))
            .with_list("includedData", self.included.iter().map(|part| part.as_str()))
    }

    fn read(&self, body: &Value) -> Result<ImportedOrder, Unreadable> {
        match read(at(body, &["order"])) {
            Read::Order(order) if order.order_id == self.order_id => Ok(order),
            Read::Order(_) => Err(Unreadable("the order that was asked for")),
            Read::Elsewhere => Err(Unreadable("an order of Amazon's shop")),
            Read::Unread(unread) => Err(Unreadable(unread.what)),
        }
    }
}
