//! Why an order gets a message or none (law 5): every campaign asked anew, beside what the list and the outbox
//! say. The same data serve the command line and the pages.

use campaign::{Arm, Campaign, Plan, Step, StepOutcome, StoreNames};
use model::explain::{CampaignExplanation, ExplainedStep, Explanation, PlannedAs};
use model::message::OutboxRow;
use model::messaged::MessagedElsewhere;
use model::order::Order;
use model::suppression::{SuppressionReason, SuppressionRow, SuppressionState};
use model::{AccountId, AttachedFile, Channel, Clock, MessageState, OrderId, Reason};
use store::{OutboxFilter, Store, StoreError, SuppressionFilter};

use crate::desk::Known;
use crate::{priority, split};

/// Rows of the list and the outbox that an explanation shows at most.
const SHOWN: u32 = 100;

/// Explains one order as things stand at `clock`.
pub async fn explain(
    store: &Store,
    account: AccountId,
    order_id: OrderId,
    clock: Clock,
) -> Result<Explanation, StoreError> {
    let order = store.order(account, order_id).await?;
    let mut suppressions = store.suppressions(account, SuppressionFilter::Order(order_id), None, SHOWN).await?.rows;
    let alias = order.as_ref().filter(|order| !order.alias_shared).and_then(|order| order.alias.as_ref());
    if let Some(alias) = alias {
        let buyer = store.keys().buyer(account, alias)?;
        let of_buyer = store.suppressions(account, SuppressionFilter::Buyer(buyer), None, SHOWN).await?.rows;
        let news = of_buyer.into_iter().filter(|row| suppressions.iter().all(|known| known.id != row.id));
        suppressions.extend(news.collect::<Vec<_>>());
    }
    let messages = store.outbox(account, OutboxFilter::Order(order_id), None, SHOWN).await?.rows;
    let mut critical = store.critical_of_order(account, order_id).await?;
    for message in &mut critical {
        message.content = None;
    }
    let campaigns = match &order {
        Some(order) => {
            let known: Vec<Known> = store.campaigns(account).await?.into_iter().map(Known::of).collect();
            let name = store.account_by_id(account).await?.name;
            let siblings = store.messages_of_campaigns(account, order_id).await?;
            let place = |campaign: &Campaign, id| split::place(store, account, (campaign, id), order_id);
            let ranked = priority::ask_all(&known, order, &siblings, clock.now(), place)?;
            let ask = |(known, ranked): (&Known, Option<Plan>)| {
                let place = known.campaign.as_ref().map_or(Ok(0), |campaign| place(campaign, known.stored.id))?;
                Ok(ask(known, order, &name, (ranked, place, clock)))
            };
            known.iter().zip(ranked).map(ask).collect::<Result<_, StoreError>>()?
        }
        None => Vec::new(),
    };
    let messaged_elsewhere = store.messaged_elsewhere(account, order_id).await?;
    let mut summary = summary(order.as_ref(), &suppressions, messaged_elsewhere, &messages, &campaigns);
    if messages.first().is_some_and(|message| message.reason == Some(Reason::FeedBroken)) {
        let breaks = store.feed_breaks(account).await?;
        for broken in breaks.iter().filter(|broken| order.as_ref().is_none_or(|order| broken.holds(order.store))) {
            for words in [broken.cause.sentence(), broken.cause.remedy()] {
                summary.push(' ');
                summary.push_str(words);
            }
        }
    }
    Ok(Explanation { order_id, order, summary, suppressions, messaged_elsewhere, messages, critical, campaigns })
}

/// What one campaign makes of the order; `ranked` is its answer beside the others'.
fn ask(known: &Known, order: &Order, store_name: &str, ranked: (Option<Plan>, u16, Clock)) -> CampaignExplanation {
    let (ranked, place, clock) = ranked;
    let mut explanation = CampaignExplanation {
        campaign: known.stored.name.clone(),
        version: known.stored.version,
        state: known.stored.state,
        channel: known.campaign.as_ref().map_or(Channel::Email, |campaign| campaign.channel_for(order)),
        outcome: PlannedAs::No,
        reason: Some(Reason::CampaignOff),
        due: None,
        closes: None,
        next_try: None,
        steps: Vec::new(),
    };
    let Some(campaign) = &known.campaign else { return explanation };
    let mut plan = campaign::plan(campaign, known.stored.activated_at, order, clock.now());
    if let Some(ranked) = ranked.filter(|ranked| priority::stands_back(&ranked.outcome)) {
        plan.outcome = ranked.outcome;
        plan.steps.push(Step {
            condition: "priority",
            value: campaign.priority.to_string(),
            outcome: StepOutcome::Waits,
            sentence: Reason::LowerPriority.sentence().to_owned(),
        });
    }
    if !campaign.split.is_none() {
        split::hold_out(&mut plan, campaign, place);
        let arm = campaign.split.arm(place);
        let held_out = matches!(arm, Arm::HoldOut);
        plan.steps.push(Step {
            condition: "split",
            value: arm.name().to_owned(),
            outcome: if held_out { StepOutcome::NotMet } else { StepOutcome::Met },
            sentence: if held_out {
                Reason::HeldOut.sentence().to_owned()
            } else {
                "In the campaign's split test the order falls into this arm.".to_owned()
            },
        });
    }
    explanation.due = plan.due;
    explanation.closes = plan.closes;
    explanation.steps = plan
        .steps
        .into_iter()
        .map(|step| ExplainedStep {
            condition: step.condition.to_owned(),
            value: step.value,
            outcome: step.outcome.as_str(),
            sentence: step.sentence,
        })
        .collect();
    let wording = wording((campaign, &known.stored.attachments), order, store_name, place);
    let refused = !wording.is_empty();
    explanation.steps.extend(wording);
    if !known.stored.is_active() {
        return explanation;
    }
    (explanation.outcome, explanation.reason, explanation.next_try) = match plan.outcome {
        campaign::Outcome::Message { .. } if refused => (PlannedAs::No, Some(Reason::TextRefused), None),
        campaign::Outcome::Message { due, .. } => (PlannedAs::Message, None, Some(due)),
        campaign::Outcome::Wait { reason, next_try } => (PlannedAs::Waits, Some(reason), next_try),
        campaign::Outcome::No { reason } => (PlannedAs::No, Some(reason), None),
    };
    explanation
}

/// The rules that the letter for this order would break, as it would be filled in now; a step for each.
fn wording(campaign: (&Campaign, &[AttachedFile]), order: &Order, store_name: &str, place: u16) -> Vec<ExplainedStep> {
    let (campaign, attached) = campaign;
    if campaign.channel_for(order) != Channel::Email {
        return Vec::new();
    }
    let Ok(rendered) = campaign::render_at(campaign, order, &StoreNames { store_name }, place) else {
        return Vec::new();
    };
    let errors = rendered.errors(order.order_id, attached).unwrap_or_default();
    let step = |error: campaign::LetterFinding| {
        let rule = error.rule;
        let found = if error.words.is_empty() { String::new() } else { format!(" Found: “{}”.", error.words) };
        ExplainedStep {
            condition: WORDING.to_owned(),
            value: rule.id.clone(),
            outcome: "not_met",
            sentence: format!(
                "The text breaks the rule `{id}`: {sentence}{found} Instead: {instead}",
                id = rule.id,
                sentence = rule.sentence,
                instead = rule.instead
            ),
        }
    };
    errors.into_iter().map(step).collect()
}

/// The condition that stands for the rules for messages to buyers.
const WORDING: &str = "wording";

/// Which rules a campaign's letter for the order breaks, as a sentence.
fn broken_rules(campaigns: &[CampaignExplanation], name: Option<&str>) -> String {
    let mut rules: Vec<&str> = campaigns
        .iter()
        .filter(|campaign| name.is_none_or(|name| campaign.campaign == name))
        .flat_map(|campaign| &campaign.steps)
        .filter(|step| step.condition == WORDING)
        .map(|step| step.value.as_str())
        .collect();
    rules.dedup();
    if rules.is_empty() { String::new() } else { format!(" Rules broken: {}.", rules.join(", ")) }
}

/// The answer in one sentence: what stands in the list first, then what the outbox says, then the campaigns.
fn summary(
    order: Option<&Order>,
    suppressions: &[SuppressionRow],
    messaged_elsewhere: Option<MessagedElsewhere>,
    messages: &[OutboxRow],
    campaigns: &[CampaignExplanation],
) -> String {
    let left = messages.iter().find(|message| matches!(message.state, MessageState::Sent | MessageState::Captured));
    if let Some(row) = suppressions.iter().find(|row| row.state == SuppressionState::Active) {
        let why = match row.reason {
            SuppressionReason::OptOut => Reason::OptedOut,
            SuppressionReason::Block => Reason::Blocked,
            SuppressionReason::OrderStop => Reason::OrderStopped,
        };
        return format!("No message may leave for this order. {}", why.sentence());
    }
    if suppressions.iter().any(|row| row.state == SuppressionState::Held) {
        return format!("Nothing leaves for this order for now. {}", Reason::Held.sentence());
    }
    if let Some(message) = left {
        let verb = if message.state == MessageState::Sent { "was sent" } else { "was captured; nothing left" };
        return format!("The order's one message {verb}.");
    }
    if let Some(elsewhere) = messaged_elsewhere {
        let day = elsewhere.entered_at.utc_date();
        return format!(
            "No campaign's message leaves for this order: another tool has written about it, as a list imported on {day} says."
        );
    }
    if let Some(message) = messages.first() {
        return match (message.state, message.reason) {
            (MessageState::Planned, _) => match message.due {
                Some(due) => format!("A message is planned for {due}."),
                None => "A message is planned.".to_owned(),
            },
            (state, Some(Reason::TextRefused)) => {
                let rules = broken_rules(campaigns, message.campaign.as_deref());
                format!("The message is {state}. {}{rules}", Reason::TextRefused.sentence())
            }
            (state, Some(reason)) => format!("The message is {state}. {}", reason.sentence()),
            (state, None) => format!("The message is {state}."),
        };
    }
    if order.is_none() {
        return "This order is in no report that was imported.".to_owned();
    }
    match campaigns.first().map(|campaign| (campaign.outcome, campaign.reason)) {
        None => "No campaign is set up, so no message is planned.".to_owned(),
        Some((PlannedAs::Message, _)) => "A message will be planned at the next pass.".to_owned(),
        Some((_, Some(reason))) => format!("No message is planned. {}", reason.sentence()),
        Some((_, None)) => "No message is planned.".to_owned(),
    }
}
