//! Before a campaign is switched on: how many of the last orders it would reach. One that reaches none of them is not
//! switched on and says why, unless that is wanted.

use ::campaign::Campaign;
use delivery::{REACH_DAYS, REACH_MOST, Reach, reach};
use model::{Account, Reason};
use serde_json::{Value, json};
use store::Store;

use crate::exit::Failure;
use crate::installation;
use crate::output::{Output, counted};

/// Reasons and conditions that are named.
const NAMED: usize = 5;

/// Asks the campaign about the last orders.
///
/// # Errors
/// Where it is for none of them; `anyway` lets that pass.
pub async fn ask(store: &Store, account: &Account, campaign: &Campaign, anyway: bool) -> Result<Reach, Failure> {
    let reach = reach(store, account.id, campaign, installation::clock()).await?;
    if reach.is_none() && !anyway {
        return Err(Failure::usage(format!(
            "the campaign “{}” stays off: it is for none of {} ({}). Mend it, or add --anyway if its orders are still to come",
            campaign.name,
            orders(&reach),
            why(&reach).join("; "),
        )));
    }
    Ok(reach)
}

/// The same as an object.
pub fn object(reach: &Reach) -> Value {
    json!({ "days": REACH_DAYS, "orders": reach.orders, "messages": reach.messages, "waits": reach.waits,
        "no": reach.noes, "conditions": reach.conditions })
}

/// Tells it in a line.
pub fn tell(output: Output, reach: &Reach) -> Result<(), Failure> {
    if reach.orders == 0 {
        return output
            .line(&format!("No order of the last {REACH_DAYS} days is known, so nobody can say whom it reaches."));
    }
    let others = why(reach);
    let others = if others.is_empty() { String::new() } else { format!(" The others: {}.", others.join("; ")) };
    output.line(&format!("Of {} it would reach {}.{others}", orders(reach), reach.messages))
}

fn orders(reach: &Reach) -> String {
    let newest = if reach.orders >= REACH_MOST { "newest " } else { "" };
    format!("the {newest}{} of the last {REACH_DAYS} days", counted(reach.orders, "order", "orders"))
}

/// Why the others get none, the most frequent first.
fn why(reach: &Reach) -> Vec<String> {
    let of = |reason: Reason| reason.sentence().trim_end_matches('.').to_owned();
    let mut counts: Vec<(u64, String)> =
        reach.conditions.iter().map(|(name, count)| (*count, format!("condition `{name}` does not hold"))).collect();
    let noes = reach.noes.iter().filter(|(reason, _)| **reason != Reason::ConditionNotMet);
    counts.extend(noes.chain(&reach.waits).map(|(reason, count)| (*count, of(*reason))));
    counts.sort_by(|one, other| other.cmp(one));
    counts.into_iter().take(NAMED).map(|(count, why)| format!("{count}: {why}")).collect()
}
