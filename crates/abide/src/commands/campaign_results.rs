//! `abide campaign results`: the arms of a split test side by side, each rate with the range that it most likely lies
//! in, and a word on whether the difference means anything yet.

use ::campaign::{Campaign, MAIN_ARM, Rate};
use model::Handle;
use model::campaign::{ArmCounts, StoredCampaign};
use serde_json::{Value, json};

use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;

pub async fn run(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    wanted: (&str, Option<u32>),
) -> Result<Ended, Failure> {
    let (name, version) = wanted;
    let (store, account) = installation::open_account(configuration, handle).await?;
    let newest = store.campaigns(account.id).await?.into_iter().find(|stored| stored.name == name);
    let Some(newest) = newest else {
        return Err(Failure::usage(format!("there is no campaign `{name}` in the account")));
    };
    let version = version.unwrap_or(newest.version);
    let Some(StoredCampaign { text, .. }) = store.campaign_version(account.id, newest.id, version).await? else {
        return Err(Failure::usage(format!("the campaign `{name}` has no version {version}")));
    };
    let split = Campaign::parse(&text).map(|campaign| campaign.split).unwrap_or_default();
    if split.is_none() {
        return Err(Failure::usage(format!(
            "version {version} of the campaign `{name}` has no split test; give it a [split] or a [variant.b]"
        )));
    }
    let counts = store.split_results(account.id, newest.id, version).await?;
    let arms: Vec<(&str, ArmCounts)> =
        split.arms().into_iter().map(|arm| (arm, counts.get(arm).copied().unwrap_or_default())).collect();
    arms.iter().try_for_each(|(arm, counts)| output.object_with(|| object(version, arm, counts)))?;
    output.title(&format!("“{name}”, version {version}"))?;
    let row = |(arm, counts): &(&str, ArmCounts)| {
        vec![
            (*arm).to_owned(),
            counts.orders.to_string(),
            (counts.sent + counts.captured).to_string(),
            counts.refused.to_string(),
            told(counts.opted_out, counts.orders),
            told(counts.reviewed, counts.orders),
        ]
    };
    output.table(
        &["ARM", "ORDERS", "SENT", "REFUSED", "OPTED OUT", "REVIEWED"],
        &arms.iter().map(row).collect::<Vec<_>>(),
    )?;
    output.line(
        "In brackets: the range that a rate most likely lies in (95 %). Reviews are known only where a list told them.",
    )?;
    for (arm, counts) in arms.iter().filter(|(arm, _)| *arm != MAIN_ARM) {
        let main = arms.first().map(|(_, counts)| *counts).unwrap_or_default();
        for (what, hits) in
            [("opt-outs", [main.opted_out, counts.opted_out]), ("reviews", [main.reviewed, counts.reviewed])]
        {
            let [one, other] = [Rate::of(hits[0], main.orders), Rate::of(hits[1], counts.orders)];
            if one.zip(other).is_some_and(|(one, other)| one.lies_apart_from(&other)) {
                output.line(&format!("The {what} of `{MAIN_ARM}` and `{arm}` differ by more than chance."))?;
            } else {
                output.line(&format!("The {what} of `{MAIN_ARM}` and `{arm}` can't be told apart yet."))?;
            }
        }
    }
    Ok(Ended::Done)
}

/// A count with its rate and range.
fn told(hits: u32, orders: u32) -> String {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    match Rate::of(hits, orders) {
        Some(rate) => format!("{hits}, {} % ({} to {})", percent(rate.share), percent(rate.low), percent(rate.high)),
        None => "–".to_owned(),
    }
}

fn object(version: u32, arm: &str, counts: &ArmCounts) -> Value {
    let rate = |hits| {
        Rate::of(hits, counts.orders).map(|rate| json!({ "share": rate.share, "low": rate.low, "high": rate.high }))
    };
    json!({ "version": version, "arm": arm, "orders": counts.orders, "sent": counts.sent, "captured": counts.captured,
        "refused": counts.refused, "opted_out": counts.opted_out, "opt_out_rate": rate(counts.opted_out),
        "reviewed": counts.reviewed, "review_rate": rate(counts.reviewed) })
}
