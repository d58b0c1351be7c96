//! `abide orders messaged`: lists of orders that another tool has messaged, taken over in short transactions, so that
//! a running server gets its turn. Such an order gets no proactive message; taking a list back is recorded (law 7).

use std::path::Path;
use std::time::Instant;

use model::Handle;
use model::member::Actor;
use model::messaged::{MessagedChange, MessagedTarget};
use report::list::MessagedFile;
use serde_json::json;
use store::messaged_list_digest;

use crate::arguments::{ListColumns, MessagedCommand};
use crate::commands::{PAGE, list_file, suppression};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};
use crate::turns::{self, Pace};

/// Bad lines named on the terminal; the rest is counted.
const NAMED: usize = 20;

pub async fn run(configuration: &Configuration, output: Output, command: MessagedCommand) -> Result<Ended, Failure> {
    match command {
        MessagedCommand::Import { of, columns, file } => {
            import(configuration, output, &of.account, &columns, &file).await
        }
        MessagedCommand::List { of } => list(configuration, output, &of.account).await,
        MessagedCommand::Remove { of, what, note } => {
            let target = match (what.list, what.order) {
                (Some(list), None) => MessagedTarget::List(list),
                (None, Some(order)) => MessagedTarget::Order(order),
                _ => return Err(Failure::usage("name either an order with --order, or a list with --list")),
            };
            let note = suppression::checked(note)?;
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let lists = store.remove_messaged(account.id, target, note, Actor::Operator, installation::clock()).await?;
            output.object(&json!({ "lists": lists }))?;
            output.line(match target {
                MessagedTarget::List(_) => "Taken back. What was withdrawn because of the list stays withdrawn.",
                MessagedTarget::Order(_) => "Taken back. What was withdrawn because of it stays withdrawn.",
            })?;
            Ok(Ended::Done)
        }
    }
}

async fn import(
    configuration: &Configuration,
    output: Output,
    handle: &Handle,
    columns: &ListColumns,
    path: &Path,
) -> Result<Ended, Failure> {
    let shown = path.display();
    let table = list_file::read(path)?;
    let MessagedFile { orders, bad } =
        table.messaged(&list_file::picks(columns)).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    for line in bad.iter().take(NAMED) {
        output::note(&format!("{shown}:{line} there is no order id in this line"));
    }
    if bad.len() > NAMED {
        output::note(&format!("{shown}: … and {} more bad lines", bad.len() - NAMED));
    }
    let (store, account) = installation::open_account(configuration, handle).await?;
    let digest = messaged_list_digest(&orders);
    let (mut all, mut pace, mut rest) = (MessagedChange::default(), Pace::new(), orders.as_slice());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(pace.size().min(rest.len()));
        let began = Instant::now();
        let clock = installation::clock();
        all.add(store.import_messaged_orders(account.id, digest, part.to_vec(), Actor::Operator, clock).await?);
        pace.took(part.len(), began);
        rest = after;
        turns::give_way(began).await;
    }
    let problems: Vec<_> =
        bad.iter().map(|line| json!({ "line": line, "problem": "there is no order id in this line" })).collect();
    output.object(&json!({
        "file": shown.to_string(),
        "rows": table.rows(),
        "changed": all.changed,
        "unchanged": all.unchanged,
        "withdrawn": all.withdrawn,
        "already_leaving": all.already_leaving,
        "bad_lines": bad.len(),
        "problems": problems,
    }))?;
    let orders = counted(all.changed, "order is", "orders are");
    output.line(&format!("{orders} new on the list, {} stood on it already.", all.unchanged))?;
    if all.withdrawn > 0 {
        let messages = counted(all.withdrawn, "waiting message was", "waiting messages were");
        output.line(&format!("{messages} withdrawn."))?;
    }
    if all.already_leaving > 0 {
        let messages = counted(all.already_leaving, "message was", "messages were");
        output.line(&format!("{messages} leaving already."))?;
    }
    Ok(Ended::with_faults(!bad.is_empty()))
}

async fn list(configuration: &Configuration, output: Output, handle: &Handle) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let (mut before, mut any) = (None, false);
    loop {
        let page = store.messaged_lists(account.id, before, PAGE).await?;
        any |= !page.rows.is_empty();
        for list in &page.rows {
            output.object(&json!({
                "list": list.id,
                "imported_at": list.entered_at,
                "by": list.by,
                "orders": list.orders,
                "removed_at": list.removed.as_ref().map(|(at, _)| *at),
                "removed_by": list.removed.as_ref().map(|(_, by)| by),
            }))?;
        }
        let rows: Vec<Vec<String>> = page
            .rows
            .iter()
            .map(|list| {
                let state = list.removed.as_ref().map(|(at, _)| format!("taken back {}", output::moment(*at)));
                vec![
                    list.id.to_string(),
                    list.orders.to_string(),
                    output::moment(list.entered_at),
                    state.unwrap_or_else(|| "stands".into()),
                ]
            })
            .collect();
        if !rows.is_empty() {
            output.table(&["LIST", "ORDERS", "IMPORTED", "STATE"], &rows)?;
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    if !any {
        output.line("No list of messaged orders was imported. To take one over from another tool:")?;
        output.line(&format!("  abide orders messaged import --account {handle} FILE"))?;
    }
    Ok(Ended::Done)
}
