//! Adjacent rows of one order become one order. What the rows tell differently is settled as `ImportedOrder` says;
//! the same line twice (two parcels of one item) adds up.

use model::order::{ImportedOrder, OrderItem, OrderStatus};

/// Different items kept of one order.
pub(crate) const MOST_ITEMS: usize = 200;

/// The order whose rows are coming in.
#[derive(Default)]
pub(crate) struct Gathering {
    current: Option<Box<ImportedOrder>>,
}

impl Gathering {
    /// Whether the order whose rows are coming in has no room for this line.
    pub(crate) fn is_full_for(&self, row: &ImportedOrder) -> bool {
        self.current.as_ref().is_some_and(|order| {
            order.order_id == row.order_id
                && order.items.len() >= MOST_ITEMS
                && row.items.iter().any(|item| !order.items.iter().any(|known| known.line == item.line))
        })
    }

    /// Takes a row; gives the order before it where that is done.
    pub(crate) fn add(&mut self, row: ImportedOrder) -> Option<Box<ImportedOrder>> {
        match &mut self.current {
            Some(order) if order.order_id == row.order_id => {
                merge(order, row);
                None
            }
            _ => self.current.replace(Box::new(row)),
        }
    }

    /// The last order.
    pub(crate) fn finish(&mut self) -> Option<Box<ImportedOrder>> {
        self.current.take()
    }
}

fn merge(order: &mut ImportedOrder, row: ImportedOrder) {
    order.store = order.store.or(row.store);
    order.purchased_at = order.purchased_at.or(row.purchased_at);
    order.updated_at = order.updated_at.max(row.updated_at);
    order.status = match (order.status, row.status) {
        // Amazon's status is the order's; where rows differ nonetheless, the one that holds back more counts.
        (Some(known), Some(new)) if known != new => Some(holding(known).min(holding(new)).1),
        (known, new) => known.or(new),
    };
    order.fulfilment = order.fulfilment.or(row.fulfilment);
    order.shipped_at = order.shipped_at.max(row.shipped_at);
    order.estimated_arrival = order.estimated_arrival.max(row.estimated_arrival);
    order.delivery_window_start = match (order.delivery_window_start, row.delivery_window_start) {
        (Some(known), Some(new)) => Some(known.min(new)),
        (known, new) => known.or(new),
    };
    order.delivery_window_end = order.delivery_window_end.max(row.delivery_window_end);
    order.promised_at = order.promised_at.max(row.promised_at);
    order.alias = order.alias.take().or(row.alias);
    order.buyer_name = order.buyer_name.take().or(row.buyer_name);
    order.ship_country = order.ship_country.take().or(row.ship_country);
    order.business = match (order.business, row.business) {
        (Some(known), Some(new)) => Some(known || new),
        (known, new) => known.or(new),
    };
    order.carrier = order.carrier.take().or(row.carrier);
    order.tracking_number = order.tracking_number.take().or(row.tracking_number);
    order.buyer_language = order.buyer_language.take().or(row.buyer_language);
    order.feedback_stars = order.feedback_stars.or(row.feedback_stars);
    order.review_stars = order.review_stars.or(row.review_stars);
    order.incomplete |= row.incomplete;
    for item in row.items {
        let full = order.items.len() >= MOST_ITEMS;
        match order.items.iter_mut().find(|known| known.line == item.line) {
            Some(known) => add_item(known, item),
            None if full => order.incomplete = true,
            None => order.items.push(item),
        }
    }
}

/// Smaller holds back more.
fn holding(status: OrderStatus) -> (u8, OrderStatus) {
    let rank = match status {
        OrderStatus::Cancelled => 0,
        OrderStatus::Pending => 1,
        OrderStatus::Unshipped => 2,
        OrderStatus::PartiallyShipped => 3,
        OrderStatus::Shipped => 4,
    };
    (rank, status)
}

fn add_item(known: &mut OrderItem, more: OrderItem) {
    known.quantity = match (known.quantity, more.quantity) {
        (Some(some), Some(others)) => Some(some.saturating_add(others)),
        (known, new) => known.or(new),
    };
    known.sku = known.sku.take().or(more.sku);
    known.asin = known.asin.take().or(more.asin);
    known.product_name = known.product_name.take().or(more.product_name);
    known.price = known.price.take().or(more.price);
    known.promotion_ids = known.promotion_ids.take().or(more.promotion_ids);
    known.condition = known.condition.or(more.condition);
}
