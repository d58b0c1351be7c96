//! `getOrderItems`: the lines of one order, page by page, put together until the last.

use model::order::OrderItem;
use model::{Marketplace, OrderId};
use serde_json::Value;

use super::orders::next;
use crate::orders::value::{at, condition, line, money, pieces, promotions, text};
use crate::{Operation, PageToken, Region, Request, Unreadable, Usage};

/// All lines of one order; none in the place of one that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    order_id: OrderId,
    lines: Vec<Option<OrderItem>>,
}

impl Lines {
    pub(super) fn into_parts(self) -> (OrderId, Vec<Option<OrderItem>>) {
        (self.order_id, self.lines)
    }
}

/// What a page of lines leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinesPage {
    /// It was the last.
    All(Lines),
    /// The call for the next page, which has the lines so far.
    More(GetOrderItems),
}

/// The lines of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetOrderItems {
    order_id: OrderId,
    store: Marketplace,
    page: Option<PageToken>,
    so_far: Vec<Option<OrderItem>>,
}

impl GetOrderItems {
    /// The first page. The store is not named in the call: its region alone counts.
    pub const fn new(order_id: OrderId, store: Marketplace) -> Self {
        Self { order_id, store, page: None, so_far: Vec::new() }
    }
}

impl Operation for GetOrderItems {
    type Answer = LinesPage;
    const NAME: &'static str = "getOrderItems";
    const USAGE: Usage = Usage::of(500_000, 30);

    fn request(&self) -> Request {
        let path = format!("/orders/v0/orders/{}/orderItems", self.order_id);
        let request = Request::get(Some(Region::of(self.store)), path);
        match &self.page {
            Some(token) => request.with("NextToken", token.as_str()),
            None => request,
        }
    }

    fn read(&self, body: &Value) -> Result<LinesPage, Unreadable> {
        let payload = at(body, &["payload"]);
        let items = at(payload, &["OrderItems"]).as_array().ok_or(Unreadable("the lines of the order"))?;
        if at(payload, &["AmazonOrderId"]).as_str().is_none_or(|id| id != self.order_id.as_str()) {
            return Err(Unreadable("the order that was asked for"));
        }
        let mut lines = self.so_far.clone();
        // One more than is kept of an order shows that it has too many; further ones add nothing.
        let room = (crate::orders::MOST_LINES + 1).saturating_sub(lines.len());
        lines.extend(items.iter().take(room).map(read_line));
        let next = next(payload)?;
        if next.is_some() && next == self.page {
            return Err(Unreadable("a next page that is this one"));
        }
        let (order_id, store) = (self.order_id, self.store);
        match next {
            // An order with too many lines is incomplete whatever comes.
            Some(_) if lines.len() > crate::orders::MOST_LINES => Ok(LinesPage::All(Lines { order_id, lines })),
            Some(token) => Ok(LinesPage::More(Self { order_id, store, page: Some(token), so_far: lines })),
            None => Ok(LinesPage::All(Lines { order_id, lines })),
        }
    }
}

fn read_line(item: &Value) -> Option<OrderItem> {
    let (sku, asin) = (text(at(item, &["SellerSKU"])), text(at(item, &["ASIN"])));
    let used = at(item, &["PromotionIds"]).as_array();
    Some(OrderItem {
        line: line(at(item, &["OrderItemId"]), sku.as_ref(), asin.as_ref())?,
        sku,
        asin,
        product_name: text(at(item, &["Title"])),
        quantity: pieces(at(item, &["QuantityOrdered"])),
        // Of all pieces, without postage.
        price: money(at(item, &["ItemPrice"]), "Amount", "CurrencyCode"),
        promotion_ids: promotions(used.into_iter().flatten()),
        condition: condition(at(item, &["ConditionId"])),
    })
}
