//! `abide suppression`: the list of who must not be written to. Nothing is edited in place: what is added or
//! removed here becomes a new entry with its note (law 7).

use std::path::Path;
use std::time::Instant;

use model::member::Actor;
use model::suppression::{Origin, SuppressionChange, SuppressionReason, SuppressionRow, SuppressionState, Target};
use model::{Account, Handle, OrderId, Timestamp, csv};
use report::list::OptOutFile;
use serde::Serialize;
use serde_json::json;
use store::{IMPORTED_AT_ONCE, Store, SuppressionFilter};

use super::list_file;
use crate::arguments::{ListColumns, OrderOrAlias, SuppressionCommand};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{self, Output, counted};
use crate::{installation, turns};

/// Bad lines of an imported list named on the terminal; the rest is counted.
const NAMED: usize = 20;
/// Law 6: an address that many share stands for no buyer.
const SHARED: &str = "this relay address is shared by many buyers, so it can't be blocked; stop its orders one by one";
/// Lines in which nothing can be suppressed.
const NOTHING: &str = "there is no order id and no relay address of Amazon's in this line";
const NO_ORDER: &str = "a stop is about an order, and there is no order id in this line";
/// The longest note, in characters.
const LONGEST_NOTE: usize = 1000;

/// An entry as the contract tells it.
#[derive(Serialize)]
pub struct SuppressionShown<'a> {
    order_id: Option<OrderId>,
    alias: Option<&'a str>,
    reason: SuppressionReason,
    since: Timestamp,
    origin: Origin,
    state: SuppressionState,
}

impl<'a> SuppressionShown<'a> {
    pub fn of(row: &'a SuppressionRow) -> Self {
        Self {
            order_id: row.order_id,
            alias: row.alias.as_ref().map(model::Alias::as_str),
            reason: row.reason,
            since: row.since,
            origin: row.origin,
            state: row.state,
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, command: SuppressionCommand) -> Result<Ended, Failure> {
    match command {
        SuppressionCommand::List { of } => list(configuration, output, &of.account).await,
        SuppressionCommand::Add { of, what, note } => {
            let (target, note) = (target(what)?, checked(note)?);
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let change =
                store.add_suppression(account.id, target, note, Actor::Operator, installation::clock()).await?;
            tell(output, change, "added")?;
            Ok(Ended::Done)
        }
        SuppressionCommand::Remove { of, what, note } => {
            let (target, note) = (target(what)?, checked(note)?);
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let change =
                store.remove_suppression(account.id, target, note, Actor::Operator, installation::clock()).await?;
            tell(output, change, "removed")?;
            Ok(Ended::Done)
        }
        SuppressionCommand::Import { of, columns, file } => {
            import(configuration, output, &of.account, &columns, &file).await
        }
        SuppressionCommand::Export { of } => export(configuration, output, &of.account).await,
    }
}

fn target(what: OrderOrAlias) -> Result<Target, Failure> {
    match (what.order, what.alias) {
        (Some(order), None) => Ok(Target::Order(order)),
        (None, Some(alias)) => Ok(Target::Buyer(alias)),
        _ => Err(Failure::usage("name either an order with --order, or a buyer with --alias")),
    }
}

pub fn checked(note: String) -> Result<String, Failure> {
    if note.trim().is_empty() || note.chars().count() > LONGEST_NOTE {
        return Err(Failure::usage(format!("say why with --note, in 1 to {LONGEST_NOTE} letters")));
    }
    Ok(note)
}

fn tell(output: Output, change: SuppressionChange, done: &str) -> Result<(), Failure> {
    output.object(&json!({
        "changed": change.changed,
        "unchanged": change.unchanged,
        "withdrawn": change.withdrawn,
        "already_leaving": change.already_leaving,
    }))?;
    let entries = counted(change.changed, "entry", "entries");
    output.line(&format!("{entries} {done}, {} stood so already.", change.unchanged))?;
    if change.withdrawn > 0 {
        let messages = counted(change.withdrawn, "waiting message was", "waiting messages were");
        output.line(&format!("{messages} withdrawn."))?;
    }
    if change.already_leaving > 0 {
        let messages = counted(change.already_leaving, "message was", "messages were");
        output.line(&format!("{messages} leaving already."))?;
    }
    Ok(())
}

/// Goes through the whole list, newest first, a page at a time.
async fn through_all(
    store: &Store,
    account: &Account,
    mut tell: impl FnMut(&[SuppressionRow]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut before = None;
    loop {
        let page = store.suppressions(account.id, SuppressionFilter::All, before, super::PAGE).await?;
        tell(&page.rows)?;
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(()),
        }
    }
}

async fn list(configuration: &Configuration, output: Output, handle: &Handle) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let mut any = false;
    through_all(&store, &account, |rows| {
        rows.iter().try_for_each(|row| output.object(&SuppressionShown::of(row)))?;
        if rows.is_empty() {
            return Ok(());
        }
        any = true;
        let cells = |row: &SuppressionRow| {
            let buyer = match (&row.alias, row.covers_buyer) {
                (Some(alias), _) => alias.as_str(),
                (None, true) => "known by hash",
                (None, false) => "–",
            };
            let order = output::shown(row.order_id);
            vec![
                order,
                buyer.into(),
                row.reason.to_string(),
                row.state.to_string(),
                row.origin.to_string(),
                output::moment(row.since),
            ]
        };
        let head = ["ORDER", "BUYER", "REASON", "STATE", "ORIGIN", "SINCE"];
        output.table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
    })
    .await?;
    if !any {
        output.line("The list is empty. Notices reach it at the account's inbound addresses, or from files:")?;
        output.line(&format!("  abide address list --account {handle}"))?;
        output.line(&format!("  abide intake import --account {handle} PATH..."))?;
    }
    Ok(Ended::Done)
}

async fn export(configuration: &Configuration, output: Output, handle: &Handle) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, handle).await?;
    let mut head = String::new();
    csv::line(&mut head, SuppressionRow::COLUMNS);
    output.raw(&head)?;
    through_all(&store, &account, |rows| {
        for row in rows {
            output.object(&SuppressionShown::of(row))?;
            if !output.is_json() {
                let mut line = String::new();
                csv::line(&mut line, row.cells());
                output.raw(&line)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(Ended::Done)
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
    let picks = list_file::picks(columns);
    let OptOutFile { entries, bad, stops_without_order, shared, removed } = table
        .opt_outs(&picks, SuppressionReason::OptOut)
        .map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    let unread = bad.len() + stops_without_order.len();
    let mut bad: Vec<(u64, &str)> = bad.into_iter().map(|line| (line, NOTHING)).collect();
    bad.extend(stops_without_order.into_iter().map(|line| (line, NO_ORDER)));
    bad.extend(shared.iter().map(|line| (*line, SHARED)));
    bad.sort_unstable();
    for (line, problem) in bad.iter().take(NAMED) {
        output::note(&format!("{shown}:{line} {problem}"));
    }
    if bad.len() > NAMED {
        output::note(&format!("{shown}: … and {} more bad lines", bad.len() - NAMED));
    }
    let (store, account) = installation::open_account(configuration, handle).await?;
    let mut all = SuppressionChange::default();
    for slice in entries.chunks(IMPORTED_AT_ONCE) {
        let began = Instant::now();
        let change =
            store.import_suppressions(account.id, slice.to_vec(), Actor::Operator, installation::clock()).await?;
        all.changed += change.changed;
        all.unchanged += change.unchanged;
        all.withdrawn += change.withdrawn;
        all.already_leaving += change.already_leaving;
        turns::give_way(began).await;
    }
    // Addresses whose form tells nothing and whose orders do: the store knows them and enters nothing.
    let entered = all.changed + all.unchanged;
    let shared_by_names = u64::try_from(entries.len()).unwrap_or(u64::MAX).saturating_sub(entered);
    let shared = u64::try_from(shared.len()).unwrap_or(u64::MAX) + shared_by_names;
    if shared_by_names > 0 {
        let addresses = counted(shared_by_names, "relay address", "relay addresses");
        output::note(&format!("{shown}: {addresses} in it: {SHARED}"));
    }
    let problems: Vec<_> = bad.iter().map(|(line, problem)| json!({ "line": line, "problem": problem })).collect();
    output.object(&json!({
        "file": path.display().to_string(),
        "lines": entries.len(),
        "changed": all.changed,
        "unchanged": all.unchanged,
        "withdrawn": all.withdrawn,
        "already_leaving": all.already_leaving,
        "removed_skipped": removed,
        "shared": shared,
        "bad_lines": unread,
        "problems": problems,
    }))?;
    if !output.is_json() {
        tell(output, all, "added")?;
        if removed > 0 {
            output.line(&format!("{removed} were marked as removed in the file and left out."))?;
        }
        if shared > 0 {
            let addresses = counted(shared, "relay address is", "relay addresses are");
            output.line(&format!("{addresses} shared by many buyers and not on the list; stop the orders instead."))?;
        }
    }
    Ok(Ended::with_faults(!bad.is_empty() || shared > 0))
}
