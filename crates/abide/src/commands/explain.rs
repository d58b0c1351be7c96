//! `abide explain`: why an order got a message, gets one later, or gets none: the list, the outbox and what
//! each campaign makes of it, condition by condition.

use model::explain::{CampaignExplanation, Explanation};
use model::suppression::SuppressionState;
use model::{CampaignState, Reason, Timestamp};
use serde_json::{Value, json};

use super::critical::{CriticalShown, sentence};
use super::outbox::{self, MessageShown};
use super::suppression::SuppressionShown;
use crate::arguments::Explain;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};

pub async fn run(configuration: &Configuration, output: Output, explain: Explain) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &explain.of.account).await?;
    let explanation = delivery::explain(&store, account.id, explain.order, installation::clock()).await?;
    output.object(&as_object(&explanation))?;
    tell(output, &explanation)?;
    Ok(Ended::Done)
}

fn as_object(explanation: &Explanation) -> Value {
    let order = explanation.order.as_ref();
    let delivery = order.and_then(|order| order.delivery);
    json!({
        "order_id": explanation.order_id,
        "known": order.is_some(),
        "summary": explanation.summary,
        "store": order.map(|order| order.store),
        "purchased_at": order.and_then(|order| order.purchased_at),
        "status": order.and_then(|order| order.status),
        "delivery_earliest": delivery.map(|date| date.earliest),
        "delivery_latest": delivery.map(|date| date.latest),
        "delivery_basis": delivery.map(|date| date.basis),
        "marks": order.map(|order| order.marks.iter().map(marked).collect::<Vec<_>>()),
        "suppressions": explanation.suppressions.iter().map(SuppressionShown::of).collect::<Vec<_>>(),
        "messaged_elsewhere": explanation.messaged_elsewhere.map(|elsewhere| {
            json!({ "list": elsewhere.list, "imported_at": elsewhere.entered_at, "messaged_at": elsewhere.messaged_at })
        }),
        "messages": explanation.messages.iter().map(MessageShown::of).collect::<Vec<_>>(),
        "critical": explanation.critical.iter().map(CriticalShown::of).collect::<Vec<_>>(),
        "campaigns": explanation.campaigns.iter().map(campaign).collect::<Vec<_>>(),
    })
}

fn marked(marked: &model::order::Marked) -> Value {
    json!({ "mark": marked.mark, "at": marked.since, "provisional": marked.provisional })
}

fn campaign(campaign: &CampaignExplanation) -> Value {
    let steps = campaign.steps.iter().map(|step| {
        json!({ "condition": step.condition, "value": step.value, "outcome": step.outcome, "sentence": step.sentence })
    });
    json!({
        "campaign": campaign.campaign,
        "version": campaign.version,
        "active": campaign.state == CampaignState::Active,
        "state": campaign.state,
        "channel": campaign.channel,
        "outcome": campaign.outcome,
        "reason": campaign.reason,
        "sentence": campaign.reason.map(Reason::sentence),
        "due": campaign.due,
        "closes": campaign.closes,
        "next_try": campaign.next_try,
        "steps": steps.collect::<Vec<_>>(),
    })
}

/// The explanation in words.
pub fn tell(output: Output, explanation: &Explanation) -> Result<(), Failure> {
    output.title(&format!("Order {}", explanation.order_id))?;
    output.line(&explanation.summary)?;
    if let Some(order) = &explanation.order {
        let delivery = order.delivery.map(|date| format!("; delivery {} ({})", date.latest.utc_date(), date.basis));
        let bought = order.purchased_at.map(|at| format!(", purchased {}", at.utc_date()));
        output.line(&format!(
            "Amazon {}{}{}",
            order.store,
            bought.unwrap_or_default(),
            delivery.unwrap_or_else(|| "; delivery not known".into())
        ))?;
    }
    for row in &explanation.suppressions {
        let state = match row.state {
            SuppressionState::Active => "stands",
            SuppressionState::Held => "held until a member decides",
            SuppressionState::Removed => "removed",
        };
        output.line(&format!("List: {} by {} since {}, {state}", row.reason, row.origin, output::moment(row.since)))?;
    }
    if let Some(elsewhere) = explanation.messaged_elsewhere {
        let when = elsewhere.messaged_at.map(|at| format!(" on {}", at.utc_date())).unwrap_or_default();
        let imported = output::moment(elsewhere.entered_at);
        output
            .line(&format!("Another tool has written about it{when}: list {}, imported {imported}", elsewhere.list))?;
    }
    if !explanation.messages.is_empty() {
        output.line("")?;
        outbox::table(output, &explanation.messages)?;
    }
    for message in &explanation.critical {
        output.line(&sentence(message))?;
    }
    for campaign in &explanation.campaigns {
        output.line("")?;
        let off = match campaign.state {
            CampaignState::Active => "",
            CampaignState::Test => ", in test",
            CampaignState::Off => ", switched off",
        };
        output.title(&format!(
            "Campaign “{}”, version {}{off}: {}",
            campaign.campaign, campaign.version, campaign.outcome
        ))?;
        if let Some(reason) = campaign.reason {
            output.line(&format!("  {}", reason.sentence()))?;
        }
        for step in &campaign.steps {
            let sign = match step.outcome {
                "met" => "✓",
                "not_met" => "✗",
                _ => "…",
            };
            output.line(&format!("  {sign} {}", step.sentence))?;
        }
        let time = |label: &str, time: Option<Timestamp>| match time {
            Some(time) => output.line(&format!("  {label} {} UTC", output::moment(time))),
            None => Ok(()),
        };
        time("due", campaign.due)?;
        time("closes", campaign.closes)?;
        time("looked at again", campaign.next_try)?;
    }
    Ok(())
}
