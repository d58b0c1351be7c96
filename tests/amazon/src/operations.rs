//! The operations that the stand-in knows: method, path, query, body, token and usage plan, written by hand from Amazon's
//! published models. What is not in this table is not answered.

/// What a value of a query is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    Text,
    Time,
    Number(u32, u32),
    /// Ids of marketplaces, separated by commas, at most so many.
    Stores(usize),
    /// Some of these words, separated by commas.
    Words(&'static [&'static str]),
}

/// What a field of a body is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    Time,
    Text(usize, usize),
    Stores(usize),
    Words,
    ReportType,
    Attachments(usize, usize),
    Resources,
}

/// A body: none, or an object of these fields, each with whether it is required.
pub(crate) type Body = Option<&'static [(&'static str, Field, bool)]>;

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    /// Segments; `*` stands for one that names something, `**` for the rest.
    pub(crate) path: &'static str,
    pub(crate) query: &'static [(&'static str, Value, bool)],
    pub(crate) body: Body,
    /// Millionths of a call a second, and the burst.
    pub(crate) plan: (u32, u32),
}

const ONE_STORE: &[(&str, Value, bool)] = &[("marketplaceIds", Value::Stores(1), true)];
const INCLUDED: Value = Value::Words(&[
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
]);
const STATUSES: Value = Value::Words(&[
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
]);
const TO_BUYER: (u32, u32) = (1_000_000, 5);

const fn get(
    name: &'static str,
    path: &'static str,
    query: &'static [(&'static str, Value, bool)],
    plan: (u32, u32),
) -> Operation {
    Operation { name, method: "GET", path, query, body: None, plan }
}

const fn message(name: &'static str, path: &'static str, body: Body) -> Operation {
    Operation { name, method: "POST", path, query: ONE_STORE, body, plan: TO_BUYER }
}

pub(crate) const ALL: &[Operation] = &[
    get(
        "searchOrders",
        "/orders/2026-01-01/orders",
        &[
            ("createdAfter", Value::Time, false),
            ("createdBefore", Value::Time, false),
            ("lastUpdatedAfter", Value::Time, false),
            ("lastUpdatedBefore", Value::Time, false),
            ("fulfillmentStatuses", STATUSES, false),
            ("marketplaceIds", Value::Stores(50), false),
            ("fulfilledBy", Value::Words(&["MERCHANT", "AMAZON"]), false),
            ("maxResultsPerPage", Value::Number(1, 100), false),
            ("paginationToken", Value::Text, false),
            ("includedData", INCLUDED, false),
        ],
        (5_600, 20),
    ),
    get("getOrder", "/orders/2026-01-01/orders/*", &[("includedData", INCLUDED, false)], (500_000, 30)),
    get(
        "getOrders",
        "/orders/v0/orders",
        &[
            ("CreatedAfter", Value::Time, false),
            ("CreatedBefore", Value::Time, false),
            ("LastUpdatedAfter", Value::Time, false),
            ("LastUpdatedBefore", Value::Time, false),
            ("MarketplaceIds", Value::Stores(50), true),
            ("MaxResultsPerPage", Value::Number(1, 100), false),
            ("NextToken", Value::Text, false),
        ],
        (16_700, 20),
    ),
    get("getOrderItems", "/orders/v0/orders/*/orderItems", &[("NextToken", Value::Text, false)], (500_000, 30)),
    get("getSolicitationActionsForOrder", "/solicitations/v1/orders/*", ONE_STORE, TO_BUYER),
    message(
        "createProductReviewAndSellerFeedbackSolicitation",
        "/solicitations/v1/orders/*/solicitations/productReviewAndSellerFeedback",
        None,
    ),
    get("getMessagingActionsForOrder", "/messaging/v1/orders/*", ONE_STORE, TO_BUYER),
    get("GetAttributes", "/messaging/v1/orders/*/attributes", ONE_STORE, TO_BUYER),
    message(
        "confirmCustomizationDetails",
        "/messaging/v1/orders/*/messages/confirmCustomizationDetails",
        Some(&[("text", Field::Text(1, 800), false), ("attachments", Field::Attachments(0, 5), false)]),
    ),
    message(
        "createConfirmDeliveryDetails",
        "/messaging/v1/orders/*/messages/confirmDeliveryDetails",
        Some(&[("text", Field::Text(1, 2_000), false)]),
    ),
    message(
        "createLegalDisclosure",
        "/messaging/v1/orders/*/messages/legalDisclosure",
        Some(&[("attachments", Field::Attachments(0, 5), false)]),
    ),
    message(
        "createConfirmOrderDetails",
        "/messaging/v1/orders/*/messages/confirmOrderDetails",
        Some(&[("text", Field::Text(1, 2_000), false)]),
    ),
    message(
        "createConfirmServiceDetails",
        "/messaging/v1/orders/*/messages/confirmServiceDetails",
        Some(&[("text", Field::Text(1, 2_000), false)]),
    ),
    message(
        "CreateWarranty",
        "/messaging/v1/orders/*/messages/warranty",
        Some(&[
            ("attachments", Field::Attachments(1, 5), false),
            ("coverageStartDate", Field::Time, false),
            ("coverageEndDate", Field::Time, false),
        ]),
    ),
    message(
        "createDigitalAccessKey",
        "/messaging/v1/orders/*/messages/digitalAccessKey",
        Some(&[("text", Field::Text(1, 400), false), ("attachments", Field::Attachments(0, 5), false)]),
    ),
    message(
        "createUnexpectedProblem",
        "/messaging/v1/orders/*/messages/unexpectedProblem",
        Some(&[("text", Field::Text(1, 2_000), false)]),
    ),
    // The models print no plan for it; the others' is taken.
    message(
        "sendInvoice",
        "/messaging/v1/orders/*/messages/invoice",
        Some(&[("attachments", Field::Attachments(1, 5), false)]),
    ),
    Operation {
        name: "createUploadDestinationForResource",
        method: "POST",
        path: "/uploads/2020-11-01/uploadDestinations/**",
        query: &[
            ("marketplaceIds", Value::Stores(1), true),
            ("contentMD5", Value::Text, true),
            ("contentType", Value::Text, false),
        ],
        body: None,
        plan: (10_000_000, 10),
    },
    Operation {
        name: "createReport",
        method: "POST",
        path: "/reports/2021-06-30/reports",
        query: &[],
        body: Some(&[
            ("reportType", Field::ReportType, true),
            ("marketplaceIds", Field::Stores(25), true),
            ("dataStartTime", Field::Time, false),
            ("dataEndTime", Field::Time, false),
            ("reportOptions", Field::Words, false),
        ]),
        plan: (16_700, 15),
    },
    get("getReport", "/reports/2021-06-30/reports/*", &[], (2_000_000, 15)),
    get("getReportDocument", "/reports/2021-06-30/documents/*", &[], (16_700, 15)),
    Operation {
        name: "createRestrictedDataToken",
        method: "POST",
        path: "/tokens/2021-03-01/restrictedDataToken",
        query: &[],
        body: Some(&[
            ("restrictedResources", Field::Resources, true),
            ("targetApplication", Field::Text(1, 200), false),
        ]),
        plan: (1_000_000, 10),
    },
    get("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations", &[], (16_000, 15)),
];

/// The operation of a path, and what its stars stand for.
pub(crate) fn find<'p>(method: &str, path: &'p str) -> Option<(&'static Operation, Vec<&'p str>)> {
    ALL.iter()
        .filter(|operation| operation.method == method)
        .find_map(|operation| matched(operation.path, path).map(|stars| (operation, stars)))
}

fn matched<'p>(template: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut stars = Vec::new();
    let mut rest = path;
    for (place, wanted) in template.split('/').enumerate() {
        if wanted == "**" {
            stars.push(rest);
            return Some(stars);
        }
        if place > 0 && rest.is_empty() {
            return None;
        }
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        match wanted {
            "*" if !segment.is_empty() => stars.push(segment),
            _ if wanted == segment => {}
            _ => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some(stars)
}
