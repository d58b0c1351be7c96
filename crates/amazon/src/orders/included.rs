//! Which parts of an order are asked for beyond its bare facts. What is not asked for is not got (law 8).

/// A part of an order that Amazon tells on request (`includedData`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncludedData {
    /// Name and relay address of the buyer; the latter for orders that the seller ships, with a restricted role.
    Buyer,
    /// The address of delivery, of which Abide reads the country alone.
    Recipient,
    /// What the seller gets.
    Proceeds,
    /// What it costs him.
    Expense,
    /// Promotions that were used.
    Promotion,
    /// Cancellations asked for and done.
    Cancellation,
    /// Status, who ships, by when.
    Fulfilment,
    /// Parcels of orders that the seller ships.
    Packages,
    /// Taxes.
    Tax,
    /// How it was paid.
    Payment,
    /// Amazon's orders for its delivery.
    FulfilmentOrders,
}

impl IncludedData {
    /// All that Abide has a use for, the address of delivery left out.
    pub const USED: &'static [Self] = &[Self::Buyer, Self::Promotion, Self::Fulfilment, Self::Packages];

    /// Amazon's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "BUYER",
            Self::Recipient => "RECIPIENT",
            Self::Proceeds => "PROCEEDS",
            Self::Expense => "EXPENSE",
            Self::Promotion => "PROMOTION",
            Self::Cancellation => "CANCELLATION",
            Self::Fulfilment => "FULFILLMENT",
            Self::Packages => "PACKAGES",
            Self::Tax => "TAX",
            Self::Payment => "PAYMENT",
            Self::FulfilmentOrders => "FULFILLMENT_ORDERS",
        }
    }
}
