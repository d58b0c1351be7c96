//! `abide critical`: what completes an order, to a buyer who opted out. Each text is held against its reason.

use model::critical::{CONTACT_REASON, CriticalConfirmations, CriticalMessage, CriticalRoute, CriticalState};
use model::member::Actor;
use model::{CriticalId, CriticalReason, Handle, MessageId, OrderId, Timestamp};
use policy::words::{CriticalLetter, CriticalLinter};
use serde::Serialize;
use serde_json::json;
use store::StoreError;

use super::policy::{name_of, read, tell};
use crate::arguments::{CriticalCheck, CriticalCommand, CriticalWrite};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure, in_full};
use crate::installation;
use crate::output::{self, Output};

/// One as the contract tells it; its text is told by `show` and `write` alone.
#[derive(Serialize)]
pub struct CriticalShown<'a> {
    id: CriticalId,
    order_id: OrderId,
    store: model::Marketplace,
    reason: CriticalReason,
    language: Option<&'a str>,
    route: CriticalRoute,
    state: CriticalState,
    by: &'a str,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    confirmed_limit: bool,
    confirmed_block: bool,
    ledger_number: u64,
    /// The outbox message, where it goes by e-mail.
    message: Option<MessageId>,
}

impl<'a> CriticalShown<'a> {
    pub fn of(message: &'a CriticalMessage) -> Self {
        Self {
            id: message.id,
            order_id: message.order_id,
            store: message.store,
            reason: message.reason,
            language: message.language.as_deref(),
            route: message.route,
            state: message.state,
            by: &message.by,
            created_at: message.created_at,
            sent_at: message.done_at,
            confirmed_limit: message.confirmed.limit,
            confirmed_block: message.confirmed.block,
            ledger_number: message.ledger_number,
            message: message.message,
        }
    }
}

/// One in a plain sentence, for an order's explanation.
pub fn sentence(message: &CriticalMessage) -> String {
    let state = match message.state {
        CriticalState::Handed => "to be sent in Seller Central",
        CriticalState::Sent => "sent in Seller Central, as was said",
        CriticalState::InOutbox => "by e-mail; the outbox says how far it is",
        CriticalState::Withdrawn => "taken back",
    };
    format!("Critical message ({}) of {}: {state}", message.reason, output::moment(message.created_at))
}

pub async fn run(configuration: &Configuration, output: Output, command: CriticalCommand) -> Result<Ended, Failure> {
    match command {
        CriticalCommand::Reasons => reasons(output),
        CriticalCommand::Check(command) => check(output, &command),
        CriticalCommand::Write(command) => write(configuration, output, command).await,
        CriticalCommand::List { of } => list(configuration, output, &of.account).await,
        CriticalCommand::Show { id } => show(configuration, output, id).await,
        CriticalCommand::Withdraw { id } => withdraw(configuration, output, id).await,
        CriticalCommand::Done { id } => done(configuration, output, id).await,
    }
}

async fn write(configuration: &Configuration, output: Output, command: CriticalWrite) -> Result<Ended, Failure> {
    let text = read(&command.text)?;
    let (store, account) = installation::open_account(configuration, &command.of.account).await?;
    // Asked for its language first; the store asks once more for the order itself, in the step that records.
    let known = store.order(account.id, command.order).await?;
    let first = known.and_then(|order| order.store.facts().languages.first().copied());
    let language = command.language.as_deref().or(first);
    let linter = CriticalLinter::built_in().map_err(|error| Failure::could_not_run(in_full(error)))?;
    let letter = CriticalLetter {
        order: command.order,
        reason: command.reason,
        subject: &command.subject,
        text: &text,
        language,
    };
    let (approved, findings) = linter.vet(&letter);
    let Some(approved) = approved else {
        tell(output, &name_of(&command.text), (&command.subject, &text), &findings)?;
        return Ok(Ended::with_faults(true));
    };
    let confirmed = CriticalConfirmations { limit: command.confirm_limit, block: command.confirm_block };
    let clock = installation::clock();
    let route = if command.by_email { CriticalRoute::ImportantEmail } else { CriticalRoute::SellerCentral };
    let message = store.write_critical(account.id, approved, (route, confirmed), Actor::Operator, clock).await?;
    for finding in &findings {
        output.aside(&format!(
            "{} ({}): {}",
            finding.rule.severity.as_str(),
            finding.rule.id,
            finding.rule.sentence
        ))?;
    }
    if account.settings.restricted_since.is_some() {
        output.aside("note: Amazon restricts this account's messages; it may take none until that is lifted.")?;
    }
    shown_in_full(output, &message)?;
    Ok(Ended::Done)
}

/// How to send it: where, with which contact reason, and the text ready to copy.
fn shown_in_full(output: Output, message: &CriticalMessage) -> Result<(), Failure> {
    let place = message.store.facts().seller_central;
    let (subject, text) = match &message.content {
        Some((subject, text)) => (Some(subject.as_str()), Some(text.as_str())),
        None => (None, None),
    };
    output.object(&json!({
        "message": CriticalShown::of(message),
        "seller_central": place,
        "contact_reason": CONTACT_REASON,
        "subject": subject,
        "text": text,
    }))?;
    output.line(&format!("Critical message {} for order {}: {}", message.id, message.order_id, message.state))?;
    if let Some(outbox) = message.message {
        output.line(&format!("It goes by e-mail; how far it is: abide outbox show {outbox}"))?;
    } else {
        output.line(&format!("Open {place}, find order {}, and choose to contact the buyer.", message.order_id))?;
        output.line(&format!(
            "Choose the contact reason \u{201C}{CONTACT_REASON}\u{201D}; your Seller Central may show it translated."
        ))?;
    }
    if message.state == CriticalState::Handed {
        output.line(&format!("Paste the text and send it, then say so: abide critical done {}", message.id))?;
    }
    let Some(text) = text else {
        return output.line("The text is no longer kept.");
    };
    output.line("")?;
    output.line(text.trim_end())
}

async fn list(configuration: &Configuration, output: Output, account: &Handle) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, account).await?;
    let mut before = None;
    let mut any = false;
    loop {
        let page = store.critical_messages(account.id, before, super::PAGE).await?;
        page.rows.iter().try_for_each(|message| output.object(&CriticalShown::of(message)))?;
        let cells = |message: &CriticalMessage| {
            vec![
                message.id.to_string(),
                message.order_id.to_string(),
                message.reason.to_string(),
                message.state.to_string(),
                output::moment(message.created_at),
            ]
        };
        let rows: Vec<_> = page.rows.iter().map(cells).collect();
        if !rows.is_empty() {
            any = true;
            output.table(&["Id", "Order", "Reason", "State", "Written"], &rows)?;
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    if !any {
        output.line("There is no critical message.")?;
    }
    Ok(Ended::Done)
}

fn none(id: CriticalId) -> StoreError {
    StoreError::NotFound(format!("there is no critical message {id}; `abide critical list` shows them"))
}

async fn show(configuration: &Configuration, output: Output, id: CriticalId) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let (_, message) = store.critical_message(id).await?.ok_or_else(|| none(id))?;
    shown_in_full(output, &message)?;
    Ok(Ended::Done)
}

async fn done(configuration: &Configuration, output: Output, id: CriticalId) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let (account, message) = store.critical_message(id).await?.ok_or_else(|| none(id))?;
    let changed = store.critical_sent(account, id, Actor::Operator, installation::clock()).await?;
    output.object(&json!({ "id": id, "order_id": message.order_id, "changed": changed }))?;
    output.line(if changed { "Recorded as sent in Seller Central." } else { "That was said before." })?;
    Ok(Ended::Done)
}

async fn withdraw(configuration: &Configuration, output: Output, id: CriticalId) -> Result<Ended, Failure> {
    let store = installation::open_existing(configuration).await?;
    let (account, message) = store.critical_message(id).await?.ok_or_else(|| none(id))?;
    let changed = store.withdraw_critical(account, id, Actor::Operator, installation::clock()).await?;
    output.object(&json!({ "id": id, "order_id": message.order_id, "changed": changed }))?;
    output.line(if changed {
        "Taken back: it counts towards no limit any more."
    } else {
        "It was taken back before."
    })?;
    Ok(Ended::Done)
}

fn reasons(output: Output) -> Result<Ended, Failure> {
    for reason in CriticalReason::ALL {
        output.object(&json!({ "reason": reason, "sentence": reason.sentence() }))?;
    }
    let rows: Vec<Vec<String>> =
        CriticalReason::ALL.iter().map(|reason| vec![reason.to_string(), reason.sentence().to_owned()]).collect();
    output.table(&["Reason", "What it is about"], &rows)?;
    Ok(Ended::Done)
}

fn check(output: Output, command: &CriticalCheck) -> Result<Ended, Failure> {
    let text = read(&command.file)?;
    let linter = CriticalLinter::built_in().map_err(|error| Failure::could_not_run(in_full(error)))?;
    let letter = CriticalLetter {
        order: command.order,
        reason: command.reason,
        subject: &command.subject,
        text: &text,
        language: command.language.as_deref(),
    };
    let held = tell(output, &name_of(&command.file), (&command.subject, &text), &linter.check(&letter))?;
    Ok(Ended::with_faults(held))
}
