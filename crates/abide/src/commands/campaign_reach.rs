//! Before a campaign is switched on: how many of the last orders it would reach. One that reaches none of them is not
//! switched on and says why, unless that is wanted.

use ::campaign::{Campaign, REACH_DAYS, Reach};
use delivery::reach;
use model::Account;
use serde_json::{Value, json};
use store::Store;

use crate::exit::Failure;
use crate::installation;

/// Asks the campaign about the last orders.
///
/// # Errors
/// Where it is for none of them; `anyway` lets that pass.
pub async fn ask(store: &Store, account: &Account, campaign: &Campaign, anyway: bool) -> Result<Reach, Failure> {
    let reach = reach(store, account.id, campaign, installation::clock()).await?;
    match reach.refusal() {
        Some(why) if !anyway => Err(Failure::usage(format!(
            "the campaign “{}” stays off: {why}. Mend it, or add --anyway if its orders are still to come",
            campaign.name,
        ))),
        _ => Ok(reach),
    }
}

/// The same as an object.
pub fn object(reach: &Reach) -> Value {
    json!({ "days": REACH_DAYS, "orders": reach.orders, "messages": reach.messages, "waits": reach.waits,
        "no": reach.noes, "conditions": reach.conditions })
}
