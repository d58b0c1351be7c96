//! `abide review`: what Abide could not settle by itself, one decision about each, and the way back.

use model::member::Actor;
use model::review::{ReviewDecision, ReviewEffect, ReviewItem, ReviewReason, Ruling};
use model::{Account, NoticeId, NoticeKind, OrderId, Timestamp};
use serde::Serialize;
use store::Store;

use crate::arguments::{DecideArguments, NoticeNamed, ReviewCommand};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{Output, counted};

/// Taught forms that are shown; an account has at most 500.
const FORMS: u32 = 500;

#[derive(Serialize)]
struct ItemShown<'a> {
    notice: NoticeId,
    received_at: Timestamp,
    kind: NoticeKind,
    order_ids: &'a [OrderId],
    review: Option<ReviewReason>,
    erased_at: Option<Timestamp>,
    teachable: bool,
    decided: Option<Ruling>,
}

#[derive(Serialize)]
struct EffectShown {
    suppressed: u64,
    released: u64,
    held: u64,
    marked: u64,
    withdrawn: u64,
    already_leaving: u64,
    restricted: Option<bool>,
    taught: bool,
}

#[derive(Serialize)]
struct FormShown<'a> {
    notice: NoticeId,
    ruling: Ruling,
    by: &'a str,
    at: Timestamp,
}

pub async fn run(configuration: &Configuration, output: Output, command: ReviewCommand) -> Result<Ended, Failure> {
    match command {
        ReviewCommand::List(of) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            list(output, &store, &account).await
        }
        ReviewCommand::Show(named) => {
            let (store, account) = installation::open_account(configuration, &named.of.account).await?;
            show(output, &store, &account, named.notice).await
        }
        ReviewCommand::Decide(decide) => {
            let DecideArguments { named, ruling, orders, teach, note } = decide;
            let (store, account) = installation::open_account(configuration, &named.of.account).await?;
            let decision = ReviewDecision { ruling, orders, teach, note };
            let clock = installation::clock();
            let effect = store.decide_review(account.id, named.notice, decision, Actor::Operator, clock).await?;
            tell(output, &effect)
        }
        ReviewCommand::Undo(NoticeNamed { notice, of }) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let effect = store.undo_review(account.id, notice, Actor::Operator, installation::clock()).await?;
            tell(output, &effect)
        }
        ReviewCommand::Forms(of) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let forms = store.taught_forms(account.id, FORMS).await?;
            for form in &forms {
                output.object(&FormShown { notice: form.notice, ruling: form.ruling, by: &form.by, at: form.at })?;
                output.line(&format!("{}  {}  {} by {}", form.notice, form.ruling, form.at, form.by))?;
            }
            if forms.is_empty() {
                output.line("No form was taught.")?;
            }
            Ok(Ended::Done)
        }
        ReviewCommand::Forget(NoticeNamed { notice, of }) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            if !store.forget_form(account.id, notice, Actor::Operator, installation::clock()).await? {
                return Err(Failure::usage("this notice taught no form; `abide review forms` shows those that did"));
            }
            output.line("Later mails of that form wait for a decision again.")?;
            Ok(Ended::Done)
        }
    }
}

async fn list(output: Output, store: &Store, account: &Account) -> Result<Ended, Failure> {
    let (mut before, mut any) = (None, false);
    loop {
        let page = store.review_queue(account.id, before, super::PAGE).await?;
        for item in &page.rows {
            any = true;
            output.object(&shown(item))?;
            let orders: Vec<&str> = item.order_ids.iter().map(OrderId::as_str).collect();
            let reason = item.reason.map_or("", ReviewReason::sentence);
            let (kind, orders) = (item.kind, orders.join(" "));
            output.line(&format!("{}  {}  {kind}  {orders}\n    {reason}", item.notice, item.received_at))?;
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    if !any {
        output.line("Nothing waits for a decision.")?;
    }
    Ok(Ended::Done)
}

fn shown(item: &ReviewItem) -> ItemShown<'_> {
    ItemShown {
        notice: item.notice,
        received_at: item.received_at,
        kind: item.kind,
        order_ids: &item.order_ids,
        review: item.reason,
        erased_at: item.erased_at,
        teachable: item.teachable,
        decided: item.decided.as_ref().map(|decided| decided.ruling),
    }
}

async fn show(output: Output, store: &Store, account: &Account, notice: NoticeId) -> Result<Ended, Failure> {
    let item = store.review_item(account.id, notice).await?.ok_or_else(|| {
        Failure::usage("there is no such notice in the account; `abide review list` shows what waits")
    })?;
    output.object(&shown(&item))?;
    output.title(&format!("{}  received {}", item.kind, item.received_at))?;
    if let Some(reason) = item.reason {
        output.line(reason.sentence())?;
    }
    if let Some(decided) = &item.decided {
        output.line(&format!("Decided as {}, {} by {}.", decided.ruling, decided.at, decided.by))?;
    }
    for order in &item.order_ids {
        output.line(&format!("Order {order}"))?;
    }
    let part = store.inbound_mail(account.id, item.mail).await?.and_then(|mail| {
        let reading = mail.readings.iter().find(|reading| reading.notice == notice)?;
        Some(reading.part)
    });
    let raw = store.mail_raw(account.id, item.mail).await?;
    match raw.zip(part).and_then(|(raw, part)| ::notice::shown(&raw, part)) {
        Some(shown) => {
            for (name, value) in [("From", &shown.from), ("Subject", &shown.subject), ("Date", &shown.date)] {
                if let Some(value) = value {
                    output.line(&format!("{name}: {value}"))?;
                }
            }
            output.line("")?;
            for line in shown.text.lines() {
                output.line(line)?;
            }
        }
        None => output.line("Its text is not kept any more.")?,
    }
    Ok(Ended::Done)
}

fn tell(output: Output, effect: &ReviewEffect) -> Result<Ended, Failure> {
    output.object(&EffectShown {
        suppressed: effect.suppressed,
        released: effect.released,
        held: effect.held,
        marked: effect.marked,
        withdrawn: effect.withdrawn,
        already_leaving: effect.already_leaving,
        restricted: effect.restriction,
        taught: effect.taught,
    })?;
    for (count, one, many) in [
        (effect.suppressed, "entry acts now", "entries act now"),
        (effect.released, "entry let go", "entries let go"),
        (effect.held, "entry held again", "entries held again"),
        (effect.marked, "order marked or unmarked", "orders marked or unmarked"),
        (effect.withdrawn, "waiting message withdrawn", "waiting messages withdrawn"),
        (effect.already_leaving, "message was already leaving", "messages were already leaving"),
    ] {
        if count > 0 {
            output.line(&counted(count, one, many))?;
        }
    }
    match effect.restriction {
        Some(true) => output.line("Own texts of this account stop.")?,
        Some(false) => output.line("The restriction is lifted: own texts may leave again.")?,
        None => {}
    }
    output.line("Done.")?;
    Ok(Ended::Done)
}
