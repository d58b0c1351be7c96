//! Orders as reports bring them and as campaigns and the gate see them. A field that no report has told is
//! `None`; nothing is guessed.

use crate::word::words;
use crate::{Alias, Marketplace, Money, OrderId, Timestamp};

words! {
    /// Who ships.
    Fulfilment ("fulfilment") {
        /// Amazon (FBA, AFN).
        Amazon = "fba",
        /// The seller (FBM, MFN).
        Merchant = "fbm",
    }
}

words! {
    /// How far an order is.
    OrderStatus ("order status") {
        /// Placed, not paid yet.
        Pending = "pending",
        /// Placed and to be shipped.
        Unshipped = "unshipped",
        /// Shipped in part.
        PartiallyShipped = "partially_shipped",
        /// Shipped.
        Shipped = "shipped",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

words! {
    /// Which date the delivery was taken from; the first known of them counts.
    DeliveryBasis ("basis of the delivery date") {
        /// A report's `estimated-arrival-date`.
        EstimatedArrival = "estimated_arrival",
        /// The end of the delivery window, `delivery-end-date`.
        DeliveryWindow = "delivery_window",
        /// `promise-date`.
        PromiseDate = "promise_date",
        /// The day of shipping and the days configured for the account.
        ShippingAndDays = "shipping_and_days",
    }
}

words! {
    /// In what state an item was offered, as Amazon's condition types tell it apart.
    ItemCondition ("condition of an item") {
        /// New.
        New = "new",
        /// Used, however good.
        Used = "used",
        /// Collectible.
        Collectible = "collectible",
        /// Refurbished.
        Refurbished = "refurbished",
    }
}

words! {
    /// What a notice marked an order with. A mark can only withhold.
    OrderMark ("mark of an order") {
        /// Refunded.
        Refunded = "refunded",
        /// A return was asked for.
        Returned = "returned",
        /// The buyer asked to cancel.
        CancellationRequested = "cancellation_requested",
        /// A claim was opened.
        Claim = "claim",
        /// The buyer wrote and waits for an answer.
        OpenQuestion = "open_question",
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderItem {
    /// Amazon's id of the line where the report has one, else SKU or ASIN: the same line again replaces it.
    pub line: String,
    /// The seller's own number of the product.
    pub sku: Option<String>,
    /// Amazon's number of the product.
    pub asin: Option<String>,
    /// What the listing calls it.
    pub product_name: Option<String>,
    /// Pieces ordered or shipped.
    pub quantity: Option<u32>,
    /// The line's price.
    pub price: Option<Money>,
    /// Promotions used, as the report names them.
    pub promotion_ids: Option<String>,
    /// In what state it was offered. No order report of Amazon's that is known has it; lists from elsewhere may.
    pub condition: Option<ItemCondition>,
}

/// What one report says of one order, its rows gathered.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedOrder {
    /// The order.
    pub order_id: OrderId,
    /// The store, by `sales-channel`, else the default given at import.
    pub store: Option<Marketplace>,
    /// When it was placed.
    pub purchased_at: Option<Timestamp>,
    /// When Amazon last changed it.
    pub updated_at: Option<Timestamp>,
    /// How far it is.
    pub status: Option<OrderStatus>,
    /// Who ships.
    pub fulfilment: Option<Fulfilment>,
    /// When it was shipped.
    pub shipped_at: Option<Timestamp>,
    /// `estimated-arrival-date`, the latest of its rows.
    pub estimated_arrival: Option<Timestamp>,
    /// `delivery-start-date`, the earliest of its rows.
    pub delivery_window_start: Option<Timestamp>,
    /// `delivery-end-date`, the latest of its rows.
    pub delivery_window_end: Option<Timestamp>,
    /// `promise-date`, the latest of its rows.
    pub promised_at: Option<Timestamp>,
    /// The buyer's alias.
    pub alias: Option<Alias>,
    /// The buyer's name; kept only as a keyed hash, to tell a shared alias (law 6).
    pub buyer_name: Option<String>,
    /// Where it is sent, ISO 3166 code.
    pub ship_country: Option<String>,
    /// Amazon Business.
    pub business: Option<bool>,
    /// Who carries the parcel, as the report names him.
    pub carrier: Option<String>,
    /// The carrier's number for the parcel; sealed at rest (law 8).
    pub tracking_number: Option<String>,
    /// The buyer's language, ISO 639. No order report of Amazon's that is known has it; lists from elsewhere may.
    pub buyer_language: Option<String>,
    /// Stars that the buyer gave the seller for this order, 1 to 5.
    pub feedback_stars: Option<u8>,
    /// Stars that the buyer gave the product, 1 to 5.
    pub review_stars: Option<u8>,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// A row of it could not be read: the order waits as `incomplete_order`.
    pub incomplete: bool,
}

impl ImportedOrder {
    /// An order of which nothing but the id is known.
    pub const fn bare(order_id: OrderId) -> Self {
        Self {
            order_id,
            store: None,
            purchased_at: None,
            updated_at: None,
            status: None,
            fulfilment: None,
            shipped_at: None,
            estimated_arrival: None,
            delivery_window_start: None,
            delivery_window_end: None,
            promised_at: None,
            alias: None,
            buyer_name: None,
            ship_country: None,
            business: None,
            carrier: None,
            tracking_number: None,
            buyer_language: None,
            feedback_stars: None,
            review_stars: None,
            items: Vec::new(),
            incomplete: false,
        }
    }
}

impl std::fmt::Debug for ImportedOrder {
    /// The id and store alone: the rest may be personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportedOrder")
            .field("order_id", &self.order_id)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// The delivery date that counts for an order, and where it was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryDate {
    /// The earliest day that delivery may have been: the 30-day window closes by it.
    pub earliest: Timestamp,
    /// The latest day that it may be: the window opens by it.
    pub latest: Timestamp,
    /// Where it was taken from.
    pub basis: DeliveryBasis,
}

/// An order as Abide keeps it, opened for planning, the gate and pages.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// The order.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
    /// When it was placed.
    pub purchased_at: Option<Timestamp>,
    /// How far it is.
    pub status: Option<OrderStatus>,
    /// Who ships.
    pub fulfilment: Option<Fulfilment>,
    /// When it was shipped.
    pub shipped_at: Option<Timestamp>,
    /// Its delivery; none while no report has told.
    pub delivery: Option<DeliveryDate>,
    /// `promise-date`. Amazon's pages call it the day promised for shipping in one place and for delivery in another.
    pub promised_at: Option<Timestamp>,
    /// `delivery-end-date`: the last moment that was promised for delivery.
    pub delivery_window_end: Option<Timestamp>,
    /// `estimated-arrival-date`.
    pub estimated_arrival: Option<Timestamp>,
    /// The alias, while it is kept.
    pub alias: Option<Alias>,
    /// Whether the alias is shared by many buyers (law 6).
    pub alias_shared: bool,
    /// Whether the same buyer placed an order before this one; none where that can't be told.
    pub repeat_buyer: Option<bool>,
    /// Where it is sent.
    pub ship_country: Option<String>,
    /// Amazon Business.
    pub business: Option<bool>,
    /// Who carries the parcel.
    pub carrier: Option<String>,
    /// The carrier's number for the parcel, while it is kept.
    pub tracking_number: Option<String>,
    /// The buyer's language, ISO 639.
    pub buyer_language: Option<String>,
    /// Stars that the buyer gave the seller for this order, 1 to 5.
    pub feedback_stars: Option<u8>,
    /// Stars that the buyer gave the product, 1 to 5.
    pub review_stars: Option<u8>,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// A row of it could not be read.
    pub incomplete: bool,
    /// What notices marked it with, oldest first.
    pub marks: Vec<Marked>,
    /// The refunds that notices reported, oldest first, each with its amount where the notice named one.
    pub refunds: Vec<Option<Money>>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("order_id", &self.order_id).field("store", &self.store).finish_non_exhaustive()
    }
}

impl Order {
    /// Whether a notice marked it so.
    pub fn has_mark(&self, mark: OrderMark) -> bool {
        self.marks.iter().any(|marked| marked.mark == mark)
    }

    /// Since when it is marked so by a notice that is confirmed; one that is not can only withhold.
    pub fn confirmed_since(&self, mark: OrderMark) -> Option<Timestamp> {
        self.marks.iter().find(|marked| marked.mark == mark && !marked.provisional).map(|marked| marked.since)
    }

    /// Whether it came late: later than the delivery window, or shipped after the day that was promised. None where
    /// no two dates that are known can be held against each other.
    ///
    /// A parcel that was shipped by the promised day and arrives after it is late only if the promise was for
    /// delivery, which its column does not tell; then the delivery window alone decides.
    pub fn late(&self) -> Option<bool> {
        let against_window = self.estimated_arrival.zip(self.delivery_window_end).map(|(arrival, end)| arrival > end);
        let shipped_late = self.shipped_at.zip(self.promised_at).map(|(shipped, promised)| shipped > promised);
        let arrived_by_promise = self.estimated_arrival.zip(self.promised_at).map(|(arrival, by)| arrival <= by);
        match (against_window, shipped_late, arrived_by_promise) {
            (Some(true), ..) | (_, Some(true), _) => Some(true),
            (Some(false), ..) | (_, _, Some(true)) => Some(false),
            _ => None,
        }
    }

    /// How much of it was refunded; none where no notice reported a refund.
    ///
    /// All of it where the amounts add up to the prices of its lines or more; a part where they add up to less. Prices
    /// as reports give them leave out postage, and in some stores taxes, so a refund of both may count as all of the
    /// order a little early: that can only withhold.
    pub fn refunded(&self) -> Option<Refunded> {
        if self.refunds.is_empty() {
            return None;
        }
        let amounts: Option<Vec<&Money>> = self.refunds.iter().map(Option::as_ref).collect();
        let Some(total) = amounts.and_then(Money::sum) else { return Some(Refunded::Unknown(None)) };
        let prices: Option<Vec<&Money>> = self.items.iter().map(|item| item.price.as_ref()).collect();
        let price = prices.and_then(Money::sum);
        Some(match price.and_then(|price| total.is_at_least(&price)) {
            Some(true) => Refunded::All(total),
            Some(false) => Refunded::Part(total),
            None => Refunded::Unknown(Some(total)),
        })
    }
}

/// A mark on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// What a notice said.
    pub mark: OrderMark,
    /// Since when.
    pub since: Timestamp,
    /// Whether the notice is not confirmed yet.
    pub provisional: bool,
}

/// How much of an order was refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// All of it.
    All(Money),
    /// A part.
    Part(Money),
    /// The amount, the prices or the currency of one of them are not known: the sum, where there is one.
    Unknown(Option<Money>),
}

impl std::fmt::Display for Refunded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All(sum) => write!(f, "all of it ({sum})"),
            Self::Part(sum) => write!(f, "a part ({sum})"),
            Self::Unknown(Some(sum)) => write!(f, "{sum}"),
            Self::Unknown(None) => f.write_str("the amount is not known"),
        }
    }
}

impl ImportedOrder {
    /// The order as this report alone knows it: without any notice's mark, and whether its alias is shared only as far as
    /// the alias itself tells. None where neither the report nor a default tells the store.
    pub fn into_order(self, delivery_days: Option<u8>) -> Option<Order> {
        let delivery = self.delivery(delivery_days);
        Some(Order {
            order_id: self.order_id,
            store: self.store?,
            purchased_at: self.purchased_at,
            status: self.status,
            fulfilment: self.fulfilment,
            shipped_at: self.shipped_at,
            delivery,
            promised_at: self.promised_at,
            delivery_window_end: self.delivery_window_end,
            estimated_arrival: self.estimated_arrival,
            alias_shared: self.alias.as_ref().is_some_and(Alias::is_shared_by_form),
            alias: self.alias,
            repeat_buyer: None,
            ship_country: self.ship_country,
            business: self.business,
            carrier: self.carrier,
            tracking_number: self.tracking_number,
            buyer_language: self.buyer_language,
            feedback_stars: self.feedback_stars,
            review_stars: self.review_stars,
            items: self.items,
            incomplete: self.incomplete,
            marks: Vec::new(),
            refunds: Vec::new(),
        })
    }

    /// The delivery date by the first known of: estimated arrival, end of the delivery window, promise date,
    /// day of shipping plus the account's configured days.
    pub fn delivery(&self, delivery_days: Option<u8>) -> Option<DeliveryDate> {
        let at = |time: Timestamp, basis| DeliveryDate { earliest: time, latest: time, basis };
        if let Some(arrival) = self.estimated_arrival {
            return Some(at(arrival, DeliveryBasis::EstimatedArrival));
        }
        if let Some(end) = self.delivery_window_end {
            let earliest = self.delivery_window_start.map_or(end, |start| start.min(end));
            return Some(DeliveryDate { earliest, latest: end, basis: DeliveryBasis::DeliveryWindow });
        }
        if let Some(promised) = self.promised_at {
            return Some(at(promised, DeliveryBasis::PromiseDate));
        }
        let (shipped, days) = (self.shipped_at?, delivery_days?);
        Some(at(shipped.plus(crate::Span::days(i64::from(days))), DeliveryBasis::ShippingAndDays))
    }
}

/// What an import did, counted in orders unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportedOrders {
    /// Not known before.
    pub added: u64,
    /// Known before and changed.
    pub updated: u64,
    /// Known before and the same.
    pub unchanged: u64,
    /// Of a store the account lacks: not kept.
    pub foreign_store: u64,
    /// Without a store and without a default: not kept.
    pub no_store: u64,
    /// Too old to keep (law 8): only their effect was kept.
    pub too_old: u64,
    /// Buyers that came under a suppression because their alias became known (law 6).
    pub buyers_learnt: u64,
    /// Messages withdrawn because of that.
    pub withdrawn: u64,
}
