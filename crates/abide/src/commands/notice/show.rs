//! `abide notice show`: mails that were taken in, what came of each reading, and its grade with the reasons.

use model::inbound::{Door, InboundRow, Outcome};
use model::{GradeReason, Handle, MailId, NoticeKind, OrderId, Provenance, Timestamp};
use serde::Serialize;
use store::InboundFilter;

use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::Output;

/// Mails shown where none is named.
const NEWEST: u32 = 20;

#[derive(Serialize)]
struct ReadingShown<'a> {
    mail: MailId,
    received_at: Timestamp,
    door: Door,
    part: u32,
    kind: NoticeKind,
    order_ids: &'a [OrderId],
    outcome: Outcome,
    /// None while it is still looked at; it counts as unproven until then.
    provenance: Option<Provenance>,
    by: Option<&'a str>,
    reasons: &'a [GradeReason],
}

pub async fn run(
    configuration: &Configuration,
    output: Output,
    account: &Handle,
    mail: Option<MailId>,
) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, account).await?;
    let mails = match mail {
        Some(mail) => store.inbound_mail(account.id, mail).await?.into_iter().collect(),
        None => store.inbound_log(account.id, InboundFilter::All, None, NEWEST).await?.rows,
    };
    if mails.is_empty() {
        if mail.is_some() {
            return Err(Failure::usage(
                "the account has no such mail; `abide notice show` without an id lists the newest",
            ));
        }
        output.line("No mail has come in yet.")?;
    }
    for mail in &mails {
        tell(output, mail)?;
    }
    Ok(Ended::Done)
}

fn tell(output: Output, mail: &InboundRow) -> Result<(), Failure> {
    output.title(&format!("{}  {} by {}", mail.id, mail.received_at, mail.door))?;
    for reading in &mail.readings {
        let grade = reading.grade.as_ref();
        output.object(&ReadingShown {
            mail: mail.id,
            received_at: mail.received_at,
            door: mail.door,
            part: reading.part,
            kind: reading.kind,
            order_ids: &reading.order_ids,
            outcome: reading.outcome,
            provenance: grade.map(|grade| grade.provenance),
            by: grade.and_then(|grade| grade.by.as_deref()),
            reasons: grade.map_or(&[], |grade| grade.reasons.as_slice()),
        })?;
        let part = if reading.part > 0 { format!(" (attached mail {})", reading.part) } else { String::new() };
        let orders: Vec<&str> = reading.order_ids.iter().map(OrderId::as_str).collect();
        output.line(&format!("  {} {}{part}: {}", reading.kind, orders.join(" "), reading.outcome))?;
        let Some(grade) = grade else {
            output.line("    not graded yet; it counts as unproven until then")?;
            continue;
        };
        let by = grade.by.as_ref().map(|by| format!(", {by}")).unwrap_or_default();
        output.line(&format!("    {}{by}", grade.provenance))?;
        for reason in &grade.reasons {
            output.line(&format!("    {}", reason.sentence()))?;
        }
    }
    Ok(())
}
