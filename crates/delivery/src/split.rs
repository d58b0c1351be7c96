//! Where orders fall in split tests. The store's key decides, so every node and every look says the same.

use campaign::{Arm, Campaign, Outcome, Plan};
use model::{AccountId, CampaignId, OrderId, Reason};
use store::{Store, StoreError};

/// Where an order falls in a campaign's split test; any place where it has none.
pub(crate) fn place(
    store: &Store,
    account: AccountId,
    campaign: (&Campaign, CampaignId),
    order: OrderId,
) -> Result<u16, StoreError> {
    let (campaign, id) = campaign;
    if campaign.split.is_none() { Ok(0) } else { store.keys().split_place(account, id, order) }
}

/// Takes back the message of an order that the split test holds out.
pub(crate) fn hold_out(plan: &mut Plan, campaign: &Campaign, place: u16) {
    let is_message = matches!(plan.outcome, Outcome::Message { .. });
    if is_message && matches!(campaign.split.arm(place), Arm::HoldOut) {
        plan.outcome = Outcome::No { reason: Reason::HeldOut };
    }
}
