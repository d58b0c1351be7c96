//! `abide campaign plan` and `diff`: what campaign files would make of the orders of a report, offline. No account, no
//! database and no network are touched; reports are read one order after the other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use ::campaign::{Campaign, DryRun, DryRunCounts, Verdict, verdict};
use model::order::Order;
use model::{OrderId, Reason, Timestamp};
use report::{Defaults, Reader, Row};
use serde_json::json;

use super::campaign::read_draft;
use crate::arguments::{OrdersAt, PlanCampaigns};
use crate::exit::{self, Ended, Failure};
use crate::output::{self, Output, counted, moment};

/// Bad rows that are named; further ones are counted.
const NAMED: u64 = 20;

/// What was met beside whole orders.
#[derive(Default)]
struct Met {
    bad_rows: u64,
    without_store: u64,
    other_sales: u64,
}

fn opened(path: &Path, over: &OrdersAt) -> Result<Reader<'static>, Failure> {
    let input: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).map_err(|error| unreadable(path, &error))?)
    };
    Reader::new(input, Defaults { store: over.store }).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::usage(format!("{}: {}", path.display(), exit::in_full(error)))
}

/// Reads the reports' orders one by one, once all reports were seen to be some.
fn each_order(
    over: &OrdersAt,
    title: impl FnOnce() -> Result<(), Failure>,
    mut take: impl FnMut(&Order) -> Result<(), Failure>,
) -> Result<Met, Failure> {
    let mut readers = Vec::with_capacity(over.orders.len());
    for path in &over.orders {
        readers.push((path, opened(path, over)?));
    }
    title()?;
    let mut met = Met::default();
    for (path, reader) in readers {
        let name = path.display();
        for row in reader {
            match row.map_err(|error| unreadable(path, &error))? {
                Row::Order(imported) => match imported.into_order(over.delivery_days) {
                    Some(order) => take(&order)?,
                    None => met.without_store += 1,
                },
                Row::Bad { line, problem, .. } => {
                    met.bad_rows += 1;
                    if met.bad_rows <= NAMED {
                        output::note(&format!("{name}, line {line}: {problem}"));
                    }
                }
                Row::SkippedMcf { .. } => met.other_sales += 1,
            }
        }
    }
    Ok(met)
}

pub fn plan(output: Output, wanted: &PlanCampaigns) -> Result<Ended, Failure> {
    let campaigns = wanted.files.iter().map(|file| read_draft(file)).collect::<Result<Vec<Campaign>, _>>()?;
    let now = wanted.over.at.unwrap_or_else(Timestamp::from_clock);
    let mut run = DryRun::new(&campaigns, now);
    let mut shown = 0;
    let title = || output.title(&format!("At {} UTC", moment(now)));
    let met = each_order(&wanted.over, title, |order| {
        for (campaign, verdict) in campaigns.iter().zip(run.ask(order)) {
            let (what, due) = in_words(verdict);
            output.object_with(|| {
                json!({ "order_id": order.order_id, "campaign": campaign.name, "outcome": what, "due": due,
                    "reason": verdict.reason() })
            })?;
            if let (Verdict::Message(due), true) = (verdict, shown < wanted.over.show) {
                shown += 1;
                let when = if due > now { format!("{} UTC", moment(due)) } else { "at once".to_owned() };
                output.line(&format!("  {}  {when:23}  {}", order.order_id, campaign.name))?;
            }
        }
        Ok(())
    })?;
    let messages: u64 = run.counts().iter().map(|counts| counts.messages).sum();
    if messages > shown {
        output.line(&format!("  … and {} more messages (--show N names more)", messages - shown))?;
    }
    output.line("")?;
    for (campaign, counts) in campaigns.iter().zip(run.counts()) {
        tell(output, &campaign.name, counts)?;
        if campaign.split.hold_out > 0 {
            let percent = campaign.split.hold_out;
            output.line(&format!(
                "Its split test will hold out about {percent} % of them; which, only the store's key tells."
            ))?;
        }
    }
    let days: BTreeMap<String, u64> = run.days().iter().map(|(day, count)| (day.to_string(), *count)).collect();
    output.object(&json!({ "orders": run.orders(), "messages": messages, "days": days, "bad_rows": met.bad_rows,
        "without_store": met.without_store, "other_sales": met.other_sales }))?;
    output.line(&format!(
        "{}, {}",
        counted(run.orders(), "order", "orders"),
        counted(messages, "message", "messages")
    ))?;
    for (day, count) in &days {
        output.line(&format!("  {day}  {count}"))?;
    }
    not_asked(output, &met)
}

fn tell(output: Output, name: &str, counts: &DryRunCounts) -> Result<(), Failure> {
    output.object(&json!({ "campaign": name, "messages": counts.messages, "another_campaign": counts.another,
        "waits": counts.waits, "no": counts.noes }))?;
    output.title(name)?;
    output.line(&format!("{:>9}  get its message", counts.messages))?;
    if counts.another > 0 {
        output.line(&format!("{:>9}  would, but get another campaign's, which is due sooner", counts.another))?;
    }
    let line = |(reason, count): (&Reason, &u64), how: &str| {
        output.line(&format!("{count:>9}  {how} {reason}: {}", reason.sentence()))
    };
    counts.waits.iter().try_for_each(|entry| line(entry, "wait,"))?;
    counts.noes.iter().try_for_each(|entry| line(entry, "none,"))?;
    output.line("")
}

fn in_words(verdict: Verdict) -> (&'static str, Option<Timestamp>) {
    match verdict {
        Verdict::Message(due) => ("message", Some(due)),
        Verdict::Another(due) => ("another_campaign", Some(due)),
        Verdict::Waits(_) => ("waits", None),
        Verdict::No(_) => ("no", None),
    }
}

pub fn diff(output: Output, files: (&Path, &Path), over: &OrdersAt) -> Result<Ended, Failure> {
    let (old, new) = (read_draft(files.0)?, read_draft(files.1)?);
    let now = over.at.unwrap_or_else(Timestamp::from_clock);
    let (mut orders, mut changed, mut kinds) = (0_u64, 0_u64, BTreeMap::<&str, u64>::new());
    let title = || output.title(&format!("{} and {} at {} UTC", files.0.display(), files.1.display(), moment(now)));
    let met = each_order(over, title, |order| {
        orders += 1;
        let (before, after) = (verdict(&old, order, now), verdict(&new, order, now));
        if before == after {
            return Ok(());
        }
        changed += 1;
        let kind = match (before, after) {
            (Verdict::Message(_), Verdict::Message(_)) => "other_time",
            (Verdict::Message(_), _) => "no_more",
            (_, Verdict::Message(_)) => "newly",
            _ => "other_reason",
        };
        *kinds.entry(kind).or_default() += 1;
        tell_change(output, order.order_id, (kind, before, after), changed <= over.show)
    })?;
    if changed > over.show {
        output.line(&format!("  … and {} more (--show N names more)", changed - over.show))?;
    }
    output.object(&json!({ "orders": orders, "changed": changed, "kinds": kinds, "bad_rows": met.bad_rows }))?;
    output.line("")?;
    output.line(&format!("{}, {changed} of them changed", counted(orders, "order", "orders")))?;
    let words = [
        ("newly", "get a message that they did not get"),
        ("no_more", "get none any more"),
        ("other_time", "get it at another time"),
        ("other_reason", "get none, for another reason"),
    ];
    for (kind, words) in words {
        if let Some(count) = kinds.get(kind) {
            output.line(&format!("{count:>9}  {words}"))?;
        }
    }
    not_asked(output, &met)
}

fn tell_change(
    output: Output,
    order: OrderId,
    change: (&str, Verdict, Verdict),
    is_shown: bool,
) -> Result<(), Failure> {
    let (kind, before, after) = change;
    let ((was, was_due), (is, is_due)) = (in_words(before), in_words(after));
    output.object(&json!({ "order_id": order, "change": kind,
        "old": { "outcome": was, "due": was_due, "reason": before.reason() },
        "new": { "outcome": is, "due": is_due, "reason": after.reason() } }))?;
    if !is_shown {
        return Ok(());
    }
    output.line(&format!("  {order}  {}  ->  {}", shown(before), shown(after)))
}

fn shown(verdict: Verdict) -> String {
    match verdict {
        Verdict::Message(due) | Verdict::Another(due) => format!("{} UTC", moment(due)),
        Verdict::Waits(reason) => format!("waits, {reason}"),
        Verdict::No(reason) => format!("none, {reason}"),
    }
}

fn not_asked(output: Output, met: &Met) -> Result<Ended, Failure> {
    if met.bad_rows > 0 {
        let rows = counted(met.bad_rows, "row", "rows");
        output.line(&format!("{rows} could not be read; their orders wait as incomplete"))?;
    }
    if met.without_store > 0 {
        output.line(&format!("{} without a store: give --store", counted(met.without_store, "order", "orders")))?;
    }
    output.aside(
        "Every order was asked about, as if each campaign had always been on, but for its own `orders_after`. Not asked, since \
         only an account's own data tell it: the opt-out list, notices, earlier messages, stops, caps, and the words as they \
         are filled in. They can only hold more back.",
    )?;
    Ok(if met.bad_rows > 0 { Ended::Partly } else { Ended::Done })
}
