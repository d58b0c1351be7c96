//! The usage plans that Amazon prints, in calls a second and calls at once.

use amazon::messaging::{BuyerMessage, GetAttributes, GetMessagingActions};
use amazon::orders::v0::{GetOrderItems, GetOrders};
use amazon::orders::{GetOrder, SearchOrders};
use amazon::reports::{CreateReport, GetReport, GetReportDocument};
use amazon::restricted::CreateRestrictedDataToken;
use amazon::solicitation::{GetSolicitationActions, RequestReview};
use amazon::upload::CreateUploadDestination;
use amazon::{GetMarketplaceParticipations, Operation, Rate, ToBuyer, Usage};

fn plan(rate: &str, burst: u32) -> Usage {
    Usage { rate: Rate::parse(rate).unwrap(), burst }
}

fn printed<O: Operation>(name: &str, rate: &str, burst: u32) {
    assert_eq!((O::NAME, O::USAGE), (name, plan(rate, burst)));
}

#[test]
fn each_call_has_the_plan_that_amazon_prints() {
    printed::<SearchOrders>("searchOrders", "0.0056", 20);
    printed::<GetOrder>("getOrder", "0.5", 30);
    printed::<GetOrders>("getOrders", "0.0167", 20);
    printed::<GetOrderItems>("getOrderItems", "0.5", 30);
    printed::<GetSolicitationActions>("getSolicitationActionsForOrder", "1", 5);
    printed::<GetMessagingActions>("getMessagingActionsForOrder", "1", 5);
    printed::<GetAttributes>("GetAttributes", "1", 5);
    printed::<CreateUploadDestination>("createUploadDestinationForResource", "10", 10);
    printed::<CreateReport>("createReport", "0.0167", 15);
    printed::<GetReport>("getReport", "2", 15);
    printed::<GetReportDocument>("getReportDocument", "0.0167", 15);
    printed::<CreateRestrictedDataToken>("createRestrictedDataToken", "1", 10);
    printed::<GetMarketplaceParticipations>("getMarketplaceParticipations", "0.016", 15);
    assert_eq!((RequestReview::USAGE, BuyerMessage::USAGE), (plan("1", 5), plan("1", 5)));
    assert_eq!(Usage::SANDBOX, plan("5", 15));
}
