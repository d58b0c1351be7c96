//! The reports of orders that Abide reads.

/// A kind of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// All orders by their last change. No relay addresses.
    AllOrdersByLastUpdate,
    /// All orders by the day they were placed. No relay addresses.
    AllOrdersByOrderDate,
    /// Orders that the seller has still to ship, with relay addresses.
    UnshippedOrders,
    /// Orders that the seller ships, with relay addresses.
    OrdersToShip,
    /// What Amazon shipped, with relay addresses and estimated arrivals. At most a month a report, every 30 minutes.
    FulfilledShipments,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::AllOrdersByLastUpdate,
        Self::AllOrdersByOrderDate,
        Self::UnshippedOrders,
        Self::OrdersToShip,
        Self::FulfilledShipments,
    ];

    /// Amazon's name of it (`reportType`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllOrdersByLastUpdate => "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
            Self::AllOrdersByOrderDate => "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
            Self::UnshippedOrders => "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
            Self::OrdersToShip => "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
            Self::FulfilledShipments => "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
        }
    }

    /// By Amazon's name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether its document is given out for a restricted data token alone. (That of fulfilled shipments is not, though it
    /// names buyers' relay addresses; its forms for invoices and taxes, which Abide does not read, are.)
    pub const fn is_restricted(self) -> bool {
        matches!(self, Self::UnshippedOrders | Self::OrdersToShip)
    }

    /// Whether the store of an order is told on request alone (`ShowSalesChannel`).
    pub(super) const fn hides_store(self) -> bool {
        self.is_restricted()
    }
}

impl std::fmt::Display for ReportKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
